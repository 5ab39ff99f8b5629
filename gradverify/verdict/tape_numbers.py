"""The numbers of a tape script: `.grad`, what hooks saw, what autograd.grad gave, and values."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, final

import numpy as np

from gradverify.arrays import Array, largest
from gradverify.tape.script import Differentiate, Entry, Put, Read, Repeat, Said
from gradverify.tape.tensor import Grad
from gradverify.verdict.findings import finding
from gradverify.verdict.tape_causes import (
    cause_of_none,
    cause_of_number,
    failed_before,
    none_instead,
    traps,
)
from gradverify.verdict.tape_ground import (
    MARGIN,
    STATED,
    TAPE,
    TELLING,
    Reference,
    Sitting,
    about,
    at,
    brief,
    coarsest,
    reference,
    stated,
)
from gradverify.verdict.tolerance import PLACES
from gradverify.verdict.verdict import Finding, Judged, Status, Verdict, Worst

BLURRED: Final = "the number is whatever was in memory"
DRIFTED: Final = "rounding in the steps so far, measured"
UNHELD: Final = "no number to hold it against"
NONE: Final = "None"


@final
@dataclass(frozen=True, slots=True)
class Reading:
    """One tensor at one entry: what was read of it."""

    entry: Entry
    kind: str  # "grad", "hooked", "autograd.grad" or "value"
    said: Said

    @property
    def of(self) -> str:
        """The tensor's name."""
        return self.said.variable.of

    @property
    def key(self) -> str:
        """The tensor's key."""
        return self.said.variable.key


def readings(entry: Entry) -> Sequence[Reading]:
    """Return what an entry reads as numbers."""
    if isinstance(entry.act, Read):
        return [Reading(entry, entry.act.what, said) for said in entry.act.said]
    if isinstance(entry.act, Differentiate):
        return [Reading(entry, "autograd.grad", said) for said in entry.act.by]
    return []


def judge_number(sitting: Sitting, reading: Reading) -> Judged:
    """Return everybody's verdict on one number, and what there is to say about it."""
    position = reading.entry.position
    if position not in sitting.witness or sitting.witness[position].error:
        return [], []
    witnessed = sitting.witness[position].numbers[reading.of]
    grad = sitting.origins.get((position, None, reading.key))
    held = _held_against(sitting, reading, grad)
    verdicts: list[Verdict] = []
    findings: list[Finding] = []
    for party, claimed in _claims(sitting, reading):
        verdict = _verdict(sitting, reading, party, (claimed, witnessed), held)
        verdicts.append(verdict)
        if verdict.status is Status.DISAGREE:
            findings.append(_cause(sitting, reading, (party, claimed, witnessed), grad, held))
    if reading.kind != "value":
        told = {found.code for found in findings}
        also = traps(sitting, reading.entry, reading.said.variable, grad)
        findings.extend(found for found in also if found.code not in told)
    return verdicts, findings


def _claims(sitting: Sitting, reading: Reading) -> Iterator[tuple[str, Array | None]]:
    position = reading.entry.position
    predicted = sitting.predicted.get(position)
    if predicted is not None and not predicted.error:
        yield TAPE, predicted.numbers[reading.of]
    for party, shown in sitting.shown.items():
        if position in shown and not shown[position].error:
            yield party, shown[position].numbers[reading.of]
    said = reading.said
    yield STATED, None if said.worth is None else stated(sitting, position, said)


def _held_against(sitting: Sitting, reading: Reading, grad: Grad | None) -> Reference | None:
    if reading.kind != "value":
        return None if grad is None else reference(sitting, reading.key, grad)
    value = sitting.predicted[reading.entry.position].numbers[reading.of]
    assert value is not None  # noqa: S101 - every tensor has a value
    array = value.astype(np.float64)
    eps = float(np.finfo(value.dtype).eps) if value.dtype.kind == "f" else 0.0
    rounding = PLACES * eps * len(sitting.script.kinds) * largest(array)
    allowed = np.full(array.shape, rounding)
    return Reference(array, allowed, "rounding", exact=False, blurred=False)


def _verdict(
    sitting: Sitting,
    reading: Reading,
    party: str,
    numbers: tuple[Array | None, Array | None],
    held: Reference | None,
) -> Verdict:
    claimed, witnessed = numbers
    where = at(reading.entry.position)
    kind, of = reading.kind, reading.of
    if claimed is None and witnessed is None:
        return Verdict(party, kind, of, Status.AGREE, 0.0, 0.0, NONE, None, where)
    if claimed is None or witnessed is None:
        said = "reads None" if claimed is None else f"reads {brief(claimed)}"
        really = "None" if witnessed is None else brief(witnessed)
        because = f"{said}, and it is {really}"
        return Verdict(party, kind, of, Status.DISAGREE, np.inf, 0.0, because, None, where)
    if held is None:  # torch shows a number where the model has none: its own affair, told above
        return Verdict(party, kind, of, Status.UNDECIDED, 0.0, 0.0, UNHELD, None, where)
    return _compared(sitting, reading, party, claimed, held)


