"""A whole script judged: every entry by what it is."""

from gradverify.verdict.tape_course import judge_loop, loop_of, once
from gradverify.verdict.tape_ground import Sitting
from gradverify.verdict.tape_numbers import judge_number, readings
from gradverify.verdict.tape_states import judge_cotangent, judge_errors, judge_flags
from gradverify.verdict.verdict import Finding, Verdict

Judged = tuple[list[Verdict], list[Finding]]


def judge_script(sitting: Sitting) -> Judged:
    """Return verdicts and findings for every entry of a script that was come to."""
    verdicts: list[Verdict] = []
    findings: list[Finding] = []
    for entry in sitting.script.entries:
        judged: list[Judged] = [judge_errors(sitting, entry), judge_flags(sitting, entry)]
        judged += [judge_number(sitting, reading) for reading in readings(entry)]
        judged.append(([], judge_cotangent(sitting, entry)))
        loop = loop_of(sitting, entry)
        if loop is not None:
            judged.append(judge_loop(sitting, loop))
        for made, found in judged:
            verdicts.extend(made)
            findings.extend(found)
    return verdicts, once(findings)
