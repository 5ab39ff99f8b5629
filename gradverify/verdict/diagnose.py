"""From a wrong gradient to a finding: every known cause is tried, a certain one named."""

from collections.abc import Mapping, Sequence
from typing import Final

from gradverify.arrays import largest
from gradverify.verdict import causes
from gradverify.verdict.findings import finding
from gradverify.verdict.hypotheses import explain
from gradverify.verdict.repairs import follows, repair
from gradverify.verdict.suspect import Cause, Suspect
from gradverify.verdict.verdict import About, Detail, Finding, Verdict

TESTS: Final[tuple[causes.Test, ...]] = (
    *causes.FIRST,
    repair,
    explain,
    follows,
    *causes.LAST,
)


def diagnose(
    suspect: Suspect, verdict: Verdict, about: About, tests: Sequence[causes.Test] = TESTS
) -> Finding:
    """Return the finding for a claim that was judged wrong, at the place of its cause."""
    cause = certain(suspect, tests if suspect.known else (causes.not_finite,))
    cause = cause or (_mismatch(suspect) if suspect.known else _along_a_line(verdict))
    whom = About(about.party, about.of, cause.mark or about.mark)
    return finding(cause.code, whom, cause.message, {**_numbers(verdict), **cause.details})


def certain(suspect: Suspect, tests: Sequence[causes.Test]) -> Cause | None:
    """Return the first cause that explains a claim, None where no test does."""
    found = (test(suspect) for test in tests)
    return next((cause for cause in found if cause is not None), None)


def _numbers(verdict: Verdict) -> Mapping[str, Detail]:
    numbers: dict[str, Detail] = {
        "kind": verdict.kind,
        "error": verdict.error,
        "allowed": verdict.allowed,
    }
    if verdict.worst is not None:
        numbers["index"] = verdict.worst.index
        numbers["claimed"] = verdict.worst.claimed
        numbers["true"] = verdict.worst.true
    return numbers


def _along_a_line(verdict: Verdict) -> Cause:
    message = (
        f"off by {verdict.error:.1e} along a line where {verdict.allowed:.1e} is allowed; "
        "no cause is certain"
    )
    return Cause("mismatch", message)


def _mismatch(suspect: Suspect) -> Cause:
    error = largest(suspect.claimed - suspect.truth)
    scale = largest(suspect.truth)
    message = f"off by {error:.3g} where the largest entry is {scale:.3g}; no cause is certain"
    return Cause("mismatch", message)
