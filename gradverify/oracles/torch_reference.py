# torch's own types are partial, and the file must also pass where torch is not installed:
# pyright: basic, reportMissingImports=false
"""A torch function as a reference for any framework's: its tensors, and the leaves it is for."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from gradverify.arrays import Array
from gradverify.oracles.arguments import Arguments
from gradverify.oracles.function_errors import LeavesError
from gradverify.oracles.nest import Path
from gradverify.oracles.numpy_reference import Passes
from gradverify.oracles.torch_function import TorchFunction
from gradverify.oracles.torch_inputs import Source, dtype_name, inputs, numbers


def array(values: Array, dtype: str) -> Tensor:
    """Return numbers as a tensor of a dtype."""
    return torch.tensor(values, dtype=getattr(torch, dtype))


def plain(value: Any) -> tuple[Array, str] | None:
    """Return a tensor's numbers and what numpy would call its dtype; None of anything else."""
    if not isinstance(value, Tensor):
        return None
    floating = value.is_floating_point()
    return numbers(value) if floating else value.detach().cpu().numpy(), dtype_name(value.dtype)


def restricted(passes: Passes, given: Arguments, names: Sequence[str]) -> TorchFunction:
    """Return the function of the leaves of these names, in order; what else it holds stays still.

    Raises LeavesError where a name is missing.
    """

    def change(path: Path, value: Any) -> Any:
        if not isinstance(value, Tensor):
            return value
        return value.detach().clone().requires_grad_(given.name(path) in names)

    function = passes.forward
    found = inputs(function, given.replaced(change))
    chosen = [_named(name, found.sources) for name in names]
    taken = {id(source) for source in chosen}
    own = tuple(s for s in found.sources if id(s) not in taken and s.slots)
    still = replace(found, sources=tuple(chosen), still=(*found.still, *own))
    leaves = tuple(
        replace(source.leaf(), name=name) for source, name in zip(chosen, names, strict=True)
    )
    return TorchFunction(function, function, still, leaves, "reference")


def _named(name: str, sources: Sequence[Source]) -> Source:
    """Return the source of a name; a parameter may have another module's name before its own."""
    exact = [source for source in sources if source.name == name]
    alike = [s for s in sources if s.slots and _tails(s.name, name)]
    if not exact and len(alike) != 1:
        raise LeavesError([name], [source.name for source in sources])
    return (exact or alike)[0]


def _tails(one: str, other: str) -> bool:
    return one.endswith(f".{other}") or other.endswith(f".{one}")
