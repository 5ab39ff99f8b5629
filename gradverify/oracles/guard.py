"""A call of strangers' code, which may raise anything and must end nothing else."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, final

Result = TypeVar("Result")


@final
@dataclass(frozen=True, slots=True)
class Raised:
    """What a call raised, and where, in one line."""

    reason: str


def guarded(act: Callable[[], Result]) -> Result | Raised:
    """Return what a call returns, or what it raised; only an interruption passes."""
    try:
        return act()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - strangers' code may raise anything
        frame = traceback.extract_tb(error.__traceback__)[-1]
        first = str(error).strip().partition("\n")[0]
        return Raised(f"{type(error).__name__}: {first} ({frame.filename}:{frame.lineno})")
