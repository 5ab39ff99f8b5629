"""What an examination may ask for besides the function itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, final

from gradverify.oracles.function import Function


def _nobody() -> Function | None:
    return None


def _nowhere() -> str:
    return ""


@final
@dataclass(frozen=True, slots=True)
class Besides:
    """A reference, whether to look beyond the inputs, and what is only asked of who is wrong.

    `own` makes the same function with the framework's own derivative where its backward pass is
    written by hand; `place` says where that is, as file:line.
    """

    reference: Function | None = None
    explore: bool = False
    own: Callable[[], Function | None] = _nobody
    place: Callable[[], str] = _nowhere


NOTHING: Final = Besides()
