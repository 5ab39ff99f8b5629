"""What a stranger's oracle does wrong is its own affair: the others are still judged."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from gradverify.oracles.oracle import Gradients, Unsupported
from gradverify.oracles.rules import Rules
from gradverify.verdict.verdict import Answer, SpecResult, Status
from tests.support import STRANGER, Altered, codes, let_in, result_of, result_with, statuses

BODY = "inputs: {x: [1., 2., 3.]}\nops: [y = exp(x)]\nloss: sum(y)\n"


@dataclass
class Answering:
    """An oracle whose answer is whatever a function returns."""

    answer: Callable[..., Any]
    name: str = STRANGER

    def differentiate(self, *asked: Any) -> Any:
        return self.answer(*asked)


def raising(error: BaseException) -> Callable[..., Any]:
    def answer(*_: Any) -> Any:
        raise error

    return answer


def fared(result: SpecResult, name: str = STRANGER) -> Answer:
    (found,) = [answer for answer in result.oracles if answer.name == name]
    return found


@pytest.mark.parametrize(
    "error", [ValueError("bad luck\nand more"), KeyError("x"), AssertionError(), RecursionError()]
)
def test_an_oracle_that_raises_is_broken_and_says_where(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    result = result_with(monkeypatch, BODY, Answering(raising(error)))
    answer = fared(result)
    assert answer.status is Status.BROKEN
    assert type(error).__name__ in answer.reason
    assert "test_judge.py:" in answer.reason
    assert "\n" not in answer.reason
    assert result.status == "broken"
    assert answer.reason in result.faults


def test_the_others_are_judged_beside_one_that_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    body = BODY + "expect: {grads: {x: 2 * exp(x)}}"
    result = result_with(monkeypatch, body, Answering(raising(ValueError("bad luck"))))
    assert [(f.code, f.party) for f in result.findings] == [("off-by-factor", "stated")]
    assert statuses(result, "rules") == {"x": "agree", "y": "agree"}
    assert result.status == "failed"


def test_one_that_does_not_raise_is_not_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    result = result_with(monkeypatch, BODY, Answering(Rules().differentiate))
    assert fared(result).status is Status.AGREE
    assert result.status == "passed"


def test_an_interrupt_is_not_an_oracles_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyboardInterrupt):
        _ = result_with(monkeypatch, BODY, Answering(raising(KeyboardInterrupt())))


def test_an_oracle_without_an_answer_says_why_and_fails_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    result = result_with(monkeypatch, BODY, Answering(lambda *_: Unsupported("no exp here")))
    assert fared(result) == Answer(STRANGER, Status.UNSUPPORTED, "no exp here")
    assert result.status == "passed"
    assert len(result.comparisons) < result.possible


def test_an_oracle_that_cannot_be_loaded_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    result = result_with(monkeypatch, BODY, Unsupported("stranger is not installed"))
    assert fared(result).reason == "stranger is not installed"


def test_nothing_compared_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    let_in(monkeypatch, Unsupported("not installed"))
    result = result_of(BODY, oracles=(STRANGER,))
    assert result.status != "passed"
    assert result.faults


NO_ANSWERS: dict[str, Any] = {
    "nothing": None,
    "a number": 3.0,
    "a mapping": {"x": np.ones(3)},
    "a list as a gradient": Gradients(wrt={"x": [1.0, 2.0, 3.0]}),  # pyright: ignore[reportArgumentType] - so do strangers
    "complex numbers": Gradients(wrt={"x": np.ones(3, complex)}),
    "strings": Gradients(wrt={"x": np.array(["a", "b", "c"])}),
    "silence": Gradients(),
}


@pytest.mark.parametrize("answer", NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_what_is_no_answer_is_a_broken_oracle(
    monkeypatch: pytest.MonkeyPatch, answer: object
) -> None:
    result = result_with(monkeypatch, BODY, Answering(lambda *_: answer))
    assert fared(result).status is Status.BROKEN
    assert fared(result).reason
    assert result.status == "broken"
    assert statuses(result, "rules") == {"x": "agree", "y": "agree"}


@pytest.mark.parametrize("shape", [(), (1,), (2,), (3, 1), (0,), (3, 3)])
def test_a_gradient_of_a_wrong_shape_is_a_finding(
    monkeypatch: pytest.MonkeyPatch, shape: tuple[int, ...]
) -> None:
    wrong = Altered(gradient=lambda of, right: np.ones(shape) if of == "x" else right)
    assert codes(result_with(monkeypatch, BODY, wrong)) == [("shape-differs", STRANGER, "x")]


def test_an_oracle_that_writes_into_its_inputs_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def writing(program: Any, primals: Any, question: Any) -> Any:
        primals["x"][0] = 7.0
        return Rules().differentiate(program, primals, question)

    result = result_with(monkeypatch, BODY, Answering(writing))
    assert fared(result).status is Status.BROKEN
    assert statuses(result, "rules") == {"x": "agree", "y": "agree"}


def test_an_oracle_fares_as_its_worst_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = Altered(gradient=lambda of, right: 2 * right if of == "x" else right)
    result = result_with(monkeypatch, BODY, wrong)
    assert fared(result).status is Status.DISAGREE
    assert fared(result, "rules").status is Status.AGREE
