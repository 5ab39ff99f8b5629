"""The step of a wrong gradient: where a party's cotangents part from the true ones."""

from dataclasses import replace

import numpy as np

from gradverify.arrays import Array, Values, largest
from gradverify.oracles.oracle import Gradients, Wanted
from gradverify.program.evaluate import influences
from gradverify.program.program import Step
from gradverify.verdict.case import Case, enclosure_of
from gradverify.verdict.further import gradients_of
from gradverify.verdict.locate import parting_statement, parting_step
from gradverify.verdict.subject import Subject
from gradverify.verdict.verdict import Finding


def placed(found: Finding, subject: Subject) -> Finding:
    """Return a finding at the step where cotangents part, unless its cause named one."""
    step = None if "step" in found.details else _parting(subject)
    if step is None:
        return found
    details = {**found.details, "step": step.source}
    message = f"{found.message}; cotangents part at `{step.source}`"
    return replace(found, message=message, details=details, mark=step.mark)


def _parting(subject: Subject) -> Step | None:
    case = subject.case
    if subject.claimed.party == "derived":
        return _parting_statement(case, subject.claimed.of, subject.answer)
    truths = {name: enclosure.mid for name, enclosure in case.gradients.items()}
    allowed = {name: _excused(case, name) for name in truths}
    everywhere = _everywhere(case, subject.claimed.party, tuple(truths))
    return parting_step(case.program.steps, everywhere, allowed, truths)


def _parting_statement(case: Case, of: str, answer: Gradients) -> Step | None:
    """Return the first wrong statement on the way to the gradient by `of`."""
    derived = case.program.derived
    on_the_way = influences(derived.steps, derived.outputs[of])
    known = {of: name for name, of in case.variables.items() if name in case.gradients}
    return parting_statement(
        derived,
        {v: answer.values[value] for v, value in derived.names.items() if value in on_the_way},
        {of: case.gradients[name].mid for of, name in known.items()},
        {of: _excused(case, name) for of, name in known.items()},
    )


def _excused(case: Case, name: str) -> Array:
    enclosure = enclosure_of(case, name)
    eps = float(np.finfo(case.program.kinds[name].dtype).eps)
    return 4 * enclosure.rad + 16 * eps * largest(enclosure.mid)


def _everywhere(case: Case, party: str, truths: tuple[str, ...]) -> Values:
    """Return a party's gradient by every value that it can give one for, unnamed ones too."""
    oracle = case.oracles.get(party)
    if oracle is None:
        return {}
    names = tuple(name for name in truths if name != case.program.loss)
    question = Wanted((), names, case.wanted.cotangent)
    return gradients_of(oracle, case.program, case.primals, question)
