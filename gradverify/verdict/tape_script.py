"""A whole script judged: every entry by what it is."""

from collections.abc import Iterator

from gradverify.tape.script import Differentiate, Entry, Look, Read, Repeat
from gradverify.verdict.tape_course import judge_loop, once
from gradverify.verdict.tape_ground import STATED, Sitting, at
from gradverify.verdict.tape_numbers import judge_number, readings
from gradverify.verdict.tape_states import judge_cotangent, judge_errors, judge_flags
from gradverify.verdict.tape_updates import loop_of
from gradverify.verdict.verdict import Finding, Judged, Status, Verdict


def judge_script(sitting: Sitting) -> Judged:
    """Return verdicts and findings for every entry of a script.

    What is stated of an entry that nobody came to is undecided.
    """
    verdicts: list[Verdict] = []
    findings: list[Finding] = []
    for entry in sitting.script.entries:
        judged: list[Judged] = [judge_errors(sitting, entry), judge_flags(sitting, entry)]
        judged += [judge_number(sitting, reading) for reading in readings(entry)]
        judged.append(([], judge_cotangent(sitting, entry)))
        loop = loop_of(sitting, entry)
        if loop is not None:
            judged.append(judge_loop(sitting, loop))
        judged.append((_not_come_to(sitting, entry), []))
        for made, found in judged:
            verdicts.extend(made)
            findings.extend(found)
    return verdicts, once(findings)


def _not_come_to(sitting: Sitting, entry: Entry) -> list[Verdict]:
    """Return verdicts on what is stated of an entry after a loop that did not come to its end."""
    if entry.position in sitting.witness or not entry.states:
        return []
    last = max(sitting.witness, default=0)
    because = f"not come to: the loop at {at(last)} did not come to its end"
    where = at(entry.position)
    return [
        Verdict(STATED, kind, of, Status.UNDECIDED, 0.0, 0.0, because, None, where)
        for kind, of in _stated(entry)
    ]


def _stated(entry: Entry) -> Iterator[tuple[str, str]]:
    """Yield kind and name of everything that is stated of an entry."""
    match entry.act:
        case Read() | Look():
            yield from ((entry.act.what, said.variable.of) for said in entry.act.said)
        case Differentiate():
            yield from (("autograd.grad", said.variable.of) for said in entry.act.by)
        case Repeat():
            yield "losses", entry.act.backward.variable.of
        case _:
            yield "error", entry.verb
