"""The marked tests of a file are run in a process of their own, and nothing they found is lost.

A file of tests is run once for all that is asked of it: a process takes a second to start.
"""

import shlex
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec as real_find_spec
from pathlib import Path
from typing import Any, Final

import pytest

from gradverify.run import tested
from gradverify.run.telling import Asked, Began, Collected, notes, tell
from gradverify.run.tested import Listed, again_test, listed
from gradverify.verdict.verdict import SpecResult
from tests.support import OPTIONS

ROOT: Final = Path(__file__).parents[2]
HEAD: Final = """\
import os
import time

import numpy as np
import pytest

import gradverify as gv

pytestmark = pytest.mark.gradverify
X = np.linspace(0.5, 1.0, 4)


def square(x):
    return x * x


def right(ct, out, x):
    return 2 * ct * x


def wrong(ct, out, x):
    return ct * x


"""
WRONG_AT: Final = 1 + HEAD.splitlines().index("def wrong(ct, out, x):")
MANY: Final = f"""{HEAD}\
def test_right():
    gv.assert_gradients(square, (X,), vjp=right)
    gv.verify(square, (2 * X,), vjp=right, seed=4)


def test_wrong(gradverify):
    print("not for the report")
    gradverify.assert_gradients(square, (X,), vjp=wrong)


def test_wrong_and_asserted_by_hand():
    report = gv.verify(square, (X,), vjp=wrong)
    assert report, "it should agree"


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_scaled(scale):
    gv.assert_gradients(square, (scale * X,), vjp=right)


class TestInAClass:
    def test_method(self):
        gv.assert_gradients(square, (X,), vjp=right)


def test_nothing():
    pass


def test_fails_otherwise():
    gv.verify(square, (X,), vjp=right)
    raise RuntimeError("no such thing")


def test_asserts_otherwise():
    assert 1 == 2


@pytest.fixture
def broken():
    raise OSError("no such fixture")


def test_setup(broken):
    gv.verify(square, (X,), vjp=right)


@pytest.mark.skip(reason="another machine")
def test_skipped():
    pass


@pytest.mark.xfail(strict=True)
def test_known():
    gv.assert_gradients(square, (X,), vjp=wrong)


@pytest.mark.xfail(strict=True)
def test_mended():
    gv.assert_gradients(square, (X,), vjp=right)
"""
FILE: Final = "tests/test_ops.py"
BOTH: Final = "    gv.verify(square, X, vjp=right)\n" * 2


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a project with a configuration of its own, strict as ours."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.delenv("GRADVERIFY_SEED", raising=False)
    ini = "[pytest]\naddopts = --strict-markers --ff -m 'not gradverify'\nfilterwarnings = error\n"
    _ = (tmp_path / "pytest.ini").write_text(ini, "utf-8")
    (tmp_path / "tests").mkdir()
    return tmp_path


def write(text: str, name: str = FILE) -> None:
    _ = Path(name).write_text(text, "utf-8")


def run(*names: str, timeout: float | None = None, **options: Any) -> dict[str, SpecResult]:
    asked = replace(OPTIONS, **options)
    return {r.id.removeprefix(f"{FILE}::"): r for r in tested.tested(FILE, names, asked, timeout)}


def test_every_verify_is_a_result_and_every_other_end_a_fault() -> None:
    write(MANY)
    found = run()
    assert {name: result.status for name, result in found.items()} == {
        "test_right": "passed",
        "test_right #2": "passed",
        "test_wrong": "failed",
        "test_wrong_and_asserted_by_hand": "failed",
        "test_scaled[1.0]": "passed",
        "test_scaled[2.0]": "passed",
        "TestInAClass::test_method": "passed",
        "test_nothing": "broken",
        "test_fails_otherwise": "broken",
        "test_asserts_otherwise": "broken",
        "test_setup": "broken",
        "test_skipped": "passed",
        "test_known": "passed",
        "test_mended": "broken",
    }
    _what_is_said_of_them(found)
    _whatever_broke_them(found)
    assert {path.name for path in Path().iterdir()} == {"pytest.ini", "tests"}  # and no cache


