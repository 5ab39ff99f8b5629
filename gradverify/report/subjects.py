"""What was compared, and who is meant, in words."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import Final

from gradverify.verdict.parties import CLAIMING
from gradverify.verdict.verdict import Verdict

SUBJECTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "value": "the value of `{of}`",
        "gradient": "the gradient of `loss` by `{of}`",
        "vjp": "the gradient of the outputs by `{of}`",
        "jacobian": "the Jacobian of the loss by `{of}`",
        "hessian": "the Hessian of `loss` by `{of}`",
        "hvp": "the Hessian of `loss` by `{of}`, along the direction given,",
        "grad": "`{of}.grad`",
        "hooked": "what the hook on `{of}` saw",
        "autograd.grad": "what autograd.grad gives by `{of}`",
        "is_leaf": "`{of}.is_leaf`",
        "requires_grad": "`{of}.requires_grad`",
        "grad_fn": "`{of}.grad_fn`",
        "error": "how the step on `{of}` ends",
        "update": "the gradient by which the loop updates `{of}`",
        "loss": "the loss `{of}` of the loop",
        "losses": "the course of the loss `{of}`",
        "falling": "that `{of}` falls",
        "below": "where `{of}` ends",
    }
)
ON_TAPE: Final[Mapping[str, str]] = MappingProxyType(
    {"gradient": "the gradient by `{of}` of what goes backward"}
)


def render_subject(verdict: Verdict) -> str:
    """Return what was compared, in words, and where in a script."""
    default = f"the {verdict.kind} of `{{of}}`"
    if not verdict.at:
        return SUBJECTS.get(verdict.kind, default).format(of=verdict.of)
    words = ON_TAPE.get(verdict.kind) or SUBJECTS.get(verdict.kind, default)
    return f"{words.format(of=verdict.of)}, at {verdict.at}"


def render_parties(parties: Iterable[str]) -> str:
    """Return `by rules, torch and jax`, `as derived`, or both."""
    runs = groupby(parties, key=lambda party: party in CLAIMING)
    return " and ".join(
        f"{'as' if written else 'by'} {_listed([*names])}" for written, names in runs
    )


def _listed(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
