"""What is wrong with the gradients of watched tensors, in words: all wording of `watch`."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

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
from gradverify.verdict.findings import finding
from gradverify.verdict.verdict import About, Detail, Finding, Severity

_PARTY: Final = "torch"

_HOW: Final[Mapping[Path, str]] = MappingProxyType(
    {
        Path.CUT: "the loss depends on it through {place}, which records nothing for backward",
        Path.UNRECORDED: "no op that read it recorded anything for backward, the first at {place}",
        Path.LEFT: "what was computed from it left torch at {place}, and reached no loss in torch",
        Path.LOST: "nothing computed from it was seen to reach a tensor that backward started from",
        Path.SILENT: "the graph leads from the loss to it, and an op on the way passed no gradient",
        Path.LEFT_OUT: "backward(inputs=...) was told to fill other tensors only",
    }
)

_ADVICE: Final[Mapping[Path, str]] = MappingProxyType(
    {
        Path.LOST: "Look for a result that is not used, or that leaves torch on its way.",
        Path.SILENT: "Look for the backward of a torch.autograd.Function that returns None for it.",
        Path.LEFT_OUT: "Add it to the inputs of backward, or do not watch it.",
    }
)
"""Where the page of the code advises against a detach that there is none of."""


def conclude(observations: Iterable[Observation]) -> tuple[Finding, ...]:
    """Return one finding for each thing observed, errors first."""
    found = [_finding(item) for item in observations]
    return tuple(sorted(found, key=lambda item: item.severity is not Severity.ERROR))


def _finding(item: Observation) -> Finding:
    match item:
        case NoBackward():
            return _no_backward()
        case NotRetained(name):
            message = "a gradient flowed through it, but it is no leaf, and its .grad stays None"
            return _found(name, "non-leaf-grad-none", message)
        case Unread(name):
            message = "its .grad is None after backward: no op in the block was seen to read it"
            return _found(name, "input-unused", message)
        case Detached():
            return _detached(item)
        case Accumulated():
            return _accumulated(item)
        case NotFinite():
            return _not_finite(item)


def _no_backward() -> Finding:
    message = "no backward pass ran in the block"
    missing = finding("gradient-missing", About(_PARTY, "", None), message, {})
    return replace(missing, advice="Call loss.backward() inside the block.")


def _detached(item: Detached) -> Finding:
    message = f"its .grad is None after backward: {_HOW[item.path].format(place=_at(item.place))}"
    place = item.place
    details: Mapping[str, Detail] = (
        {} if place is None else {"file": _file(place), "line": place.line, "op": place.op}
    )
    found = _found(item.name, "path-detached", message, details)
    return replace(found, advice=_ADVICE.get(item.path, found.advice))


def _accumulated(item: Accumulated) -> Finding:
    """An error where an update used a sum with a gradient that an earlier one had used.

    Passes that add up before one update are micro-batches, and what `.grad` held when the block
    began may be one of them: whether the parameter has changed since then nobody saw.
    """
    passes = _counted(item.sum_of - item.before, "backward pass", "backward passes")
    total = f"the sum of {'what it held before and ' if item.before else ''}{passes}"
    if item.updates:
        updates = _counted(item.updates, "later update", "later updates")
        message = (
            f"backward pass {item.backward} added to a .grad that an update had already used: it "
            f"came to be {total}, and {updates} used such a sum"
        )
    else:
        message = f"backward pass {item.backward} added to its .grad, which came to be {total}"
    details = {"backward": item.backward, "sum_of": item.sum_of}
    severity = Severity.ERROR if item.updates else Severity.WARNING
    return _found(item.name, "grad-accumulated", message, details, severity)


def _not_finite(item: NotFinite) -> Finding:
    """An error unless the parameter changed and stayed finite: then nobody used the gradient."""
    message = (
        f"after backward pass {item.backward} its .grad has {item.count} of {item.size} entries "
        f"that are NaN or infinite, the first at {list(item.index)}"
    )
    if item.dropped:
        message += "; no update used them"
    details = {"backward": item.backward, "index": item.index, "count": item.count}
    severity = Severity.WARNING if item.dropped else Severity.ERROR
    return _found(item.name, "not-finite", message, details, severity)


def _found(
    name: Name,
    code: str,
    message: str,
    details: Mapping[str, Detail] = MappingProxyType({}),
    severity: Severity = Severity.ERROR,
) -> Finding:
    also = f"(also {', '.join(name.others)}) " if name.others else ""
    about = About(_PARTY, name.path, None)
    return finding(code, about, also + message, details, severity=severity)


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _at(place: Place | None) -> str:
    return "" if place is None else f"`{place.op}` at {_file(place)}:{place.line}"


def _file(place: Place) -> str:
    """Return the path as it is shortest to read: relative to where the user works."""
    here = f"{os.getcwd()}{os.sep}"  # noqa: PTH109 -- kept as text, as the code's file name is
    return place.file.removeprefix(here)
