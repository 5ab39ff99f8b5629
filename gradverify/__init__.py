"""Says which gradient is wrong, where and why.

The names here are `verify`, `assert_gradients` and `watch`, for your own code and tests, what they
return and raise, and what an oracle of yours needs; each is imported when it is first asked for, so
that importing gradverify itself costs nothing.
"""

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from gradverify.api import assert_gradients, verify
    from gradverify.function.examined import Evaluations
    from gradverify.oracles.oracle import Gradients, Oracle, Unsupported, Wanted
    from gradverify.program.program import Program, Step
    from gradverify.report.verified import GradientMismatch, Report
    from gradverify.verdict.verdict import Finding, Sensitivity
    from gradverify.watching import GradientStateError, watch

__version__ = "0.1.0"
__all__ = [
    "Evaluations",
    "Finding",
    "GradientMismatch",
    "GradientStateError",
    "Gradients",
    "Oracle",
    "Program",
    "Report",
    "Sensitivity",
    "Step",
    "Unsupported",
    "Wanted",
    "assert_gradients",
    "verify",
    "watch",
]

_HOMES: Final = MappingProxyType(
    {
        "Evaluations": "gradverify.function.examined",
        "Finding": "gradverify.verdict.verdict",
        "GradientMismatch": "gradverify.report.verified",
        "GradientStateError": "gradverify.watching",
        "Gradients": "gradverify.oracles.oracle",
        "Oracle": "gradverify.oracles.oracle",
        "Program": "gradverify.program.program",
        "Report": "gradverify.report.verified",
        "Sensitivity": "gradverify.verdict.verdict",
        "Step": "gradverify.program.program",
        "Unsupported": "gradverify.oracles.oracle",
        "Wanted": "gradverify.oracles.oracle",
        "assert_gradients": "gradverify.api",
        "verify": "gradverify.api",
        "watch": "gradverify.watching",
    }
)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
