"""Code that a spec names: imported where that is allowed, examined, and one more party."""

import contextlib
import io
from dataclasses import dataclass, replace
from typing import ClassVar, Final, final

import numpy as np

from gradverify.arrays import Values
from gradverify.errors import SpecErrors
from gradverify.function.besides import Besides
from gradverify.function.examine import examine
from gradverify.function.examined import Examined
from gradverify.oracles.function import Form, Function, Weight
from gradverify.oracles.function_errors import FunctionError
from gradverify.oracles.guard import Raised, guarded
from gradverify.oracles.oracle import Gradients, Oracle, Unsupported, Wanted
from gradverify.program.program import Code, Program
from gradverify.run.claimed_code import judge_claims
from gradverify.run.handed import backward_place, handed
from gradverify.run.import_errors import CodeError, SeveralOutputsError
from gradverify.run.imported import importable, imported
from gradverify.run.judge import Judged, joined, judge_program
from gradverify.run.options import Options
from gradverify.run.plan import FUNCTION
from gradverify.run.verified import judged
from gradverify.spec.spec import Spec
from gradverify.verdict.verdict import Finding, Severity

GRADIENT: Final = "gradient"
MISMATCH: Final = "mismatch"


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
        found = imported(spec, program.code)
        function = handed(spec, program, primals, found)
        besides = Besides(place=lambda: backward_place(spec, program, primals, found))
        examined = _examined(program.code, function, options.seed_of(spec), besides)
        with contextlib.redirect_stdout(io.StringIO()):  # what it prints was seen
            if program.is_code:
                beside = judge_claims(spec, program, primals, options, (function, examined))
            else:
                oracle = _oracle(program.code, function)
                beside = judge_program(spec, program, primals, options, oracle)
    own = judged(examined, program.code.mark)
    return joined(_without_told(beside, own), own)


def _without_told(beside: Judged, own: Judged) -> Judged:
    """Return what is said of code beside statements, without what its examination says as well.

    Both hold the same gradient against the truth: a cause is told once, and where the examination
    finds one there is no `mismatch` besides. The comparison itself stays.
    """
    named = {(f.code, f.of) for f in own.assessment.findings if _is_error(f)}
    explained = {of for _, of in named}
    found = beside.assessment.findings
    kept = tuple(
        f
        for f in found
        if f.party != FUNCTION
        or f.details.get("kind", GRADIENT) != GRADIENT
        or not ((f.code, f.of) in named or (f.code == MISMATCH and f.of in explained))
    )
    return replace(beside, assessment=replace(beside.assessment, findings=kept))


def _is_error(found: Finding) -> bool:
    return found.party == FUNCTION and found.severity is Severity.ERROR


def _examined(code: Code, function: Function, seed: int, besides: Besides) -> Examined:
    try:
        return examine(function, seed, besides)
    except FunctionError as error:
        raise SpecErrors([CodeError(code.mark, code.function, error)]) from error


def _oracle(code: Code, function: Function) -> Oracle:
    """Return code as an oracle; raises SpecErrors where it returns more than one array."""
    values, _ = function.values([leaf.primal for leaf in function.leaves], wide=False)
    if len(values) != 1:
        raise SpecErrors([SeveralOutputsError(code.mark, code.function, len(values))])
    return CodeOracle(function)
