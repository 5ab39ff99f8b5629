"""Says which gradient is wrong, where and why.

The names here are `watch`, for your own tests, and what an oracle of yours needs; each is imported
when it is first asked for, so that importing gradverify itself costs nothing.
"""

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from gradverify.api import GradientStateError, watch
    from gradverify.oracles.oracle import Gradients, Oracle, Unsupported, Wanted
    from gradverify.program.program import Program, Step

__version__ = "0.1.0"
__all__ = [
    "GradientStateError",
    "Gradients",
    "Oracle",
    "Program",
    "Step",
    "Unsupported",
    "Wanted",
    "watch",
]

_HOMES: Final = MappingProxyType(
    {
        "GradientStateError": "gradverify.api",
        "Gradients": "gradverify.oracles.oracle",
        "Oracle": "gradverify.oracles.oracle",
        "Program": "gradverify.program.program",
        "Step": "gradverify.program.program",
        "Unsupported": "gradverify.oracles.oracle",
        "Wanted": "gradverify.oracles.oracle",
        "watch": "gradverify.api",
    }
)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
