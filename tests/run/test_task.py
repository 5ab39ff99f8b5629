"""A task that went through a pickle does what it did before."""

import pickle
from dataclasses import replace

from gradverify.run.task import Task, perform
from gradverify.verdict.verdict import SpecResult
from tests.support import OPTIONS, spec_of

QUICK = replace(OPTIONS, oracles=("rules", "finite_difference", "stated"))
WRONG = "inputs: {x: randn(3)}\nloss: sum(exp(x))\nexpect: {grads: {x: 2 * exp(x)}}\n"


def timeless(result: SpecResult) -> SpecResult:
    return replace(result, seconds=0.0)


def test_a_pickled_task_has_the_same_result() -> None:
    task = Task(7, spec_of(WRONG), replace(QUICK, seed=3, ids={"a": frozenset({"b"})}))
    sent = pickle.loads(pickle.dumps(task))  # noqa: S301 - our own
    here, there = perform(task), perform(sent)
    assert here.position == there.position == 7
    assert here.result.status == "failed"
    assert timeless(here.result) == timeless(there.result)


def test_a_pickled_task_holds_nothing_of_the_other_specs() -> None:
    task = Task(0, spec_of(WRONG), replace(QUICK, ids={"a": frozenset({"a::secret"})}))
    assert b"secret" not in pickle.dumps(task)


def test_a_pickled_result_is_the_same_result() -> None:
    done = perform(Task(3, spec_of(WRONG), QUICK))
    assert done.result.status == "failed"
    assert pickle.loads(pickle.dumps(done)) == done  # noqa: S301 - our own
