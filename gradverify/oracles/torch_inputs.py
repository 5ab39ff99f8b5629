# torch's own types are partial, and the file must also pass where torch is not installed:
# pyright: basic, reportMissingImports=false
"""The leaves of a call of torch code, and the same call again with other numbers in them."""

import copy
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, final

import numpy as np
import torch
from numpy.random import Generator, RandomState
from torch import Tensor
from torch.nn.parameter import is_lazy

from gradverify.arrays import Array, frozen
from gradverify.oracles.arguments import Arguments, described
from gradverify.oracles.function import Form, Layout, Leaf
from gradverify.oracles.function_errors import ComplexInputError, FunctionError, NoInputError
from gradverify.oracles.nest import Path
from gradverify.oracles.torch_modules import Slot, exchanged, slots

Pair: TypeAlias = tuple[Tensor, Tensor]
"""A tensor that a call was given, and an equal one that it was not."""

_WIDE: Final = (torch.float64, torch.float32)
_STATEFUL: Final = (np.ndarray, Generator, RandomState, random.Random)


@final
class LazyTensorError(FunctionError):
    """A parameter or a buffer has no shape yet."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is a lazy parameter or buffer, which has no shape yet\n"
            "Call the module once on an example first."
        )


@final
@dataclass(frozen=True, slots=True)
class Source:
    """The user's own tensor, and where a copy goes: a place among the arguments, or slots."""

    name: str
    tensor: Tensor
    path: Path = ()
    slots: tuple[Slot, ...] = ()

    def made(self, array: Array, form: Form) -> Tensor:
        """Return a new tensor of these numbers, as the user's own is or in float64.

        Parameters always lie in order: they do so in life, and torch's own batch_norm misreads
        a weight with gaps in its backward pass (2.13, on a CPU).
        """
        made = torch.tensor(array, dtype=self._dtype(form), device=self.tensor.device)
        return made if self.slots else laid(made, form.layout)

    def lent(self, array: Array, form: Form) -> Tensor:
        """Return the same, without copying what can be written to: that is the caller's own."""
        if form.layout is not Layout.PLAIN:
            return self.made(array, form)
        return lent(array, self._dtype(form), self.tensor.device)

    def leaf(self) -> Leaf:
        """Return the name, the numbers and the format."""
        primal, dtype = numbers(self.tensor.resolve_neg()), self.tensor.dtype
        return Leaf(self.name, frozen(primal), dtype_name(dtype), torch.finfo(dtype).eps)

    def _dtype(self, form: Form) -> torch.dtype:
        return torch.float64 if form.wide else self.tensor.dtype


@final
@dataclass(frozen=True, slots=True)
class Inputs:
    """What a call is made of: leaves, and the tensors of modules that stay as they are."""

    given: Arguments
    sources: tuple[Source, ...]
    still: tuple[Source, ...]

    def made(self, primals: Sequence[Array], form: Form) -> list[Tensor]:
        """Return a new tensor a leaf, of these numbers."""
        return [s.made(array, form) for s, array in zip(self.sources, primals, strict=True)]

    def lent(self, primals: Sequence[Array], form: Form) -> list[Tensor]:
        """Return a tensor a leaf, in the memory of these numbers where they can be written to."""
        return [s.lent(array, form) for s, array in zip(self.sources, primals, strict=True)]

    def call(
        self, function: Callable[..., Any], tensors: Sequence[Tensor], *, wide: bool
    ) -> tuple[Any, list[Pair]]:
        """Call a function on these leaves; return its output and what else it was given.

        Everything that is no leaf is copied, so that nobody's own is modified.
        """
        passed: list[Pair] = []
        at = {s.path: t for s, t in zip(self.sources, tensors, strict=True) if s.path}

        def change(path: Path, value: Any) -> Any:
            if path in at:
                return at[path]
            if not isinstance(value, Tensor):
                return _copied(value)
            passed.append((_fresh(value, wide=wide), value))
            return passed[-1][0]

        arguments = self.given.replaced(change)
        with self.standing(tensors, wide=wide):
            return arguments.call(function), passed

    def standing(self, tensors: Sequence[Tensor], *, wide: bool) -> AbstractContextManager[None]:
        """Let leaves stand in the modules; a backward pass needs it too, for it may recompute."""
        return exchanged(self._places(tensors, wide=wide))

    def _places(self, tensors: Sequence[Tensor], *, wide: bool) -> Iterator[tuple[Slot, Tensor]]:
        """Yield what stands in every slot of the modules."""
        for source, tensor in zip(self.sources, tensors, strict=True):
            yield from ((slot, tensor) for slot in source.slots)
        for source in self.still:
            tensor = _fresh(source.tensor, wide=wide)
            yield from ((slot, tensor) for slot in source.slots)


