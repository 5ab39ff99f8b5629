"""Balls hold what rounding does to every op, forwards and backwards, and little more."""

import ast
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gradverify.ops
from gradverify.arrays import Array, largest
from gradverify.ops.broadcasting import unbroadcast
from gradverify.ops.op import Op
from gradverify.ops.table import OPS
from gradverify.oracles.balls import FUNCTIONS, MOVING, TESTS, Ball, mid_of, rad_of
from gradverify.oracles.radii import CERTAIN, RADII, growth
from tests.ops.cases import Case, drawn

SINGLE = 2.0**-24
DOUBLE = 2.0**-53
WIDTH = 2.0**-13  # of operands that move: too little to cross a kink

every_op = pytest.mark.parametrize("op", OPS.values(), ids=OPS.keys())
NP: Any = np  # whose types know of arrays alone
few = settings(max_examples=12, derandomize=True, deadline=None, database=None)

Answer = dict[str, Any]


def answers(case: Case, operands: tuple[Any, ...], ct: Any) -> Answer:
    """Return the output of an op and the cotangents of its operands, whatever they are made of."""
    out = case.primal(*operands) if operands else case.primal()
    found: Answer = {"out": out}
    if case.op.vjp is not None:
        for n, part in enumerate(case.vjp(ct, out, *operands)):
            if part is not None and n in case.floating:
                shape = np.shape(case.operands[n])
                found[str(n)] = unbroadcast(part, shape) if case.op.broadcasts else part
    return found


def floating(case: Case, make: Callable[[Array], Any]) -> tuple[Any, ...]:
    """Return the operands, floating arrays made into something else."""
    return tuple(make(x) if n in case.floating else x for n, x in enumerate(case.operands))


def ball(unit: float, width: float = 0.0) -> Callable[[Array], Ball]:
    return lambda x: Ball(x.astype(np.float64), width * np.abs(x.astype(np.float64)), unit)


def double(x: Array) -> Array:
    return x.astype(np.float64)


def on_balls(case: Case, unit: float, width: float = 0.0) -> Answer:
    return answers(case, floating(case, ball(unit, width)), ball(unit)(case.ct))


def within(found: Answer, balls: Answer, share: float = 1.0) -> bool:
    """Whether everything found lies within the balls, shrunk to a share of themselves."""
    return all(
        np.shape(found[name]) == np.shape(mid_of(balls[name]))
        and bool(np.all(_gap(found[name], balls[name]) <= _room(balls[name], share)))
        for name in found
    )


def _gap(found: Array, enclosed: Any) -> Array:
    return np.abs(np.asarray(found, dtype=np.float64) - mid_of(enclosed))


def _room(enclosed: Any, share: float) -> Array:
    # midpoints are computed in double precision themselves
    return share * rad_of(enclosed, DOUBLE) + 2.0**-45 * np.abs(mid_of(enclosed)) + 2.0**-49


@every_op
@few
@given(data=st.data())
def test_single_precision_stays_within_the_ball(op: Op, data: st.DataObject) -> None:
    case = drawn(op, data, "float32")
    balls = on_balls(case, SINGLE)
    assert within(answers(case, case.operands, case.ct), balls)
    assert within(answers(case, floating(case, double), double(case.ct)), balls, share=0.0)


@every_op
@few
@given(data=st.data())
def test_operands_that_move_within_their_radii_move_the_output_within_its_own(
    op: Op, data: st.DataObject
) -> None:
    case = drawn(op, data, "float32")
    balls = on_balls(case, DOUBLE, WIDTH)
    rng = np.random.default_rng(0)

    def moved(x: Array) -> Array:
        return x.astype(np.float64) * (1 + WIDTH * rng.choice((-1.0, 1.0), x.shape))

    assert within(answers(case, floating(case, moved), double(case.ct)), balls)


@every_op
@few
@given(data=st.data())
def test_the_ball_is_not_absurdly_wide(op: Op, data: st.DataObject) -> None:
    # 27 entries at most are summed, each for 1 unit, and a few elementary functions cost 8 each
    found = on_balls(drawn(op, data, "float32"), SINGLE).values()
    size = max(1.0, *(largest(np.abs(mid_of(enclosed))) for enclosed in found))
    for enclosed in found:
        assert largest(np.asarray(rad_of(enclosed, SINGLE))) <= 64 * SINGLE * size


def product_of_eight(wrong: float) -> tuple[Answer, Answer]:
    """Return single-precision answers for a product, one off by a share, and their balls."""
    rng = np.random.default_rng(8)
    x = rng.uniform(1, 2, 8).astype(np.float32)
    case = Case(OPS["prod"], (x,), {"axis": None, "keepdims": False}, np.ones((), np.float32))
    found = answers(case, case.operands, case.ct)
    found["0"] = found["0"] * (1 + wrong * np.eye(8)[3])
    return found, on_balls(case, SINGLE)


