"""Alterations of what a gradient's numbers are."""

from collections.abc import Callable
from typing import Any, Final

from benchmarks.wrong_gradients.alteration import (
    Alteration,
    Change,
    Maker,
    Place,
    of_gradient,
)
from benchmarks.wrong_gradients.namespaces import Array, Space
from benchmarks.wrong_gradients.subject import FACTOR, TERM, Backward

ENTRIES: Final = frozenset({"entries-wrong"})
MISSING: Final = frozenset({"gradient-missing"})
PRECISION: Final = frozenset({"precision-lost"})
MISUSED: Final = frozenset({"cotangent-misused"})
NAMELESS: Final = frozenset[str]()
"""No cause has a name: to say `mismatch` is all that is asked."""


def _times(factor: float) -> Change:
    def change(_xp: Space, gradient: Array, _place: Place) -> Array:
        return factor * gradient

    return change


def _at_entry(xp: Space, gradient: Array, entry: int) -> Array:
    """Return the mask of one entry."""
    size = 1
    for length in gradient.shape:
        size *= length
    return xp.reshape(xp.arange(size) == entry, gradient.shape)


def _entry_times(factor: float) -> Change:
    def change(xp: Space, gradient: Array, place: Place) -> Array:
        mask = _at_entry(xp, gradient, place.entry)
        return xp.where(mask, factor * gradient, gradient)

    return change


def _entry_nan(xp: Space, gradient: Array, place: Place) -> Array:
    return xp.where(_at_entry(xp, gradient, place.entry), gradient * float("nan"), gradient)


def _zero(_xp: Space, gradient: Array, _place: Place) -> Array:
    return 0.0 * gradient


def _none(_xp: Space, _gradient: Array, _place: Place) -> None:
    return None


def _transposed(xp: Space, gradient: Array, _place: Place) -> Array:
    if len(gradient.shape) < 2:  # noqa: PLR2004 - a vector has no transpose
        return gradient
    return xp.reshape(xp.matrix_transpose(gradient), gradient.shape)


def _rolled(xp: Space, gradient: Array, _place: Place) -> Array:
    return xp.roll(gradient, 1, axis=0) if gradient.shape else gradient


def _reversed(xp: Space, gradient: Array, _place: Place) -> Array:
    return xp.flip(gradient, axis=-1) if gradient.shape else gradient


def _last_row_zero(xp: Space, gradient: Array, _place: Place) -> Array:
    if not gradient.shape:
        return gradient
    return xp.concat([gradient[:-1], 0.0 * gradient[-1:]], axis=0)


def _border_zero(xp: Space, gradient: Array, _place: Place) -> Array:
    if not gradient.shape:
        return gradient
    edges = [0.0 * gradient[..., :1], gradient[..., 1:-1], 0.0 * gradient[..., -1:]]
    return xp.concat(edges, axis=-1) if gradient.shape[-1] > 1 else gradient


def _second_half(xp: Space, gradient: Array, _place: Place) -> Array:
    if not gradient.shape:
        return gradient
    half = gradient.shape[0] // 2
    return xp.concat([gradient[:half], 1.01 * gradient[half:]], axis=0)


def _offset(xp: Space, gradient: Array, _place: Place) -> Array:
    return gradient + 1e-3 * xp.mean(xp.abs(gradient))


def _clipped(xp: Space, gradient: Array, _place: Place) -> Array:
    return xp.clip(gradient, -1.0, 1.0)


def _exchanged(xp: Space, gradient: Array, place: Place) -> Array:
    """Exchange an entry with the one after it."""
    flat = xp.reshape(gradient, (-1,))
    first, size = place.entry, flat.shape[0]
    if first + 1 >= size:
        return gradient
    parts = [flat[:first], flat[first + 1 : first + 2], flat[first : first + 1], flat[first + 2 :]]
    return xp.reshape(xp.concat(parts, axis=0), gradient.shape)


def _through(format_name: str) -> Change:
    """Return the change of a gradient that was held in another format for a while."""

    def change(xp: Space, gradient: Array, _place: Place) -> Array:
        if xp.name == "numpy" and format_name == "bfloat16":
            import ml_dtypes

            narrow: Any = ml_dtypes.bfloat16
        else:
            narrow = getattr(xp, format_name)
        return xp.astype(xp.astype(gradient, narrow), gradient.dtype)

    return change


def _swapped(right: Backward, place: Place) -> Backward:
    """Exchange the gradients of two inputs of one shape."""

    def backward(xp: Space, ct: Array, out: Array, *inputs: Array) -> tuple[Any, ...]:
        grads = list(right(xp, ct, out, *inputs))
        first = place.position
        for second, gradient in enumerate(grads):
            alike = gradient is not None and gradient.shape == grads[first].shape
            if second != first and alike:
                grads[first], grads[second] = grads[second], grads[first]
                break
        return tuple(grads)

    return backward


def _with_cotangent(change: Callable[[Space, Array], Array]) -> Maker:
    """Return the maker of a backward that sees another cotangent than it was given."""

    def make(right: Backward, _place: Place) -> Backward:
        def backward(xp: Space, ct: Array, out: Array, *inputs: Array) -> tuple[Any, ...]:
            return right(xp, change(xp, ct), out, *inputs)

        return backward

    return make


def _value(name: str, codes: frozenset[str], change: Change) -> Alteration:
    return Alteration(name, "value", codes, of_gradient(change))


def _cotangent(name: str, change: Callable[[Space, Array], Array]) -> Alteration:
    return Alteration(name, "cotangent", MISUSED, _with_cotangent(change))


VALUES: Final = (
    _value("twice", FACTOR, _times(2.0)),
    _value("half", FACTOR, _times(0.5)),
    _value("times-1.001", FACTOR, _times(1.001)),
    _value("times-1.00001", FACTOR, _times(1.00001)),
    _value("negated", frozenset({"sign-flipped"}), _times(-1.0)),
    _value("zero", MISSING, _zero),
    _value("none", MISSING, _none),
    _value("transposed", frozenset({"transposed"}), _transposed),
    Alteration("swapped", "value", frozenset({"inputs-swapped"}), _swapped),
    _value("rolled", NAMELESS, _rolled),
    _value("reversed", NAMELESS, _reversed),
    _value("offset", TERM, _offset),
    Alteration("clipped", "cotangent", MISUSED | ENTRIES, of_gradient(_clipped)),
    _value("second-half-1-percent", NAMELESS, _second_half),
    _value("last-row-zero", ENTRIES, _last_row_zero),
    _value("border-zero", ENTRIES, _border_zero),
    _value("entry-negated", ENTRIES, _entry_times(-1.0)),
    _value("entry-zero", ENTRIES, _entry_times(0.0)),
    _value("entry-1-percent", ENTRIES, _entry_times(1.01)),
    _value("entry-1.00001", ENTRIES, _entry_times(1.00001)),
    _value("entry-nan", frozenset({"not-finite"}), _entry_nan),
    _value("two-entries-exchanged", ENTRIES, _exchanged),
    _value("through-float32", PRECISION, _through("float32")),
    _value("through-float16", PRECISION, _through("float16")),
    _value("through-bfloat16", PRECISION, _through("bfloat16")),
    _cotangent("cotangent-ignored", lambda xp, ct: xp.ones_like(ct)),
    _cotangent("cotangent-without-sign", lambda xp, ct: xp.abs(ct)),
    _cotangent("cotangent-squared", lambda _, ct: ct * ct),
    _cotangent("cotangent-averaged", lambda xp, ct: 0.0 * ct + xp.mean(ct)),
)
