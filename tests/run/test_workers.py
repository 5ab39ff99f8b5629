"""A worker may die, hang or eat memory: its spec is broken and says why, and all others pass."""

import operator
import os
import pickle
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import psutil
import pytest

from gradverify.run import worker as worker_module
from gradverify.run import workers as workers_module
from gradverify.run.engine import INLINE
from gradverify.run.forkserver import ONE_THREAD
from gradverify.run.task import Done, Task
from gradverify.run.work import work_of
from gradverify.run.workers import Workers
from gradverify.spec.discover import find_spec_files
from gradverify.spec.spec import Spec
from gradverify.verdict.verdict import SpecResult
from tests.run.dangerous_project import QUICK, tasks_of, write_module
from tests.support import OPTIONS, spec_of

MEBIBYTE: Final = 2**20
FAMILY: Final = "specs/chain-rule-by-hand"
PIPE: Final = 2**16  # bytes that a pipe of Linux holds
ROOT: Final = Path(__file__).parents[2]
FATAL: Final = (
    "exits", "right", "aborts", "reads_null", "killed", "right", "leaves", "interrupts",
    "closes_everything", "unpicklable", "starts_threads", "eats", "right",
)  # fmt: skip
HANGING: Final = ("sleeps", "loops_in_c", "waits_for_another", "right", "right")
WORKERS: Final = Workers(2, None, 100 * MEBIBYTE, ())


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder to stand in, with the dangerous module, and nobody's choice of threads."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name in ONE_THREAD:
            monkeypatch.delenv(name, raising=False)
        folder = tmp_path_factory.mktemp("dangerous")
        write_module(folder, monkeypatch)
        yield folder


def by_name(names: Sequence[str], dones: Iterator[Done]) -> Mapping[str, list[SpecResult]]:
    results = {done.position: done.result for done in dones}
    assert sorted(results) == list(range(len(names)))
    found: dict[str, list[SpecResult]] = {name: [] for name in names}
    for position, name in enumerate(names):
        found[name].append(results[position])
    return found


@pytest.fixture(scope="module")
def fatal(folder: Path) -> Mapping[str, list[SpecResult]]:
    assert Path.cwd() == folder
    return by_name(FATAL, WORKERS.perform(tasks_of(*FATAL)))


@pytest.fixture(scope="module")
def hung(folder: Path) -> Mapping[str, list[SpecResult]]:
    assert Path.cwd() == folder
    return by_name(HANGING, replace(WORKERS, count=3, timeout=2.5).perform(tasks_of(*HANGING)))


def status(name: str, **options: Any) -> str:
    (done,) = replace(WORKERS, count=1, **options).perform(tasks_of(name))
    return done.result.status


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("exits", "ended with exit code 7"),
        ("aborts", "was ended by SIGABRT (Aborted)"),
        ("reads_null", "was ended by SIGSEGV (Segmentation fault)"),
        ("killed", "was ended by SIGKILL (Killed)"),
        ("closes_everything", "closed its pipes"),
        ("interrupts", "the code raised KeyboardInterrupt()"),
        ("leaves", "SystemExit: 3"),
        ("unpicklable", "nothing of a floating dtype"),
        ("eats", "--max-memory allows 100.0 MiB"),
    ],
)
def test_a_worker_that_is_lost_is_one_broken_spec(
    name: str, how: str, fatal: Mapping[str, list[SpecResult]]
) -> None:
    (result,) = fatal[name]
    assert (result.status, result.interrupted) == ("broken", False)
    (fault,) = result.faults
    assert fault.startswith("a.grad.yaml:")
    assert how in fault


def test_the_specs_beside_them_pass(fatal: Mapping[str, list[SpecResult]]) -> None:
    assert [result.status for result in fatal["right"]] == ["passed"] * 3
    assert [result.status for result in fatal["starts_threads"]] == ["passed"]


def test_a_crash_in_native_code_says_which_line_called_it(
    fatal: Mapping[str, list[SpecResult]],
) -> None:
    (fault,) = fatal["reads_null"][0].faults
    assert 'dangerous/ops.py", line' in fault
    assert "in reads_null" in fault


@pytest.mark.parametrize("name", ["sleeps", "loops_in_c", "waits_for_another"])
def test_a_spec_that_hangs_is_ended_and_says_where_it_was(
    name: str, hung: Mapping[str, list[SpecResult]]
) -> None:
    (fault,) = hung[name][0].faults
    assert "still running after 2.5 s, which is all that --timeout allows" in fault
    assert f"in {name}\n" in f"{fault}\n"


def test_the_specs_behind_them_pass(hung: Mapping[str, list[SpecResult]]) -> None:
    assert [result.status for result in hung["right"]] == ["passed"] * 2


def test_what_a_hanging_spec_has_started_is_ended_too(
    folder: Path, hung: Mapping[str, list[SpecResult]]
) -> None:
    assert hung["waits_for_another"][0].status == "broken"
    pid = int((folder / "another.pid").read_text())
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_without_the_limit_the_same_specs_pass() -> None:
    assert status("eats", max_bytes=2**34) == "passed"
    assert status("slow") == "passed"
    assert status("slow", timeout=0.5) == "broken"


def test_a_worker_has_one_thread_and_its_parent_is_left_as_it_was() -> None:
    before = dict(os.environ)
    assert status("alone") == "passed"
    assert dict(os.environ) == before