def test_an_error_just_above_rounding_lies_outside() -> None:
    assert within(*product_of_eight(0.0))
    assert not within(*product_of_eight(64 * SINGLE))


ROUND_NOTHING = frozenset({
    "negative", "sign", "clip", "relu", "equal", "not_equal", "less", "less_equal", "greater",
    "greater_equal", "logical_and", "logical_or", "logical_not", "reshape", "flatten", "transpose",
    "permute_dims", "matrix_transpose", "squeeze", "expand_dims", "concat", "stack", "astype",
    "detach", "no_grad", "constant",
})  # fmt: skip
ROUND_NO_OUTPUT = frozenset({  # but may add up cotangents
    "where", "maximum", "minimum", "broadcast_to", "max", "min", "index", "index_update",
})  # fmt: skip


def widest(op: Op) -> float:
    found = [0.0]

    @few
    @given(data=st.data())
    def widen(data: st.DataObject) -> None:
        for enclosed in on_balls(drawn(op, data, "float32"), SINGLE).values():
            found[0] = max(found[0], largest(np.asarray(rad_of(enclosed, SINGLE))))

    widen()
    return found[0]


@every_op
def test_an_op_has_a_radius_unless_it_only_moves_entries_about(op: Op) -> None:
    if op.name not in ROUND_NO_OUTPUT:
        rounds = widest(op) > float(np.finfo(np.float32).tiny)  # which products lose near zero
        assert rounds == (op.name not in ROUND_NOTHING)


# they make arrays of what is no ball, or look at shapes and dtypes
OF_NO_ENTRIES = frozenset({
    "arange", "asarray", "broadcast_shapes", "dtype", "ndarray", "ufunc", "zeros", "ones", "any",
    "all",
})  # fmt: skip


