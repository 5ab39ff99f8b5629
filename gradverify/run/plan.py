"""What is compared for one program: which parties are asked, for which values and gradients."""

from collections.abc import Mapping, Sequence
from typing import Final

from gradverify.errors import Mark
from gradverify.oracles.oracle import Wanted
from gradverify.oracles.table import oracle_names
from gradverify.program.evaluate import dependents, influences
from gradverify.program.program import Program
from gradverify.run.options import Options
from gradverify.spec.spec import Spec
from gradverify.verdict.parties import CLAIMING

FUNCTION: Final = "function"
"""The party of the code that a spec names."""


def parties(program: Program, options: Options) -> tuple[str, ...]:
    """Return the oracles to ask about a program, in the order in which they were chosen.

    A backward pass, statements and printed numbers take part where the spec has them, whatever
    was chosen: they are what is to be verified.
    """
    speaking = {claim.party for claim in program.claims}
    speaking |= {"derived"} if program.derived.outputs else set()
    chosen = options.oracles or oracle_names()
    asked = speaking if program.is_code else speaking.union(set(chosen) - set(CLAIMING))
    return tuple(name for name in dict.fromkeys((*chosen, *CLAIMING)) if name in asked)


def labels(program: Program) -> dict[str, str]:
    """Return the author's name of every value that has one, the derived pass's included."""
    named = {value: name for name, value in program.names.items() if name != "loss"}
    if program.loss is not None and program.loss not in named:
        named[program.loss] = "loss"
    return {**{value: name for name, value in program.derived.names.items()}, **named}


def wanted(program: Program) -> Wanted:
    """Return the named values, and the variables whose gradients are compared.

    Those are the named intermediates, from the loss backwards, so that what went wrong first is
    told first, and the floating inputs that require a gradient, together with whatever somebody
    claims a gradient for.
    """
    named = tuple(dict.fromkeys(program.names.values()))
    if program.loss is None:
        return Wanted(named, (), None)
    moved = _moved_by_inputs(program)
    leaves = [n for n in program.inputs if n in moved]
    seen = influences(program.steps, program.loss) & moved
    between = [n for n in named if n in seen and n not in leaves and n != program.loss]
    claimed = [program.names[of] for of in _claimed(program) if of in program.names]
    variables = tuple(dict.fromkeys((*reversed(between), *leaves, *claimed)))
    return Wanted(
        (*named, program.loss) if program.loss not in named else named, variables, program.cotangent
    )


def _moved_by_inputs(program: Program) -> frozenset[str]:
    """Return the floating values that move when an input that requires a gradient is moved."""
    found: set[str] = set()
    for leaf in program.inputs.values():
        if leaf.requires_grad and leaf.kind.differentiable:
            found.add(leaf.name)
            found.update(step.output for step in dependents(program.steps, leaf.name))
    return frozenset(name for name in found if program.kinds[name].differentiable)


def _claimed(program: Program) -> Sequence[str]:
    claims = [claim.of for claim in program.claims if claim.kind == "grads"]
    return [*claims, *program.derived.outputs]


def marks(spec: Spec, program: Program) -> Mapping[tuple[str, str, str], Mark]:
    """Return where each claim stands, and under ('', '', '') where the loss does."""
    found = {("", "", ""): spec.mark("loss")}
    for claim in program.claims:
        found[claim.party, claim.kind, claim.of] = claim.mark
    if program.code is not None:
        for of in ("loss", *program.names):
            found[FUNCTION, "values", of] = found[FUNCTION, "grads", of] = program.code.mark
    for of in program.derived.outputs:
        found["derived", "grads", of] = _statement(spec, program, of) or spec.mark(
            "derived", "grads", of
        )
    return found


def _statement(spec: Spec, program: Program, of: str) -> Mark | None:
    """Return the place of the statement that assigns a derived gradient, if it has one."""
    name = spec.model.derived.grads[of] if spec.model.derived else ""
    steps = (step for step in program.derived.steps if step.output == program.derived.outputs[of])
    return next((step.mark for step in steps if step.assigns(name)), None)
