"""A result against its baseline: what is new or worse, what is known, and what is gone."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from math import inf
from typing import Final

from gradverify.baseline import words
from gradverify.baseline.both import Against, Both, both_of
from gradverify.baseline.compared import Change, Known, Regression, SpecCompared
from gradverify.baseline.excused import is_excused
from gradverify.baseline.keep import ANSWERED, identified, verdicts_of
from gradverify.baseline.model import FindingKey, Kept, Remembered, RowKey
from gradverify.baseline.rows import compared_rows
from gradverify.verdict.verdict import Finding, Severity, SpecResult, Status

GRAVITY: Final = (Severity.NOTE, Severity.WARNING, Severity.ERROR)
LEFT_OUT: Final = "the spec has nothing to ask it any more"
DRAWN: Final = frozenset({Change.MOVED, Change.MARGIN})
"""What other random inputs do."""


def compared(result: SpecResult, before: Kept | None, against: Against) -> SpecCompared:
    """Return how a result differs from what a baseline has of its spec, None if it has nothing.

    Of a spec that could not be run there is nothing to compare.
    """
    if before is None:
        return SpecCompared(is_new=True)
    if result.status == "broken" and not result.comparisons:
        return SpecCompared()
    both = both_of(result, before, against)
    regressions = (*_rows(both), *_silent(both), *_missing(both), *_findings(both))
    return SpecCompared(
        excused=not regressions and is_excused(result, before, both.now),
        regressions=regressions,
        known=tuple(_known(both)),
        gone=tuple(words.told_gone(what) for what in _gone(both)),
    )


def _rows(both: Both) -> tuple[Regression, ...]:
    """Return what is worse about the arrays; of other inputs only that they are others.

    An array that is wrong as it was not before has changed since it is wrong, and nothing more is
    said of it: the run fails of that already.
    """
    told = _newly_wrong(both)
    rows = {key: row for key, row in both.now.rows.items() if key not in told}
    now = replace(both.now, rows=rows) if told else both.now
    found = compared_rows(both.before, now, verdicts_of(both.result))
    if both.before.seed != both.now.seed and any(r.change in DRAWN for r in found):
        message = words.told_seed(both.before.seed, both.now.seed)
        seed = Regression(Change.SEED, "", "", "", message, inf)
        return (seed, *(r for r in found if r.change not in DRAWN))
    if not both.before.digest or both.now.digest in {"", both.before.digest}:
        return found
    return tuple(replace(r, message=words.told_edited(r.message)) for r in found)


def _newly_wrong(both: Both) -> set[RowKey]:
    """Return the arrays that have a new error, or disagree and did not: none where a spec passes.

    What the spec lists is no failure, so that its arrays are held against the baseline.
    """
    result, before = both.result, both.before
    if result.status == "passed":
        return set()
    named = identified(result)
    errors = [named[key] for key in named if key not in before.findings and _fails(named[key])]
    listed = {(f.party, f.of) for f in result.findings if f.expected}
    wrong = {key for key, row in both.now.rows.items() if row.status is Status.DISAGREE}
    were = {key for key, row in before.rows.items() if row.status is Status.DISAGREE}
    new = {key for key in wrong - were if (key[0], key[2]) not in listed}
    return new | {key for key in both.now.rows if any(_is_about(f, key) for f in errors)}


def _fails(found: Finding) -> bool:
    return found.severity is Severity.ERROR and not found.expected


def _is_about(found: Finding, key: RowKey) -> bool:
    party, kind, of, at = key
    same = (found.party, found.at) == (party, at) and found.of in {of, ""}
    return same and found.details.get("kind", kind) == kind


def _silent(both: Both) -> Iterator[Regression]:
    """Yield an oracle each that answered before, was asked, and does not answer now."""
    silent = {a.name: a for a in both.result.oracles if a.status not in ANSWERED}
    for name in both.unheard():
        if both.is_asked(name):
            answer = silent.get(name)
            reason = LEFT_OUT if answer is None else answer.reason or answer.status.value
            message = words.told_silent(name, reason)
            yield Regression(Change.SILENT, name, "", "", message, inf)


def _missing(both: Both) -> Iterator[Regression]:
    """Yield rows of parties that still answer, but no longer for an array that others do."""
    for key in both.missing_rows():
        party, _, of, at = key
        yield Regression(Change.SILENT, party, of, at, words.told_missing(key), inf)


def _findings(both: Both) -> Iterator[Regression]:
    for key, found in identified(both.result).items():
        if not found.expected:
            yield from _finding(both, key, found)


def _finding(both: Both, key: FindingKey, found: Finding) -> Iterator[Regression]:
    known = both.before.findings.get(key)
    if known is None:
        if found.severity is not Severity.NOTE:
            message = words.told_new(found.message, found.code, _instead(both, key))
            yield _about(Change.FINDING, found, message)
    elif GRAVITY.index(found.severity) > GRAVITY.index(known.severity):
        message = words.told_graver(found.code, known.severity, found.severity, found.message)
        yield _about(Change.FINDING, found, message)
    elif _is_over(known, both.against.today):
        message = words.told_expired(found.code, known.expires, known.reason, found.message)
        yield _about(Change.EXPIRED, found, message)


def _instead(both: Both, key: FindingKey) -> str:
    """Return the cause that the baseline has of the same array, and that nobody found now."""
    gone = (other for other in both.before.findings if other not in both.now.findings)
    return next((other[0] for other in gone if other[1:] == key[1:]), "")


def _about(change: Change, found: Finding, message: str) -> Regression:
    who = found.party, found.of, found.at
    return Regression(
        change, *who, message, inf, mark=found.mark, index=found.index, code=found.code
    )


def _is_over(known: Remembered, today: date) -> bool:
    return bool(known.expires) and date.fromisoformat(known.expires) < today


def _known(both: Both) -> Iterator[Known]:
    for key, found in identified(both.result).items():
        known = both.before.findings.get(key)
        if known is not None and not found.expected and not _is_over(known, both.against.today):
            yield Known(*key, known.first_seen, known.expires, known.reason)


def _gone(both: Both) -> Iterator[str]:
    """Yield what the baseline has and nobody makes any more: arrays, and findings."""
    arrays = {key[1:]: key for key in both.gone_rows()}
    yield from (words.named_array(key) for key in arrays.values())
    yield from (words.named_finding(key) for key in both.gone_findings())
