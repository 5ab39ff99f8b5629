"""Code that a spec names: imported where that is allowed, examined, and one more party."""

import contextlib
import io
from dataclasses import dataclass, replace
from typing import ClassVar, Final, final

import numpy as np

from gradverify.arrays import Values
from gradverify.errors import Mark, SpecErrors
from gradverify.function.examine import examine
from gradverify.function.examined import Examined, Row
from gradverify.oracles.function import Form, Function, Weight
from gradverify.oracles.function_errors import FunctionError
from gradverify.oracles.guard import Raised, guarded
from gradverify.oracles.oracle import Gradients, Oracle, Unsupported, Wanted
from gradverify.program.program import Code, Program
from gradverify.run.claimed_code import VJP, judge_claims
from gradverify.run.handed import handed
from gradverify.run.import_errors import CodeError, SeveralOutputsError
from gradverify.run.imported import importable, imported
from gradverify.run.judge import Judged, fared_one, joined, judge_program
from gradverify.run.options import Options
from gradverify.run.plan import FUNCTION
from gradverify.spec.spec import Spec
from gradverify.verdict.gradients import Assessment
from gradverify.verdict.verdict import Finding, Severity, Status, Verdict

SEPARATOR: Final = ":"
"""Between the file and the line of a place."""


@final
@dataclass(frozen=True, slots=True)
class CodeOracle:
    """Code beside the steps of a program: it computes what they come to."""

    function: Function
    name: ClassVar[str] = FUNCTION

    def differentiate(
        self, program: Program, primals: Values, wanted: Wanted
    ) -> Gradients | Unsupported:
        """Answer for the last value, and for inputs that are leaves of the code.

        The code stands at its own inputs, which `primals` are. Where its backward pass raises
        there are no gradients: the examination says so.
        """
        del primals
        goal = program.loss or program.steps[-1].output
        leaves = [leaf.primal for leaf in self.function.leaves]
        (value,), _ = self.function.values(leaves, wide=False)
        if wanted.cotangent is None or value.shape != wanted.cotangent.shape:
            return Gradients(values={goal: value})
        weight = Weight((wanted.weights,))
        pulled = guarded(lambda: self.function.pull(leaves, Form()).back(weight))
        if isinstance(pulled, Raised):
            return Gradients(values={goal: value})
        pairs = zip(self.function.leaves, pulled.claims, strict=True)
        found = {leaf.name: (leaf, claim) for leaf, claim in pairs if leaf.name in program.inputs}
        return Gradients(
            values={goal: value},
            wrt={n: np.zeros(it.primal.shape) if c is None else c for n, (it, c) in found.items()},
        )


def judge_code(spec: Spec, program: Program, primals: Values, options: Options) -> Judged:
    """Import what a spec names, examine it, and compare it with all that stands beside it.

    Raises SpecErrors where it cannot be imported, or not be verified at these inputs.
    """
    assert program.code is not None  # noqa: S101 - nobody else asks
    with importable():
        function = handed(spec, program, primals, imported(spec, program.code))
        examined = _examined(program.code, function, options.seed_of(spec))
        with contextlib.redirect_stdout(io.StringIO()):  # what it prints was seen
            if program.is_code:
                beside = judge_claims(spec, program, primals, options, (function, examined))
            else:
                oracle = _oracle(program.code, function)
                beside = judge_program(spec, program, primals, options, oracle)
    return joined(beside, _judged(program.code, examined))


def _examined(code: Code, function: Function, seed: int) -> Examined:
    try:
        return examine(function, seed)
    except FunctionError as error:
        raise SpecErrors([CodeError(code.mark, code.function, error)]) from error


def _oracle(code: Code, function: Function) -> Oracle:
    """Return code as an oracle; raises SpecErrors where it returns more than one array."""
    values, _ = function.values([leaf.primal for leaf in function.leaves], wide=False)
    if len(values) != 1:
        raise SpecErrors([SeveralOutputsError(code.mark, code.function, len(values))])
    return CodeOracle(function)


def _judged(code: Code, examined: Examined) -> Judged:
    """Return an examination in the terms of a spec."""
    findings = tuple(_finding(code, examined, item) for item in examined.findings)
    verdicts = tuple(_verdict(row, findings) for row in examined.rows)
    return Judged(
        oracles=(fared_one(FUNCTION, verdicts, has_loss=True),),
        assessment=Assessment(verdicts, findings, dict(examined.sensitivity)),
        possible=len(verdicts),
    )


def _finding(code: Code, examined: Examined, item: Finding) -> Finding:
    """Return a finding as one about the spec's function, at the code at fault where it is known."""
    mark = item.mark or _place(examined.place) or code.mark
    return replace(item, party=FUNCTION, mark=mark, details={**item.details, "kind": VJP})


def _place(place: str) -> Mark | None:
    file, _, line = place.rpartition(SEPARATOR)
    return Mark(file, int(line), 1, "") if file and line.isdecimal() else None


def _verdict(row: Row, findings: tuple[Finding, ...]) -> Verdict:
    """Return a row as a verdict; one that an error keeps open is a disagreement, told by it."""
    errors = {item.message for item in findings if item.severity is Severity.ERROR}
    open_ = row.status is Status.UNDECIDED and row.because in errors
    status = Status.DISAGREE if open_ else row.status
    numbers = (row.error, row.allowed, row.because, row.worst)
    return Verdict(FUNCTION, VJP, row.name, status, *numbers)
