# torch's own types are partial, and the file must also pass where torch is not installed:
# pyright: basic, reportMissingImports=false
"""Every torch function that the user's block calls, told to the leaves and the paths."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, final

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils.weak import WeakTensorKeyDictionary

from gradverify.oracles.torch_leaf import Leaf, Passes
from gradverify.oracles.torch_paths import ALIASES, Paths

_GRADIENT: Final = 1
"""The bit of what is computed from gradients; those above it are cuts."""

_IN_PLACE: Final = re.compile(
    r"[^_].*[^_]_|_f\w+_|__i(add|sub|mul|truediv|pow)__|__setitem__|data="
)
_UNSCALE: Final = "_amp_foreach_non_finite_check_and_unscale_"  # of torch.amp.GradScaler
_MOST_NUMBERS: Final = 1_000
"""Longer lists that begin with a number, such as torch.tensor is given, are not looked through."""


@final
class Trace(TorchFunctionMode):
    """Sees backward passes, and follows what is computed from gradients and from cut values."""

    def __init__(self, leaves: Sequence[Leaf], paths: Paths, passes: Passes) -> None:
        super().__init__()
        self.asking = False  # torch.autograd.grad runs, which fills no `.grad`
        self.scaled = False
        self._passes = passes
        self._leaves = {id(leaf.tensor): leaf for leaf in leaves}
        self._paths = paths
        self._carried = WeakTensorKeyDictionary()  # to the bits of what its value depends on
        self._aliases = WeakTensorKeyDictionary()  # of a leaf's memory, to the leaf

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Call the function and see what it did; inside of the call this mode is off."""
        kwargs = kwargs or {}
        if torch.compiler.is_compiling():  # Dynamo traces modes as well: it would trace this one
            return func(*args, **kwargs)
        if func in (Tensor.backward, torch.autograd.backward):
            return self._backward(func, args, kwargs)
        if func is torch.autograd.grad:
            return self._ask(func, args, kwargs)
        op = _name(func)
        operands = [*_tensors(args), *_tensors(kwargs.values())]
        carried = self._carried_by(operands)
        written = self._written(op, args) if operands else []
        if carried & _GRADIENT:
            for leaf in written:
                leaf.about_to_update()
        result = func(*args, **kwargs)
        for leaf in written:
            leaf.was_written()
        if operands:
            self.scaled = self.scaled or op == _UNSCALE
            self._follow(op, operands, [*_tensors((result,))], carried)
        return result

    def _backward(
        self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Any:
        roots = args[0] if args else kwargs["tensors"]
        roots = (roots,) if isinstance(roots, Tensor) else tuple(roots)
        with self._passes.one():
            result = func(*args, **kwargs)
        self._still_silent()
        inputs = kwargs.get("inputs")
        told = None if inputs is None else [*_tensors((inputs,))]
        self._paths.backward(roots, told, self._carried_by(_tensors(roots)))
        return result

    def _ask(
        self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Any:
        self.asking = True
        try:
            return func(*args, **kwargs)
        finally:
            self.asking = False

    def _still_silent(self) -> None:
        arrived = (id(leaf.tensor) for leaf in self._leaves.values() if leaf.arrived)
        for name in arrived:
            self._paths.silent &= ~self._paths.leaves[name]

    def _carried_by(self, tensors: Iterable[Tensor]) -> int:
        bits = 0
        for tensor in tensors:
            bits |= self._carried.get(tensor) or 0
        return bits

    def _written(self, op: str, args: tuple[Any, ...]) -> list[Leaf]:
        """Return the leaves that a function is going to write to."""
        if not _IN_PLACE.fullmatch(op):
            return []
        targets = _tensors(args[:1])
        leaves = (self._leaves.get(id(item)) or self._aliases.get(item) for item in targets)
        return [leaf for leaf in leaves if leaf is not None]

    def _follow(
        self, op: str, operands: Sequence[Tensor], results: Sequence[Tensor], carried: int
    ) -> None:
        """Carry over to the results, and to what was written to, what the operands depend on."""
        carried = _GRADIENT if op == "grad" else self._paths.see(op, operands, results, carried)
        if op in ALIASES and id(operands[0]) in self._leaves:
            for result in results:
                self._aliases[result] = self._leaves[id(operands[0])]
        if carried:
            self._mark(results or (operands[:1] if _IN_PLACE.fullmatch(op) else ()), carried)

    def _mark(self, tensors: Iterable[Tensor], carried: int) -> None:
        # a leaf is changed by every step: from then on everything would come from gradients
        for tensor in tensors:
            if id(tensor) not in self._leaves and tensor not in self._aliases:
                self._carried[tensor] = carried


def _name(func: Callable[..., Any]) -> str:
    """Return the name of a function; that of the attribute for a getter, followed by = to set."""
    name = getattr(func, "__name__", "")
    attribute = str(getattr(getattr(func, "__self__", None), "__name__", ""))
    return {"__get__": attribute, "__set__": f"{attribute}="}.get(name, name)


def _tensors(values: Iterable[Any]) -> Iterator[Tensor]:
    """Yield the tensors in the arguments or the results of a function."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, Mapping):
            yield from _tensors(value.values())
        elif isinstance(value, list | tuple) and not _is_numbers(value):
            yield from _tensors(value)


def _is_numbers(items: Sequence[Any]) -> bool:
    return len(items) > _MOST_NUMBERS and isinstance(items[0], int | float | complex)
