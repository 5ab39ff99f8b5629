"""The command that runs one spec again, as it was run."""

import re
import shlex
from typing import Final

from gradverify.program.makers import MAKERS
from gradverify.run.options import Options
from gradverify.spec.spec import Spec

RANDOM: Final = re.compile(
    rf"\b(?:{'|'.join(name for name, row in MAKERS.items() if row.random)})\s*\("
)


def again(spec: Spec, options: Options) -> str:
    """Return the command for a shell: the spec by its id, what was said, and what was drawn."""
    allowed = ("--allow-import",) if spec.model.function is not None else ()
    drawn = ("--seed", str(options.seed_of(spec))) if allowed or _draws(spec) else ()
    return shlex.join(("gradverify", "run", spec.id, *options.said, *allowed, *drawn))


def again_file(path: str) -> str:
    """Return the command for a file whose specs have no ids, since it cannot be read."""
    return shlex.join(("gradverify", "run", path))


def _draws(spec: Spec) -> bool:
    """Whether an input is drawn at random; statements never draw."""
    written = (given.value for given in spec.model.inputs.values())
    return any(isinstance(value, str) and RANDOM.search(value) for value in written)