def inputs(function: Callable[..., Any], given: Arguments) -> Inputs:
    """Return the leaves of a call: the tensors that require a gradient, else floating arguments.

    Raises NoInputError where there are none, ComplexInputError for complex ones, LazyTensorError
    for a module that was never called.
    """
    passed = [Source(given.name(p), t, path=p) for p, t in given.leaves() if _dense(t)]
    own = _sources(slots(function, given))
    asked = [source for source in (*passed, *own) if source.tensor.requires_grad]
    chosen = [source for source in asked or passed if _differentiable(source)]
    if not chosen:
        raise NoInputError(described(given))
    taken = {id(source) for source in chosen}
    return Inputs(given, _distinct(chosen), tuple(s for s in own if id(s) not in taken))


def _dense(value: object) -> bool:
    return isinstance(value, Tensor) and value.layout is torch.strided


def _differentiable(source: Source) -> bool:
    """Whether a tensor is floating. Raises ComplexInputError for a complex one."""
    if source.tensor.is_complex():
        raise ComplexInputError(source.name, dtype_name(source.tensor.dtype))
    return source.tensor.is_floating_point()


def _sources(places: Iterable[Slot]) -> list[Source]:
    """Return one source a tensor, with all slots that it is tied to."""
    tied: dict[int, list[Slot]] = {}
    for slot in places:
        if is_lazy(slot.tensor):
            raise LazyTensorError(slot.name)
        tied.setdefault(id(slot.tensor), []).append(slot)
    return [Source(group[0].name, group[0].tensor, slots=tuple(group)) for group in tied.values()]


def _distinct(sources: Iterable[Source]) -> tuple[Source, ...]:
    """Return the same sources; what has a name already taken says that it is a module's."""
    made: dict[str, Source] = {}
    for source in sources:
        name = source.name
        while name in made:
            name = f"module.{name}"
        made[name] = Source(name, source.tensor, source.path, source.slots)
    return tuple(made.values())


def _copied(value: Any) -> Any:
    """Return a copy of what a call could change: an array, or a generator's state."""
    if isinstance(value, torch.Generator):
        return value.clone_state()
    return copy.deepcopy(value) if isinstance(value, _STATEFUL) else value


def _fresh(tensor: Tensor, *, wide: bool) -> Tensor:
    """Return a copy of a tensor, of twice the precision where that is asked for."""
    made = tensor.detach().clone()
    if wide and made.is_complex():
        return made.to(torch.complex128)
    return made.double() if wide and made.is_floating_point() else made


def lent(array: Array, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return a tensor in the memory of an array where it can be written to, else of a copy."""
    if array.flags.writeable and dtype is torch.float64 and device.type == "cpu":
        return torch.from_numpy(array)
    return torch.tensor(array, dtype=dtype, device=device)


def laid(tensor: Tensor, layout: Layout) -> Tensor:
    """Return equal values in a layout; an expanded tensor holds its first number throughout."""
    if layout is Layout.PLAIN or not tensor.ndim or not tensor.numel():
        return tensor
    if layout is Layout.EXPANDED:
        return tensor.flatten()[0].clone().expand(tensor.shape)
    if layout is Layout.TRANSPOSED and tensor.ndim > 1:
        return tensor.permute(_reversed(tensor)).contiguous().permute(_reversed(tensor))
    if layout is Layout.TANGLED:
        return _spaced(tensor.permute(_reversed(tensor))).permute(_reversed(tensor))
    return _spaced(tensor)


def _spaced(tensor: Tensor) -> Tensor:
    """Return equal values with gaps, whose numbers differ so that whoever reads them is seen."""
    return torch.stack((tensor, 1 - 3 * tensor), -1)[..., 0]


def _reversed(tensor: Tensor) -> tuple[int, ...]:
    return tuple(reversed(range(tensor.ndim)))


def unchanged(pairs: Iterable[Pair]) -> bool:
    """Whether each tensor still holds what it was made of; NaN is equal to NaN."""
    return all(_equal(now.detach(), before.detach().to(now.dtype)) for now, before in pairs)


def _equal(a: Tensor, b: Tensor) -> bool:
    if a.layout is not torch.strided or a.shape != b.shape:
        return a.shape == b.shape
    if a.is_floating_point() and a.dtype not in _WIDE:
        return _equal(a.double(), b.double())
    if a.dtype in _WIDE and a.device.type == "cpu":
        one, other = a.numpy(), b.cpu().numpy()  # at half the cost of torch.equal
        return bool((one == other).all()) or np.array_equal(one, other, equal_nan=True)
    return torch.equal(a, b) or torch.equal(a.nan_to_num(), b.nan_to_num())


def numbers(tensor: Tensor) -> Array:
    """Return a copy in float64: code may use the tensor's memory again in its next pass."""
    dense = tensor.detach() if tensor.layout is torch.strided else tensor.detach().to_dense()
    return dense.to("cpu", torch.float64, copy=True).numpy()


def dtype_name(dtype: torch.dtype) -> str:
    """Return what numpy would call a dtype."""
    return str(dtype).removeprefix("torch.")
