# torch's own types are partial, and the file must also pass where torch is not installed:
# pyright: basic, reportMissingImports=false
"""The graph behind some outputs: hand-written backward passes in it, and what vmap does to them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, final

from torch import Tensor
from torch.autograd.function import BackwardCFunction
from torch.overrides import TorchFunctionMode


@final
class DataUnderVmapError(RuntimeError):
    """A backward pass touched `.data` of a tensor that vmap stands behind."""

    def __init__(self) -> None:
        super().__init__("the backward pass uses .data, which torch cannot vectorise")


@final
class WithoutData(TorchFunctionMode):
    """Refuses `.data`, with which torch 2.13 ends the whole process where vmap runs."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Call the function. Raises DataUnderVmapError where that is `.data`."""
        del types
        if getattr(getattr(func, "__self__", None), "__name__", "") == "data":
            raise DataUnderVmapError
        return func(*args, **(kwargs or {}))


def nodes(outputs: Sequence[Tensor]) -> Iterator[Any]:
    """Yield every node of the graph behind some outputs."""
    waiting: list[Any] = [output.grad_fn for output in outputs]
    seen: set[Any] = {None}
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting += [before for before, _ in node.next_functions]
            yield node


def hand_written(outputs: Sequence[Tensor]) -> Iterator[Any]:
    """Yield the nodes of a graph that are somebody's torch.autograd.Function."""
    return (node for node in nodes(outputs) if isinstance(node, BackwardCFunction))


def refuse_data(outputs: Sequence[Tensor]) -> None:
    """Let hand-written backward passes of a graph raise where they use `.data`.

    A mode around torch.autograd.grad is off inside of it, so each pass enters its own. Where a
    pass raises, torch itself puts back the modes that were there before.
    """
    mode = WithoutData()
    for node in hand_written(outputs):
        _ = node.register_prehook(lambda _: mode.__enter__() and None)
        _ = node.register_hook(lambda *_: mode.__exit__(None, None, None))
