"""What a spec becomes before it is run: a program, and a script where it has a tape."""

from dataclasses import dataclass
from typing import final

from gradverify.errors import SpecErrors
from gradverify.program.build import build_program
from gradverify.program.program import Program
from gradverify.run.import_errors import ImportNotAllowedError
from gradverify.run.options import Options
from gradverify.run.plan import FUNCTION, parties
from gradverify.spec.spec import Spec
from gradverify.tape.build import build_script
from gradverify.tape.script import Script
from gradverify.verdict.tape_ground import STATED, TAPE


@final
@dataclass(frozen=True, slots=True)
class Prepared:
    """All of a spec that can be run."""

    program: Program
    script: Script | None

    def parties(self, options: Options) -> tuple[str, ...]:
        """Return everybody who takes part: oracles, and on a tape its model and what is stated."""
        code = () if self.program.code is None else (FUNCTION,)
        asked = (*parties(self.program, options), *code)
        if self.script is None:
            return asked
        stated = (STATED,) if self.script.states else ()
        return tuple(dict.fromkeys((*asked, TAPE, *stated)))


def assert_allowed(program: Program, options: Options) -> None:
    """Raise SpecErrors where a program names code, and nobody allows that it is imported."""
    if program.code is not None and not options.allow_import:
        raise SpecErrors([ImportNotAllowedError(program.code.mark, program.code.function)])


def prepare(spec: Spec, max_bytes: int) -> Prepared:
    """Return what a spec becomes; raises SpecErrors with its faults, each at its place.

    `max_bytes` bounds the arrays of the program, and once more those of the script.
    """
    program = build_program(spec, max_bytes)
    return Prepared(program, build_script(spec, program, max_bytes))
