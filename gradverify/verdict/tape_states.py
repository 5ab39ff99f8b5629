"""What of a tape script is no number: flags, kinds of `grad_fn`, and errors."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import numpy as np

from gradverify.spec.codes import CODES
from gradverify.tape.grad_fns import OR, kind_of
from gradverify.tape.script import (
    Backward,
    Differentiate,
    Entry,
    Flag,
    Hook,
    Look,
    Read,
    RetainGrad,
    SaidFlag,
    Track,
    Uninitialised,
)
from gradverify.verdict.findings import finding
from gradverify.verdict.tape_ground import STATED, TAPE, Sitting, about, at
from gradverify.verdict.verdict import Finding, Judged, Severity, Status, Verdict

ERROR: Final = "error"
WORDS: Final[Mapping[bool | None, str]] = MappingProxyType(
    {True: "True", False: "False", None: "None"}
)


def judge_flags(sitting: Sitting, entry: Entry) -> Judged:
    """Return everybody's verdicts on what an entry looks at."""
    verdicts: list[Verdict] = []
    findings: list[Finding] = []
    if not isinstance(entry.act, Look) or entry.position not in sitting.witness:
        return verdicts, findings
    for said in entry.act.said:
        of = said.variable.of
        really = sitting.witness[entry.position].flags[of]
        for party, flag in _flags(sitting, entry, said):
            fits = _fits(entry.act.what, flag, really)
            verdicts.append(_verdict(entry, (party, entry.act.what, of), (flag, really), fits=fits))
            if not fits:
                findings.append(_wrong_flag(sitting, entry, (party, said), (flag, really)))
    return verdicts, findings


def _flags(sitting: Sitting, entry: Entry, said: SaidFlag) -> Iterator[tuple[str, Flag]]:
    of = said.variable.of
    if entry.position in sitting.predicted:
        yield TAPE, sitting.predicted[entry.position].flags[of]
    for party, shown in sitting.shown.items():
        if entry.position in shown:
            yield party, shown[entry.position].flags[of]
    yield STATED, said.worth


def _fits(what: str, flag: Flag, really: Flag) -> bool:
    """Whether two flags are the same; of kinds of `grad_fn` that can be, one must be common."""
    if what != "grad_fn" or not isinstance(flag, str) or not isinstance(really, str):
        return flag == really
    return bool(_kinds(flag) & _kinds(really))


def _kinds(flag: str) -> frozenset[str]:
    return frozenset(kind_of(word.strip()) for word in flag.split(OR))


def _verdict(
    entry: Entry, whom: tuple[str, str, str], flags: tuple[Flag, Flag], *, fits: bool
) -> Verdict:
    party, kind, of = whom
    flag, really = (_word(item) for item in flags)
    status = Status.AGREE if fits else Status.DISAGREE
    because = flag if fits else f"reads {flag}, and it is {really}"
    error = 0.0 if fits else np.inf
    return Verdict(party, kind, of, status, error, 0.0, because, None, at(entry.position))


def _word(flag: Flag) -> str:
    return flag if isinstance(flag, str) else WORDS[flag]


def _wrong_flag(
    sitting: Sitting, entry: Entry, claim: tuple[str, SaidFlag], flags: tuple[Flag, Flag]
) -> Finding:
    party, said = claim
    flag, really = flags
    verb, of = entry.verb, said.variable.of
    message = f"`{of}.{verb}` is {_word(really)}, not {_word(flag)}{_why(sitting, said, verb)}"
    code = "path-detached" if verb == "requires_grad" and really is False else "mismatch"
    details = {"kind": verb}
    whom = about(party, of, entry, mark=said.mark if party == STATED else None)
    return _plain(finding(code, whom, message, details, severity=Severity.ERROR))


