"""The rules of the house that no linter knows: sizes, names, mirrored tests, light imports."""

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeAlias

import pytest

from gradverify.ops.table import OPS
from gradverify.oracles.table import ORACLES

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

ROOT: Final = Path(__file__).parents[1]
PACKAGE: Final = ROOT / "gradverify"
TESTS: Final = ROOT / "tests"
MODULES: Final = sorted(PACKAGE.rglob("*.py"))
SOURCES: Final = [*MODULES, *sorted(TESTS.rglob("*.py"))]

LINES: Final = 300  # of a module
BODY: Final = 40  # lines of a function
DRAWERS: Final = frozenset({"utils", "util", "misc", "helpers", "helper", "common", "core", "base"})
LEGACY: Final = re.compile(r"np\.random\.(?!default_rng|Generator|SeedSequence|P)\w+")
HEAVY: Final = frozenset({"torch", "jax", "jaxlib", "scipy", "hypothesis", "pandas"})

UNTESTED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "__main__.py": "one call of cli.main",
        "events.py": "dataclasses without behaviour, made in tests/run/test_runner.py",
        "cli.py": "used as a user uses it in tests/doors/test_cli.py",
        "pytest_fixture.py": "used as a user uses it in tests/doors/test_pytest_fixture.py",
        "pytest_plugin.py": "used as a user uses it in tests/doors/test_pytest_plugin.py",
        "pytest_baseline.py": "tests/doors/test_pytest_plugin.py",
        "pytest_settings.py": "every door of a setting, in tests/doors/test_pytest_plugin.py",
        "pytest_verdicts.py": "tests/doors/test_pytest_plugin.py",
        "pytest_results.py": "in the process that tests/run/test_tested.py starts",
        "report/regressed.py": "the whole message, in tests/doors/test_pytest_plugin.py",
        "run/pytest_process.py": "processes that end, hang and die, in tests/run/test_tested.py",
        "run/telling.py": "tests/run/test_tested.py",
        "function/found.py": "a dataclass, filled in tests/function/test_examine.py",
        "function/hearing.py": "tests/function/test_witness.py, tests/function/test_examine.py",
        "function/holding.py": "tests/function/test_examine.py, tests/function/test_kinks.py",
        "function/machine.py": "a context around tests/function/test_examine.py",
        "oracles/function.py": "dataclasses and a protocol",
        "verdict/conduct_pages.py": "an example each in tests/function/test_conduct.py",
        "verdict/whole.py": "tests/verdict/test_jacobian.py and tests/verdict/test_second_order.py",
        "run/child.py": "what runs in a worker, in tests/run/test_workers.py",
        "run/worker.py": "a worker as its parent sees it, in tests/run/test_workers.py",
        "run/posix.py": "signals, traces and orphans, in tests/doors/test_workers.py",
        "run/held.py": "memory of a worker, in tests/run/test_workers.py",
        "run/preload.py": "imported by every worker of tests/run/test_workers.py",
        "run/dask_executor.py": "tests/run/test_dask.py, against a scheduler of its own",
        "run/dispatch.py": "what is lost, how often, in tests/run/test_executors.py",
        "run/executor_errors.py": "raised and read in tests/run/test_executor_named.py",
        "run/probe.py": "executors that run nothing, in tests/run/test_executors.py",
        "run/session.py": "who leaves early, in tests/run/test_executors.py",
        "run/surroundings.py": "workers with other versions, in tests/run/test_executors.py",
        "run/engine.py": "a protocol, and what every test of tests/run/test_runner.py runs with",
        "run/perform.py": "one spec, in tests/run/test_runner.py and tests/run/test_tape.py",
        "run/answer.py": "what oracles may return, in tests/run/test_judge.py",
        "oracles/guard.py": "who raises, in tests/run/test_judge.py and tests/run/test_tape.py",
        "run/passes.py": "tests/run/test_tape.py, tests/tape/test_trace.py",
        "run/prepare.py": "the faults of both stages, in tests/tape/test_messages.py",
        "run/trajectory.py": "whom one can follow, in tests/verdict/test_tape_course.py",
        "spec/tape_errors.py": "rendered whole in tests/tape/test_messages.py",
        "spec/values.py": "what a value may be, in tests/spec/test_model.py",
        "tape/computed.py": "new values, hooks and cotangents, in tests/tape/test_build.py",
        "tape/errors.py": "rendered whole in tests/tape/test_messages.py",
        "tape/event.py": "a dataclass",
        "tape/noise.py": "rounding at random, in tests/verdict/test_tape_course.py",
        "tape/script.py": "dataclasses without behaviour",
        "tape/shown.py": "dataclasses without behaviour",
        "tape/statements.py": "what is stated, in tests/tape/test_build.py",
        "baseline/both.py": "what is missing and gone, in tests/baseline/test_compare.py",
        "baseline/errors.py": "whole messages, in tests/baseline/test_read.py",
        "baseline/model.py": "dataclasses, filled in tests/baseline/test_keep.py",
        "baseline/sheet.py": "every kind of line, in tests/baseline/test_read.py",
        "baseline/words.py": "whole messages, in tests/baseline/test_compare.py and test_rows.py",
        "baseline/compared.py": "dataclasses, filled in tests/baseline/test_compare.py",
        "verdict/fingerprint.py": "a dataclass, filled in tests/verdict/test_imprint.py",
        "verdict/pages.py": "every page, in tests/verdict/test_findings.py",
        "verdict/tape_claims.py": "whole messages, in tests/verdict/test_tape_causes.py",
        "verdict/tape_ground.py": "tests/verdict/test_tape_numbers.py",
        "verdict/tape_script.py": "tests/run/test_tape.py",
        "verdict/tape_states.py": "tests/verdict/test_tape_causes.py, tests/run/test_tape.py",
        "oracles/torch_tape.py": "tests/tape/test_model_against_torch.py",
        "oracles/rung.py": "one step of the ladder, in tests/oracles/test_ladder.py",
        "oracles/kink.py": "kinks of lines, in tests/oracles/test_ladder.py",
        "oracles/oracle.py": "a protocol and dataclasses",
        "oracles/grad_state.py": "dataclasses without behaviour",
        "oracles/torch_leaf.py": "histories of `.grad`, in tests/oracles/test_torch_watch.py",
        "oracles/torch_mode.py": "what is called, in tests/oracles/test_torch_watch.py",
        "oracles/torch_paths.py": "paths and cuts, in tests/oracles/test_torch_watch.py",
        "oracles/torch_lowerings.py": "every row, in tests/oracles/test_framework_lowerings.py",
        "oracles/jax_lowerings.py": "every row, in tests/oracles/test_framework_lowerings.py",
        "ops/table.py": "tests/ops/test_ops_table.py",
        "ops/op.py": "dataclasses, of which tests/ops/test_ops_table.py tests every row",
        "ops/errors.py": "raised and read in the tests of every family of ops",
        "program/claims.py": "tests/program/test_program_claims.py",
        "program/program.py": "dataclasses without behaviour",
        "program/errors.py": "rendered whole in tests/program/test_program_messages.py",
        "program/call_errors.py": "rendered whole in tests/program/test_program_messages.py",
        "program/input_errors.py": "rendered whole in tests/program/test_program_messages.py",
        "program/literals.py": "arrays as written, in tests/program/test_inputs.py",
        "program/makers.py": "every maker, in tests/program/test_inputs.py",
        "program/promotion.py": "dtypes of results, in tests/program/test_build.py",
        "program/scope.py": "names of values, in tests/program/test_lower.py",
        "program/statics.py": "static arguments, in tests/program/test_lower.py",
        "program/tree.py": "trees of statements, in tests/program/test_language.py",
        "program/binding.py": "arguments of calls, in tests/program/test_lower.py",
        "program/constants.py": "makers within ops, in tests/program/test_lower.py",
        "program/numbers.py": "numbers in statements, in tests/program/test_language.py",
        "program/indexing.py": "indices in statements, in tests/program/test_lower.py",
        "program/grammar.py": "what is allowed, in tests/program/test_language.py",
        "program/loss.py": "the loss, in tests/program/test_build.py",
        "report/json_models.py": "the shipped schema, in tests/report/test_json_report.py",
        "spec/errors.py": "rendered whole in tests/spec/test_messages.py",
        "spec/model_errors.py": "rendered whole in tests/spec/test_messages.py",
        "spec/faults.py": "rendered whole in tests/spec/test_messages.py",
        "verdict/parties.py": "sets of names, told apart in tests/verdict/test_gradients.py",
        "verdict/place.py": "tests/verdict/test_locate.py finds steps and statements",
        "verdict/shapes.py": "tests/verdict/test_hypotheses.py, tests/verdict/test_gradients.py",
        "verdict/subject.py": "a dataclass, made for every claim of tests/verdict",
        "verdict/verdict.py": "dataclasses without behaviour",
        "verdict/vouch.py": "tests/verdict/test_gradients.py",
    }
)  # fmt: skip
"""Modules without a test file of their own name, and where they are tested instead."""


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def body_lines(function: Function) -> int:
    """Count the lines of a function's body, without its docstring."""
    body = function.body
    if ast.get_docstring(function) is not None:
        body = body[1:]
    end = function.end_lineno or function.lineno
    return end - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_is_short(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= LINES


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_function_is_short(path: Path) -> None:
    long = {f.name: body_lines(f) for f in functions(path) if body_lines(f) > BODY}
    assert long == {}


def test_the_length_of_a_function_is_counted_without_its_docstring() -> None:
    text = 'def f():\n    """One.\n\n    Two.\n    """\n    a = 1\n    return a\n'
    (function,) = ast.parse(text).body
    assert isinstance(function, ast.FunctionDef)
    assert body_lines(function) == 2


def test_half_of_all_functions_have_at_most_eight_lines() -> None:
    lengths = sorted(body_lines(f) for path in MODULES for f in functions(path))
    assert lengths[len(lengths) // 2] <= 8


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_name_says_nothing(path: Path) -> None:
    assert path.stem not in DRAWERS
    assert path.parent.name not in DRAWERS
    assert [f.name for f in functions(path) if re.match(r"_*check(_|$)", f.name)] == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_says_in_one_sentence_or_more_what_it_is(path: Path) -> None:
    docstring = ast.get_docstring(tree(path))
    assert docstring
    assert docstring.partition("\n\n")[0].rstrip().endswith((".", ":"))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_is_left_for_later(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"\b(TODO|FIXME|XXX|HACK)\b|raise NotImplementedError", text)
    silenced = [line for line in text.splitlines() if re.search(r"# (noqa|type: ignore)", line)]
    assert [line for line in silenced if not re.search(r"# noqa: [A-Z]+\d+,? .*-", line)] == []


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_every_generator_has_a_seed(path: Path) -> None:
    calls = [node for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    unseeded = [
        node.lineno
        for node in calls
        if ast.unparse(node.func).endswith("default_rng") and not (node.args or node.keywords)
    ]
    assert unseeded == []
    legacy = LEGACY.findall(path.read_text("utf-8"))
    assert legacy == []


def mirror_of(path: Path) -> Path:
    relative = path.relative_to(PACKAGE)
    return TESTS / relative.parent / f"test_{path.name}"


@pytest.mark.parametrize("path", [p for p in MODULES if p.name != "__init__.py"], ids=name_of)
def test_a_module_has_its_tests(path: Path) -> None:
    name = path.relative_to(PACKAGE).as_posix()
    if name.startswith("commands/"):
        assert (TESTS / "doors" / "test_cli.py").is_file()
    elif name not in UNTESTED:
        assert mirror_of(path).is_file(), f"write {mirror_of(path)}"


def test_no_exception_is_out_of_date() -> None:
    gone = [name for name in UNTESTED if not (PACKAGE / name).is_file()]
    tested = [name for name in UNTESTED if mirror_of(PACKAGE / name).is_file()]
    assert (gone, tested) == ([], [])


def test_an_exception_names_tests_that_are_there() -> None:
    named = {m for why in UNTESTED.values() for m in re.findall(r"tests/[\w/.]+\w", why)}
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


def printed_by(*arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "gradverify", *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout


def test_every_op_and_every_oracle_is_documented() -> None:
    text = "".join(path.read_text("utf-8") for path in (ROOT / "README.md", PACKAGE / "README.md"))
    text += printed_by("ops") + printed_by("doctor")
    words = set(re.findall(r"\w+", text))
    assert [name for name in (*OPS, *ORACLES) if name not in words] == []


@pytest.mark.parametrize("module", ["gradverify", "gradverify.pytest_plugin", "gradverify.cli"])
def test_what_everybody_imports_is_light(module: str) -> None:
    code = f"import sys, {module}; print(' '.join(sys.modules))"
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    loaded = set(done.stdout.split())
    assert module in loaded
    assert loaded & HEAVY == set()
    if module != "gradverify.cli":
        assert loaded & {"numpy", "pydantic", "yaml"} == set()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_what_a_module_exports_is_there(path: Path) -> None:
    parts = path.relative_to(ROOT).with_suffix("").parts
    if parts[-1] == "__main__":
        return
    module = importlib.import_module(".".join(parts).removesuffix(".__init__"))
    exported: list[str] = getattr(module, "__all__", [])
    assert [name for name in exported if not hasattr(module, name)] == []
