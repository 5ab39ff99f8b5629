# what users hand over is of any type, and its parts are unknown to a strict checker:
# pyright: basic
"""The arguments of a call: positional and by keyword, which framework's, and how they are named."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, final

import numpy as np

from gradverify.oracles.nest import Path, leaves, named, replaced

FRAMEWORKS: Final = ("torch", "jax")


@final
@dataclass(frozen=True, slots=True)
class Arguments:
    """What a function is called with, and the names of its parameters."""

    positional: tuple[Any, ...]
    keywords: Mapping[str, Any]
    parameters: tuple[str, ...]

    def leaves(self) -> Iterator[tuple[Path, Any]]:
        """Yield every leaf with its path."""
        yield from leaves(self._nest())

    def name(self, path: Path) -> str:
        """Return the name of the leaf at a path: the parameter's, then keys and positions."""
        kind, first, *rest = path
        if kind == "keywords":
            return named((first, *rest))
        k = int(first)
        return named((self.parameters[k] if k < len(self.parameters) else first, *rest))

    def replaced(self, change: Callable[[Path, Any], Any]) -> "Arguments":
        """Return the same arguments with every leaf put through `change`."""
        made = replaced(self._nest(), change)
        return Arguments(made["positional"], made["keywords"], self.parameters)

    def call(self, function: Callable[..., Any]) -> Any:
        """Call a function with these."""
        return function(*self.positional, **self.keywords)

    def _nest(self) -> dict[str, Any]:
        return {"positional": self.positional, "keywords": dict(self.keywords)}


def arguments(function: Callable[..., Any], inputs: Any, keywords: Mapping[str, Any]) -> Arguments:
    """Return the arguments of a call: a tuple or list is positional, a mapping is by keyword.

    Anything else is the only argument.
    """
    if isinstance(inputs, Mapping):
        return Arguments((), {str(key): inputs[key] for key in inputs} | dict(keywords), ())
    named_tuple = hasattr(inputs, "_fields")
    several = isinstance(inputs, (tuple, list)) and not named_tuple
    return Arguments(tuple(inputs) if several else (inputs,), keywords, parameters(function))


def parameters(function: Callable[..., Any]) -> tuple[str, ...]:
    """Return the names of a function's positional parameters, as far as Python knows them."""
    known = _written(function)
    try:
        found = list(inspect.signature(known).parameters.values())
    except (TypeError, ValueError):
        return ()
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = tuple(item.name for item in found if item.kind in kinds)
    return names[1:] if known is not function and names[:1] == ("ctx",) else names


def _written(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return where the parameters are written: `forward` of a module or of a Function."""
    owner = getattr(function, "__self__", None)
    if getattr(function, "__name__", "") == "apply" and isinstance(owner, type):
        return getattr(owner, "forward", function)
    return getattr(function, "forward", function)


def called(function: Callable[..., Any]) -> str:
    """Return what a function is called in messages."""
    owner = getattr(function, "__self__", None)
    if getattr(function, "__name__", "") == "apply" and isinstance(owner, type):
        return owner.__name__
    inner = getattr(function, "func", None)  # of a functools.partial
    if inner is not None and not hasattr(function, "__name__"):
        return called(inner)
    return str(getattr(function, "__name__", type(function).__name__))


def framework_of(function: Callable[..., Any], given: Arguments) -> str:
    """Return `torch`, `jax` or `numpy`, by the types of the leaves, without importing any."""
    found = {_home(leaf) for _, leaf in given.leaves()}
    found |= {_home(held) for held in (function, getattr(function, "__self__", None))}
    return next((name for name in FRAMEWORKS if name in found), "numpy")


def _home(value: object) -> str:
    """Return the framework that defines a value's type."""
    homes = {kind.__module__.partition(".")[0] for kind in type(value).__mro__}
    if isinstance(value, type):
        homes |= {kind.__module__.partition(".")[0] for kind in value.__mro__}
    return "torch" if "torch" in homes else "jax" if homes & {"jax", "jaxlib"} else ""


def described(given: Arguments) -> str:
    """Return the kinds of the leaves, for a message."""
    kinds = [f"{given.name(path)}: {_kind(leaf)}" for path, leaf in given.leaves()]
    return ", ".join(kinds) if kinds else "no inputs"


def _kind(leaf: object) -> str:
    dtype = getattr(leaf, "dtype", None)
    return type(leaf).__name__ if dtype is None else f"{type(leaf).__name__} of {dtype}"


def floating(value: object) -> bool:
    """Whether numpy has a value as a real floating number or an array of them."""
    if isinstance(value, (np.ndarray, np.generic)):
        return value.dtype.kind == "f"
    return isinstance(value, float)
