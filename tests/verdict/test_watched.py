"""Every observation becomes one finding: its code, its severity and its whole text."""

from pathlib import Path as FilePath

import pytest

from gradverify.oracles.grad_state import (
    Accumulated,
    Detached,
    Name,
    NoBackward,
    NotFinite,
    NotRetained,
    Observation,
    Path,
    Place,
    Unread,
)
from gradverify.verdict.verdict import Finding, Severity
from gradverify.verdict.watched import conclude

W = Name("fc.weight")
TIED = Name("encoder.weight", ("decoder.weight", "head.weight"))
HERE = Place(str(FilePath.cwd() / "tests" / "test_net.py"), 12, "detach")
NO_GRAD = "its .grad is None after backward: "


def only(item: Observation) -> Finding:
    (found,) = conclude([item])
    return found


@pytest.mark.parametrize(
    ("item", "code", "message"),
    [
        (
            NotRetained(W),
            "non-leaf-grad-none",
            "a gradient flowed through it, but it is no leaf, and its .grad stays None",
        ),
        (Unread(W), "input-unused", f"{NO_GRAD}no op in the block was seen to read it"),
        (
            Unread(TIED),
            "input-unused",
            f"(also decoder.weight, head.weight) {NO_GRAD}no op in the block was seen to read it",
        ),
        (
            Accumulated(W, backward=2, sum_of=5, updates=3, before=False),
            "grad-accumulated",
            (
                "backward pass 2 added to a .grad that an update had already used: it came to be "
                "the sum of 5 backward passes, and 3 later updates used such a sum"
            ),
        ),
        (
            Accumulated(W, backward=2, sum_of=2, updates=1, before=True),
            "grad-accumulated",
            (
                "backward pass 2 added to a .grad that an update had already used: it came to be "
                "the sum of what it held before and 1 backward pass, and 1 later update used such "
                "a sum"
            ),
        ),
        (
            NotFinite(W, backward=3, index=(0, 2), count=4, size=6, dropped=False),
            "not-finite",
            (
                "after backward pass 3 its .grad has 4 of 6 entries that are NaN or infinite, the "
                "first at [0, 2]"
            ),
        ),
    ],
)
def test_what_is_wrong_is_an_error(item: Observation, code: str, message: str) -> None:
    found = only(item)
    assert (found.code, found.severity, found.message) == (code, Severity.ERROR, message)
    assert (found.party, found.mark) == ("torch", None)
    assert found.of in {"fc.weight", "encoder.weight"}
    assert found.advice


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (
            Accumulated(W, backward=2, sum_of=5, updates=0, before=False),
            "backward pass 2 added to its .grad, which came to be the sum of 5 backward passes",
        ),
        (
            Accumulated(W, backward=1, sum_of=3, updates=0, before=True),
            (
                "backward pass 1 added to its .grad, which came to be the sum of what it held "
                "before and 2 backward passes"
            ),
        ),
        (
            NotFinite(W, backward=1, index=(), count=1, size=1, dropped=True),
            (
                "after backward pass 1 its .grad has 1 of 1 entries that are NaN or infinite, the "
                "first at []; no update used them"
            ),
        ),
    ],
)
def test_what_may_be_meant_is_a_warning(item: Observation, message: str) -> None:
    found = only(item)
    assert (found.severity, found.message) == (Severity.WARNING, message)


@pytest.mark.parametrize(
    ("path", "place", "message"),
    [
        (
            Path.CUT,
            HERE,
            (
                "the loss depends on it through `detach` at tests/test_net.py:12, which records "
                "nothing for backward"
            ),
        ),
        (
            Path.UNRECORDED,
            HERE,
            (
                "no op that read it recorded anything for backward, the first at `detach` at "
                "tests/test_net.py:12"
            ),
        ),
        (
            Path.LEFT,
            Place("/elsewhere/net.py", 3, "item"),
            (
                "what was computed from it left torch at `item` at /elsewhere/net.py:3, and "
                "reached no loss in torch"
            ),
        ),
        (
            Path.LOST,
            None,
            "nothing computed from it was seen to reach a tensor that backward started from",
        ),
        (
            Path.SILENT,
            None,
            "the graph leads from the loss to it, and an op on the way passed no gradient",
        ),
        (Path.LEFT_OUT, None, "backward(inputs=...) was told to fill other tensors only"),
    ],
)
def test_a_detached_path_is_told_as_far_as_it_was_seen(
    path: Path, place: Place | None, message: str
) -> None:
    found = only(Detached(W, path, place))
    assert (found.code, found.severity) == ("path-detached", Severity.ERROR)
    assert found.message == NO_GRAD + message
    assert ("detach" in found.advice) == (place is not None)
    assert found.details.get("line") == (None if place is None else place.line)


def test_numbers_are_in_the_details() -> None:
    summed = only(Accumulated(W, backward=2, sum_of=5, updates=3, before=False))
    assert summed.details == {"backward": 2, "sum_of": 5}
    bad = only(NotFinite(W, backward=3, index=(0, 2), count=4, size=6, dropped=False))
    assert bad.details == {"backward": 3, "index": (0, 2), "count": 4}
    cut = only(Detached(W, Path.CUT, HERE))
    assert cut.details == {"file": "tests/test_net.py", "line": 12, "op": "detach"}


def test_a_block_without_backward_has_one_finding() -> None:
    found = only(NoBackward())
    assert (found.code, found.of, found.severity) == ("gradient-missing", "", Severity.ERROR)
    assert found.message == "no backward pass ran in the block"
    assert found.advice == "Call loss.backward() inside the block."


def test_errors_come_first_and_nothing_makes_nothing() -> None:
    warned = Accumulated(W, backward=2, sum_of=2, updates=0, before=False)
    found = conclude([warned, Unread(TIED), Unread(W)])
    assert [item.of for item in found] == ["encoder.weight", "fc.weight", "fc.weight"]
    assert found[-1].severity is Severity.WARNING
    assert conclude([]) == ()
