"""Programs built from the text of a spec, for the tests of this folder."""

from gradverify.errors import SpecErrors
from gradverify.program.build import build_program
from gradverify.program.program import Program
from gradverify.spec.parse import specs_of
from gradverify.spec.source import source_of
from gradverify.spec.spec import Spec

LIMIT = 2**30
HEAD = "gradverify: 1\ntitle: case\n"


def spec_of(body: str) -> Spec:
    """Return the one spec of a text, which needs no version and no title."""
    text = body if body.startswith("gradverify") else HEAD + body
    return specs_of(source_of("case.grad.yaml", text))[0]


def built(body: str, limit: int = LIMIT) -> Program:
    """Return the program of a spec's text; raises SpecErrors."""
    return build_program(spec_of(body), limit)


def told(body: str, limit: int = LIMIT) -> str:
    """Return what its author reads of a spec that is wrong."""
    try:
        program = built(body, limit)
    except SpecErrors as errors:
        return str(errors)
    return f"no fault in {len(program.steps)} steps"


def ops(*statements: str) -> str:
    """Return the lines of a spec that hold these statements."""
    return "ops:\n" + "".join(f"  - {statement}\n" for statement in statements)


def of_statements(*statements: str, inputs: str = "{x: 'randn(2, 3)'}") -> Program:
    """Return the program of some statements, without a loss."""
    return built(f"inputs: {inputs}\n{ops(*statements)}")