def _what_is_said_of_them(found: dict[str, SpecResult]) -> None:
    right, second, wrong = (found[n] for n in ("test_right", "test_right #2", "test_wrong"))
    assert (right.path, right.title, second.title) == (FILE, "test_right", "test_right #2")
    assert MANY.splitlines()[right.line - 1] == "def test_right():"
    assert (right.seed, second.seed, right.faults) == (0, 4, ())
    assert [len(result.prints) for result in (right, second, wrong)] == [1, 1, 1]
    (finding,) = wrong.findings
    assert finding.mark is not None
    assert (finding.mark.file, finding.mark.line, finding.code) == (FILE, WRONG_AT, "off-by-factor")
    assert found["test_wrong_and_asserted_by_hand"].faults == ()
    (known,) = found["test_known"].findings
    assert known.expected
    (answer,) = found["test_skipped"].oracles
    assert (answer.status, answer.reason) == ("unsupported", "Skipped: another machine")
    assert MANY.splitlines()[found["TestInAClass::test_method"].line - 1].endswith("(self):")


def _whatever_broke_them(found: dict[str, SpecResult]) -> None:
    expected = {
        "test_nothing": "nothing was verified: the test calls neither `verify` nor `assert_gra",
        "test_fails_otherwise": "E   RuntimeError: no such thing",
        "test_asserts_otherwise": "assert 1 == 2",
        "test_setup": "E   OSError: no such fixture",
        "test_mended": "[XPASS(strict)]",
    }
    for name, text in expected.items():
        (fault,) = found[name].faults
        assert text in fault
    assert found["test_fails_otherwise"].comparisons  # what it verified before is kept
    assert not found["test_asserts_otherwise"].comparisons


def test_names_select_with_their_parameters_and_a_keyword_as_everywhere() -> None:
    write(MANY)
    assert [*run("test_scaled[2.0]", "TestInAClass")] == [
        "test_scaled[2.0]",
        "TestInAClass::test_method",
    ]
    assert [*run("test_scaled", keyword="CALED[1")] == ["test_scaled[1.0]"]


def test_what_another_shard_runs_is_left_out_without_a_word() -> None:
    write(f"{HEAD}@pytest.mark.parametrize('k', [1, 2, 3])\ndef test_k(k):\n{BOTH}")
    shards = [{*run(shard=(number, 2))} for number in (1, 2)]
    assert {*shards[0]} | {*shards[1]} == {
        f"test_k[{k}]{n}" for k in (1, 2, 3) for n in ("", " #2")
    }
    assert not {*shards[0]} & {*shards[1]}
    assert run(keyword="no such test") == {}


DYING: Final = f"""{HEAD}\
def test_before():
    gv.verify(square, (X,), vjp=right)


def test_dies():
    gv.verify(square, (X,), vjp=wrong)
    gv.verify(square, (X,), vjp=right)
    {{death}}


def test_after():
    gv.verify(square, (X,), vjp=right)
"""


@pytest.mark.parametrize(
    ("death", "said"),
    [
        ("os.abort()", "the process of the test ended with signal SIGABRT\nFatal Python error"),
        ("time.sleep(600)", "nothing came of it within 3 s, and it was ended"),
    ],
)
def test_a_test_that_takes_its_process_with_it_takes_nothing_else(death: str, said: str) -> None:
    write(DYING.format(death=death))
    found = run(timeout=3.0)
    statuses = {name: result.status for name, result in found.items()}
    assert statuses == {
        "test_before": "passed", "test_dies": "failed", "test_dies #2": "broken",
        "test_after": "passed",
    }  # fmt: skip
    (fault,) = found["test_dies #2"].faults
    assert fault.startswith(said)


def test_one_that_ends_pytest_leaves_the_others_to_another_process() -> None:
    write(DYING.format(death="pytest.exit('enough')"))
    found = run()
    assert [*found] == ["test_before", "test_dies", "test_dies #2", "test_after"]
    assert found["test_after"].status == "passed"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import nowhere_to_be_found\n", "No module named 'nowhere_to_be_found'"),
        ("def test_it(:\n", "SyntaxError"),
        ("def test_it(): pass\n", "has the marker `@pytest.mark.gradverify`"),
    ],
)
def test_a_file_without_tests_to_run_is_one_broken_result(text: str, said: str) -> None:
    write(text)
    ((name, result),) = run().items()
    assert (name, result.path, result.status) == (FILE, FILE, "broken")
    (fault,) = result.faults
    assert said in fault
    assert "gradverify/" not in fault  # nobody's lines but the user's


