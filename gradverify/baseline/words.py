"""How a regression is told: who, which array, how much, where, and both values."""

from collections.abc import Mapping, Sequence
from math import inf, isfinite
from types import MappingProxyType
from typing import Final

from gradverify.baseline.model import FindingKey, Row, RowKey
from gradverify.baseline.moved import Moved
from gradverify.verdict.parties import CLAIMING
from gradverify.verdict.verdict import Severity, Status

HUNDRED: Final = 100.0
PLAIN: Final = (0.01, 1000.0)
"""Between these a number is written without a power of ten."""
FORMERLY: Final[Mapping[Status, str]] = MappingProxyType(
    {
        Status.AGREE: "agreed",
        Status.DISAGREE: "disagreed",
        Status.UNDECIDED: "was",
        Status.UNSUPPORTED: "was unsupported",
        Status.BROKEN: "was broken",
    }
)
ARTICLES: Final[Mapping[Severity, str]] = MappingProxyType(
    {Severity.ERROR: "an error", Severity.WARNING: "a warning", Severity.NOTE: "a note"}
)


def subject(key: RowKey) -> str:
    """Return what a row is about, in words."""
    party, kind, of, at = key
    place = f", at {at}" if at else ""
    match kind:
        case "gradient":
            what = f"the gradient of `loss` by `{of}`"
        case "vjp":
            what = f"the gradient by `{of}`"
        case _:
            what = f"the {kind} of `{of}`"
    return f"{what}{place}, as {party}{'' if party in CLAIMING else ' computes it'},"


def told_moved(row: Row, shape: Sequence[int], found: Moved) -> str:
    """Return the sentence of an array that moved."""
    head = f"{subject(row.key)} moved by {number(found.by)} of its largest entry"
    times = "which no error bar allows" if found.times == inf else _times(found.times)
    before, now = pair(found.before, found.now)
    if found.index is None:
        what = "the mean of its entries with signs"
        return f"{head}, {times}: {what} was {before} and is {now}; no entry that is kept shows it"
    place = unravelled(found.index, shape)
    named = f"{list(place)} " if place else "it "
    return f"{head}, {times}: {named}was {before} and is {now}"


def _times(times: float) -> str:
    return f"{number(times)} times what its error bars allow"


def told_nonfinite(row: Row, before: int, now: int) -> str:
    """Return the sentence of an array that has more or fewer entries that are no numbers."""
    had = before or "none"
    return f"{subject(row.key)} has {entries(now)} NaN or infinite, and had {had}"


def entries(count: int) -> str:
    """Return how many entries."""
    return f"{count or 'no'} entr{'y' if count == 1 else 'ies'}"


def told_shape(row: Row, before: Sequence[int], now: Sequence[int]) -> str:
    """Return the sentence of an array of another shape."""
    return f"{subject(row.key)} has the shape {list(now)}, and had {list(before)}"


def told_dtype(row: Row, before: str, now: str) -> str:
    """Return the sentence of an array of another format."""
    return f"{subject(row.key)} is {now}, and was {before}"


def told_margin(row: Row, before: Row, worse: float) -> str:
    """Return the sentence of an error that still passes, by less than before."""
    times = f"{worse:.2g}" if worse < HUNDRED else f"{worse:.0f}"
    head = (
        f"the margin of {subject(row.key)} worsened {times} times: its error was "
        f"{number(before.error)} and is {number(row.error)}"
    )
    if row.error > before.allowed:
        then, today = number(before.allowed), number(row.allowed)
        return (
            f"{head}, more than all that was allowed: {then} then, and {today} now that the code "
            "itself rounds more"
        )
    shares = (before.error / before.allowed, row.error / row.allowed)
    return f"{head}, {share(shares[1])} of what is allowed where it was {share(shares[0])}"


def share(part: float) -> str:
    """Return a share of what is allowed."""
    return "none" if part == 0.0 else f"{part:.2g}"


def told_undecided(row: Row, before: Row, because: str) -> str:
    """Return the sentence of a row that nobody can decide any more."""
    why = f": {because}" if because else ""
    return f"{subject(row.key)} is undecided, and {FORMERLY[before.status]} before{why}"


def told_silent(oracle: str, reason: str) -> str:
    """Return the sentence of an oracle that answers no more."""
    return f"{oracle} answered before and does not now: {reason}"


def told_missing(key: RowKey) -> str:
    """Return the sentence of an array that one party left out, and others did not."""
    return f"{key[0]} answered for {named_array(key)} before and does not now, while others do"


def told_new(message: str, code: str, instead: str) -> str:
    """Return the sentence of a finding that the baseline does not have."""
    known = f" (the baseline has {instead} there)" if instead else ""
    return f"{code} is new{known}: {message}"


def told_graver(code: str, before: Severity, now: Severity, message: str) -> str:
    """Return the sentence of a finding that was a lesser one."""
    return f"{code} is {ARTICLES[now]} now, and was {ARTICLES[before]}: {message}"


def told_expired(code: str, expires: str, reason: str, message: str) -> str:
    """Return the sentence of a finding that was accepted until a day that is over."""
    why = f" because “{reason}”" if reason else ""
    return f"{code} was accepted until {expires}{why}, and is still there: {message}"


def told_seed(before: int, now: int) -> str:
    """Return the sentence of inputs that are others, of which no gradient can be compared."""
    return (
        f"random inputs were drawn with the seed {now}, and with {before} for the baseline: "
        f"gradients are not compared; `--seed {before}` draws those of the baseline"
    )


def told_edited(message: str) -> str:
    """Return a sentence with its likely cause: what is compared is no longer the same."""
    return f"{message}; the text of the spec has changed since"


def told_gone(what: str) -> str:
    """Return the sentence of what the baseline has and the run does not find."""
    return f"{what} is gone"


def named_finding(key: FindingKey) -> str:
    """Return which finding is meant."""
    code, party, of, at = key
    by = f" by `{of}`" if of else ""
    return f"the finding {code} of {party}{by}{f', at {at}' if at else ''}"


def named_array(key: RowKey) -> str:
    """Return which array is meant."""
    return subject(key).partition(", as ")[0]


def number(value: float) -> str:
    """Return a number with the few digits that one reads of it."""
    if not isfinite(value) or value == 0.0:
        return f"{value:g}"
    low, high = PLAIN
    return f"{value:.3g}" if low <= value < high else f"{value:.1e}"


def pair(before: float, now: float) -> tuple[str, str]:
    """Return two numbers with as many digits as it takes to tell them apart."""
    told = [(f"{before:.{digits}g}", f"{now:.{digits}g}") for digits in range(3, 18)]
    return next((both for both in told if both[0] != both[1]), told[-1])


def unravelled(flat: int, shape: Sequence[int]) -> tuple[int, ...]:
    """Return the index in an array of a shape, from its place in C order."""
    place: list[int] = []
    for length in reversed(shape):
        flat, last = divmod(flat, max(length, 1))
        place.append(last)
    return tuple(reversed(place))
