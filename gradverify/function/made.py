"""A callable and its inputs made into a `Function`, by the framework that the inputs belong to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final, final

from gradverify.function.besides import Besides
from gradverify.oracles.arguments import Arguments, arguments, called, framework_of
from gradverify.oracles.function import Function
from gradverify.oracles.function_errors import NoVjpError, VjpOfTensorsError
from gradverify.oracles.numpy_function import numpy_function
from gradverify.oracles.written import written_at

MAKERS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "torch": ("gradverify.oracles.torch_function", "torch_function"),
        "jax": ("gradverify.oracles.jax_function", "jax_function"),
    }
)
"""Where each framework's functions are made; imported once the framework's own arrays are seen."""

OWN: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "torch": ("gradverify.oracles.torch_own", "own_gradient"),
        "jax": ("gradverify.oracles.jax_function", "own_gradient"),
    }
)
"""What makes the same function with the framework's derivative in place of a hand-written one."""

PLACES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "torch": ("gradverify.oracles.torch_own", "backward_place"),
        "jax": ("gradverify.oracles.jax_place", "backward_place"),
    }
)
"""What finds the backward pass of a function in its file."""


@final
@dataclass(frozen=True, slots=True)
class Given:
    """What a user hands over: a callable, its inputs, and a backward pass if it is numpy's."""

    function: Callable[..., Any]
    inputs: Any
    keywords: Mapping[str, Any]
    vjp: Callable[..., Any] | None


def made(given: Given) -> Function:
    """Return the function of a callable. Raises FunctionError where it cannot be one."""
    found = arguments(given.function, given.inputs, given.keywords)
    framework = framework_of(given.function, found)
    if framework == "numpy":
        return _of_numpy(given, found)
    if given.vjp is not None:
        raise VjpOfTensorsError(framework)
    module, name = MAKERS[framework]
    return getattr(import_module(module), name)(given.function, found)


def _of_numpy(given: Given, found: Arguments) -> Function:
    if given.vjp is None:
        raise NoVjpError(called(given.function))
    return numpy_function(given.function, found, given.vjp)


def besides(given: Given, *, reference: Function | None, explore: bool) -> Besides:
    """Return what an examination may ask for besides the function itself."""
    found = arguments(given.function, given.inputs, given.keywords)
    framework = framework_of(given.function, found)

    def own() -> Function | None:
        if framework not in OWN:
            return None
        module, name = OWN[framework]
        return getattr(import_module(module), name)(given.function, found)

    return Besides(reference, explore, own, lambda: place(given))


def place(given: Given) -> str:
    """Return where the backward pass is written, as file:line, or nothing where nobody knows."""
    if given.vjp is not None:
        return written_at(given.vjp)
    found = arguments(given.function, given.inputs, given.keywords)
    module, name = PLACES[framework_of(given.function, found)]
    return getattr(import_module(module), name)(given.function, found)
