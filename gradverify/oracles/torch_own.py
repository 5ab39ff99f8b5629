# torch's own types are partial, and the file must also pass where torch is not installed:
# pyright: basic, reportMissingImports=false
"""A function with torch's own derivative in place of hand-written ones, and where those stand."""

import contextlib
import dataclasses
from collections.abc import Callable, Generator
from typing import Any, Final, final

import torch
from torch import Tensor
from torch.autograd import Function as CustomFunction

from gradverify.oracles.arguments import Arguments
from gradverify.oracles.function import Form
from gradverify.oracles.guard import Raised, guarded
from gradverify.oracles.nest import Path as NestPath
from gradverify.oracles.nest import replaced
from gradverify.oracles.torch_function import TorchFunction, torch_function
from gradverify.oracles.torch_graph import hand_written
from gradverify.oracles.written import written_at

CALLED: Final[Any] = CustomFunction.__mro__[1]
"""Where `Function.apply` goes on to, also when somebody has kept it under another name."""


@final
class Context:
    """Stands in for `ctx` where a forward pass runs as ordinary operations."""

    saved_tensors: tuple[Any, ...] = ()

    def __init__(self, operands: tuple[Any, ...]) -> None:
        self.needs_input_grad = tuple(isinstance(o, Tensor) and o.requires_grad for o in operands)
        self.constant: set[int] = set()

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors, as forward passes may read them back."""
        self.saved_tensors = tensors

    def save_for_forward(self, *tensors: Any) -> None:
        """Keep nothing: there is no hand-written forward mode either."""

    def mark_dirty(self, *tensors: Any) -> None:
        """Do nothing: torch sees by itself what is modified in place."""

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """Note the outputs that have no gradient."""
        self.constant |= set(map(id, tensors))

    def set_materialize_grads(self, value: bool) -> None:  # noqa: FBT001 - torch's own signature
        """Do nothing: no hand-written backward pass runs."""


def own_gradient(function: Callable[..., Any], given: Arguments) -> TorchFunction | None:
    """Return the same function with torch's own derivative, None where that is what it has.

    Every torch.autograd.Function that it calls runs its forward pass as ordinary operations. What
    runs beside torch (numpy, `.data`, `detach`, another language) has no gradient then, or only
    that of what torch sees: whoever uses this has to confirm it.
    """
    if not applied(function, given):
        return None
    found = torch_function(function, given)
    return dataclasses.replace(found, calling=ordinary(function))


def ordinary(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a callable that runs hand-written functions as ordinary operations of torch."""

    def calling(*positional: Any, **keywords: Any) -> Any:
        with _as_ordinary():
            return function(*positional, **keywords)

    return calling


def applied(function: Callable[..., Any], given: Arguments) -> tuple[type, ...]:
    """Return each torch.autograd.Function in the graph of one call; none where that raises."""
    found = torch_function(function, given)
    seen = guarded(lambda: _in_graph(found))
    return () if isinstance(seen, Raised) else seen


def backward_place(function: Callable[..., Any], given: Arguments) -> str:
    """Return file:line of the backward pass of the only torch.autograd.Function that is used.

    Relative to the working directory where it is below; nothing where there is none, or several.
    """
    kinds = applied(function, given)
    return _place(kinds[0]) if len(kinds) == 1 else ""


def _in_graph(function: TorchFunction) -> tuple[type, ...]:
    outputs = function.outputs([leaf.primal for leaf in function.leaves], Form())
    kinds = (type(node)._forward_cls for node in hand_written(outputs))  # noqa: SLF001 - torch's
    return tuple(dict.fromkeys(kind for kind in kinds if not _is_torchs(kind)))


@contextlib.contextmanager
def _as_ordinary() -> Generator[None, None, None]:
    """Let every `apply` of a Function, however it is reached, run its forward pass in the open."""
    CALLED.apply = classmethod(_apply)
    try:
        yield
    finally:
        del CALLED.apply


def _apply(kind: Any, *operands: Any, **keywords: Any) -> Any:
    if _is_torchs(kind):
        return super(CALLED, kind).apply(*operands, **keywords)
    found = guarded(lambda: _opened(kind, operands, keywords))
    if not isinstance(found, Raised):
        return found
    with torch.no_grad():  # as it usually runs: `.numpy()` refuses what has a graph
        return replaced(_opened(kind, operands, keywords), _detached)


def _opened(kind: Any, operands: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """Return what a forward pass returns, with the graph of its own operations."""
    if kind.setup_context is not CustomFunction.setup_context:
        return kind.forward(*operands, **keywords)
    context = Context(operands)
    out = kind.forward(context, *operands, **keywords)

    def change(path: NestPath, leaf: Any) -> Any:
        return _detached(path, leaf) if id(leaf) in context.constant else leaf

    return replaced(out, change) if context.constant else out


def _detached(_: NestPath, leaf: Any) -> Any:
    return leaf.detach() if isinstance(leaf, Tensor) else leaf


def _is_torchs(kind: type) -> bool:
    """Whether torch itself brings a function: checkpoints, what is compiled, and such."""
    return kind.__module__.partition(".")[0] == "torch"


def _place(kind: Any) -> str:
    own = kind.backward is not CustomFunction.backward
    return written_at(kind.backward if own else kind.vjp)
