"""What did not change is not run again, and its result is the one that was made."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import pytest

from gradverify.run.cache import Cache
from gradverify.run.cached import Cached, is_kept
from gradverify.run.engine import INLINE
from gradverify.run.grounds import Grounds
from gradverify.run.task import Done, Task
from gradverify.spec.parse import specs_of
from gradverify.spec.source import source_of
from gradverify.verdict.verdict import Answer, Finding, Severity, SpecResult, Status
from tests.run.code_project import NUMPY, numpy_spec
from tests.support import OPTIONS, result_of

HEAD: Final = "gradverify: 1\ntitle: "
BODY: Final = "inputs: {x: randn(3)}\nloss: sum(exp(x))\n"
WRONG: Final = BODY + "expect: {grads: {x: 2 * exp(x)}}\n"
BROKEN: Final = "inputs: {x: [1.]}\nloss: sum(z)\n"
QUICK: Final = replace(OPTIONS, oracles=("rules", "finite_difference", "stated"))


@dataclass
class Counting:
    """Runs here, and remembers what; it can be told to stop in the middle."""

    ran: list[str] = field(default_factory=list[str])
    closed: bool = False

    def perform(self, tasks: Sequence[Task]) -> Iterator[Done]:
        try:
            for task in tasks:
                self.ran.append(task.spec.title)
                yield from INLINE.perform([task])
        finally:
            self.closed = True


def tasks(*bodies: str, **options: Any) -> list[Task]:
    documents = [f"{HEAD}t{k}\n{body}" for k, body in enumerate(bodies)]
    specs = specs_of(source_of("a.grad.yaml", "---\n".join(documents)))
    return [Task(k, spec, replace(QUICK, **options)) for k, spec in enumerate(specs)]


def ran(folder: Path, *given: Task) -> tuple[list[str], list[SpecResult]]:
    """Return which specs were run, and all results by position, in one more run."""
    engine = Counting()
    dones = [*Cached(engine, Cache(folder)).perform(given)]
    assert sorted(done.position for done in dones) == [task.position for task in given]
    return engine.ran, [done.result for done in sorted(dones, key=lambda done: done.position)]


def test_the_second_run_gives_the_very_results_of_the_first(tmp_path: Path) -> None:
    given = tasks(BODY, WRONG, BODY)
    first, made = ran(tmp_path, *given)
    second, known = ran(tmp_path, *given)
    assert (first, second) == (["t0", "t1", "t2"], [])
    assert known == made
    assert [result.status for result in known] == ["passed", "failed", "passed"]


def test_only_what_changed_is_run(tmp_path: Path) -> None:
    _ = ran(tmp_path, *tasks(BODY, BODY, BODY))
    again, results = ran(tmp_path, *tasks(BODY, BODY.replace("exp", "sin"), BODY))
    assert again == ["t1"]
    assert [result.id for result in results] == [f"a.grad.yaml::t{k}" for k in range(3)]
    assert ran(tmp_path, *tasks(BODY, BODY, BODY, seed=9))[0] == ["t0", "t1", "t2"]


def test_the_known_come_first_and_are_named(tmp_path: Path) -> None:
    _ = ran(tmp_path, tasks(WRONG, BODY)[1])
    cached = Cached(Counting(), Cache(tmp_path))
    assert [done.position for done in cached.perform(tasks(WRONG, BODY))] == [1, 0]
    assert cached.known == {"a.grad.yaml::t1"}


def test_where_all_is_known_the_engine_is_not_asked(tmp_path: Path) -> None:
    _ = ran(tmp_path, *tasks(BODY))
    engine = Counting()
    _ = [*Cached(engine, Cache(tmp_path)).perform(tasks(BODY))]
    assert not engine.closed


def test_broken_specs_are_run_again(tmp_path: Path) -> None:
    for _ in range(2):
        assert ran(tmp_path, *tasks(BROKEN))[0] == ["t0"]


def test_who_stops_early_keeps_what_is_done_and_ends_the_engine(tmp_path: Path) -> None:
    engine = Counting()
    dones = Cached(engine, Cache(tmp_path)).perform(tasks(BODY, BODY, BODY))
    _ = next(dones), next(dones)
    assert isinstance(dones, Iterator)
    dones.close()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType] # a generator
    assert engine.closed
    assert ran(tmp_path, *tasks(BODY, BODY, BODY))[0] == ["t2"]


def test_an_entry_that_cannot_be_read_is_made_again(tmp_path: Path) -> None:
    _ = ran(tmp_path, *tasks(BODY))
    cache = Cache(tmp_path)
    cached = Cached(Counting(), cache)
    (task,) = tasks(BODY)
    (entry,) = cache.find([cached.keys.of(task)]).values()
    cache.keep([replace(entry, result=entry.result[:-9])])
    cache.close()
    assert ran(tmp_path, task)[0] == ["t0"]
    assert ran(tmp_path, task)[0] == []


RESULT: Final = result_of(WRONG)
FINDING: Final = Finding("mismatch", Severity.ERROR, "stated", "x", "", "", None, {})


@pytest.mark.parametrize(
    "changed",
    [
        {"status": "broken"},
        {"interrupted": True},
        {"oracles": (Answer("torch", Status.BROKEN, "RuntimeError"),)},
        {"oracles": (Answer("torch", Status.UNSUPPORTED, "torch cannot be imported: libc"),)},
        {"oracles": (Answer("mine", Status.UNSUPPORTED, "the plug-in cannot be loaded: E"),)},
        {"findings": (replace(FINDING, code="not-deterministic"),)},
    ],
    ids=str,
)
def test_what_may_be_another_next_time_is_not_kept(changed: dict[str, Any]) -> None:
    assert is_kept(RESULT)
    assert not is_kept(replace(RESULT, **changed))


def test_an_oracle_that_is_not_installed_is_no_reason_to_ask_again() -> None:
    missing = Answer("jax", Status.UNSUPPORTED, "jax is not installed: pip install ...")
    assert is_kept(replace(RESULT, oracles=(missing,)))


CODE: Final = HEAD + "t\n" + numpy_spec("softplus", "softplus_backward")
RUN: Final = [
    "run", "--allow-import", "--format", "json", "--oracles", "rules,finite_difference,stated",
]  # fmt: skip


def code_project(folder: Path) -> Path:
    (folder / "mypackage").mkdir(parents=True)
    _ = (folder / "mypackage/__init__.py").write_text("", "utf-8")
    _ = (folder / "mypackage/ops.py").write_text("from beside import SLOPE\n" + NUMPY, "utf-8")
    _ = (folder / "beside.py").write_text("SLOPE = 1.0\n", "utf-8")
    _ = (folder / "a.grad.yaml").write_text(CODE, "utf-8")
    _ = (folder / "pyproject.toml").write_text("", "utf-8")
    return folder


def run(folder: Path) -> tuple[str, bool]:
    """Return how a run of its own process ends, and whether its result was known."""
    time.sleep(0.05)  # what was just written is older than the process
    command = [sys.executable, "-m", "gradverify", *RUN, "a.grad.yaml"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    (told,) = json.loads(done.stdout)["specs"]
    before = folder / "seconds"
    seconds = str(told["seconds"])
    known = before.is_file() and before.read_text("utf-8") == seconds
    _ = before.write_text(seconds, "utf-8")
    return told["status"], known


def test_code_that_changed_is_run_again_and_code_that_did_not_is_not(tmp_path: Path) -> None:
    folder = code_project(tmp_path)
    assert [run(folder), run(folder)] == [("passed", False), ("passed", True)]
    ops = folder / "mypackage/ops.py"
    right = ops.read_text("utf-8")
    _ = ops.write_text(right.replace("ct / (1", "2 * ct / (1", 1), "utf-8")
    assert [run(folder), run(folder)] == [("failed", False), ("failed", True)]
    _ = ops.write_text(right, "utf-8")
    _ = (folder / "beside.py").write_text("SLOPE = 2.0\n", "utf-8")
    assert run(folder) == ("passed", False)
    (folder / "beside.py").unlink()
    assert run(folder) == ("broken", False)


def test_code_that_changed_since_the_process_began_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = code_project(tmp_path)
    monkeypatch.chdir(folder)
    (spec,) = specs_of(source_of("a.grad.yaml", CODE))
    task = Task(0, spec, replace(QUICK, allow_import=True))
    sources = (str(folder / "mypackage/ops.py"),)

    @dataclass
    class Given:
        def perform(self, tasks: Sequence[Task]) -> Iterator[Done]:
            return (Done(one.position, RESULT, sources) for one in tasks)

    def known(began: int) -> set[str]:
        state = folder / ".gradverify_cache"
        cached = Cached(Given(), Cache(state), grounds=Grounds(began))
        _ = [*cached.perform([task])]
        return cached.known

    changed = os.stat(sources[0]).st_mtime_ns  # noqa: PTH116 - the time alone
    assert [known(changed - 10**9), known(changed - 10**9)] == [set(), set()]
    assert [known(changed + 10**9), known(changed + 10**9)] == [set(), {RESULT.id}]
