"""Whatever an executor does with its tasks, each has one result, and it is the right one."""

import multiprocessing
import time
from collections.abc import Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradverify.errors import GradverifyError
from gradverify.run import dispatch, executors
from gradverify.run.afar import OtherVersionError
from gradverify.run.arrivals import Arrivals
from gradverify.run.engine import Inline, environment_of
from gradverify.run.environment import environment
from gradverify.run.executor_errors import SilentExecutorError, WorkerLacksUsError
from gradverify.run.executors import Chosen, Executed
from gradverify.run.session import Maker
from gradverify.run.task import Done, Task
from tests.run.wayward import FOR_ALL, FOR_ONE, HARMLESS, LATE, Script, performed
from tests.support import OPTIONS, spec_of

QUICK = replace(OPTIONS, oracles=("rules", "stated"))
TEXT = "inputs: {x: [1., 2.]}\nloss: sum(exp(x))\n"
WRONG = TEXT + "expect: {grads: {x: 2 * exp(x)}}\n"
TASKS = [Task(k, spec_of(WRONG if k == 2 else TEXT), QUICK) for k in range(5)]
HERE = list(Inline().perform(TASKS))


def timeless(dones: Sequence[Done]) -> list[Done]:
    return [replace(done, result=replace(done.result, seconds=0.0)) for done in dones]


def engine(make: Maker, timeout: float | None = None) -> Executed:
    return Executed(Chosen("tried", make, timeout, lambda _: None))


def same(dones: Sequence[Done]) -> bool:
    return timeless(dones) == timeless(HERE)


def test_threads_have_the_same_results() -> None:
    assert same(performed(engine(lambda: nullcontext(ThreadPoolExecutor(3))), TASKS))


def processes() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))


def test_processes_have_the_same_results() -> None:
    assert same(performed(engine(lambda: nullcontext(processes())), TASKS))


MOODS = st.lists(st.sampled_from((*FOR_ONE, *FOR_ALL, *HARMLESS, LATE)), max_size=4)


@given(st.dictionaries(st.integers(0, 4), MOODS, max_size=3))
@settings(max_examples=60, deadline=None)
def test_every_task_has_one_result_whatever_happens(moods: dict[int, list[str]]) -> None:
    dones = performed(Script(moods).executed(timeout=0.05), TASKS)
    assert [done.position for done in dones] == [0, 1, 2, 3, 4]
    for done, here in zip(timeless(dones), timeless(HERE), strict=True):
        before = [mood for mood in moods.get(done.position, ()) if mood not in HARMLESS]
        if len(before) <= 1:
            assert done == here
        elif done != here:
            assert done.result.status == "broken"
            assert "lost this spec twice" in done.result.faults[0]


@pytest.mark.parametrize("mood", [*FOR_ONE, *FOR_ALL])
def test_a_task_that_is_lost_once_is_submitted_again(mood: str) -> None:
    script = Script({1: [mood]})
    assert same(performed(script.executed(timeout=0.05), TASKS))
    assert script.submitted.count(1) >= 2


REASONS = {
    "cancel": "it was cancelled",
    "raise": "it raised ValueError: no memory",
    "junk": "it returned an object of type dict, where a result was expected",
    "other": "it returned the result of task 0, where the result of task 1 was expected",
    "interrupt": "it raised KeyboardInterrupt",
    "no future": "it returned an object of type int, and no Future",
}


@pytest.mark.parametrize("mood", FOR_ONE)
def test_a_task_that_is_lost_twice_is_broken_with_the_reason(mood: str) -> None:
    script = Script({1: [mood] * 2})
    dones = performed(script.executed(), TASKS)
    assert [done.position for done in dones if done.result.status == "broken"] == [1]
    (fault,) = dones[1].result.faults
    assert REASONS[mood] in fault
    assert script.submitted.count(1) == 2


@pytest.mark.parametrize(
    ("mood", "reason"), [("break", "BrokenExecutor: a worker died"), ("never", "ended nothing")]
)
def test_whoever_breaks_the_executor_is_found_out(mood: str, reason: str) -> None:
    script = Script({1: [mood] * 9, 3: [mood] * 9})
    dones = performed(script.executed(timeout=0.05), TASKS)
    broken = {done.position: done.result for done in dones if done.result.status == "broken"}
    assert [*broken] == [1, 3]
    assert reason in broken[1].faults[0]
    assert timeless([dones[k] for k in (0, 2, 4)]) == timeless([HERE[k] for k in (0, 2, 4)])


def test_an_executor_that_is_gone_leaves_broken_specs_with_the_reason() -> None:
    script = Script({1: ["break"]}, probes=["well", "raise", "raise"])
    dones = performed(script.executed(), TASKS)
    assert [done.position for done in dones] == [0, 1, 2, 3, 4]
    (fault,) = dones[4].result.faults
    assert "BrokenExecutor: a worker died" in fault
    assert "ValueError: no memory" in fault
    assert script.made == 2


@pytest.mark.parametrize("mood", [*FOR_ONE, "break", "refuse"])
def test_an_executor_that_runs_nothing_is_told_before_the_run(mood: str) -> None:
    with pytest.raises(SilentExecutorError, match="runs nothing"):
        _ = Script(probes=[mood] * 2).executed()


def test_a_probe_is_tried_twice() -> None:
    assert same(performed(Script(probes=["raise"]).executed(), TASKS))


def test_an_executor_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors, "START", 0.1)
    with pytest.raises(SilentExecutorError, match="no worker has answered within"):
        _ = Script(probes=["never"]).executed(timeout=0.1)


