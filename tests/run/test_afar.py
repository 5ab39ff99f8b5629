"""A task runs elsewhere as it runs here, alone in its process, and what comes back is looked at."""

import pickle
import threading
from dataclasses import replace
from typing import Any

import pytest

from gradverify import __version__
from gradverify.run import afar
from gradverify.run.afar import (
    ALONE,
    PROBE,
    OtherVersionError,
    StrangeReplyError,
    answer_of,
    packed_task,
    perform_afar,
)
from gradverify.run.task import Task, perform
from tests.support import OPTIONS, spec_of

TASK = Task(3, spec_of("inputs: {x: [1.]}\nloss: sum(exp(x))\n"), replace(OPTIONS, seed=2))


def test_a_task_that_was_sent_has_the_result_that_it_has_here() -> None:
    answer = answer_of(perform_afar(3, packed_task(TASK)), 3)
    assert answer.done is not None
    assert replace(answer.done.result, seconds=0.0) == replace(perform(TASK).result, seconds=0.0)
    assert answer.environment["gradverify"] == __version__


def test_a_probe_runs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(afar, "perform")
    assert answer_of(perform_afar(PROBE, b""), PROBE).done is None


def test_what_comes_and_goes_is_of_builtin_types() -> None:
    assert isinstance(packed_task(TASK), bytes)
    number, place, versions, done = perform_afar(3, packed_task(TASK))
    assert [type(item) for item in (number, place, done)] == [int, str, bytes]
    assert {type(text) for pair in versions for text in pair} == {str}


def test_a_process_runs_one_task_at_a_time() -> None:
    with ALONE:
        waiting = threading.Thread(target=perform_afar, args=(PROBE, b""))
        waiting.start()
        waiting.join(0.05)
        assert waiting.is_alive()
    waiting.join(5)
    assert not waiting.is_alive()


RIGHT = perform_afar(3, packed_task(TASK))
OTHERS = {
    "nothing": None,
    "text": "done",
    "short": RIGHT[:3],
    "no done": (*RIGHT[:3], pickle.dumps(7)),
    "another's": (*RIGHT[:3], pickle.dumps(perform(replace(TASK, position=4)))),
    "another position": (4, *RIGHT[1:]),
    "no pickle": (*RIGHT[:3], b"\x80nonsense"),
    "no pairs": (3, "here", ("versions",), RIGHT[3]),
}


@pytest.mark.parametrize("reply", OTHERS.values(), ids=OTHERS)
def test_anything_else_is_no_answer(reply: Any) -> None:
    with pytest.raises(StrangeReplyError, match="returned"):
        _ = answer_of(reply, 3)


def test_the_answer_of_another_version_is_not_read() -> None:
    versions = tuple({**dict(RIGHT[2]), "gradverify": "9.9"}.items())
    with pytest.raises(OtherVersionError, match=f"gradverify is 9.9 at here, and {__version__}"):
        _ = answer_of((3, "here", versions, b"\x80nonsense"), 3)
