"""The function to compare with: any framework's, of the same leaves in the same order."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from types import CodeType, FunctionType, MappingProxyType, ModuleType
from typing import Any, Final, final

import numpy as np

from gradverify.arrays import Array
from gradverify.function.made import Given
from gradverify.oracles.arguments import Arguments, arguments, called, framework_of
from gradverify.oracles.function import Form, Function, Leaf
from gradverify.oracles.function_errors import FunctionError
from gradverify.oracles.guard import Raised, guarded
from gradverify.oracles.nest import Path
from gradverify.oracles.numpy_reference import Passes

MAKERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "torch": "gradverify.oracles.torch_reference",
        "jax": "gradverify.oracles.jax_reference",
        "numpy": "gradverify.oracles.numpy_reference",
    }
)
"""Where each framework's references are made; imported when one is tried."""
HOMES: Final[Mapping[str, str]] = MappingProxyType(
    {"torch": "torch", "jax": "jax", "jaxlib": "jax", "numpy": "numpy", "scipy": "numpy"}
)
"""To which framework a package's functions belong."""


@final
class NoReferenceError(FunctionError):
    """A reference cannot be called in any framework."""

    def __init__(self, name: str, reasons: Mapping[str, str]) -> None:
        tried = "\n".join(f"  as {framework}: {reason}" for framework, reason in reasons.items())
        super().__init__(
            f"the reference {name} cannot be called with these inputs\n{tried}\n"
            "A reference takes what the function takes, as torch tensors, jax arrays or numpy "
            "arrays; a gradient of numpy comes as reference=(forward, vjp)."
        )


@final
@dataclass(frozen=True, slots=True)
class _Sought:
    """Whom a reference is for: its arguments, its framework, and its leaves."""

    given: Arguments
    framework: str
    leaves: tuple[Leaf, ...]


def reference_of(passes: Passes, given: Given, function: Function) -> Function:
    """Return a reference as a function of another function's leaves, their names and their order.

    It is called in the framework of the inputs, unless its code names another one, or cannot be
    called so; inputs are handed over in their own dtypes, or float32 for a bfloat16 of numpy. A
    function of numpy alone claims no gradient: all are None; `(forward, vjp)` claims one.

    Raises NoReferenceError where no framework can call it, or where it lacks a leaf.
    """
    made = arguments(given.function, given.inputs, given.keywords)
    sought = _Sought(made, framework_of(given.function, made), function.leaves)
    reasons: dict[str, str] = {}
    for framework in _candidates(passes, sought.framework):
        found = _tried(passes, framework, sought)
        if not isinstance(found, Raised):
            return found
        reasons[framework] = found.reason
    raise NoReferenceError(called(passes.forward), reasons)


def _tried(passes: Passes, framework: str, sought: _Sought) -> Function | Raised:
    """Return a reference that has run once with gradients on, or why it has not."""

    def run() -> Function:
        maker = import_module(MAKERS[framework])
        names = tuple(leaf.name for leaf in sought.leaves)
        found: Function = maker.restricted(passes, _handed(sought, framework, maker), names)
        primals = [leaf.primal for leaf in sought.leaves]
        if isinstance(guarded(lambda: found.pull(primals, Form(wide=True))), Raised):
            _ = found.pull(primals, Form())
        return found

    return guarded(run)


def _handed(sought: _Sought, framework: str, maker: ModuleType) -> Arguments:
    """Return the arguments as arrays of a framework."""
    if framework == sought.framework:
        return sought.given
    leaves = {leaf.name: leaf for leaf in sought.leaves}

    def change(path: Path, value: Any) -> Any:
        leaf = leaves.get(sought.given.name(path))
        if leaf is not None:
            return maker.array(leaf.primal, leaf.dtype)
        found = _plain(value, sought.framework)
        return value if found is None else maker.array(*found)

    return sought.given.replaced(change)


def _plain(value: Any, framework: str) -> tuple[Array, str] | None:
    """Return an array's numbers and the name of its dtype, None of what is no array."""
    if framework == "torch":
        found: tuple[Array, str] | None = import_module(MAKERS["torch"]).plain(value)
        return found
    if not isinstance(getattr(value, "dtype", None), np.dtype):
        return None
    return np.asarray(value), str(value.dtype)


def _candidates(passes: Passes, own: str) -> Sequence[str]:
    """Return the frameworks to try, the likeliest first; only those in use or named by the code."""
    if passes.vjp is not None:
        return ("numpy",)
    named = set(_named(passes.forward, {id(passes.forward)}))
    foreign = [name for name in ("torch", "jax") if name in named - {own}]
    in_use = [name for name in ("torch", "jax") if name in sys.modules]
    first = (own, *foreign) if own in named else (*foreign, own)
    return tuple(dict.fromkeys((*first, "numpy", *in_use)))


def _named(function: Any, seen: set[int]) -> Iterator[str]:
    """Yield the frameworks that a function belongs to, or that its code names."""
    home = HOMES.get(_package(function))
    if home is not None:
        yield home
        return
    if isinstance(function, FunctionType):
        for part in _mentioned(function):
            if id(part) not in seen:
                seen.add(id(part))
                yield from _named(part, seen)


def _package(value: Any) -> str:
    """Return the package that a module, a function or a type of objects comes from."""
    if isinstance(value, ModuleType):
        return value.__name__.partition(".")[0]
    packages = [str(getattr(value, "__module__", None))]
    packages += [kind.__module__ for kind in type(value).__mro__]
    known = [name.partition(".")[0] for name in packages]
    return next((name for name in known if name in HOMES), "")


def _mentioned(function: FunctionType) -> Iterator[Any]:
    """Yield the globals and enclosed values that a function's code names."""
    for name in _names(function.__code__):
        if name in function.__globals__:
            yield function.__globals__[name]
    for cell in function.__closure__ or ():
        found = guarded(lambda cell=cell: cell.cell_contents)  # an empty cell raises
        if not isinstance(found, Raised):
            yield found


def _names(code: CodeType) -> Iterator[str]:
    """Yield the names in a function's code, and in that of functions inside of it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