class Answers(Executor):
    """Answers every probe alike."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def submit(self, fn: Any, /, *args: Any, **_: Any) -> Any:
        future: Future[Any] = Future()
        if isinstance(self.answer, Exception):
            future.set_exception(self.answer)
        else:
            number, place, known, done = fn(*args)
            future.set_result((number, place, tuple({**dict(known), **self.answer}.items()), done))
        return future


def test_workers_without_gradverify_are_told_with_the_command() -> None:
    gone = ModuleNotFoundError("No module named 'gradverify'", name="gradverify")
    outer = RuntimeError("Error during deserialization")
    outer.__cause__ = gone
    for error in (gone, outer):
        with pytest.raises(WorkerLacksUsError, match="pip install gradverify=="):
            _ = engine(lambda error=error: nullcontext(Answers(error)))


def test_workers_with_another_gradverify_are_refused() -> None:
    with pytest.raises(OtherVersionError, match=r"gradverify is 0\.0\.9 at .*pip install"):
        _ = engine(lambda: nullcontext(Answers({"gradverify": "0.0.9"})))


def test_other_versions_of_workers_are_told_and_reported() -> None:
    told: list[str] = []
    make = lambda: nullcontext(Answers({"torch": "1.0"}))  # noqa: E731 - one line says it
    other = Executed(Chosen("tried", make, None, told.append))
    assert environment_of(other)["torch"] == "1.0"
    assert len(performed(other, TASKS)) == 5
    (sentence,) = told
    assert f"torch 1.0 ({environment()['torch']} here)" in sentence


def test_a_worker_unlike_the_first_is_told_once() -> None:
    told: list[str] = []

    class Mixed(Answers):
        def submit(self, fn: Any, /, *args: Any, **_: Any) -> Any:
            self.answer: Any = {"jax": "0.1"} if args[0] in {2, 3} else {}
            return super().submit(fn, *args)

    _ = performed(Executed(Chosen("t", lambda: nullcontext(Mixed({})), None, told.append)), TASKS)
    (sentence,) = told
    assert "jax 0.1" in sentence


class Counting(ThreadPoolExecutor):
    """Knows how many tasks it was given."""

    given = 0

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        self.given += 1
        return super().submit(fn, *args, **kwargs)


def test_few_tasks_are_in_flight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "IN_FLIGHT", 2)
    pool = Counting(1)
    dones = engine(lambda: nullcontext(pool)).perform(TASKS)
    _ = next(dones)
    assert pool.given == 1 + 2  # the probe
    assert len(list(dones)) == 4


def test_nothing_to_do_closes_the_executor() -> None:
    pool = ThreadPoolExecutor(1)
    assert list(engine(lambda: nullcontext(pool)).perform([])) == []
    with pytest.raises(RuntimeError, match="after shutdown"):
        _ = pool.submit(time.time)


def test_the_end_closes_the_executor_and_its_context() -> None:
    pool, ended = ThreadPoolExecutor(1), list[str]()

    class Context(nullcontext[Executor]):
        def __exit__(self, *_: object) -> None:
            ended.append("context")

    assert same(performed(engine(lambda: Context(pool)), TASKS))
    assert ended == ["context"]
    with pytest.raises(RuntimeError, match="after shutdown"):
        _ = pool.submit(time.time)


CODE = """
import os, signal, time
import numpy as np

def dies(x):
    os.kill(os.getpid(), signal.SIGKILL)

def dies_once(x):
    if not os.path.exists("died"):
        open("died", "w").close()
        dies(x)
    return np.exp(x)

def hangs(x):
    open("hung", "w").close()
    time.sleep(600)

def back(ct, out, x):
    return (ct * out,)
"""


def code(position: int, function: str) -> Task:
    text = f"inputs: {{x: [1., 2.]}}\nfunction: killers:{function}\n"
    text += "framework: numpy\nvjp: killers:back\n"
    return Task(position, spec_of(text), replace(QUICK, allow_import=True))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    _ = (tmp_path / "killers.py").write_text(CODE, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_a_spec_that_kills_its_worker_is_broken_and_the_others_are_not() -> None:
    tasks = [*TASKS[:3], code(3, "dies"), code(4, "dies_once")]
    dones = performed(engine(lambda: nullcontext(processes())), tasks)
    assert [done.position for done in dones] == [0, 1, 2, 3, 4]
    assert timeless(dones[:3]) == timeless(HERE[:3])
    assert dones[3].result.status == "broken"
    assert "terminated abruptly" in dones[3].result.faults[0]
    assert dones[4].result.status == "passed"


def test_who_leaves_early_waits_for_nothing(folder: Path) -> None:
    before = frozenset(multiprocessing.active_children())
    tasks = [TASKS[0], code(1, "hangs"), code(2, "hangs"), code(3, "hangs")]
    dones = engine(lambda: nullcontext(processes())).perform(tasks)
    assert next(dones).position == 0
    end = time.monotonic() + 20
    while not (folder / "hung").exists() and time.monotonic() < end:
        time.sleep(0.01)
    start = time.monotonic()
    Arrivals(dones).close()
    assert time.monotonic() - start < 10
    for child in frozenset(multiprocessing.active_children()) - before:
        child.join(5)
        assert child.exitcode is not None


def test_a_spec_that_hangs_is_broken_after_its_time(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "TIMES", 1)  # each time takes the whole timeout
    tasks = [TASKS[0], code(1, "hangs"), TASKS[2]]
    dones = performed(engine(lambda: nullcontext(processes()), timeout=3), tasks)
    assert (folder / "hung").exists()
    assert [done.result.status for done in dones] == ["passed", "broken", "failed"]
    assert "ended nothing for 3 s" in dones[1].result.faults[0]


NO_LICENCE = GradverifyError("no licence")


def test_the_error_of_a_maker_is_told_at_once() -> None:
    def make() -> Any:
        raise NO_LICENCE

    with pytest.raises(GradverifyError, match="no licence"):
        _ = engine(make)
