"""What a script shows, as short as a sentence, by the model or by torch."""

from typing import Any, Final

import numpy as np
import pytest

from gradverify.arrays import Array
from gradverify.oracles import torch_tape
from gradverify.tape.grad_fns import kind_of
from gradverify.tape.perform import unwatched
from gradverify.tape.shown import Shown
from tests.tape.scripts import done, script_of

MODEL: Final = "model"
TORCH: Final = "torch"

by_both = pytest.mark.parametrize("tape", [MODEL, TORCH])


def shown(tape: str, body: str) -> tuple[Shown, ...]:
    """Return what one of the two shows at every step of a script."""
    return done(body)[0] if tape == MODEL else torch_tape.show(*script_of(body), unwatched)


def seen(tape: str, head: str, *steps: str) -> list[Any]:
    """Return what is seen at those steps of a tape that show anything.

    An error is its kind, numbers are those of the names, one for all entries where they are alike.
    """
    body = head.strip() + "\ntape:\n" + "".join(f"  - {{{step}}}\n" for step in steps)
    return [_seen(it) for it in shown(tape, body) if it.error or it.numbers or it.flags]


def _seen(shown: Shown) -> Any:
    if shown.error:
        return shown.error
    if shown.numbers:
        return {name: _plain(array) for name, array in shown.numbers.items()}
    flags = shown.flags.items()
    return {name: kind_of(flag) if isinstance(flag, str) else flag for name, flag in flags}


def _plain(array: Array | None) -> Any:
    if array is None:
        return None
    alike = array.size and np.all(array == array.flat[0])
    return array.flat[0].item() if alike else array.tolist()
