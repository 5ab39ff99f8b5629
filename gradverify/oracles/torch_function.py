# torch's own types are partial, and the file must also pass where torch is not installed:
# pyright: basic, reportMissingImports=false
"""A function of torch tensors, with the gradient that torch claims for it."""

import warnings
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar, final

import numpy as np
import torch
from torch import Tensor
from torch.autograd import forward_ad

from gradverify.arrays import Array
from gradverify.oracles.arguments import Arguments, called
from gradverify.oracles.function import (
    Arrays,
    Claims,
    Curved,
    Form,
    Leaf,
    Pullback,
    Pulled,
    Weight,
)
from gradverify.oracles.function_errors import NoOutputError
from gradverify.oracles.guard import Raised, guarded
from gradverify.oracles.nest import leaves
from gradverify.oracles.oracle import Unsupported
from gradverify.oracles.torch_curve import curvature
from gradverify.oracles.torch_graph import refuse_data
from gradverify.oracles.torch_inputs import (
    Inputs,
    Pair,
    dtype_name,
    inputs,
    laid,
    lent,
    numbers,
    unchanged,
)
from gradverify.oracles.torch_jitter import jittered

Result = TypeVar("Result")


@final
@dataclass(frozen=True, slots=True)
class TorchFunction:
    """A function of tensors and of the parameters of its modules; `calling` is what is run."""

    function: Callable[..., Any]
    calling: Callable[..., Any]
    inputs: Inputs
    leaves: tuple[Leaf, ...]
    party: str = "torch"

    @property
    def name(self) -> str:
        """What the function is called in messages."""
        return called(self.function)

    def values(self, primals: Sequence[Array], *, wide: bool) -> tuple[Arrays, float]:
        """Run the function with gradients off."""
        outputs = self._values(primals, Form(wide=wide))
        eps = max(torch.finfo(output.dtype).eps for output in outputs)
        return tuple(map(numbers, outputs)), eps

    def pull(self, primals: Sequence[Array], form: Form) -> Pullback:
        """Run the function with gradients on, and keep its graph."""
        made = self.inputs.made(primals, form)
        with jittered(form.jitter):
            outputs, passed = self._run([leaf.requires_grad_() for leaf in made], wide=form.wide)
        kept = [*zip(made, self.inputs.lent(primals, form), strict=True), *passed]
        values = tuple(map(numbers, outputs))
        standing = partial(self.inputs.standing, made, wide=form.wide)
        back = _Back(tuple(made), tuple(outputs), tuple(kept), standing)
        return Pullback(values, back, input_modified=not unchanged(kept))

    def push(self, primals: Sequence[Array], tangents: Sequence[Array]) -> Arrays | Unsupported:
        """Run the function on dual numbers."""
        return _answer(lambda: self._push(primals, tangents))

    def batched(
        self, primals: Sequence[Array], weights: Sequence[Weight], *, wide: bool
    ) -> tuple[Claims, ...] | Unsupported:
        """Run the backward pass once for all cotangents, under vmap."""
        return _answer(lambda: self._batched(primals, weights, Form(wide=wide)))

    def curve(
        self, primals: Sequence[Array], weight: Weight, tangents: Sequence[Array]
    ) -> Curved | Unsupported:
        """Differentiate the backward pass."""

        def run() -> Curved | Unsupported:
            made = self.inputs.made(primals, Form(wide=True))
            outputs, _ = self._run([leaf.requires_grad_() for leaf in made], wide=True)
            with self.inputs.standing(made, wide=True):
                return curvature(made, outputs, _tensors(weight.arrays), _tensors(tangents))

        return _answer(run)

    def outputs(self, primals: Sequence[Array], form: Form) -> list[Tensor]:
        """Return the floating outputs, with their graph."""
        made = self.inputs.made(primals, form)
        return self._run([leaf.requires_grad_() for leaf in made], wide=form.wide)[0]

    def _values(self, primals: Sequence[Array], form: Form) -> list[Tensor]:
        """Return the outputs, gradients off unless the function itself needs them."""
        # with gradients off, too, code may ask whether its input requires one
        made = [leaf.requires_grad_() for leaf in self.inputs.lent(primals, form)]
        try:
            with torch.no_grad():
                return self._read(self.inputs.call(self.calling, made, wide=form.wide)[0])
        except RuntimeError as error:
            if "not require grad" not in str(error):
                raise
        return self.outputs(primals, form)

    def _run(self, made: Sequence[Tensor], *, wide: bool) -> tuple[list[Tensor], list[Pair]]:
        with torch.enable_grad():
            out, passed = self.inputs.call(self.calling, made, wide=wide)
        return self._read(out), passed

    def _read(self, out: Any) -> list[Tensor]:
        """Return the floating tensors of an output."""
        tensors = (leaf for _, leaf in leaves(out) if isinstance(leaf, Tensor))
        found = [tensor for tensor in tensors if tensor.is_floating_point()]
        if not found:
            kind = dtype_name(out.dtype) if isinstance(out, Tensor) else type(out).__name__
            raise NoOutputError(self.name, "None" if out is None else kind)
        return found

    def _push(self, primals: Sequence[Array], tangents: Sequence[Array]) -> Arrays:
        made = self.inputs.made(primals, Form(wide=True))
        along = _tensors(tangents)
        with torch.no_grad(), forward_ad.dual_level():
            pairs = zip(made, along, strict=True)
            duals = [forward_ad.make_dual(leaf, t.to(leaf.device)) for leaf, t in pairs]
            outputs = self._read(self.inputs.call(self.calling, duals, wide=True)[0])
            pushed = [forward_ad.unpack_dual(output) for output in outputs]
            return tuple(
                np.zeros(tuple(dual.primal.shape))
                if dual.tangent is None
                else numbers(dual.tangent)
                for dual in pushed
            )

    def _batched(
        self, primals: Sequence[Array], weights: Sequence[Weight], form: Form
    ) -> tuple[Claims, ...]:
        made = self.inputs.made(primals, form)
        outputs, _ = self._run([leaf.requires_grad_() for leaf in made], wide=form.wide)
        rows = [np.stack(row) for row in zip(*(weight.arrays for weight in weights), strict=True)]
        cotangents = [_like(array, output) for array, output in zip(rows, outputs, strict=True)]
        refuse_data(outputs)
        with self.inputs.standing(made, wide=form.wide):
            found = _gradients(outputs, made, cotangents, batched=True)
        claims = [None if gradient is None else numbers(gradient) for gradient in found]
        return tuple(
            tuple(None if claim is None else claim[k] for claim in claims)
            for k in range(len(weights))
        )


