# torch's own types are partial, and the file must also pass where torch is not installed:
# pyright: basic, reportMissingImports=false
"""Watches the gradients of a user's tensors while a block of theirs runs: facts, no verdicts."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor
from torch.utils.hooks import unserializable_hook

from gradverify.oracles.grad_state import (
    Detached,
    Name,
    NoBackward,
    NotRetained,
    Observation,
    Unread,
)
from gradverify.oracles.torch_leaf import Leaf, Passes
from gradverify.oracles.torch_mode import Trace
from gradverify.oracles.torch_paths import Paths


@final
class NotWatchableError(TypeError):
    """What is to be watched is of a type that holds no tensors under a name."""

    def __init__(self, subject: object) -> None:
        super().__init__(
            "gradverify.watch takes a torch.nn.Module, a tensor, or mappings and sequences of "
            f"them, not {type(subject).__name__}; instead of `model.parameters()` pass `model`"
        )


@final
class NothingToWatchError(ValueError):
    """There is no tensor, or none that requires a gradient."""

    def __init__(self, tensors: int) -> None:
        none = f"none of the {tensors} tensors requires a gradient" if tensors else "no tensors"
        super().__init__(f"gradverify.watch was given nothing to watch: {none}")


@final
class LazyParameterError(ValueError):
    """A parameter has no shape yet, and torch lets nobody hook it."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"gradverify.watch cannot watch {path!r}, a lazy parameter without a shape yet; "
            "call the module once on an example first"
        )


@final
@dataclass(slots=True)
class _Inner:
    """A tensor that is no leaf, and whether a gradient flowed through it."""

    name: Name
    tensor: Tensor
    flowed: bool = False

    def lost_one(self) -> bool:
        """Whether a gradient flowed through it and was not kept."""
        return self.flowed and not self.tensor.is_leaf and not self.tensor.retains_grad


@final
@dataclass(frozen=True, slots=True)
class Watch:
    """What was seen so far of everything in `subject` that requires a gradient."""

    subject: object
    passes: Passes
    leaves: tuple[Leaf, ...]
    inner: tuple[_Inner, ...]
    paths: Paths
    trace: Trace

    def observations(self) -> tuple[Observation, ...]:
        """Return what was seen, in the order of the subject; to be asked after the block."""
        if not self.passes.number:
            return (NoBackward(),)
        held = {id(tensor) for _, tensor in _named(self.subject, ())}
        kept: list[Observation] = [NotRetained(i.name) for i in self.inner if i.lost_one()]
        for leaf in self.leaves:
            if not leaf.arrived and id(leaf.tensor) in held and _is_missing(leaf.tensor):
                kept.append(self._missing(leaf))
            kept.extend(_seen(leaf, scaled=self.trace.scaled))
        return tuple(kept)

    def _missing(self, leaf: Leaf) -> Observation:
        read = self.paths.read(self.paths.leaves[id(leaf.tensor)])
        return Unread(leaf.name) if read is None else Detached(leaf.name, *read)


@contextmanager
def watching(subject: object) -> Iterator[Watch]:
    """Watch until the block ends, then leave no hook and no mode behind.

    Raises NotWatchableError, NothingToWatchError or LazyParameterError.
    """
    watch = _watch(subject)
    with ExitStack() as hooks:
        for leaf in watch.leaves:
            _hook(leaf, hooks)
        for item in watch.inner:
            _hook_inner(item, watch.trace, hooks)
        with watch.trace:
            yield watch


def _watch(subject: object) -> Watch:
    named = _distinct(subject)
    wanting = [(name, tensor) for name, tensor in named if tensor.requires_grad]
    if not wanting:
        raise NothingToWatchError(len(named))
    passes = Passes()
    leaves = tuple(Leaf(name, tensor, passes) for name, tensor in wanting if tensor.is_leaf)
    inner = tuple(_Inner(name, tensor) for name, tensor in wanting if not tensor.is_leaf)
    bits = {id(leaf.tensor): 1 << k for k, leaf in enumerate(leaves)}
    paths = Paths(bits, sum(bits.values()))
    return Watch(subject, passes, leaves, inner, paths, Trace(leaves, paths, passes))


def _hook(leaf: Leaf, hooks: ExitStack) -> None:
    @unserializable_hook  # no warning where the tensor is saved
    def incoming(gradient: Tensor | None) -> None:
        leaf.incoming(gradient)

    _ = hooks.callback(leaf.tensor.register_hook(incoming).remove)
    handle = leaf.tensor.register_post_accumulate_grad_hook(lambda _: leaf.added())
    _ = hooks.callback(handle.remove)


def _hook_inner(item: _Inner, trace: Trace, hooks: ExitStack) -> None:
    @unserializable_hook
    def incoming(gradient: Tensor | None) -> None:
        item.flowed = item.flowed or (gradient is not None and not trace.asking)

    _ = hooks.callback(item.tensor.register_hook(incoming).remove)


def _seen(leaf: Leaf, *, scaled: bool) -> Iterator[Observation]:
    if leaf.summed is not None:
        yield leaf.summed
    bad = leaf.not_finite(scaled=scaled)
    if bad is not None:
        yield bad


def _is_missing(tensor: Tensor) -> bool:
    return tensor.requires_grad and tensor.is_leaf and tensor.grad is None


def _distinct(subject: object) -> list[tuple[Name, Tensor]]:
    """Return every tensor once, under its first path and with its others."""
    if not isinstance(subject, torch.nn.Module | Tensor | Mapping | list | tuple):
        raise NotWatchableError(subject)
    paths: dict[int, tuple[list[str], Tensor]] = {}
    for path, tensor in _named(subject, ()):
        if torch.nn.parameter.is_lazy(tensor):
            raise LazyParameterError(path)
        paths.setdefault(id(tensor), ([], tensor))[0].append(path)
    return [(Name(first, tuple(rest)), t) for (first, *rest), t in paths.values()]


def _named(item: object, path: tuple[str, ...]) -> Iterator[tuple[str, Tensor]]:
    """Yield the path and the tensor of every parameter of a module and tensor of a container."""
    if isinstance(item, Tensor):
        yield ".".join(path) or "tensor", item
    elif isinstance(item, torch.nn.Module):
        for name, parameter in item.named_parameters(remove_duplicate=False):
            yield ".".join((*path, name)), parameter
    elif isinstance(item, Mapping):
        for key, value in item.items():
            yield from _named(value, (*path, str(key)))
    elif isinstance(item, list | tuple):
        for number, value in enumerate(item):
            yield from _named(value, (*path, str(number)))
