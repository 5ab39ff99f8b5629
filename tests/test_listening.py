"""Whoever listens hears of every report, in its own thread, and may let a wrong one pass."""

import threading
from dataclasses import dataclass, field
from typing import final

import numpy as np
import pytest

import gradverify
from gradverify.arrays import Array
from gradverify.listening import LISTENER, listening
from gradverify.report.verified import GradientMismatch, Report

X = np.linspace(0.5, 1.0, 4)


def square(x: Array) -> Array:
    return x * x


def right(ct: Array, _out: Array, x: Array) -> Array:
    return 2 * ct * x


def wrong(ct: Array, _out: Array, x: Array) -> Array:
    return ct * x


@final
@dataclass
class Ear:
    """Keeps what it hears."""

    excuses: bool = False
    refuses: bool = False
    heard: list[Report] = field(default_factory=list[Report])
    settled: list[Report] = field(default_factory=list[Report])

    def hear(self, report: Report) -> None:
        self.heard.append(report)

    def settle(self, report: Report) -> bool:
        self.settled.append(report)
        if self.refuses:
            raise AssertionError("something else")  # noqa: EM101, TRY003 - told apart by its words
        return self.excuses


def test_verify_is_heard_and_assert_gradients_is_heard_and_settled() -> None:
    ear = Ear()
    with listening(ear):
        one = gradverify.verify(square, X, vjp=wrong)
        two = gradverify.assert_gradients(square, X, vjp=right)
    assert ear.heard == [one, two]
    assert ear.settled == [two]


def test_a_wrong_gradient_is_heard_before_it_is_raised() -> None:
    ear = Ear()
    with listening(ear), pytest.raises(GradientMismatch) as raised:
        _ = gradverify.assert_gradients(square, X, vjp=wrong)
    assert ear.heard == [raised.value.report]


def test_what_is_excused_passes_and_what_is_refused_does_not() -> None:
    with listening(Ear(excuses=True)):
        assert not gradverify.assert_gradients(square, X, vjp=wrong)
    with listening(Ear(refuses=True)), pytest.raises(AssertionError, match="something else"):
        _ = gradverify.assert_gradients(square, X, vjp=right)


def test_nobody_else_listens_before_or_after_or_in_another_thread() -> None:
    outer, inner, elsewhere = Ear(), Ear(), Ear()
    before = LISTENER.get()  # the plug-in of pytest itself
    with listening(outer):
        with listening(inner):
            _ = gradverify.verify(square, X, vjp=right)
            thread = threading.Thread(target=lambda: elsewhere.heard.extend(_asked()))
            thread.start()
            thread.join()
        _ = gradverify.verify(square, X, vjp=right)
    assert LISTENER.get() is before
    assert [len(ear.heard) for ear in (outer, inner, elsewhere)] == [1, 1, 1]


def _asked() -> list[Report]:
    return [gradverify.verify(square, X, vjp=right)]
