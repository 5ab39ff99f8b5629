# jax's own types are partial, and the file must also pass where jax is not installed:
# pyright: basic, reportMissingImports=false
"""One input of a jax function: what it was given as, and how it is made again of other numbers."""

from dataclasses import dataclass
from typing import Any, Final, final

import jax
import jax.numpy as jnp
import numpy as np

from gradverify.arrays import Array, Dtype
from gradverify.oracles.function import Leaf

TYPED: Final = (jax.Array, np.ndarray, np.generic)


@final
@dataclass(frozen=True, slots=True)
class Maker:
    """How an input is made of numbers: as an array where it was, or as a Python float.

    What is `weak` takes the dtype of the arrays that it meets, as Python's numbers do.
    """

    dtype: Dtype
    number: bool
    weak: bool
    sharding: Any

    def made(self, primal: Array, *, wide: bool) -> jax.Array | float:
        """Return the input, in float64 where `wide`; it shares no memory with `primal`."""
        if self.number and not wide:
            return float(primal)
        array = jnp.array(np.asarray(primal).astype(np.float64 if wide else self.dtype))
        if self.weak and not wide:
            array = jnp.full(array.shape, 0.0).at[...].set(array)
        return array if self.sharding is None else jax.device_put(array, self.sharding)


def maker_of(value: Any) -> Maker:
    """Return how a floating value is made again, under the formats that are enabled now."""
    dtype = dtype_of(value)
    if not isinstance(value, jax.Array):
        return Maker(dtype, not isinstance(value, TYPED), weak=False, sharding=None)
    weak = value.weak_type and dtype == jnp.result_type(float)
    return Maker(dtype, number=False, weak=weak, sharding=_place(value))


def leaf_of(name: str, value: Any, dtype: Dtype) -> Leaf:
    """Return a floating value as jax has it: rounded to its dtype."""
    with np.errstate(over="ignore"):
        primal = np.asarray(value).astype(dtype).astype(np.float64)
    return Leaf(name, primal, str(dtype), float(jnp.finfo(dtype).eps))


def is_floating(value: Any) -> bool:
    """Whether jax has a value as real floating numbers, of any format."""
    return _is_of(value, jnp.floating)


def is_complex(value: Any) -> bool:
    """Whether jax has a value as complex numbers."""
    return _is_of(value, jnp.complexfloating)


def dtype_of(value: Any) -> Dtype:
    """Return the dtype that jax gives to a number or an array, under the formats enabled now."""
    given = value.dtype if isinstance(value, TYPED) else np.result_type(type(value))
    return jax.dtypes.canonicalize_dtype(given)


def _is_of(value: Any, family: Any) -> bool:
    if isinstance(value, TYPED):
        return bool(jnp.issubdtype(value.dtype, family))
    return isinstance(value, (float, complex)) and bool(jnp.issubdtype(type(value), family))


def _place(array: jax.Array) -> Any:
    """Return where an array was put on purpose; what was not may be computed with anywhere."""
    return array.sharding if array.committed else None
