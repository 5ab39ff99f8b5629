"""What the tape model predicts of random scripts is what torch shows, and a wrong model is noticed.

Numbers are compared to rounding; None, flags and kinds of errors exactly.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeAlias, cast, final

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from gradverify.tape import engine, model, recorded
from gradverify.tape.model import TapeModel
from gradverify.tape.script import Cotangent
from gradverify.tape.tensor import Grad, Graph, Node, Tensor, Work
from tests.tape.compared import differences
from tests.tape.random_scripts import scripts
from tests.tape.sentences import MODEL, TORCH, seen

Break: TypeAlias = Callable[[pytest.MonkeyPatch], None]

FEW: Final = settings(
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@settings(FEW, max_examples=100)
@given(scripts())
def test_short_scripts_show_what_the_model_predicts(text: str) -> None:
    assert differences(text) == []


@settings(FEW, max_examples=150)
@given(scripts(least=4))
def test_long_scripts_show_what_the_model_predicts(text: str) -> None:
    assert differences(text) == []


@pytest.mark.parametrize(("tape", "by_w"), [(MODEL, 1), (TORCH, 2)])
def test_two_gradients_may_be_one_place_in_memory_and_then_nothing_is_compared(
    tape: str, by_w: float
) -> None:
    """Once torch does better than that, `Unshared` can go."""
    head = "inputs: {x: 1., w: 1.}\nops: [y = x + 2]\nloss: y"
    steps = ("backward: sum(y) + sum(w)", "backward: sum(y)", "grad: {x: 0, w: 0}")
    assert seen(tape, head, *steps) == [{"x": 2, "w": by_w}]
    assert differences(f"{head}\ntape:\n" + "".join(f"  - {{{it}}}\n" for it in steps)) == []


@final
class NoticedError(Exception):
    """There is a difference."""


@settings(FEW, max_examples=250, phases=[Phase.generate], report_multiple_bugs=False)
@given(scripts(least=4))
def until_noticed(text: str) -> None:
    if differences(text):
        raise NoticedError


def replaced(owner: object, name: str, wrong: Callable[..., Any]) -> Break:
    """Put a function in the place of another, which it is given first."""

    def broken(patch: pytest.MonkeyPatch) -> None:
        right = getattr(owner, name)

        def instead(*args: Any, **kwargs: Any) -> Any:
            return wrong(right, *args, **kwargs)

        patch.setattr(owner, name, instead)

    return broken


def shown(owner: object, name: str, value: object) -> Break:
    """Let a property read something else."""
    return lambda patch: patch.setattr(owner, name, property(lambda _: value))


def never_frees(
    right: Any, tape: TapeModel, key: str, ct: Cotangent, *, retain_graph: bool
) -> None:
    _ = retain_graph
    right(tape, key, ct, retain_graph=True)


def adds_twice(_: Any, one: Grad, other: Grad) -> Grad:
    return Grad(one.array + 2 * other.array, one.parts)


def nothing(_: Any, *args: object, **words: object) -> None:
    _ = args, words


def all_leaves(right: Any, tape: TapeModel, what: str, key: str) -> object:
    return True if what == "is_leaf" else right(tape, what, key)


def unchanged(right: Any, tape: TapeModel, key: str, change: object) -> None:
    _ = change
    right(tape, key, None)


def oldest_first(_: Any, at: Graph) -> tuple[bool, int]:
    return (False, -at.order) if isinstance(at, Node) else (True, 0)


def leaves_last(right: Any, at: Graph) -> tuple[bool, int]:
    leaf, order = right(at)
    return (not leaf, order)


def stays(right: Any, tape: TapeModel, key: str, *, flag: bool) -> None:
    right(tape, key, flag=flag or tape.tensors[key].flagged)


def unshaped(right: Any, tape: TapeModel, array: Any, ct: Any) -> Any:
    return np.resize(right(tape, array, ct), array.shape)


def swapped(right: Any, tensor: Tensor, new: Any, *, noticed: bool) -> None:
    right(tensor, new, noticed=not noticed)


def nobody_hidden(_: Any, *call: Any) -> bool:
    return bool(cast("Any", recorded).saved(*call))


def by_all(right: Any, goals: Any, wanted: Any) -> Any:
    _ = right, wanted
    return goals


BREAKS: Final[Mapping[str, Break]] = MappingProxyType(
    {
        "never frees a graph": replaced(TapeModel, "backward", never_frees),
        "frees only what holds operands or outputs": replaced(recorded, "keeps", nobody_hidden),
        "ignores versions": shown(Work, "moved", value=False),
        "ignores what .data changed": shown(Work, "changed", value=frozenset[int]()),
        "takes .data for no_grad": replaced(Tensor, "put", swapped),
        "adds a gradient twice": replaced(Grad, "plus", adds_twice),
        "forgets to zero": replaced(TapeModel, "zero", nothing),
        "takes everything for a leaf": replaced(TapeModel, "flag", all_leaves),
        "keeps no gradient of a non-leaf": replaced(TapeModel, "retain_grad", nothing),
        "ignores what a hook returns": replaced(TapeModel, "hook", unchanged),
        "never stops to require a gradient": replaced(TapeModel, "track", stays),
        "takes cotangents of any shape": replaced(TapeModel, "_weights", unshaped),
        "copies instead of views": replaced(recorded, "shares_memory", lambda *_: False),
        "keeps the node of a view": replaced(model, "renew", lambda *_: False),
        "runs the oldest node first": replaced(engine, "_priority", oldest_first),
        "serves leaves last": replaced(engine, "_priority", leaves_last),
        "goes everywhere for autograd.grad": replaced(engine, "_needed", by_all),
        "says Mul of everything": replaced(model, "kinds", lambda *_: frozenset({"Mul"})),
    }
)


@pytest.mark.parametrize("name", BREAKS)
def test_a_model_that_is_wrong_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    BREAKS[name](monkeypatch)
    with pytest.raises(NoticedError):
        until_noticed()
