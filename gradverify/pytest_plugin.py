"""Door 2: `*.grad.yaml` become pytest items, FILE::SPEC::PARTY.

pytest imports this module in every project that has gradverify installed, so nothing but pytest
and the standard library is imported here; all else waits for the first spec file.

A spec that cannot be built is one item, `spec`, that fails with its faults, and so are all specs
of a file that cannot be read: an error of collection would keep pytest from running the others.
A setting that cannot be used is an error of collection, since with it nothing can be run.
"""

import os
import re
import warnings
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast, final

import pytest

if TYPE_CHECKING:
    from gradverify.config import Config
    from gradverify.errors import SpecErrors
    from gradverify.run.options import Options
    from gradverify.spec.spec import Spec
    from gradverify.verdict.verdict import SpecResult

pytest_plugins: Final = ("gradverify.pytest_fixture",)
SUFFIXES: Final = (".grad.yaml", ".grad.yml")
Node = TypeVar("Node", bound=pytest.Item | pytest.Collector)
FINDINGS: Final = "findings"
SPEC: Final = "spec"
SETTINGS: Final = (
    ("oracles", "ask only these oracles, a,b"),
    ("require", "fail, and do not skip, where one of these oracles is not installed, a,b"),
    ("seed", "seed of all random inputs"),
    ("max-memory", "most memory for a spec, such as 2GiB"),
)
ALLOW_IMPORT: Final = "allow-import"


@final
class MismatchError(AssertionError):
    """The text of a report, first line first its verdict."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add an option and an ini key a setting."""
    group = parser.getgroup("gradverify", "gradverify: specs of gradients")
    for name, text in SETTINGS:
        group.addoption(f"--gradverify-{name}", default=None, help=text)
        parser.addini(_ini_key(name), text, default="")
    text = "import the code that specs name, and run it"
    group.addoption(f"--gradverify-{ALLOW_IMPORT}", action="store_true", help=text)
    parser.addini(_ini_key(ALLOW_IMPORT), text, type="bool", default=False)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "GradFile | None":
    """Collect a spec file."""
    if not file_path.name.endswith(SUFFIXES):
        return None
    return _node(GradFile, parent, path=file_path)


def _node(kind: type[Node], parent: pytest.Collector, **given: Any) -> Node:
    return kind.from_parent(parent, **given)  # pyright: ignore[reportUnknownMemberType] # pytest's


def _ini_key(name: str) -> str:
    return f"gradverify_{name.replace('-', '_')}"


@final
class GradFile(pytest.File):
    """A spec file: one collector a spec."""

    def collect(self) -> Iterator["GradSpec | FaultItem"]:
        """Read the file; a mistake in the settings is an error of collection."""
        from gradverify.errors import SpecErrors, UsageError
        from gradverify.spec.parse import read_specs

        try:
            options = _options(self.config)
        except UsageError as error:
            raise self.CollectError(str(error)) from None
        specs, faults = read_specs(_as_given(self.path))
        names: list[str] = []
        for spec in specs:
            names.append(_unused(_node_name(spec.title), names))
            yield _node(GradSpec, self, name=names[-1], spec=spec, options=options)
        if faults:
            yield _node(FaultItem, self, name=SPEC, fault=SpecErrors(faults))


@final
class GradSpec(pytest.Collector):
    """A spec: one item a party, one for findings. Whichever item comes first runs it, once."""

    def __init__(self, *, spec: "Spec", options: "Options", **given: Any) -> None:
        super().__init__(**given)  # pytest's own, handed on
        self.spec = spec
        self.options = options

    def collect(self) -> Iterator["PartyItem | FaultItem"]:
        """Build the spec, so that its faults are found here, and name its parties."""
        from gradverify.errors import SpecErrors
        from gradverify.run.prepare import assert_allowed, prepare

        try:
            prepared = prepare(self.spec, self.options.max_bytes)
            assert_allowed(prepared.program, self.options)
        except SpecErrors as error:
            yield _node(FaultItem, self, name=SPEC, fault=error)
            return
        for party in (*prepared.parties(self.options), FINDINGS):
            yield _node(PartyItem, self, name=party)

    @property
    def again(self) -> str:
        """The command that runs the spec outside pytest."""
        from gradverify.run.again import again

        return again(self.spec, self.options)

    @cached_property
    def result(self) -> "SpecResult":
        """What the run found. pytest's filters of warnings are not the oracles' business.

        Whoever interrupts a training loop means the whole session.
        """
        from gradverify.run.perform import run_spec

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = run_spec(self.spec, self.options)
        if result.interrupted:
            raise KeyboardInterrupt(*result.faults)
        return result


@final
class FaultItem(pytest.Item):
    """A spec, or a file of specs, that cannot be run."""

    def __init__(self, *, fault: "SpecErrors", **given: Any) -> None:
        super().__init__(**given)  # pyright: ignore[reportUnknownMemberType] # pytest's
        self.fault = fault

    def runtest(self) -> None:
        """Fail."""
        raise self.fault

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the faults, each with its place."""
        return (
            str(self.fault) if excinfo.value is self.fault else super().repr_failure(excinfo, style)
        )

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the place of the first fault."""
        line = self.fault.errors[0].mark.line - 1 if self.fault.errors else 0
        parent = cast("pytest.Collector", self.parent)
        return self.path, line, f"{parent.name}::{self.name}"


