# jax's own types are partial, and the file must also pass where jax is not installed:
# pyright: basic, reportMissingImports=false
"""Where the backward pass of a jax function is written: that of the only custom rule it uses."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import jax

from gradverify.oracles.arguments import Arguments
from gradverify.oracles.guard import Raised, guarded
from gradverify.oracles.written import place_of, written_at

WORDS: Final = " at "
"""Between the name of a rule and its place, where jax keeps them in words."""
JITTED: Final[Any] = jax.stages.Wrapped  # of which jax does not say that it has __wrapped__
JAX: Final = Path(jax.__file__).parent


def backward_place(function: Callable[..., Any], given: Arguments) -> str:
    """Return file:line of the rule of the only `custom_vjp` or `custom_jvp` that is used.

    Relative to the working directory where it is below; nothing where several are used. Without
    any it is where the function itself is written.
    """
    own = _rule_of(function)
    if own is not None:
        return _theirs(written_at(own))
    traced = guarded(lambda: [*_places(_traced(function, given))])
    places = [] if isinstance(traced, Raised) else [*dict.fromkeys(filter(None, traced))]
    if len(places) > 1:
        return ""
    return places[0] if places else written_at(function)


def _rule_of(function: Any) -> Callable[..., Any] | None:
    """Return the rule of a function that is a custom one itself, under a `jit` or not."""
    while isinstance(function, JITTED):
        function = function.__wrapped__
    if isinstance(function, jax.custom_vjp):
        return function.bwd
    return function.jvp if isinstance(function, jax.custom_jvp) else None


def _traced(function: Callable[..., Any], given: Arguments) -> Any:
    return jax.make_jaxpr(lambda: given.call(function))().jaxpr


def _places(jaxpr: Any) -> Iterator[str]:
    """Yield the place of every custom rule in a program; that of one of jax's own is nothing."""
    for equation in jaxpr.eqns:
        yield _place(equation.params)
        for inner in _inner(equation.params.values()):
            yield from _places(inner)


def _inner(values: Iterable[Any]) -> Iterator[Any]:
    """Yield the programs among an equation's parameters: bodies of loops, branches, calls."""
    for value in values:
        if isinstance(value, (tuple, list)):
            yield from _inner(value)
        elif hasattr(getattr(value, "jaxpr", value), "eqns"):
            yield getattr(value, "jaxpr", value)


def _place(parameters: Mapping[str, Any]) -> str:
    """Return where an equation's rule is written; of a `custom_jvp` jax keeps that in words."""
    if "bwd" in parameters:
        found = written_at(parameters["bwd"].f)
    elif "jvp_jaxpr_fun" in parameters:
        words = str(parameters["jvp_jaxpr_fun"].debug_info.func_src_info)
        file, _, line = words.rpartition(WORDS)[2].rpartition(":")
        found = place_of(file, int(line))
    else:
        return ""
    return _theirs(found)


def _theirs(place: str) -> str:
    here = Path.cwd()  # which jax may be below of, in an environment of the project's own
    return "" if (here / place).is_relative_to(JAX) else place