def test_what_a_worker_prints_goes_to_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    assert status("prints") == "passed"
    captured = capfd.readouterr()
    assert captured.out == ""
    for words in ("a word for stdout", "a word past Python", "a word for stderr"):
        assert words in captured.err


def timeless(result: SpecResult) -> SpecResult:
    return replace(result, seconds=0.0)


def test_results_are_those_of_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    items = work_of(find_spec_files([FAMILY]), OPTIONS).items
    tasks = [Task(k, item, OPTIONS) for k, item in enumerate(items) if isinstance(item, Spec)]
    assert len(tasks) > 3
    there = sorted(WORKERS.perform(tasks), key=lambda done: done.position)
    here = INLINE.perform(tasks)
    assert [timeless(a.result) for a in there] == [timeless(b.result) for b in here]


def test_a_long_spec_and_a_long_result_go_through_the_pipes() -> None:
    many = ", ".join(f"x{k}: {[k / 7] * 50}" for k in range(200))
    long = spec_of(f"inputs: {{x: [1., 2.], {many}}}\nloss: sum(exp(x))\n")
    short = spec_of("inputs: {x: [1., 2.]}\nloss: sum(exp(x))\n")
    quick = replace(OPTIONS, oracles=("rules", "finite_difference"))
    tasks = [Task(k, long if k == 14 else short, quick) for k in range(30)]
    assert len(pickle.dumps(tasks[14])) > PIPE
    dones = {done.position: done for done in WORKERS.perform(tasks)}
    assert sorted(dones) == list(range(30))
    assert len(pickle.dumps(dones[14])) > PIPE
    assert {done.result.status for k, done in dones.items() if k != 14} == {"passed"}


def test_a_task_that_cannot_be_pickled_is_broken_and_the_others_run() -> None:
    bad, good = tasks_of("right", "right")
    unpicklable: Any = (lambda: "rules",)
    bad = replace(bad, options=replace(bad.options, oracles=unpicklable))
    first, second = sorted(WORKERS.perform([bad, good]), key=lambda done: done.position)
    assert "cannot be sent to a worker process" in first.result.faults[0]
    assert second.result.status == "passed"


def test_closing_early_ends_the_workers_at_once() -> None:
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    dones: Any = WORKERS.perform(tasks_of("right", "sleeps", "loops_in_c"))
    assert next(dones).result.status == "passed"
    started = {p.pid for p in psutil.Process().children(recursive=True)} - before
    assert started
    start = time.monotonic()
    dones.close()
    assert time.monotonic() - start < 5
    alive = {p.pid for p in psutil.Process().children(recursive=True) if p.pid in started}
    servers = {p.pid for p in psutil.Process().children()}
    assert alive - servers == set()


def test_workers_run_within_a_thread() -> None:
    found: list[str] = []
    thread = threading.Thread(target=lambda: found.append(status("right")))
    thread.start()
    thread.join(60)
    assert found == ["passed"]


def test_what_has_come_before_an_interrupt_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    wait, give, given = workers_module.wait, worker_module.Worker.give, list[Task]()

    def give_and_tell(worker: worker_module.Worker, task: Task, data: bytes) -> bool:
        given.append(task)
        return give(worker, task, data)

    def wait_and_interrupt(sources: list[Any], patience: float) -> Any:
        if not given:
            return wait(sources, patience)
        _ = wait(sources, 60)  # its reply is there, and nobody has read it
        raise KeyboardInterrupt

    monkeypatch.setattr(worker_module.Worker, "give", give_and_tell)
    dones = replace(WORKERS, count=1).perform(tasks_of("right", "sleeps"))
    monkeypatch.setattr(workers_module, "wait", wait_and_interrupt)
    assert next(dones).result.status == "passed"
    with pytest.raises(KeyboardInterrupt):
        _ = next(dones)


def test_workers_that_die_at_once_are_not_started_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker_module, "work", operator.is_)  # which returns: the process ends
    dones = list(WORKERS.perform(tasks_of("right", "right", "right")))
    assert [done.result.status for done in dones] == ["broken"] * 3
    for done in dones:
        (fault,) = done.result.faults
        assert "worker processes in a row ended before they ran anything" in fault
        assert "the last one ended with exit code 0" in fault


def test_a_system_that_starts_no_process_is_a_reason_of_every_spec(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: Any) -> Any:
        message = "Cannot allocate memory"
        raise OSError(message)

    monkeypatch.setattr(workers_module, "context_of", refuse)
    dones = list(WORKERS.perform(tasks_of("right", "right")))
    told = ["the last one was not started: Cannot allocate" in d.result.faults[0] for d in dones]
    assert told == [True, True]


def test_many_specs_are_each_run_once() -> None:
    spec = spec_of("inputs: {x: [1., 2.]}\nloss: sum(exp(x))\n")
    rules = replace(QUICK, oracles=("rules",))
    tasks = [Task(k, spec, rules) for k in range(300)]
    assert sorted(done.position for done in WORKERS.perform(tasks)) == list(range(300))


def test_without_a_fork_server_specs_run_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("multiprocessing.get_all_start_methods", lambda: ["spawn"])
    assert status("right") == "passed"
    assert status("exits") == "broken"
