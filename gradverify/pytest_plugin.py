"""Door 2: `*.grad.yaml` become pytest items, FILE::SPEC::PARTY.

pytest imports this module in every project that has gradverify installed, so nothing but pytest
and the standard library is imported here; all else waits for the first spec file.

A spec that cannot be built is one item, `spec`, that fails with its faults, and so are all specs
of a file that cannot be read: an error of collection would keep pytest from running the others.
A setting that cannot be used is an error of collection, since with it nothing can be run.
"""

import re
import warnings
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast, final

import pytest

from gradverify.pytest_baseline import AgainstBaseline, held_of
from gradverify.pytest_settings import add_options, options_of, results_file

if TYPE_CHECKING:
    from gradverify.baseline.compared import SpecCompared
    from gradverify.errors import SpecErrors
    from gradverify.run.options import Options
    from gradverify.spec.spec import Spec
    from gradverify.verdict.verdict import SpecResult

pytest_plugins: Final = ("gradverify.pytest_fixture",)
SUFFIXES: Final = (".grad.yaml", ".grad.yml")
Node = TypeVar("Node", bound=pytest.Item | pytest.Collector)
FINDINGS: Final = "findings"
SPEC: Final = "spec"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add an option and an ini key a setting."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Listen to tests: to tell of results where `gradverify run` asks for it, else to compare."""
    file = results_file(config)
    if file is None:
        _ = config.pluginmanager.register(AgainstBaseline(), "gradverify-baseline")
    else:
        from gradverify.pytest_results import Results

        _ = config.pluginmanager.register(Results(file), "gradverify-results")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "GradFile | None":
    """Collect a spec file."""
    if not file_path.name.endswith(SUFFIXES):
        return None
    return _node(GradFile, parent, path=file_path)


def _node(kind: type[Node], parent: pytest.Collector, **given: Any) -> Node:
    return kind.from_parent(parent, **given)  # pyright: ignore[reportUnknownMemberType] # pytest's


@final
class GradFile(pytest.File):
    """A spec file: one collector a spec."""

    def collect(self) -> Iterator["GradSpec | FaultItem"]:
        """Read the file; a mistake in the settings is an error of collection."""
        from gradverify.errors import SpecErrors, UsageError
        from gradverify.spec.parse import read_specs

        try:
            options = options_of(self.config)
            _ = held_of(self.config)
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

    @property
    def compared(self) -> "SpecCompared | None":
        """How that differs from the baseline, where there is one."""
        held = held_of(self.config)
        return None if held is None else held.compared(self.result)


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
        from gradverify.pytest_verdicts import Outcome

        spec = self._spec
        self._add_properties(spec.result)
        outcome = Outcome(spec.result, spec.again, spec.compared)
        if self.name == FINDINGS:
            outcome.assert_findings()
        else:
            outcome.assert_party(self.name, required=self.name in spec.options.require)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the report as it is; only what is a fault of gradverify has a traceback."""
        from gradverify.pytest_verdicts import MismatchError

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
