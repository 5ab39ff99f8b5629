"""A run tells what happens in order, and one bad spec costs nobody else's result."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from gradverify.errors import SpecErrors
from gradverify.events import Event, RunFinished, RunStarted, SpecFinished, SpecStarted
from gradverify.run import perform as module
from gradverify.run.runner import LOST, run
from gradverify.run.task import Done, Task, perform
from gradverify.verdict.verdict import SpecResult
from tests.support import OPTIONS

SPEC = "gradverify: 1\ntitle: %s\ninputs: {x: [1., 2.]}\nloss: sum(exp(x))\n"
WRONG = SPEC + "expect: {grads: {x: 2 * exp(x)}}\n"
QUICK = replace(OPTIONS, oracles=("rules", "stated"))


def written(folder: Path, **texts: str) -> list[Path]:
    files = [folder / f"{name}.grad.yaml" for name in texts]
    for file, text in zip(files, texts.values(), strict=True):
        _ = file.write_text(text, "utf-8")
    return files


def results(events: Sequence[Event]) -> list[SpecResult]:
    return [event.result for event in events if isinstance(event, SpecFinished)]


def told(files: Sequence[Path], **options: Any) -> list[Event]:
    return list(run(files, replace(QUICK, **options)))


def test_events_come_in_order(tmp_path: Path) -> None:
    files = written(tmp_path, a=SPEC % "one" + "---\n" + SPEC % "two", b=SPEC % "three")
    events = told(files)
    kinds = [RunStarted, *[SpecStarted, SpecFinished] * 3, RunFinished]
    assert [type(event) for event in events] == kinds
    started = [event for event in events if isinstance(event, SpecStarted)]
    assert [event.title for event in started] == ["one", "two", "three"]
    assert [event.id for event in started] == [result.id for result in results(events)]


def test_the_start_says_how_many_and_with_what(tmp_path: Path) -> None:
    first = told(written(tmp_path, a=SPEC % "one" + "---\n" + SPEC % "two"), seed=5)[0]
    assert isinstance(first, RunStarted)
    assert (first.total, first.seed, first.oracles) == (2, 5, ("rules", "stated"))
    assert "numpy" in first.environment


def test_nothing_happens_before_it_is_asked_for(tmp_path: Path) -> None:
    events = run(written(tmp_path, a=SPEC % "one"), QUICK)
    assert isinstance(next(events), RunStarted)
    assert isinstance(next(events), SpecStarted)


def test_no_files_are_a_run_of_nothing() -> None:
    first, last = told([])
    assert isinstance(first, RunStarted)
    assert first.total == 0
    assert isinstance(last, RunFinished)


BAD = {
    "yaml": "gradverify: 1\ntitle: [",
    "keys": "gradverify: 1\ntitle: t\nno-such-key: 3\n",
    "program": "gradverify: 1\ntitle: bad\ninputs: {x: [1.]}\nloss: sum(z)\n",
    "nothing": "",
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_bad_file_does_not_stop_the_others(tmp_path: Path, bad: str) -> None:
    files = written(tmp_path, a=SPEC % "one", bad=bad, c=SPEC % "three")
    found = results(told(files))
    assert [result.status for result in found] == ["passed", "broken", "passed"]
    assert "bad.grad.yaml" in found[1].faults[0]


def test_a_missing_file_is_a_broken_spec_of_its_own(tmp_path: Path) -> None:
    files = [tmp_path / "gone.grad.yaml", *written(tmp_path, a=SPEC % "one")]
    assert [result.status for result in results(told(files))] == ["broken", "passed"]


def test_a_keyword_selects(tmp_path: Path) -> None:
    files = written(tmp_path, a=SPEC % "one" + "---\n" + SPEC % "Two", b=SPEC % "three")
    assert [result.title for result in results(told(files, keyword="two"))] == ["Two"]
    assert results(told(files, keyword="nowhere")) == []


def test_a_result_comes_with_the_command_that_gives_it_again(tmp_path: Path) -> None:
    (file, bad) = written(tmp_path, a=SPEC % "one", b="")
    said = ("--oracles", "rules,stated")
    events = [e for e in told([file, bad], said=said) if isinstance(e, SpecFinished)]
    assert events[0].again == f"gradverify run {file.as_posix()}::one --oracles rules,stated"
    assert events[1].again == f"gradverify run {bad.as_posix()}"


def test_of_a_file_with_named_specs_the_others_do_not_run(tmp_path: Path) -> None:
    files = written(tmp_path, a=SPEC % "one" + "---\n" + SPEC % "two", b=SPEC % "three")
    path = files[0].as_posix()
    ids = {path: frozenset({f"{path}::two"})}
    assert [result.title for result in results(told(files, ids=ids))] == ["two", "three"]


def test_a_bad_document_does_not_stop_the_others_of_its_file(tmp_path: Path) -> None:
    text = SPEC % "one" + "---\n" + BAD["keys"] + "---\n" + SPEC % "three"
    (file,) = files = written(tmp_path, a=text)
    found = results(told(files))
    assert [(r.title, r.status) for r in found][:2] == [("one", "passed"), ("three", "passed")]
    assert [r.status for r in found[2:]] == ["broken"]
    path = file.as_posix()
    only = {path: frozenset({f"{path}::three"})}
    assert [r.title for r in results(told(files, ids=only))] == ["three"]
    none = {path: frozenset({f"{path}::two"})}
    assert [r.status for r in results(told(files, ids=none))] == ["broken"]


def interrupting(monkeypatch: pytest.MonkeyPatch, title: str, error: BaseException) -> None:
    build = module.prepare

    def broken(spec: Any, max_bytes: int) -> Any:
        if spec.title == title:
            raise error
        return build(spec, max_bytes)

    monkeypatch.setattr(module, "prepare", broken)


def test_an_interrupt_keeps_what_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupting(monkeypatch, "two", KeyboardInterrupt())
    files = written(tmp_path, a=SPEC % "one", b=SPEC % "two", c=SPEC % "three")
    events = told(files)
    assert [result.title for result in results(events)] == ["one"]
    last = events[-1]
    assert isinstance(last, RunFinished)
    assert last.interrupted


def test_a_mistake_of_our_own_breaks_one_spec(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupting(monkeypatch, "two", RuntimeError("we were wrong"))
    files = written(tmp_path, a=SPEC % "one", b=SPEC % "two", c=SPEC % "three")
    found = results(told(files))
    assert [result.status for result in found] == ["passed", "broken", "passed"]
    (fault,) = found[1].faults
    assert "gradverify itself" in fault
    assert "RuntimeError: we were wrong" in fault


def test_faults_of_a_spec_are_not_called_our_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupting(monkeypatch, "two", SpecErrors([]))
    (found,) = results(told(written(tmp_path, b=SPEC % "two")))
    assert found.status == "broken"
    assert not any("gradverify itself" in fault for fault in found.faults)


def test_a_program_that_is_too_large_is_a_broken_spec(tmp_path: Path) -> None:
    large = 'gradverify: 1\ntitle: large\ninputs: {x: "zeros(5000, 5000)"}\nloss: sum(x)\n'
    files = written(tmp_path, a=large, b=SPEC % "two")
    found = results(told(files, max_bytes=10**6))
    assert [result.status for result in found] == ["broken", "passed"]


def test_two_runs_say_the_same(tmp_path: Path) -> None:
    text = 'gradverify: 1\ntitle: r\ninputs: {x: "randn(30)"}\nloss: sum(exp(x))\n'
    files = written(tmp_path, a=text)
    one, two = (results(told(files))[0] for _ in range(2))
    assert replace(one, seconds=0.0) == replace(two, seconds=0.0)
    other = results(told(files, seed=1))[0]
    assert other.comparisons != one.comparisons


@dataclass
class Backwards:
    """An engine that runs tasks from the last to the first, twice each, and loses some."""

    lost: frozenset[int] = frozenset()
    stops_at: int = -1

    def perform(self, tasks: Sequence[Task]) -> Iterator[Done]:
        for task in reversed(tasks):
            if task.position == self.stops_at:
                raise KeyboardInterrupt
            if task.position not in self.lost:
                yield perform(task)
                yield perform(task)


THREE = {"a": SPEC % "one", "b": SPEC % "two", "c": SPEC % "three"}


def test_results_come_in_order_whatever_the_engine_does(tmp_path: Path) -> None:
    events = list(run(written(tmp_path, **THREE), QUICK, Backwards()))
    assert [result.title for result in results(events)] == ["one", "two", "three"]
    assert {result.status for result in results(events)} == {"passed"}


def test_what_an_engine_loses_is_broken(tmp_path: Path) -> None:
    events = list(run(written(tmp_path, **THREE), QUICK, Backwards(frozenset({1}))))
    assert [result.status for result in results(events)] == ["passed", "broken", "passed"]
    assert results(events)[1].faults == (LOST,)


def test_an_interrupt_keeps_what_was_done_before_its_turn(tmp_path: Path) -> None:
    events = list(run(written(tmp_path, **THREE), QUICK, Backwards(stops_at=0)))
    assert [result.title for result in results(events)] == ["two", "three"]
    last = events[-1]
    assert isinstance(last, RunFinished)
    assert last.interrupted


def test_shards_have_every_spec_once(tmp_path: Path) -> None:
    texts = {f"s{k}": SPEC % f"number {k}" for k in range(12)}
    files = written(tmp_path, **texts)
    parts = [told(files, shard=(number, 3)) for number in (1, 2, 3)]
    titles = [[result.title for result in results(events)] for events in parts]
    assert all(titles)
    assert sorted(chain(*titles)) == sorted(f"number {k}" for k in range(12))
    start = parts[0][0]
    assert isinstance(start, RunStarted)
    assert (start.shard, start.total + start.elsewhere) == ((1, 3), 12)
