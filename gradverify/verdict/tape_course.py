"""Training loops: what is stated of the loss, and whose losses part from whose."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import numpy as np

from gradverify.spec.codes import CODES
from gradverify.tape.shown import INTERRUPTED, NOT_FINITE, Trained
from gradverify.verdict.findings import finding
from gradverify.verdict.tape_ground import (
    STATED,
    TAPE,
    TELLING,
    Sitting,
    about,
    at,
)
from gradverify.verdict.tape_updates import HOOKED, Loop, gaps, judge_updates, sizes
from gradverify.verdict.tolerance import PLACES
from gradverify.verdict.verdict import Detail, Finding, Judged, Severity, Status, Verdict, Worst

OPEN: Final = "the losses part, and which of the two is wrong is open"
NOBODY: Final[Mapping[str, Trained]] = MappingProxyType({})
SMALLER: Final = "Update by less, with a smaller learning rate, or begin with smaller weights."
LOSSES: Final = "losses"
LOSS: Final = "loss"


def judge_loop(sitting: Sitting, loop: Loop) -> Judged:
    """Return what there is to say about a loop, gradients of its snapshots aside."""
    verdicts: list[Verdict] = []
    findings: list[Finding] = []
    updates = [it for step in loop.predicted.snapshots for it in judge_updates(sitting, loop, step)]
    # by other gradients than the loss's the tape goes elsewhere than those who take the loss's
    misled = any(isinstance(it, Finding) and it.party == TAPE for it in updates)
    misled = misled or any(isinstance(it, Verdict) and it.because == HOOKED for it in updates)
    # causes before what follows from them
    for found in (
        *updates,
        *_ended(loop),
        *_stated(loop),
        *_trajectories(sitting, loop, misled=misled),
    ):
        if isinstance(found, Verdict):
            verdicts.append(found)
        else:
            findings.append(found)
    return verdicts, findings


def _stated(loop: Loop) -> Iterator[Verdict | Finding]:
    losses, stated = loop.really.losses, loop.act.stated
    if loop.really.stopped == INTERRUPTED:  # by a person, and so by nobody's fault
        return
    ended = f"the loop ends at step {len(losses) - 1}, and"
    for step, number in stated.values.items():
        if step >= len(losses):
            because = f"{ended} there is no loss of step {step}"
            yield from _held(loop, LOSS, because, fits=False, key=step)
        elif loop.aside:
            yield from _stated_loss(loop, step, number)
    if stated.falling_after is not None:
        yield from _falling(loop, max(1, stated.falling_after))
    if stated.below is not None:
        last, all_done = losses[-1] if losses else np.inf, len(losses) == loop.act.times
        because = f"the loss ends at {last:.6g}, stated to be below {stated.below:.6g}"
        because = because if all_done else f"{ended} does not come to its last step"
        yield from _held(loop, "below", because, fits=all_done and last < stated.below)


def _stated_loss(loop: Loop, step: int, number: float) -> Iterator[Verdict | Finding]:
    really, drift = loop.really.losses[step], loop.drift()
    moved = float(drift[step]) if step < drift.size else np.inf
    scale = float(sizes(np.array(loop.really.losses))[step])
    allowed = loop.act.stated.precision[step] + moved * scale
    gap = abs(number - really)
    fits = gap <= allowed
    status = Status.AGREE if fits else Status.DISAGREE
    because = "as written, and rounding"
    if fits and moved > TELLING and not _shown_by_all(loop, step, number):
        status, because = Status.UNDECIDED, "rounding decides what the loss is by then"
    where = at(loop.entry.position, step)
    worst = Worst((), number, really)
    numbers = (gap / scale, allowed / scale)
    yield Verdict(STATED, LOSS, loop.of, status, *numbers, because, worst, where)
    if not fits:
        message = f"the loss of step {step} is {really:.6g}, not {number:.6g}"
        found = _finding(loop, STATED, "mismatch", message, LOSS)
        yield replace(found, at=where, mark=loop.act.stated.marks[step])


def _shown_by_all(loop: Loop, step: int, number: float) -> bool:
    """Whether a loss is what every tape shows, whatever rounding might have made of it."""
    written, losses = loop.act.stated.precision[step], (loop.really.losses, loop.predicted.losses)
    shown = [run[step] if step < len(run) else np.inf for run in losses]
    return all(abs(number - it) <= written + PLACES * loop.eps * abs(it) for it in shown)


def _falling(loop: Loop, after: int) -> Iterator[Verdict | Finding]:
    losses, drift = np.array(loop.really.losses), loop.drift()
    told = np.zeros(losses.size, dtype=bool)
    told[: drift.size] = ~np.isfinite(drift) | (drift <= TELLING)
    told |= not loop.aside
    # at zero there is nothing left to fall
    steps = [k for k in range(after, losses.size) if losses[k] != 0]
    rising = [k for k in steps if not losses[k] < losses[k - 1]]
    if not rising:
        yield from _held(
            loop, "falling", f"the loss falls at every step from {after} on", fits=True
        )
        return
    k = next((step for step in rising if told[step]), rising[0])
    because = f"the loss goes from {losses[k - 1]:.6g} to {losses[k]:.6g} at step {k}"
    if told[k]:
        because += f", stated to fall from step {after} on"
        yield from _held(loop, "falling", because, fits=False)
        return
    because += ", where rounding decides"
    status = Status.UNDECIDED
    yield Verdict(STATED, "falling", loop.of, status, 0.0, 0.0, because, None, loop.where)


def _held(
    loop: Loop, kind: str, because: str, *, fits: bool, key: int | str = ""
) -> Iterator[Verdict | Finding]:
    status, error = (Status.AGREE, 0.0) if fits else (Status.DISAGREE, np.inf)
    where = at(loop.entry.position, key) if isinstance(key, int) else loop.where
    yield Verdict(STATED, kind, loop.of, status, error, 0.0, because, None, where)
    if not fits:
        found = _finding(loop, STATED, "mismatch", because, kind)
        yield replace(found, at=where, mark=loop.act.stated.marks[key or kind])


def _finding(
    loop: Loop, party: str, code: str, message: str, kind: str, **details: Detail
) -> Finding:
    whom = about(party, loop.of, loop.entry)
    found = finding(code, whom, message, {"kind": kind, **details}, severity=Severity.ERROR)
    return replace(found, advice="") if code == "mismatch" else found


def _ended(loop: Loop) -> Iterator[Finding]:
    """Tell a loop that did not come to its end, and by whose fault."""
    stopped, losses = loop.really.stopped, loop.really.losses
    if stopped in {"", INTERRUPTED}:
        return
    if stopped == NOT_FINITE:
        step = len(losses) - 1
        before = f"; the last finite one was {losses[-2]:.6g}" if step else ""
        message = f"the loss is {losses[-1]} at step {step} of {loop.act.times}{before}"
        found = _finding(loop, TAPE, "not-finite", message, LOSSES, step=step)
        yield replace(found, advice=SMALLER)
        return
    code = stopped if stopped in CODES else "mismatch"
    step = len(losses) - 1
    message = f"the loop ends at step {step} of {loop.act.times}: {loop.really.reason}"
    yield _finding(loop, TAPE, code, message, LOSSES, step=step)


def _trajectories(sitting: Sitting, loop: Loop, *, misled: bool) -> Iterator[Verdict | Finding]:
    """Compare everybody's own losses with the model's, as far as rounding lets them."""
    if not loop.aside:
        return
    own = sitting.trajectories.get(loop.entry.position, {}) if not misled else NOBODY
    torch = {"torch": loop.really} if "torch" in sitting.shown else {}
    runs = {**torch, **own}.items()
    judged = [it for party, run in runs if (it := _trajectory(loop, party, run)) is not None]
    parted = any(verdict.status is Status.DISAGREE for verdict in judged)
    # where the tape's gradients are held against the true ones, it is not the tape that went astray
    is_open = parted and loop.act.by_hand
    steps = len(loop.predicted.losses)
    if steps:
        status = Status.UNDECIDED if is_open else Status.AGREE
        because = OPEN if is_open else f"what the model predicts, {steps} steps"
        yield Verdict(TAPE, LOSSES, loop.of, status, 0.0, 0.0, because, None, loop.where)
    for verdict in judged:
        if is_open and verdict.status is Status.DISAGREE:
            yield replace(verdict, status=Status.UNDECIDED, because=OPEN)
            continue
        yield verdict
        if verdict.status is Status.DISAGREE and verdict.worst is not None:
            (step,), theirs, mine = verdict.worst.index, verdict.worst.claimed, verdict.worst.true
            message = (
                f"its losses part from the tape's at step {step}: {theirs:.6g}, not {mine:.6g}"
            )
            yield _finding(loop, verdict.party, "mismatch", message, LOSSES, step=step)


def _trajectory(loop: Loop, party: str, trained: Trained) -> Verdict | None:
    """Hold a party's own losses against the model's, None where rounding decides all of them."""
    drift, steps = loop.drift(), len(loop.predicted.losses)
    count = min(drift.size, len(trained.losses))
    told = int(np.sum(drift[:count] <= TELLING))
    if not told:
        return None
    mine, theirs = np.array(loop.predicted.losses[:told]), np.array(trained.losses[:told])
    gap = gaps(theirs, mine, loop.least)
    off = np.flatnonzero(gap > drift[:told])
    step = int(off[0]) if off.size else int(np.argmax(gap / drift[:told]))
    status = Status.DISAGREE if off.size else Status.AGREE
    because = f"the same to rounding at {told} of {steps} steps"
    because += "" if told == steps else "; later ones rounding decides"
    worst = Worst((step,), float(theirs[step]), float(mine[step]))
    numbers = (float(gap[step]), float(drift[step]))
    return Verdict(party, LOSSES, loop.of, status, *numbers, because, worst, loop.where)


def once(findings: Sequence[Finding]) -> list[Finding]:
    """Return findings with one of each code, party and array: the first place that shows it."""
    found: dict[tuple[str, ...], Finding] = {}
    for item in findings:
        key = (item.code, item.party, item.of, str(item.details.get("kind", "")), item.severity)
        _ = found.setdefault(key, item)
    return list(found.values())