def _compared(
    sitting: Sitting, reading: Reading, party: str, claimed: Array, held: Reference
) -> Verdict:
    where, kind, of = at(reading.entry.position), reading.kind, reading.of
    if held.blurred and party != STATED:
        return Verdict(party, kind, of, Status.AGREE, 0.0, np.inf, BLURRED, None, where)
    allowed = held.allowed + _rounding(sitting, reading, party, held) + _written(reading, party)
    gap = np.abs(claimed.astype(np.float64) - held.array)
    drift = _drift(sitting, reading, held) if np.any(gap > allowed) else 0.0
    drifts = drift > 0 and bool(np.all(gap <= allowed + drift))
    allowed = allowed + drift if drifts else allowed
    both = np.isnan(claimed.astype(np.float64)) & np.isnan(held.array)
    same = (gap <= allowed) | both | (claimed == held.array)
    scale = largest(held.array) or largest(claimed) or 1.0
    index = _worst(np.where(same, np.where(np.isfinite(gap), gap, 0.0), np.inf))
    error = 0.0 if not gap.size else float(np.nan_to_num(gap[index], nan=np.inf)) / scale
    error = 0.0 if gap.size and (both[index] or claimed[index] == held.array[index]) else error
    most = float(allowed[index]) / scale if gap.size else 0.0
    worst = Worst(index, float(claimed[index]), float(held.array[index])) if gap.size else None
    status = Status.AGREE if bool(np.all(same)) else Status.DISAGREE
    if drifts:  # of what rounding decides, a statement tells nothing, and torch is not wrong
        blunt = party == STATED and drift > TELLING * scale
        status = Status.UNDECIDED if blunt else Status.AGREE
        return Verdict(party, kind, of, status, error, most, DRIFTED, worst, where)
    written = "the digits written, and " if np.any(_written(reading, party)) else ""
    because = written + held.because
    return Verdict(party, kind, of, status, error, most, because, worst, where)


def _rounding(sitting: Sitting, reading: Reading, party: str, held: Reference) -> float:
    """Return what a party's own format excuses; statements are meant exactly, or as written."""
    kind = sitting.script.kinds[reading.key]
    narrow = kind.differentiable and party != STATED
    eps = float(np.finfo(kind.dtype).eps) if narrow else float(np.finfo(np.float64).eps)
    return PLACES * eps * largest(held.array)


def _drift(sitting: Sitting, reading: Reading, held: Reference) -> float:
    """Return how far rounding in all steps so far may have moved a number from the model's.

    A true gradient is bounded as it is, where it was taken at the inputs as they are given.
    """
    position, of, script = reading.entry.position, reading.of, sitting.script
    moved = any(isinstance(e.act, Put | Repeat) for e in script.entries if e.position < position)
    runs = [sitting.predicted.get(position), *sitting.aside.get(position, ())]
    mine, *others = [run.numbers.get(of) if run is not None else None for run in runs]
    if mine is None or (held.exact and not moved):
        return 0.0
    with np.errstate(all="ignore"):
        gaps = [largest(mine.astype(float) - other) for other in others if other is not None]
    known = max((gap for gap in gaps if np.isfinite(gap)), default=0.0)
    # in few steps of a narrow format rounding can hit upon the same numbers
    same = PLACES * coarsest(script, reading.key) * largest(mine)
    return MARGIN * known + same * (reading.kind == "value")


def _written(reading: Reading, party: str) -> Array | float:
    precision = reading.said.precision
    return precision if party == STATED and precision is not None else 0.0


def _worst(gap: Array) -> tuple[int, ...]:
    if not gap.size:
        return ()
    return tuple(int(k) for k in np.unravel_index(int(np.argmax(gap)), gap.shape))


def _cause(
    sitting: Sitting,
    reading: Reading,
    claim: tuple[str, Array | None, Array | None],
    grad: Grad | None,
    held: Reference | None,
) -> Finding:
    party, claimed, witnessed = claim
    mark = reading.said.mark if party == STATED else None
    whom = about(party, reading.of, reading.entry, mark=mark)
    kind = reading.kind
    failed = failed_before(sitting, reading.entry) if party == STATED and kind == "grad" else ""
    if failed:
        reads = "None" if witnessed is None else brief(witnessed)
        found = finding(
            "mismatch", whom, f"`{whom.of}.grad` reads {reads}: {failed}", {"kind": kind}
        )
        return replace(found, advice="")
    if witnessed is None:
        return cause_of_none(sitting, reading.entry, reading.said.variable, whom, kind)
    if claimed is None or held is None:
        return none_instead(whom, kind, reading.of, brief(witnessed))
    excused = held.allowed + _written(reading, party)
    return cause_of_number(sitting, (whom, kind, reading.key), (claimed, excused), grad, held)
