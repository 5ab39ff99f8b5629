"""Alterations of how a backward behaves: over calls, layouts, orders and regions of the inputs."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, Final

import numpy as np

from benchmarks.wrong_gradients.alteration import (
    MUTABLE,
    Alteration,
    Change,
    Maker,
    Place,
    of_gradient,
)
from benchmarks.wrong_gradients.namespaces import Array, Space
from benchmarks.wrong_gradients.subject import Backward

REMEMBERS: Final = frozenset({"remembers-last-call"})
UNSTABLE: Final = frozenset({"remembers-last-call", "not-deterministic"})
RANDOM: Final = frozenset({"not-deterministic"})
LAYOUT: Final = frozenset({"layout-dependent"})
SECOND: Final = frozenset({"second-order-differs"})
SOMEWHERE: Final = frozenset({"entries-wrong", "off-by-factor"})
TORCH: Final = frozenset({"torch"})


def _first_result(right: Backward, _place: Place) -> Backward:
    """Return for ever what the first call gave."""
    kept: list[tuple[Any, ...]] = []

    def backward(xp: Space, ct: Array, out: Array, *inputs: Array) -> tuple[Any, ...]:
        if not kept:
            kept.append(right(xp, ct, out, *inputs))
        return kept[0]

    return backward


def _first_cotangent(right: Backward, _place: Place) -> Backward:
    """Use for ever the cotangent of the first call."""
    kept: list[Array] = []

    def backward(xp: Space, ct: Array, out: Array, *inputs: Array) -> tuple[Any, ...]:
        kept.append(ct)
        return right(xp, kept[0], out, *inputs)

    return backward


def _first_inputs(right: Backward, _place: Place) -> Backward:
    """Use for ever the inputs and the output of the first call, as a cache without a key does."""
    kept: list[tuple[Array, ...]] = []

    def backward(xp: Space, ct: Array, out: Array, *inputs: Array) -> tuple[Any, ...]:
        kept.append(tuple(xp.detach(item) + 0 for item in (out, *inputs)))
        return right(xp, ct, *kept[0])

    return backward


def _later_calls_off(right: Backward, place: Place) -> Backward:
    """Be right once, and off by one percent from then on."""
    calls: list[int] = []

    def backward(xp: Space, ct: Array, out: Array, *inputs: Array) -> tuple[Any, ...]:
        grads = list(right(xp, ct, out, *inputs))
        calls.append(1)
        if len(calls) > 1:
            grads[place.position] = 1.01 * grads[place.position]
        return tuple(grads)

    return backward


def _accumulating(right: Backward, place: Place) -> Backward:
    """Add every gradient to the sum of those before."""
    total: list[Array] = []

    def backward(xp: Space, ct: Array, out: Array, *inputs: Array) -> tuple[Any, ...]:
        grads = list(right(xp, ct, out, *inputs))
        if total:
            grads[place.position] = grads[place.position] + total[0]
        total[:] = [xp.detach(grads[place.position])]
        return tuple(grads)

    return backward


def _random(change_of: Callable[[np.random.Generator], Change]) -> Maker:
    """Return the maker of a backward with dice of its own."""

    def make(right: Backward, place: Place) -> Backward:
        return of_gradient(change_of(np.random.default_rng(7)))(right, place)

    return make


def _noisy(size: float) -> Callable[[np.random.Generator], Change]:
    """Return a change by noise of a relative size, another at every call."""

    def change_of(rng: np.random.Generator) -> Change:
        def change(xp: Space, gradient: Array, _place: Place) -> Array:
            noise = xp.asarray(1.0 + size * rng.normal(size=tuple(gradient.shape)))
            return gradient * xp.astype(noise, gradient.dtype)

        return change

    return change_of


def _sometimes_off(rng: np.random.Generator) -> Change:
    """Scale by 1.01 in two calls of three, whichever: what a race between threads does."""

    def change(_xp: Space, gradient: Array, _place: Place) -> Array:
        return (1.01 if rng.random() < 2 / 3 else 1.0) * gradient

    return change


def _halve(array: Array) -> None:
    """Write to its memory behind the framework's back, as a kernel does."""
    if hasattr(array, "data_ptr"):
        array.data[...] *= 0.5
    elif getattr(array, "ndim", 0) > 0:
        array[...] *= 0.5


def _cotangent_halved(right: Backward, _place: Place) -> Backward:
    """Give the right answer, and halve the cotangent in place."""

    def backward(xp: Space, ct: Array, out: Array, *inputs: Array) -> tuple[Any, ...]:
        grads = right(xp, 1.0 * ct, out, *inputs)
        _halve(ct)
        return grads

    return backward


def _input_halved(right: Backward, place: Place) -> Backward:
    """Give the right answer, and halve an input in place."""

    def backward(xp: Space, ct: Array, out: Array, *inputs: Array) -> tuple[Any, ...]:
        copies = [x + 0 for x in inputs]
        grads = right(xp, ct, out, *copies)
        _halve(inputs[place.position])
        return grads

    return backward


def _strides(xp: Space, x: Array) -> tuple[int, ...]:
    if xp.name == "jax" or not hasattr(x, "ndim"):
        return ()
    return tuple(x.stride() if xp.name == "torch" else x.strides)