def numpy_names() -> Iterator[tuple[str, str]]:
    """Yield (file, name) of every attribute of numpy that the rules use."""
    for path in sorted(Path(gradverify.ops.__path__[0]).glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "np":
                yield path.name, node.attr


def known_to_balls(name: str) -> bool:
    known: set[Any] = {*RADII, *TESTS, *MOVING, *FUNCTIONS}
    return name in OF_NO_ENTRIES or getattr(np, name, None) in known


def test_every_numpy_function_of_the_rules_is_known_to_balls() -> None:
    assert {(file, name) for file, name in numpy_names() if not known_to_balls(name)} == set()


@pytest.mark.parametrize("name", ["einsum", "cumsum", "arctan", "linalg"])
def test_other_numpy_functions_are_not(name: str) -> None:
    assert not known_to_balls(name)


def a_ball(*mid: float, rad: float = 0.0, unit: float = SINGLE) -> Any:
    return Ball(np.array(mid), rad, unit)


def test_entries_written_bring_their_radii_and_leave_the_others() -> None:
    ball = a_ball(1, 2, 3, rad=0.25)
    kept = ball.copy()
    ball[1:] = a_ball(5, 6, rad=0.5)
    assert ball.mid.tolist() == [1, 5, 6]
    assert ball.rad.tolist() == [0.25, 0.5, 0.5]
    ball[0] = 9
    assert ball.rad.tolist() == [0, 0.5, 0.5]
    assert (kept.mid.tolist(), kept.rad.tolist()) == ([1, 2, 3], [0.25] * 3)


def test_entries_added_to_one_place_add_their_radii_and_round_each_time() -> None:
    x = np.random.default_rng(4).uniform(0, 1, 10_000).astype(np.float32)
    places = np.zeros(10_000, dtype=np.int64)
    ball: Any = Ball(np.zeros(2), 0.0, SINGLE)
    NP.add.at(ball, (places,), Ball(double(x), 1e-9, SINGLE))
    single = np.zeros(2, np.float32)
    np.add.at(single, (places,), x)
    off = float(_gap(single, ball)[0])
    assert 2 * SINGLE * ball.mid[0] < off <= ball.rad[0]  # control: two roundings are too few
    assert ball.rad[0] <= 10_000 * 1e-9 + 1.01 * growth(10_000, CERTAIN) * SINGLE * ball.mid[0]
    assert (ball.mid[1], ball.rad[1]) == (0, 0)


def test_a_choice_takes_the_radius_of_what_is_chosen() -> None:
    found = NP.where(np.array([True, False]), a_ball(1, 2, rad=0.25), a_ball(3, 4, rad=0.5))
    assert (found.mid.tolist(), found.rad.tolist()) == ([1, 4], [0.25, 0.5])
    found = NP.where(np.array([True, False]), a_ball(1, 2, rad=0.25), 0.1)
    assert found.rad.tolist() == [0.25, SINGLE * 0.1]
    found = NP.where(a_ball(1, 0), 5, 7)
    assert (found.mid.tolist(), found.rad.tolist()) == ([5, 7], [0, 0])


@pytest.mark.parametrize("join", [np.concatenate, np.stack])
def test_what_is_joined_keeps_its_radii(join: Callable[..., Any]) -> None:
    found = join([a_ball(1, 2, rad=0.25), np.array([3.0, 4.0])], axis=0)
    assert found.mid.ravel().tolist() == [1, 2, 3, 4]
    assert found.rad.ravel().tolist() == [0.25, 0.25, 0, 0]


def test_what_is_split_or_moved_keeps_its_radii() -> None:
    whole: Any = Ball(np.arange(4.0), np.arange(4.0) / 8, SINGLE)
    left, right = NP.split(whole, [1])
    assert (left.rad.tolist(), right.rad.tolist()) == ([0], [0.125, 0.25, 0.375])
    assert NP.reshape(whole, (2, 2)).T.rad.tolist() == [[0, 0.25], [0.125, 0.375]]
    assert whole[::-1].rad.tolist() == [0.375, 0.25, 0.125, 0]


@pytest.mark.parametrize("extreme", [np.max, np.min])
def test_an_extreme_is_as_wide_as_those_that_can_win(extreme: Callable[..., Any]) -> None:
    x = Ball(np.array([[1.0, 1.25], [5, 2]]), np.array([[0.5, 0.125], [0, 0.125]]), SINGLE)
    found = extreme(x, axis=1, keepdims=True)
    assert found.mid.tolist() == extreme(x.mid, axis=1, keepdims=True).tolist()
    # the first row's entries overlap, and the one moved furthest counts; in the second they do not
    widest = [[0.25], [0.0]] if extreme is NP.max else [[0.5], [0.125]]
    assert found.rad.tolist() == widest


def test_numbers_that_the_format_cannot_hold_are_rounded_as_well() -> None:
    x = np.linspace(1, 2, 1000, dtype=np.float32)
    ball = NP.multiply(ball_of(x), 0.1)
    off = _gap(x * 0.1, ball)
    assert np.all(off <= ball.rad)
    assert np.max(off / np.abs(ball.mid)) > SINGLE  # control: one rounding is too few
    assert np.all(NP.multiply(ball_of(x), 0.5).rad == SINGLE * np.abs(ball_of(x).mid * 0.5))


def ball_of(x: Array) -> Any:
    return Ball(double(x), 0.0, SINGLE)


@pytest.mark.parametrize("rows", [2, 3, 4])
def test_a_product_with_what_may_be_anything_may_be_anything(rows: int) -> None:
    unknown = Ball(np.zeros((rows, 2)), np.full((rows, 2), np.inf), SINGLE)
    with np.errstate(invalid="ignore"):
        found: Any = NP.matmul(unknown, Ball(np.zeros((2, rows)), 0.0, SINGLE))
    assert np.all(np.isinf(found.rad))


def test_nothing_times_infinity_is_known_where_nothing_moves() -> None:
    unknown = Ball(np.ones(2), np.asarray([np.inf, 0.0]), SINGLE)
    with np.errstate(invalid="ignore"):
        found: Any = NP.multiply(unknown, Ball(np.asarray([0.0, np.inf]), 0.0, SINGLE))
    assert np.isinf(found.rad[0])
    assert found.rad[1] == 0


def test_a_cast_rounds_and_a_cast_to_whole_numbers_leaves_no_ball() -> None:
    assert a_ball(1.5, -2.25).astype(np.float64).rad.tolist() == [0, 0]
    assert a_ball(0.1).astype(np.float64).rad.tolist() == [SINGLE * 0.1]
    whole = a_ball(2.7, -1.5, rad=1e-9).astype(np.int64)
    assert isinstance(whole, np.ndarray)
    assert whole.tolist() == [2, -1]


def test_a_comparison_is_about_midpoints() -> None:
    found = np.less(a_ball(1, 2, rad=5.0), 1.5)
    assert isinstance(found, np.ndarray)
    assert found.tolist() == [True, False]


UNKNOWN: Mapping[str, Callable[[Any], object]] = {
    "arctan": np.arctan,
    "cumsum": np.cumsum,
    "out": lambda x: np.add(x, x, out=x),
    "reduce": np.add.reduce,
    "multiply.at": lambda x: np.multiply.at(x, [0], 2.0),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_balls_do_not_know_is_an_error_and_no_guess(name: str) -> None:
    with pytest.raises(TypeError):
        _ = UNKNOWN[name](a_ball(1, 2))


def test_a_ball_has_the_facts_of_its_midpoints() -> None:
    x: Any = Ball(np.zeros((2, 3)), 0.0, SINGLE)
    assert (x.shape, x.ndim, x.size, len(x)) == ((2, 3), 2, 6, 2)
    assert (np.shape(x), np.ndim(x), np.size(x)) == ((2, 3), 2, 6)
    assert x.dtype == np.float64
