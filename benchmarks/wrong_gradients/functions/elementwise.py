"""Functions of each entry alone."""

from collections.abc import Callable
from typing import Final, TypeAlias

from benchmarks.wrong_gradients.namespaces import Array, Space
from benchmarks.wrong_gradients.subject import (
    FACTOR,
    MASK,
    TERM,
    Backward,
    Draw,
    Subject,
    Wrong,
    drawn,
    normal,
    pair,
    positive,
    vector,
)

Slope: TypeAlias = Callable[[Space, Array, Array], Array]
"""slope(xp, x, out) → the derivative of every entry."""
ROOT_TWO: Final = 2**0.5
OFF_ZERO: Final = 0.05
ROOT_PI: Final = 1.7724538509055159


def _times_ct(slope: Slope) -> Backward:
    def backward(xp: Space, ct: Array, out: Array, x: Array) -> tuple[Array]:
        return (ct * slope(xp, x, out),)

    return backward


def _of_one(
    name: str,
    forward: Callable[[Space, Array], Array],
    slope: Slope,
    wrongs: dict[str, tuple[Slope, frozenset[str]]],
    draw: Draw = normal,
) -> Subject:
    """Return the subject of a function of one variable, its faults given by their slopes."""
    altered = tuple(
        Wrong(title, _times_ct(wrong), codes) for title, (wrong, codes) in wrongs.items()
    )
    return Subject(name, forward, _times_ct(slope), drawn(vector, draw), altered)


def _sigmoid(xp: Space, x: Array) -> Array:
    return 0.5 * (1.0 + xp.tanh(0.5 * x))


def _relu(xp: Space, x: Array) -> Array:
    return xp.maximum(x, 0.0 * x)


def _mul(_xp: Space, x: Array, y: Array) -> Array:
    return x * y


def _div(_xp: Space, x: Array, y: Array) -> Array:
    return x / y


def _atan2(xp: Space, x: Array, y: Array) -> Array:
    return xp.atan2(x, y)


def _relu_masked_by_ct(xp: Space, ct: Array, _out: Array, _x: Array) -> tuple[Array]:
    return (xp.where(ct > 0, ct, 0.0 * ct),)


def _one_where(xp: Space, mask: Array, like: Array) -> Array:
    return xp.where(mask, xp.ones_like(like), xp.zeros_like(like))


def _gelu(xp: Space, x: Array) -> Array:
    return 0.5 * x * (1.0 + xp.erf(x / ROOT_TWO))


def _density(xp: Space, x: Array) -> Array:
    return xp.exp(-0.5 * x * x) / (ROOT_TWO * ROOT_PI)


def _gelu_slope(xp: Space, x: Array, _out: Array) -> Array:
    return 0.5 * (1.0 + xp.erf(x / ROOT_TWO)) + x * _density(xp, x)


def _silu_slope(xp: Space, x: Array, _out: Array) -> Array:
    s = _sigmoid(xp, x)
    return s + x * s * (1.0 - s)


def _elu(xp: Space, x: Array) -> Array:
    return xp.where(x > 0, x, xp.expm1(xp.minimum(x, 0.0 * x)))


def _elu_slope(xp: Space, x: Array, out: Array) -> Array:
    return xp.where(x > 0, xp.ones_like(x), out + 1.0)


def _softplus(xp: Space, x: Array) -> Array:
    return xp.maximum(x, 0.0 * x) + xp.log1p(xp.exp(-xp.abs(x)))


def _leaky(xp: Space, x: Array) -> Array:
    return xp.where(x > 0, x, 0.1 * x)


def _mish(xp: Space, x: Array) -> Array:
    return x * xp.tanh(_softplus(xp, x))


def _mish_slope(xp: Space, x: Array, _out: Array) -> Array:
    t = xp.tanh(_softplus(xp, x))
    return t + x * (1.0 - t * t) * _sigmoid(xp, x)


def _mul_vjp(_xp: Space, ct: Array, _out: Array, x: Array, y: Array) -> tuple[Array, ...]:
    return ct * y, ct * x


def _div_vjp(_xp: Space, ct: Array, out: Array, _x: Array, y: Array) -> tuple[Array, ...]:
    return ct / y, -ct * out / y


