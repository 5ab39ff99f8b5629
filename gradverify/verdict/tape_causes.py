"""Why a number of a tape script is not what somebody says, and what it does not show."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from gradverify.arrays import Array, largest
from gradverify.program.evaluate import BARRIERS
from gradverify.tape.event import Event
from gradverify.tape.script import Backward, Differentiate, Entry, Variable
from gradverify.tape.tensor import Grad
from gradverify.verdict.causes import WHOLE
from gradverify.verdict.diagnose import certain
from gradverify.verdict.findings import finding
from gradverify.verdict.suspect import Suspect
from gradverify.verdict.tape_claims import explained
from gradverify.verdict.tape_ground import STATED, TAPE, Reference, Sitting, about, brief, true_part
from gradverify.verdict.verdict import About, Detail, Finding, Severity

ERROR, WARNING = Severity.ERROR, Severity.WARNING
UNTRACKED: Final = "does not require a gradient"
PASSED: Final = "the gradient that passed through it is"
NOUGHT: Final = (f"{PASSED} 0", f"{PASSED} 0 in every entry")
SMALL: Final = 1e-6
"""Two numbers as close as this, relative to the larger, are taken for one factor."""


def cause_of_none(
    sitting: Sitting, entry: Entry, variable: Variable, whom: About, kind: str
) -> Finding:
    """Return why a number is stated, or shown, where `.grad` is None."""
    found = next(iter(_reasons_for_none(sitting, entry, variable)), None)
    if found is None or kind != "grad":
        message = f"a number, where `{variable.of}` reads None"
        return finding("mismatch", whom, message, {"kind": kind})
    code, message = found
    return finding(code, whom, message, {"kind": kind}, severity=ERROR)


def _reasons_for_none(
    sitting: Sitting, entry: Entry, variable: Variable
) -> Iterator[tuple[str, str]]:
    """Yield what explains that `.grad` is None, the most telling first."""
    key, of = variable.key, variable.of
    grads = _gradients_so_far(sitting, entry, key)
    passed = max(grads, key=largest, default=None)
    if key not in sitting.tracked:
        yield "path-detached", f"`{of}` {UNTRACKED}, and `.grad` stays None"
        return
    if not any(_reaches(event, key) for event in _events_so_far(sitting, entry)):
        yield from _unreached(sitting, entry, variable)
        return
    if key not in sitting.made:
        return
    # of the passes of a loop, only gradients of what it updates are known
    size = f"; {PASSED} {brief(passed + 0.0)}" if passed is not None else ""
    if _hoped_for(sitting, entry):
        yield (
            "retain-graph-is-not-retain-grad",
            f"backward was told to retain the graph, and `{of}.grad` is None all the same{size}",
        )
    yield "non-leaf-grad-none", f"`{of}` is no leaf, and its `.grad` is None{size}"


def _gradients_so_far(sitting: Sitting, entry: Entry, key: str) -> Sequence[Array]:
    found = [
        sitting.truths.get(number, {}).get(key)
        for number, event in sitting.events.items()
        if event.position < entry.position
    ]
    return [item.array for item in found if item is not None]


def _events_so_far(sitting: Sitting, entry: Entry) -> Sequence[Event]:
    return [event for event in sitting.events.values() if event.position < entry.position]


def _reaches(event: Event, key: str) -> bool:
    """Whether a backward pass comes to a tensor, with whatever gradient."""
    program = event.program
    reached = {program.loss}
    for step in reversed(program.steps):
        if step.output in reached and step.op not in BARRIERS:
            reached.update(step.reads)
    return program.names.get(key) in reached


def _unreached(sitting: Sitting, entry: Entry, variable: Variable) -> Iterator[tuple[str, str]]:
    """Tell a tensor that the loss does not use from one that it uses off the tape."""
    key, of = variable.key, variable.of
    events = _events_so_far(sitting, entry)
    if not events:
        return
    if any(key in event.program.names for event in events):
        yield "path-detached", f"the loss uses `{of}`, and every way to it is off the tape"
    else:
        yield "input-unused", f"no step leads from `{of}` to what was differentiated"


def _hoped_for(sitting: Sitting, entry: Entry) -> bool:
    """Whether a backward pass before an entry retained a graph that nobody used again."""
    retained = {
        e.position
        for e in sitting.script.entries
        if isinstance(e.act, Backward | Differentiate) and e.act.retain_graph
    }
    events = sorted(sitting.events.items())
    before = [item for item in events if item[1].position < entry.position]
    for number, event in before:
        later = [other for k, other in events if k > number]
        if event.position in retained and not any(_shares(event, other) for other in later):
            return True
    return False


def _shares(event: Event, other: Event) -> bool:
    """Whether two backward passes went through some of the same steps."""
    steps = {step.output for step in event.program.steps}
    return any(step.output in steps for step in other.program.steps)


def traps(
    sitting: Sitting, entry: Entry, variable: Variable, grad: Grad | None
) -> Iterator[Finding]:
    """Yield what a reader may take a `.grad` for that it is not."""
    whom = about(TAPE, variable.of, entry)
    if grad is None:
        if entry.verb != "grad":
            return
        for code, message in _reasons_for_none(sitting, entry, variable):
            # of what does not require a gradient, None is no surprise, and beside zero no loss
            if UNTRACKED not in message and not message.endswith(NOUGHT):
                yield finding(code, whom, message, {"kind": "grad"}, severity=WARNING)
        return
    if entry.verb == "grad" and len(grad.parts) > 1:
        message = accumulated(sitting, grad, variable)
        details = {"kind": "grad", "passes": len(grad.parts)}
        yield finding("grad-accumulated", whom, message, details, severity=WARNING)
    changed = [part for part in grad.parts if part.changed]
    if changed:
        yield _changed(sitting, entry, variable, grad, whom)


def _changed(
    sitting: Sitting, entry: Entry, variable: Variable, grad: Grad, whom: About
) -> Finding:
    parts = [true_part(sitting, part, variable.key) for part in grad.parts]
    true = sum((part.array for part in parts if part is not None), np.zeros(grad.array.shape))
    slack = sum((part.allowed for part in parts if part is not None), np.zeros(()))
    off = np.abs(grad.array - true) > 4 * slack
    details: dict[str, Detail] = {"kind": entry.verb}
    if None in parts or not np.any(off):
        message = "a value that backward reads was changed by `.data`; the number is right here"
        return finding("value-changed-behind-tape", whom, message, details, severity=WARNING)
    index = tuple(int(k) for k in np.argwhere(off)[0])
    details |= {"claimed": float(grad.array[index]), "true": float(true[index])}
    message = (
        f"a value that backward reads was changed by `.data`: {variable.of}.grad is "
        f"{grad.array[index]:.6g}, and the gradient of what was computed is {true[index]:.6g}"
    )
    return finding("value-changed-behind-tape", whom, message, details)


def accumulated(sitting: Sitting, grad: Grad, variable: Variable) -> str:
    """Return what a sum of gradients is: a multiple of one, or the sum of which."""
    parts = [true_part(sitting, part, variable.key) for part in grad.parts]
    count = len(grad.parts)
    arrays = [part.array for part in parts if part is not None]
    if len(arrays) == count and all(np.allclose(a, arrays[0], rtol=SMALL) for a in arrays):
        return f"`.grad` is {count} times the gradient: nobody zeroed it in between"
    steps = [sitting.events[p.event].position for p in grad.parts if p.event in sitting.events]
    where = (
        f", those of tape steps {', '.join(map(str, steps))}" if len(set(steps)) == count else ""
    )
    return f"`.grad` is the sum of {count} backward passes{where}: nobody zeroed it in between"


def none_instead(whom: About, kind: str, of: str, really: str) -> Finding:
    """Return the finding for None where there is a number."""
    message = f"None, where `{of}` reads {really}"
    return finding("mismatch", whom, message, {"kind": kind})


def cause_of_number(
    sitting: Sitting,
    read: tuple[About, str, str],
    claim: tuple[Array, Array],
    grad: Grad | None,
    held: Reference,
) -> Finding:
    """Return why a number that somebody states, or shows, is not the one that is there."""
    whom, kind, key = read
    claimed, excused = claim
    if grad is not None and not grad.parts and whom.party == STATED:
        message = f"`{whom.of}.grad` was zeroed, and no backward pass has added to it since"
        return replace(finding("mismatch", whom, message, {"kind": kind}), advice="")
    if grad is not None and whom.party != TAPE:
        told = explained(sitting, key, claim, grad)
        if told is not None:
            code, message, details = told
            return finding(code, whom, message, {"kind": kind, **details}, severity=ERROR)
    suspect = _suspect(sitting, read, claim, grad, held)
    cause = None if suspect is None else certain(suspect, WHOLE)
    if cause is not None:
        return finding(cause.code, whom, cause.message, {"kind": kind, **cause.details})
    index = tuple(int(k) for k in np.argwhere(~(np.abs(claimed - held.array) <= excused))[0])
    pair = {"claimed": float(claimed[index]), "true": float(held.array[index])}
    message = f"{whom.party} {pair['claimed']:.6g}, and it is {pair['true']:.6g}"
    return finding("mismatch", whom, message, {"kind": kind, **pair})


def failed_before(sitting: Sitting, entry: Entry) -> str:
    """Tell the last step before an entry that failed where nobody stated it, if there is one."""
    failed = [
        (other.position, shown.error)
        for other in sitting.script.entries
        if other.position < entry.position
        and (shown := sitting.witness.get(other.position)) is not None
        and shown.error
        and shown.error != other.error
    ]
    if not failed:
        return ""
    position, error = failed[-1]
    return f"tape step {position} ended with `{error}`, and did nothing"


def _suspect(
    sitting: Sitting,
    read: tuple[About, str, str],
    claim: tuple[Array, Array],
    grad: Grad | None,
    held: Reference,
) -> Suspect | None:
    """Return the claim as the tests of arrays take it, None where no pass is known."""
    whom, _, key = read
    # what explains a slip of the pen explains nothing that a tape shows
    if whom.party != STATED:
        return None
    events = [sitting.events.get(part.event) for part in grad.parts] if grad else []
    if not events or events[-1] is None or held.blurred:
        return None
    if grad is None or any(part.hooked or part.changed for part in grad.parts):
        return None  # what is read is not the loss's gradient, nor is a share of it
    claimed, excused = claim
    return Suspect(
        party=whom.party, of=whom.of, value=key, claimed=claimed, truth=held.array,
        allowed=excused, known=True, program=events[-1].program, env={}, truths={},
    )  # fmt: skip
