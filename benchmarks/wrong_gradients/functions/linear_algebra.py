"""Products, solves and determinants of matrices."""

from typing import Final

from benchmarks.wrong_gradients.namespaces import Array, Space
from benchmarks.wrong_gradients.subject import (
    Subject,
    Wrong,
    drawn,
)

TRANSPOSED: Final = frozenset({"transposed"})


def _side(n: int) -> int:
    return max(2, round(n**0.5))


def _square(n: int) -> dict[str, tuple[int, ...]]:
    return {"a": (_side(n), _side(n))}


def _two_matrices(n: int) -> dict[str, tuple[int, ...]]:
    side = max(2, round((n / 3) ** 0.5))
    return {"x": (2 * side, side), "w": (side, side)}


def _two_squares(n: int) -> dict[str, tuple[int, ...]]:
    side = max(2, round((n / 2) ** 0.5))
    return {"x": (side, side), "y": (side, side)}


def _system(n: int) -> dict[str, tuple[int, ...]]:
    side = max(2, round(n**0.5) - 1)
    return {"a": (side, side), "b": (side, 1)}


def _form(n: int) -> dict[str, tuple[int, ...]]:
    side = max(2, round(n**0.5) - 1)
    return {"x": (side,), "a": (side, side)}


def _stacks(n: int) -> dict[str, tuple[int, ...]]:
    many = max(2, n // 21)
    return {"x": (many, 3, 3), "y": (many, 3, 4)}


def _one_matrix(n: int) -> dict[str, tuple[int, ...]]:
    return {"x": _two_matrices(2 * n)["x"]}


def _matmul(_xp: Space, x: Array, w: Array) -> Array:
    return x @ w


def _t(xp: Space, x: Array) -> Array:
    return xp.matrix_transpose(x)


def _matmul_vjp(xp: Space, ct: Array, _out: Array, x: Array, w: Array) -> tuple[Array, ...]:
    return ct @ _t(xp, w), _t(xp, x) @ ct


def _matmul_left_transposed(
    xp: Space, ct: Array, _out: Array, x: Array, w: Array
) -> tuple[Array, ...]:
    return ct @ w, _t(xp, x) @ ct


def _matmul_right_by_left(
    xp: Space, ct: Array, _out: Array, x: Array, w: Array
) -> tuple[Array, ...]:
    return ct @ _t(xp, w), _t(xp, _t(xp, x) @ ct)


def _gram(xp: Space, x: Array) -> Array:
    return _t(xp, x) @ x


def _gram_vjp(xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array, ...]:
    return (x @ (ct + _t(xp, ct)),)


def _gram_one_side(_xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array, ...]:
    return (x @ ct,)


def _gram_symmetric_ct(_xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array, ...]:
    return (2.0 * x @ ct,)


def _quadratic(_xp: Space, x: Array, a: Array) -> Array:
    return x @ (a @ x)


def _quadratic_vjp(xp: Space, ct: Array, _out: Array, x: Array, a: Array) -> tuple[Array, ...]:
    return ct * ((a + _t(xp, a)) @ x), ct * x[:, None] * x[None, :]


def _quadratic_symmetric(
    _xp: Space, ct: Array, _out: Array, x: Array, a: Array
) -> tuple[Array, ...]:
    return 2.0 * ct * (a @ x), ct * x[:, None] * x[None, :]


def _trace(xp: Space, x: Array, y: Array) -> Array:
    return xp.sum(x * _t(xp, y))


def _trace_vjp(xp: Space, ct: Array, _out: Array, x: Array, y: Array) -> tuple[Array, ...]:
    return ct * _t(xp, y), ct * _t(xp, x)


def _trace_untransposed(
    _xp: Space, ct: Array, _out: Array, x: Array, y: Array
) -> tuple[Array, ...]:
    return ct * y, ct * x


def _trace_one_untransposed(
    xp: Space, ct: Array, _out: Array, x: Array, y: Array
) -> tuple[Array, ...]:
    return ct * _t(xp, y), ct * x


def _safe(xp: Space, a: Array) -> Array:
    """Return a matrix near to the identity, whatever `a`."""
    side = a.shape[-1]
    return xp.eye(side, dtype=a.dtype) + 0.3 * a / side**0.5


def _solve(xp: Space, a: Array, b: Array) -> Array:
    return xp.linalg.solve(_safe(xp, a), b)


def _solve_vjp(xp: Space, ct: Array, out: Array, a: Array, _b: Array) -> tuple[Array, ...]:
    ct_b = xp.linalg.solve(_t(xp, _safe(xp, a)), ct)
    return -0.3 / a.shape[-1] ** 0.5 * (ct_b @ _t(xp, out)), ct_b


def _solve_untransposed(xp: Space, ct: Array, out: Array, a: Array, _b: Array) -> tuple[Array, ...]:
    ct_b = xp.linalg.solve(_safe(xp, a), ct)
    return -0.3 / a.shape[-1] ** 0.5 * (ct_b @ _t(xp, out)), ct_b


def _solve_no_sign(xp: Space, ct: Array, out: Array, a: Array, _b: Array) -> tuple[Array, ...]:
    right = _solve_vjp(xp, ct, out, a, _b)
    return -right[0], right[1]


def _solve_transposed(xp: Space, ct: Array, out: Array, a: Array, _b: Array) -> tuple[Array, ...]:
    right = _solve_vjp(xp, ct, out, a, _b)
    return _t(xp, right[0]), right[1]


def _inv(xp: Space, a: Array) -> Array:
    return xp.linalg.inv(_safe(xp, a))


def _inv_vjp(xp: Space, ct: Array, out: Array, a: Array) -> tuple[Array, ...]:
    back = _t(xp, out)
    return (-0.3 / a.shape[-1] ** 0.5 * (back @ ct @ back),)


def _inv_untransposed(_xp: Space, ct: Array, out: Array, a: Array) -> tuple[Array, ...]:
    return (-0.3 / a.shape[-1] ** 0.5 * (out @ ct @ out),)


def _inv_one_side(xp: Space, ct: Array, out: Array, a: Array) -> tuple[Array, ...]:
    return (-0.3 / a.shape[-1] ** 0.5 * (_t(xp, out) @ ct),)


def _logdet(xp: Space, a: Array) -> Array:
    return xp.linalg.slogdet(_safe(xp, a))[1]


def _logdet_vjp(xp: Space, ct: Array, _out: Array, a: Array) -> tuple[Array, ...]:
    return (0.3 / a.shape[-1] ** 0.5 * ct * _t(xp, xp.linalg.inv(_safe(xp, a))),)


def _logdet_untransposed(xp: Space, ct: Array, _out: Array, a: Array) -> tuple[Array, ...]:
    return (0.3 / a.shape[-1] ** 0.5 * ct * xp.linalg.inv(_safe(xp, a)),)


def _stack_vjp_swapped(xp: Space, ct: Array, _out: Array, x: Array, y: Array) -> tuple[Array, ...]:
    return xp.flip(ct @ _t(xp, y), axis=0), _t(xp, x) @ ct


LINEAR_ALGEBRA: Final = (
    Subject("matmul", _matmul, _matmul_vjp, drawn(_two_matrices), (
        Wrong("w-not-transposed", _matmul_left_transposed),
        Wrong("right-transposed", _matmul_right_by_left, TRANSPOSED),
    )),
    Subject("batched-matmul", _matmul, _matmul_vjp, drawn(_stacks), (
        Wrong("batch-reversed", _stack_vjp_swapped),
    )),
    Subject("gram", _gram, _gram_vjp, drawn(_one_matrix), (
        Wrong("one-side", _gram_one_side),
        Wrong("as-if-ct-were-symmetric", _gram_symmetric_ct),
    )),
    Subject("quadratic-form", _quadratic, _quadratic_vjp, drawn(_form), (
        Wrong("as-if-a-were-symmetric", _quadratic_symmetric),
    )),
    Subject("trace-of-product", _trace, _trace_vjp, drawn(_two_squares), (
        Wrong("untransposed", _trace_untransposed, TRANSPOSED),
        Wrong("one-untransposed", _trace_one_untransposed, TRANSPOSED),
    )),
    Subject("solve", _solve, _solve_vjp, drawn(_system), (
        Wrong("system-not-transposed", _solve_untransposed),
        Wrong("no-minus", _solve_no_sign, frozenset({"sign-flipped"})),
        Wrong("transposed", _solve_transposed, TRANSPOSED),
    ), narrow=False),
    Subject("inv", _inv, _inv_vjp, drawn(_square), (
        Wrong("not-transposed", _inv_untransposed),
        Wrong("one-side", _inv_one_side),
    ), narrow=False),
    Subject("logdet", _logdet, _logdet_vjp, drawn(_square), (
        Wrong("not-transposed", _logdet_untransposed, TRANSPOSED),
    ), narrow=False),
)  # fmt: skip