def _div_vjp_unsquared(_xp: Space, ct: Array, _out: Array, x: Array, y: Array) -> tuple[Array, ...]:
    return ct / y, -ct * x / y


def _div_vjp_sign(_xp: Space, ct: Array, out: Array, _x: Array, y: Array) -> tuple[Array, ...]:
    return ct / y, ct * out / y


def _hypot(xp: Space, x: Array, y: Array) -> Array:
    return xp.sqrt(x * x + y * y)


def _hypot_vjp(_xp: Space, ct: Array, out: Array, x: Array, y: Array) -> tuple[Array, ...]:
    return ct * x / out, ct * y / out


def _hypot_vjp_doubled(_xp: Space, ct: Array, out: Array, x: Array, y: Array) -> tuple[Array, ...]:
    return 2.0 * ct * x / out, 2.0 * ct * y / out


def _atan2_vjp(_xp: Space, ct: Array, _out: Array, x: Array, y: Array) -> tuple[Array, ...]:
    square = x * x + y * y
    return ct * y / square, -ct * x / square


def _atan2_vjp_root(xp: Space, ct: Array, _out: Array, x: Array, y: Array) -> tuple[Array, ...]:
    length = xp.sqrt(x * x + y * y)
    return ct * y / length, -ct * x / length


ELEMENTWISE: Final = (
    _of_one("square", lambda _, x: x * x, lambda _, x, _out: 2.0 * x, {
        "no-two": (lambda _, x, _out: x, FACTOR),
        "slope-of-the-cube": (lambda _, x, _out: 3.0 * x * x, TERM),
    }),
    _of_one("exp", lambda xp, x: xp.exp(x), lambda _, _x, out: out, {
        "slope-of-expm1-series": (lambda _, x, _out: 1.0 + x, TERM),
        "capped-at-4": (lambda xp, x, out: xp.minimum(out, 0.0 * x + 4.0), TERM),
    }),
    _of_one("log", lambda xp, x: xp.log(x), lambda _, x, _out: 1.0 / x, {
        "plus-1e-5": (lambda _, x, _out: 1.0 / (x + 1e-5), TERM),
        "of-the-output": (lambda _, _x, out: 1.0 / (out + 3.0), TERM),
    }, positive),
    _of_one("sqrt", lambda xp, x: xp.sqrt(x), lambda _, _x, out: 0.5 / out, {
        "of-the-input": (lambda _, x, _out: 0.5 / x, TERM),
        "plus-1e-4": (lambda _, _x, out: 0.5 / (out + 1e-4), TERM),
    }, positive),
    _of_one("reciprocal", lambda _, x: 1.0 / x, lambda _, _x, out: -out * out, {
        "not-squared": (lambda _, _x, out: -out, TERM),
    }, positive),
    _of_one("power", lambda _, x: x**2.5, lambda _, x, _out: 2.5 * x**1.5, {
        "same-exponent": (lambda _, _x, out: 2.5 * out, TERM),
        "no-exponent": (lambda _, x, _out: x**1.5, FACTOR),
    }, positive),
    _of_one("sin", lambda xp, x: xp.sin(x), lambda xp, x, _out: xp.cos(x), {
        "root-of-one-less-square": (lambda xp, _x, out: xp.sqrt(xp.abs(1.0 - out * out)), TERM),
    }),
    _of_one("atan", lambda xp, x: xp.atan(x), lambda _, x, _out: 1.0 / (1.0 + x * x), {
        "of-the-output": (lambda _, _x, out: 1.0 / (1.0 + out * out), TERM),
    }),
    _of_one("erf", lambda xp, x: xp.erf(x), lambda xp, x, _out: 2.0 / ROOT_PI * xp.exp(-x * x), {
        "half-the-exponent": (lambda xp, x, _out: 2.0 / ROOT_PI * xp.exp(-0.5 * x * x), TERM),
        "pi-as-3.1416": (lambda xp, x, _out: 2.0 / 3.1416**0.5 * xp.exp(-x * x), FACTOR),
    }),
    _of_one("tanh", lambda xp, x: xp.tanh(x), lambda _, _x, out: 1.0 - out * out, {
        "of-the-input": (lambda _, x, _out: 1.0 - x * x, TERM),
        "not-squared": (lambda _, _x, out: 1.0 - out, TERM),
    }),
    _of_one("sigmoid", _sigmoid, lambda _, _x, out: out * (1.0 - out), {
        "one-factor": (lambda _, _x, out: 1.0 - out, TERM),
        "of-the-input": (lambda _, x, _out: x * (1.0 - x), TERM),
    }),
    _of_one("softplus", _softplus, lambda xp, x, _out: _sigmoid(xp, x), {
        "mirrored": (lambda xp, x, _out: _sigmoid(xp, -x), TERM),
        "step": (lambda xp, x, _out: _one_where(xp, x > 0, x), TERM),
    }),
    _of_one("gelu", _gelu, _gelu_slope, {
        "no-density": (lambda xp, x, _out: 0.5 * (1.0 + xp.erf(x / ROOT_TWO)), TERM),
        "of-the-tanh-form": (
            lambda xp, x, out: _gelu_slope(xp, x + 1e-4 * x**3, out), TERM,
        ),
    }),
    _of_one("silu", lambda xp, x: x * _sigmoid(xp, x), _silu_slope, {
        "one-term": (lambda xp, x, _out: _sigmoid(xp, x), TERM),
        "sign-of-a-term": (
            lambda xp, x, out: 2.0 * _sigmoid(xp, x) - _silu_slope(xp, x, out), TERM,
        ),
    }),
    _of_one("mish", _mish, _mish_slope, {
        "no-sigmoid": (lambda xp, x, _out: xp.tanh(_softplus(xp, x)), TERM),
    }),
    _of_one("elu", _elu, _elu_slope, {
        "forgets-plus-one": (lambda xp, x, out: xp.where(x > 0, xp.ones_like(x), out), TERM),
        "mask-from-wrong-side": (
            lambda xp, x, out: xp.where(x < 0, xp.ones_like(x), out + 1.0), MASK,
        ),
    }),
    _of_one("leaky-relu", _leaky, lambda xp, x, _out: 0.1 + 0.9 * _one_where(xp, x > 0, x), {
        "plain-relu": (lambda xp, x, _out: _one_where(xp, x > 0, x), TERM),
        "slope-0.1001": (
            lambda xp, x, _out: 0.1001 + 0.8999 * _one_where(xp, x > 0, x), TERM,
        ),
    }),
    Subject(
        "relu",
        _relu,
        _times_ct(lambda xp, x, _out: _one_where(xp, x > 0, x)),
        drawn(vector),
        (
            Wrong("masked-by-the-cotangent", _relu_masked_by_ct, MASK),
            Wrong("no-mask", _times_ct(lambda xp, x, _out: xp.ones_like(x)), TERM),
            Wrong("mask-above-0.05", _times_ct(lambda xp, x, _: _one_where(xp, x > OFF_ZERO, x))),
        ),
    ),
    _of_one("abs", lambda xp, x: xp.abs(x), lambda xp, x, _out: xp.sign(x), {
        "always-plus": (lambda xp, x, _out: xp.ones_like(x), TERM),
    }),
    _of_one("clip", lambda xp, x: xp.clip(x, -1.0, 1.0),
            lambda xp, x, _out: _one_where(xp, xp.abs(x) < 1.0, x), {
        "upper-bound-only": (lambda xp, x, _out: _one_where(xp, x < 1.0, x), MASK),
    }),
    Subject("mul", _mul, _mul_vjp, drawn(pair)),
    Subject("div", _div, _div_vjp, drawn(pair, positive), (
        Wrong("divided-once", _div_vjp_unsquared),
        Wrong("sign-of-the-divisor", _div_vjp_sign, frozenset({"sign-flipped"})),
    )),
    Subject("hypot", _hypot, _hypot_vjp, drawn(pair, positive), (
        Wrong("of-the-square", _hypot_vjp_doubled, FACTOR),
    )),
    Subject("atan2", _atan2, _atan2_vjp, drawn(pair, positive), (
        Wrong("root-of-the-square", _atan2_vjp_root),
    )),
)  # fmt: skip