def _why(sitting: Sitting, said: SaidFlag, verb: str) -> str:
    """Return what made a tensor what it is, where a step did."""
    steps = [*sitting.script.start, *(s for e in sitting.script.entries for s in e.records)]
    made = next((step for step in steps if step.output == said.variable.key), None)
    if made is None:
        return f": `{said.variable.of}` is an input" if verb != "requires_grad" else ""
    return f": `{made.source}` made it"


def judge_errors(sitting: Sitting, entry: Entry) -> Judged:
    """Return everybody's verdict on whether an entry ends with an error, and with which."""
    position = entry.position
    if position not in sitting.witness:
        return [], []
    really = sitting.witness[position].error
    told = [*_errors(sitting, position), (STATED, entry.error or "")]
    if not any(kind for _, kind in told):
        return [], []
    of = _subject(entry)
    verdicts = [_error_verdict(entry, party, of, (kind, really)) for party, kind in told]
    findings = [
        _wrong_error(sitting, entry, (party, of), (kind, really))
        for party, kind in told
        if kind != really
    ]
    if not findings and really in CODES:
        message = f"as stated: {sitting.witness[position].message}"
        details = {"kind": ERROR}
        whom = about(TAPE, of, entry)
        findings.append(finding(really, whom, message, details, severity=Severity.WARNING))
    return verdicts, findings


def _errors(sitting: Sitting, position: int) -> Iterator[tuple[str, str]]:
    yield TAPE, sitting.predicted[position].error
    for party, shown in sitting.shown.items():
        if position in shown:
            yield party, shown[position].error


def _subject(entry: Entry) -> str:
    """Return the name of what an entry is about."""
    match entry.act:
        case Backward() | Differentiate():
            return entry.act.variable.of
        case Hook() | RetainGrad() | Track():
            return ", ".join(item.of for item in entry.act.variables)
        case _:
            return entry.verb


def _error_verdict(entry: Entry, party: str, of: str, kinds: tuple[str, str]) -> Verdict:
    kind, really = kinds
    fits = kind == really
    ends = f"it ends with {really}" if really else "it goes through"
    states = f"{party} has {kind}" if kind else f"{party} has no error"
    because = (kind or "no error") if fits else f"{ends}, and {states}"
    status, error = (Status.AGREE, 0.0) if fits else (Status.DISAGREE, np.inf)
    return Verdict(party, ERROR, of, status, error, 0.0, because, None, at(entry.position))


def _wrong_error(
    sitting: Sitting, entry: Entry, claim: tuple[str, str], kinds: tuple[str, str]
) -> Finding:
    party, of = claim
    kind, really = kinds
    message = sitting.witness[entry.position].message
    if not really:
        message = f"this is to end with `{kind}`, and it goes through"
    elif kind:
        message = f"this is to end with `{kind}`, and it ends with `{really}`: {message}"
    code = really if party == STATED and really in CODES else "mismatch"
    details = {"kind": ERROR, "error": really}
    found = finding(code, about(party, of, entry), message, details, severity=Severity.ERROR)
    return _plain(found)


def _plain(found: Finding) -> Finding:
    """Leave out the advice for numbers that nobody can explain: here there are none."""
    return replace(found, advice="") if found.code == "mismatch" else found


def judge_cotangent(sitting: Sitting, entry: Entry) -> list[Finding]:
    """Return the finding for weights that nobody has written; a statement on them tells more."""
    act = entry.act
    random = isinstance(act, Backward | Differentiate) and isinstance(act.cotangent, Uninitialised)
    if not random or sitting.witness.get(entry.position) is None:
        return []
    if sitting.witness[entry.position].error:
        return []
    of = _subject(entry)
    stated = any(
        said.worth is not None
        for other in sitting.script.entries
        if isinstance(other.act, Read) and other.position > entry.position
        for said in other.act.said
    )
    severity = Severity.WARNING if stated else Severity.ERROR
    message = "the cotangent is memory that nobody has written to: every gradient is anything"
    details = {"kind": ERROR}
    whom = about(TAPE, of, entry)
    return [finding("cotangent-uninitialised", whom, message, details, severity=severity)]