def test_a_test_that_is_not_there_is_told_by_pytest() -> None:
    write(MANY)
    (result,) = run("test_nowhere").values()
    assert result.status == "broken"
    assert "test_nowhere" in result.faults[0]


def test_a_configuration_that_pytest_refuses_is_told() -> None:
    write(MANY)
    _ = Path("pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n", "utf-8")
    (result,) = run().values()
    assert "--no-such-option" in result.faults[0]


def test_without_pytest_the_command_that_installs_it_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def without_pytest(name: str) -> object:
        return None if name == "pytest" else real_find_spec(name)

    monkeypatch.setattr("gradverify.run.tested.find_spec", without_pytest)
    (result,) = run().values()
    assert result.status == "broken"
    assert "`pip install pytest`" in result.faults[0]
    assert "`pip install pytest`" in listed(FILE, (), "").fault


def test_results_come_as_the_tests_end_and_who_stops_listening_ends_them() -> None:
    write(DYING.format(death="time.sleep(600)"))
    found: Iterator[SpecResult] = tested.tested(FILE, (), OPTIONS, None)
    assert next(found).title == "test_before"
    begun = time.monotonic()
    getattr(found, "close")()  # noqa: B009 - an Iterator need not have one
    assert time.monotonic() - begun < 30


def test_it_lists_the_marked_tests() -> None:
    write(f"{DYING.format(death='')}\n\n@pytest.mark.parametrize('k', [1])\ndef test_k(k): pass\n")
    names = ("test_before", "test_dies", "test_after", "test_k[1]")
    assert listed(FILE, (), "") == Listed(tuple(f"{FILE}::{name}" for name in names))
    assert listed(FILE, ("test_k",), "").ids == (f"{FILE}::test_k[1]",)
    assert listed(FILE, (), "AFTER").ids == (f"{FILE}::test_after",)
    write("import nowhere_to_be_found\n")
    assert "nowhere_to_be_found" in listed(FILE, (), "").fault


def test_options_of_the_project_change_nothing() -> None:
    ini = "[pytest]\naddopts = -p xdist -n 2 -x\n"
    _ = Path("pytest.ini").write_text(ini, "utf-8")
    write(DYING.format(death="raise ValueError"))
    found = run(seed=11)
    assert {name: result.status for name, result in found.items()} == {
        "test_before": "passed", "test_dies": "failed", "test_dies #2": "broken",
        "test_after": "passed",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "again"),
    [
        ("t.py::test_a", "gradverify run t.py::test_a"),
        ("t.py::test_a #12", "gradverify run t.py::test_a"),
        ("t.py::test_a[x 1]", "gradverify run 't.py::test_a[x 1]'"),
        ("t.py", "gradverify run t.py"),
    ],
)
def test_the_command_runs_the_test_alone(name: str, again: str) -> None:
    assert again_test(name, OPTIONS) == again
    seeded = again_test(name, replace(OPTIONS, seed=3))
    assert shlex.split(seeded) == [*shlex.split(again), "--seed", "3"]
    held = again_test(name, replace(OPTIONS, said=("--baseline", "b.jsonl")))
    assert held == f"{again} --baseline b.jsonl"


def test_notes_are_read_from_where_one_left_off_and_whole_lines_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes.jsonl"
    first, second = Asked("a", (1, 2)), Collected(("t.py::test_größe",))
    tell(file, first)
    ((note, position),) = notes(file)
    assert note == first
    tell(file, second)
    with file.open("ab") as end:
        assert end.write(b'{"kind":"began"') > 0
    assert [note for note, _ in notes(file, position)] == [second]
    assert [note for note, _ in notes(file)] == [first, second]
    with file.open("ab") as end:
        assert end.write(b',"id":"a","title":"b","line":3}\n') > 0
    assert [note for note, _ in notes(file)][-1] == Began("a", "b", 3)
