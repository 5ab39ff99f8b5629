# torch's own types are partial, and the file must also pass where torch is not installed:
# pyright: basic, reportMissingImports=false
"""The modules that a callable holds, and the places in them where tensors can be exchanged."""

import contextlib
import dis
import functools
import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any, final

from torch import Tensor, nn

from gradverify.oracles.arguments import Arguments, parameters


@final
@dataclass(frozen=True, slots=True)
class Slot:
    """Where a parameter or a buffer stands: what people call it, its module's table, its key."""

    name: str
    table: dict[str, Any]
    key: str
    tensor: Tensor
    buffer: bool


def slots(function: Callable[..., Any], given: Arguments) -> tuple[Slot, ...]:
    """Return each place of a tensor in the modules that a call can reach."""
    found = [*_held("", function, {id(function)})]
    found += [(given.name(path), leaf) for path, leaf in given.leaves() if _is_module(leaf)]
    named = {id(part): (label, part) for label, part in reversed([*_parts_of(found)])}
    order = dict.fromkeys(id(part) for _, part in _parts_of(found))
    return tuple(slot for number in order for slot in _slots(*named[number]))


@contextlib.contextmanager
def exchanged(places: Iterable[tuple[Slot, Tensor]]) -> Iterator[None]:
    """Let other tensors stand in slots for a while.

    torch.func.functional_call does the same, at many times the cost for a small module.
    """
    held = [*places]
    try:
        for slot, tensor in held:
            slot.table[slot.key] = tensor
        yield
    finally:
        for slot, _ in held:
            slot.table[slot.key] = slot.tensor


def _parts_of(held: Iterable[tuple[str, nn.Module]]) -> Iterator[tuple[str, nn.Module]]:
    for label, module in held:
        for prefix, part in module.named_modules():
            yield ".".join(filter(None, (label, prefix))), part


def _slots(label: str, module: nn.Module) -> Iterator[Slot]:
    # where a parameter stood, torch lets nothing else be assigned than a parameter
    own, buffers = module._parameters, module._buffers  # noqa: SLF001 - torch's do it likewise
    for table, buffer in ((own, False), (buffers, True)):
        for key, tensor in table.items():
            if tensor is not None:
                yield Slot(f"{label}.{key}" if label else key, table, key, tensor, buffer)


def _held(name: str, value: Any, seen: set[int]) -> Iterator[tuple[str, nn.Module]]:
    """Yield the modules that a callable is, is bound to, is a partial of or closes over."""
    if _is_module(value):
        yield name, value
        return
    for inner, part in _parts(name, value):
        if id(part) not in seen:
            seen.add(id(part))
            yield from _held(inner, part, seen)


def _parts(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a callable is made of, with names; of other values nothing."""
    if isinstance(value, functools.partial):
        yield name, value.func
        known = parameters(value.func)
        yield from ((known[k] if k < len(known) else str(k), a) for k, a in enumerate(value.args))
        yield from value.keywords.items()
    elif inspect.ismethod(value):
        yield name, value.__func__
        yield from _bound(name, value.__self__)
    elif isinstance(value, FunctionType):
        yield from _enclosed(value)
    elif callable(value):
        yield from _bound(name, value)


def _bound(name: str, owner: Any) -> Iterator[tuple[str, Any]]:
    """Yield the module that a method belongs to, or those which its object has as attributes."""
    if _is_module(owner):
        yield name, owner
    elif not isinstance(owner, type):
        attributes = getattr(owner, "__dict__", {})
        yield from ((key, part) for key, part in attributes.items() if _is_module(part))


def _enclosed(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Yield what stands in the cells of a function, and the modules among the globals it names."""
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        with contextlib.suppress(ValueError):  # nothing was assigned yet
            yield name, cell.cell_contents
    for name in _globals(function.__code__):
        part = function.__globals__.get(name)
        if _is_module(part):
            yield name, part


@lru_cache(maxsize=256)
def _globals(code: CodeType) -> tuple[str, ...]:
    """Return the globals that a function reads; `co_names` would name attributes as well."""
    reads = [item.argval for item in dis.get_instructions(code) if item.opname == "LOAD_GLOBAL"]
    inner = (part for part in code.co_consts if isinstance(part, CodeType))
    return tuple(dict.fromkeys([*reads, *(name for part in inner for name in _globals(part))]))


def _is_module(value: object) -> bool:
    return isinstance(value, nn.Module)