@final
@dataclass(frozen=True, slots=True)
class _Back:
    """The way back through a graph that is kept, and what its forward pass was given."""

    made: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    kept: tuple[Pair, ...]
    standing: Callable[[], AbstractContextManager[None]]

    def __call__(self, weight: Weight) -> Pulled:
        """Run the backward pass."""
        pairs = zip(weight.arrays, self.outputs, strict=True)
        cotangents = [laid(_like(array, output), weight.layout) for array, output in pairs]
        with self.standing():
            found = _gradients(self.outputs, self.made, cotangents)
        before = [
            laid(lent(array, cotangent.dtype, cotangent.device), weight.layout)
            for array, cotangent in zip(weight.arrays, cotangents, strict=True)
        ]
        return Pulled(
            claims=tuple(None if gradient is None else numbers(gradient) for gradient in found),
            cotangent_modified=not unchanged(zip(cotangents, before, strict=True)),
            input_modified=not unchanged(self.kept),
            dtypes=tuple("" if g is None else dtype_name(g.dtype) for g in found),
        )


def torch_function(function: Callable[..., Any], given: Arguments) -> TorchFunction:
    """Return a function of the leaves of its arguments and of the parameters of its modules.

    Leaves are the tensors that require a gradient; where none does, all floating arguments.
    Raises NoInputError where there are none, ComplexInputError for complex ones.
    """
    found = inputs(function, given)
    return TorchFunction(function, function, found, tuple(s.leaf() for s in found.sources))


def _answer(act: Callable[[], Result]) -> Result | Unsupported:
    """Return what an act returns, or what it raised as the reason for having no answer."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of vmap and of forward mode, which nobody asked for here
        found = guarded(act)
    return Unsupported(found.reason) if isinstance(found, Raised) else found


def _gradients(
    outputs: Sequence[Tensor],
    made: Sequence[Tensor],
    cotangents: Sequence[Tensor],
    *,
    batched: bool = False,
) -> Sequence[Tensor | None]:
    """Return the gradient by each leaf, None where no output that has a graph depends on it."""
    tracked = [k for k, output in enumerate(outputs) if output.requires_grad]
    if not tracked:
        return (None,) * len(made)
    roots, weights = [outputs[k] for k in tracked], [cotangents[k] for k in tracked]
    ask = partial(torch.autograd.grad, retain_graph=True, allow_unused=True)
    try:
        return ask(roots, made, weights, is_grads_batched=batched)
    except RuntimeError as error:
        if batched or "use_reentrant" not in str(error):
            raise
        return _accumulated(roots, made, weights)


def _accumulated(
    roots: Sequence[Tensor], made: Sequence[Tensor], weights: Sequence[Tensor]
) -> list[Tensor | None]:
    """Return what arrives in `.grad`: the older checkpoints refuse torch.autograd.grad."""
    for leaf in made:
        leaf.grad = None
    torch.autograd.backward(roots, weights, retain_graph=True)
    return [leaf.grad for leaf in made]


def _like(array: Array, output: Tensor) -> Tensor:
    return torch.tensor(array, dtype=output.dtype, device=output.device)


def _tensors(arrays: Sequence[Array]) -> list[Tensor]:
    return [torch.tensor(array, dtype=torch.float64) for array in arrays]