@final
class PartyItem(pytest.Item):
    """One party of one spec, or the findings of that spec."""

    def runtest(self) -> None:
        """Fail where the party is wrong and the spec does not expect it."""
        result = self._spec.result
        self._add_properties(result)
        if self.name == FINDINGS:
            _assert_spec(result, self._spec.again)
        else:
            _assert_party(result, self.name, self._spec)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the report as it is; only what is a fault of gradverify has a traceback."""
        if isinstance(excinfo.value, MismatchError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the place of the spec in its file."""
        line = self._spec.spec.mark().line - 1
        return self.path, line, f"{self._spec.name}::{self.name}"

    @property
    def _spec(self) -> GradSpec:
        return cast("GradSpec", self.parent)

    def _add_properties(self, result: "SpecResult") -> None:
        worst = max(
            (v for v in result.comparisons if v.party == self.name),
            key=lambda v: (v.error > v.allowed, v.error),
            default=None,
        )
        if worst is not None:
            self.user_properties.append(("gradverify.error", float(worst.error)))
            self.user_properties.append(("gradverify.allowed", float(worst.allowed)))
        self.user_properties.append(("gradverify.seed", result.seed))


def _assert_spec(result: "SpecResult", again: str) -> None:
    """Fail with what is told of no party, and with the names of those that fail themselves."""
    from gradverify.report.failure import render_open

    status = result.status
    if status == "passed" and not result.comparisons:
        status = "nothing compared"
    if status != "passed":
        text = f"{status}: {result.title}\n\n{render_open(result, again)}"
        raise MismatchError(text)


def _assert_party(result: "SpecResult", party: str, spec: GradSpec) -> None:
    from gradverify.report.failure import render_failure, render_party_failure
    from gradverify.verdict.verdict import Status

    answers = {answer.name: answer for answer in result.oracles}
    answer = answers.get(party)
    if answer is not None and answer.status is Status.UNSUPPORTED:
        if party not in spec.options.require:
            pytest.skip(answer.reason)
        text = f"unsupported: {party} is required: {answer.reason}"
        raise MismatchError(text)
    if answer is not None and answer.status is Status.BROKEN:
        text = f"broken: {party}: {answer.reason}"
        raise MismatchError(text)
    if answer is None and all(v.party != party for v in result.comparisons):
        text = f"nothing compared: {party} did not answer\n\n{render_failure(result, spec.again)}"
        raise MismatchError(text)
    failure = render_party_failure(result, party, spec.again)
    if failure:
        text = f"disagree: {result.title}, {party}\n\n{failure}"
        raise MismatchError(text)


def _options(config: pytest.Config) -> "Options":
    """Return the options of every spec's run. Raises UsageError for a setting that is none."""
    from gradverify.commands.requirements import assert_known
    from gradverify.run.options import Options

    settings = settings_of(config)
    assert_known(settings.oracles, settings.require)
    return Options(
        oracles=settings.oracles,
        require=settings.require,
        seed=settings.seed,
        keyword="",
        fail_fast=False,
        max_bytes=settings.max_memory,
        default_seed=settings.default_seed,
        allow_import=settings.allow_import,
    )


def settings_of(config: pytest.Config) -> "Config":
    """Return [tool.gradverify], then pytest's ini keys, the environment, and pytest's options."""
    from gradverify.config import as_defaults, config_of, with_environment, with_values

    ini = {name: config.getini(_ini_key(name)) for name, _ in SETTINGS}
    given = {name: config.getoption(f"--gradverify-{name}") for name, _ in SETTINGS}
    ini[ALLOW_IMPORT] = config.getini(_ini_key(ALLOW_IMPORT)) or None  # absent, or said to be false
    given[ALLOW_IMPORT] = config.getoption(f"--gradverify-{ALLOW_IMPORT}") or None
    settings = with_values(config_of(config.rootpath), _said(ini), "pytest's configuration")
    settings = with_environment(as_defaults(settings), os.environ)
    return with_values(settings, _said(given), "pytest's command line")


def _said(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in {None, ""}}


def _as_given(path: Path) -> Path:
    """Return the path as a person would write it: from the current folder where it is below it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _node_name(title: str) -> str:
    """Return a title as a part of a node id: `::` and brackets mean something in one."""
    plain = re.sub(r":{2,}", ":", title).strip(":").replace("[", "(").replace("]", ")")
    shown = "".join(char if char.isprintable() else " " for char in plain)
    return " ".join(shown.split()) or "spec"


def _unused(name: str, used: list[str]) -> str:
    count = sum(other == name or other.startswith(f"{name} #") for other in used)
    return f"{name} #{count + 1}" if count else name