def _misread(xp: Space, x: Array) -> Array:
    """Read memory in its order, as a kernel does that was written for contiguous arrays."""
    if xp.name == "jax" or not getattr(x, "ndim", 0):
        return x
    strides = _strides(xp, x)
    held = x[tuple(slice(0, 1) if step == 0 else slice(None) for step in strides)]
    order = sorted(range(x.ndim), key=lambda axis: -strides[axis])
    flat = xp.reshape(xp.permute_dims(held, tuple(order)), (-1,))
    gap = min((s for s, n in zip(strides, x.shape, strict=True) if s and n > 1), default=0)
    if gap > (1 if xp.name == "torch" else x.itemsize):  # between its entries lie others
        flat = xp.reshape(xp.stack([flat, 0.0 * flat], axis=1), (-1,))
    size = 1
    for length in x.shape:
        size *= length
    missing = xp.zeros_like(xp.reshape(x, (-1,)))
    return xp.reshape(xp.concat([flat, missing])[:size], x.shape)


def _misread_cotangent(which: Callable[[tuple[int, ...]], bool]) -> Maker:
    """Return the maker of a backward that misreads cotangents of certain strides."""

    def make(right: Backward, _place: Place) -> Backward:
        def backward(xp: Space, ct: Array, out: Array, *inputs: Array) -> tuple[Any, ...]:
            read = _misread(xp, ct) if which(_strides(xp, ct)) else ct
            return right(xp, read, out, *inputs)

        return backward

    return make


def _any_strides(_strides: tuple[int, ...]) -> bool:
    return True


def _expanded(strides: tuple[int, ...]) -> bool:
    return 0 in strides


def _transposed(strides: tuple[int, ...]) -> bool:
    return any(later > step for step, later in pairwise(strides))


def _misread_input(right: Backward, place: Place) -> Backward:
    def backward(xp: Space, ct: Array, out: Array, *inputs: Array) -> tuple[Any, ...]:
        read = list(inputs)
        read[place.position] = _misread(xp, read[place.position])
        return right(xp, ct, out, *read)

    return backward


def _detached(xp: Space, gradient: Array, _place: Place) -> Array:
    return xp.detach(gradient)


def _input_detached(right: Backward, _place: Place) -> Backward:
    """Use what was saved as if it were constant, the cotangent alone as a variable."""

    def backward(xp: Space, ct: Array, out: Array, *inputs: Array) -> tuple[Any, ...]:
        return right(xp, ct, xp.detach(out), *map(xp.detach, inputs))

    return backward


def _wrong_in_band(right: Backward, place: Place) -> Backward:
    return _wrong_between(right, place.position, *place.band)


def _wrong_in_tail(right: Backward, place: Place) -> Backward:
    return _wrong_between(right, place.position, place.tail, float("inf"))


def _wrong_above(right: Backward, place: Place) -> Backward:
    return _wrong_between(right, place.position, place.top, float("inf"))


def _wrong_between(right: Backward, position: int, low: float, high: float) -> Backward:
    """Be half as much again where the input lies between two numbers."""

    def backward(xp: Space, ct: Array, out: Array, *inputs: Array) -> tuple[Any, ...]:
        grads, x = list(right(xp, ct, out, *inputs)), inputs[position]
        grads[position] = xp.where((x > low) & (x < high), 1.5 * grads[position], grads[position])
        return tuple(grads)

    return backward


CONDUCT: Final = (
    Alteration("first-result-kept", "second-call", REMEMBERS, _first_result),
    Alteration("first-cotangent-kept", "second-call", REMEMBERS, _first_cotangent),
    Alteration("first-inputs-kept", "second-inputs", REMEMBERS, _first_inputs),
    Alteration("later-calls-off", "second-call", UNSTABLE, _later_calls_off),
    Alteration("accumulating", "second-call", UNSTABLE, _accumulating),
    Alteration("noise-1e-3", "random", RANDOM, _random(_noisy(1e-3))),
    Alteration("noise-1e-6", "random", RANDOM, _random(_noisy(1e-6))),
    Alteration("sometimes-off", "random", RANDOM, _random(_sometimes_off)),
    Alteration(
        "cotangent-halved", "written", frozenset({"cotangent-modified"}), _cotangent_halved, MUTABLE
    ),
    Alteration("input-halved", "written", frozenset({"input-modified"}), _input_halved, MUTABLE),
    Alteration("cotangent-misread", "layout", LAYOUT, _misread_cotangent(_any_strides), MUTABLE),
    Alteration("expanded-misread", "layout", LAYOUT, _misread_cotangent(_expanded), MUTABLE),
    Alteration("transposed-misread", "layout", LAYOUT, _misread_cotangent(_transposed), MUTABLE),
    Alteration("input-misread", "layout", LAYOUT, _misread_input, MUTABLE),
    Alteration("result-detached", "second-order", SECOND, of_gradient(_detached), TORCH),
    Alteration("saved-detached", "second-order", SECOND, _input_detached, TORCH),
    Alteration("wrong-in-the-tail", "value", frozenset({"entries-wrong"}), _wrong_in_tail),
    Alteration("wrong-in-a-gap", "region-inside", SOMEWHERE, _wrong_in_band),
    Alteration("wrong-outside", "region-outside", SOMEWHERE, _wrong_above),
)
