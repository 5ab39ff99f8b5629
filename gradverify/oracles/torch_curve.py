# torch's own types are partial, and the file must also pass where torch is not installed:
# pyright: basic, reportMissingImports=false
"""The derivative of a backward pass, and whether somebody cut its graph."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, final

import torch
from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode

from gradverify.oracles.function import Claims, Curved
from gradverify.oracles.nest import leaves
from gradverify.oracles.oracle import Unsupported
from gradverify.oracles.torch_graph import hand_written, nodes
from gradverify.oracles.torch_inputs import numbers

ONCE: Final = Unsupported("the backward pass is marked with once_differentiable")
OPAQUE: Final = Unsupported("the backward pass is made by code that torch cannot differentiate")
_OF_TORCH: Final = ("aten", "prims")


@final
class Traced(TorchDispatchMode):
    """Follows what torch itself computes from what has a graph, in a backward pass.

    By memory: `.data`, `detach` and views share it. A weak reference keeps its address from being
    used again, without keeping the numbers.
    """

    def __init__(self, roots: Sequence[Tensor]) -> None:
        super().__init__()
        self.cut = False
        self.opaque = False
        self._seen: dict[StorageWeakRef, bool] = {}
        for root in roots:
            self._mark(root, derived=True)

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Call an operation, and carry over to its results what its operands come from."""
        del types
        result = func(*args, **(kwargs or {}))
        if func.namespace in _OF_TORCH:
            operands = _tensors((args, kwargs or {}))
            derived = not _is_factory(func) and any(map(self._derived, operands))
            for tensor in _tensors((result,)):
                self._mark(tensor, derived=derived and tensor.is_floating_point())
        return result

    def follow(self, outputs: Sequence[Tensor]) -> None:
        """Look at what every hand-written backward pass of a graph is going to return."""
        for node in hand_written(outputs):
            _ = node.register_hook(self._returned)

    def judge(self, gradients: Sequence[Tensor | None]) -> None:
        """Note of gradients without a graph who made them; what is 0 throughout is a constant."""
        for gradient in gradients:
            if gradient is None or gradient.requires_grad or not gradient.is_floating_point():
                continue
            key = _memory(gradient)
            if key is not None and self._seen.get(key):
                self.cut = True
            elif key is None or key not in self._seen or bool(gradient.count_nonzero()):
                self.opaque = True

    def _returned(self, gradients: Sequence[Any], cotangents: Sequence[Any]) -> None:
        if any(cotangent is not None and cotangent.requires_grad for cotangent in cotangents):
            self.judge(gradients)

    def _derived(self, tensor: Tensor) -> bool:
        if tensor.requires_grad:
            return True
        key = _memory(tensor)
        return key is not None and self._seen.get(key, False)

    def _mark(self, tensor: Tensor, *, derived: bool) -> None:
        key = _memory(tensor)
        if key is not None:
            self._seen[key] = derived


def curvature(
    made: Sequence[Tensor],
    outputs: Sequence[Tensor],
    weights: Sequence[Tensor],
    tangents: Sequence[Tensor],
) -> Curved | Unsupported:
    """Return the derivative of ⟨tangents, gradient⟩ by the leaves and by the cotangents."""
    tracked = [k for k, output in enumerate(outputs) if output.requires_grad]
    if not tracked:
        nothing = (None,) * len(made)
        return Curved(nothing, (None,) * len(outputs), nothing)
    cotangents = {k: weights[k].to(outputs[k]).requires_grad_() for k in tracked}
    traced = Traced([*made, *cotangents.values()])
    traced.follow(outputs)
    with traced:
        found = torch.autograd.grad(
            [outputs[k] for k in tracked],
            made,
            list(cotangents.values()),
            create_graph=True,
            allow_unused=True,
        )
    traced.judge(found)
    if traced.opaque:
        return OPAQUE
    # torch raises where such a node is reached, but no path from it leads on to a leaf
    if any(node.name().endswith("::Error") for node in nodes([g for g in found if g is not None])):
        return ONCE
    by = _second(found, tangents, [*made, *cotangents.values()])
    by_cotangent = dict(zip(tracked, by[len(made) :], strict=True))
    claims = tuple(None if g is None else numbers(g) for g in found)
    by_cotangents = tuple(by_cotangent.get(k) for k in range(len(outputs)))
    return Curved(by[: len(made)], by_cotangents, claims, cut=traced.cut)


def _second(
    found: Sequence[Tensor | None], tangents: Sequence[Tensor], variables: Sequence[Tensor]
) -> Claims:
    """Return the derivative of ⟨tangents, found⟩ by each variable, None where there is none."""
    pairs = zip(found, tangents, strict=True)
    terms = [(g * t.to(g)).sum() for g, t in pairs if g is not None and g.requires_grad]
    if not terms:
        return (None,) * len(variables)
    by = torch.autograd.grad(terms, variables, allow_unused=True)
    return tuple(None if gradient is None else numbers(gradient) for gradient in by)


def _is_factory(func: Any) -> bool:
    """Whether an operation takes only a shape and a format from its operand."""
    name = func._schema.name.partition("::")[2]  # noqa: SLF001 - operators have no other
    return name.endswith("_like") or name.startswith("new_")


def _memory(tensor: Tensor) -> StorageWeakRef | None:
    """Return what tells the memory of a tensor from any other; sparse ones have none."""
    if tensor.layout is not torch.strided:
        return None
    return StorageWeakRef(tensor.untyped_storage())


def _tensors(values: Any) -> Iterator[Tensor]:
    """Yield the tensors in operands or results."""
    return (leaf for _, leaf in leaves(values) if isinstance(leaf, Tensor))
