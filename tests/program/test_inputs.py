"""Inputs are the same for the same seed, and nothing added to a spec changes any of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradverify.errors import SpecErrors
from gradverify.program.inputs import make_primals, stream
from tests.program.built import built, told

NAMES = st.text(alphabet="abcdefg", min_size=1, max_size=3).map(lambda name: f"v_{name}")


def drawn(inputs: dict[str, str], seed: int) -> dict[str, np.ndarray]:
    lines = "".join(f"  {name}: {maker}\n" for name, maker in inputs.items())
    return dict(make_primals(built(f"inputs:\n{lines}"), seed))


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=5, unique=True), st.integers(0, 2**40), st.data())
def test_adding_and_reordering_inputs_changes_no_other(
    names: list[str], seed: int, data: st.DataObject
) -> None:
    inputs = dict.fromkeys(names, "randn(3)")
    before = drawn(inputs, seed)
    order = data.draw(st.permutations([*names, "added"]))
    after = drawn({name: inputs.get(name, "rand(7)") for name in order}, seed)
    assert all(np.array_equal(before[name], after[name]) for name in names)


def test_names_and_seeds_make_different_streams() -> None:
    streams = [(0, "x"), (1, "x"), (0, "y"), (10, "x"), (1, "0:x")]
    first = {stream(seed, name).random() for seed, name in streams}
    assert len(first) == len(streams)


def test_the_stream_of_a_name_is_fixed_for_ever() -> None:
    assert drawn({"x": "rand(1)"}, 7)["x"].tolist() == [0.5317966760503299]


@pytest.mark.parametrize(
    ("maker", "expected"),
    [
        ("ones(1, 2)", [[1, 1]]),
        ("ones((1, 2))", [[1, 1]]),
        ("zeros([2])", [0, 0]),
        ("zeros()", 0),
        ("full((2,), 1.5)", [1.5, 1.5]),
        ("eye(2)", [[1, 0], [0, 1]]),
        ("eye(1, 2)", [[1, 0]]),
        ("arange(3)", [0, 1, 2]),
        ("arange(1, 2, 0.5)", [1, 1.5]),
        ("arange(3, 0, -1)", [3, 2, 1]),
        ("arange(2, 0)", []),
        ("linspace(0, 1, 3)", [0, 0.5, 1]),
        ("array([[1, 2], [3, 4]])", [[1, 2], [3, 4]]),
        ("2 * ones(2)", [2, 2]),
        ("reshape(arange(4), 2, 2)", [[0, 1], [2, 3]]),
        ("1 / 4", 0.25),
        ("2 * 3", 6),
        ("[[1, 2], [3, 4]]", [[1, 2], [3, 4]]),
        ("3", 3),
    ],
)
def test_makers_make_what_their_names_say(maker: str, expected: list[float]) -> None:
    found = drawn({"x": maker}, 0)["x"]
    assert found.tolist() == expected
    assert found.dtype == np.float64


def test_random_makers_draw_from_their_distributions() -> None:
    found = drawn(
        {
            "a": "rand(5000)",
            "b": "uniform(2, 4, 5000)",
            "c": "randn(5000)",
            "d": "normal(5, 0.1, 5000)",
        },
        3,
    )
    assert 0 <= found["a"].min() < 0.01
    assert 0.99 < found["a"].max() < 1
    assert 2 <= found["b"].min() < 2.01
    assert 3.99 < found["b"].max() < 4
    assert abs(found["c"].mean()) < 0.05
    assert abs(found["c"].std() - 1) < 0.05
    assert abs(found["d"].mean() - 5) < 0.01


def test_an_expression_of_makers_draws_from_the_stream_of_its_input() -> None:
    plain, scaled = drawn({"x": "randn(6, 4)"}, 3)["x"], drawn({"x": "100 * randn(6, 4)"}, 3)["x"]
    assert np.array_equal(100 * plain, scaled)
    assert not np.array_equal(scaled, drawn({"x": "100 * randn(6, 4)"}, 4)["x"])
    moved = drawn({"y": "rand(3)", "x": "100 * randn(6, 4)"}, 3)["x"]
    assert np.array_equal(moved, scaled)


def test_each_maker_of_an_expression_draws_anew() -> None:
    found = drawn({"x": "randn(4) - randn(4)"}, 0)["x"]
    assert np.count_nonzero(found) == 4


def test_an_expression_of_makers_has_the_dtype_that_is_asked_for() -> None:
    body = "inputs: {x: {value: '3 + randn(9)', dtype: %s}}\n"
    wide = make_primals(built(body % "float64"), 1)["x"]
    low = make_primals(built(body % "float16"), 1)["x"]
    assert np.array_equal(wide.astype(np.float16), low)
    with pytest.raises(SpecErrors, match="does not fit int64"):
        _ = make_primals(built(body % "int64"), 1)


def test_an_expression_that_draws_what_is_not_finite_is_refused_at_its_place() -> None:
    program = built("inputs: {x: 'log(rand(3) - 1)'}\n")
    with pytest.raises(SpecErrors, match=r"case.grad.yaml:3:14: input `x` holds nan"):
        _ = make_primals(program, 0)
    assert "allowed" in told("inputs: {x: '2 * randn(2000, 2000)'}\n", limit=2**20)


def test_low_precision_is_the_same_draw_rounded() -> None:
    body = "inputs: {x: {value: 'randn(9)', dtype: %s}}\n"
    wide = make_primals(built(body % "float64"), 1)["x"]
    low = make_primals(built(body % "float16"), 1)["x"]
    assert low.dtype == np.float16
    assert np.array_equal(wide.astype(np.float16), low)


def test_primals_are_read_only() -> None:
    found = drawn({"x": "ones(2)", "y": "[1., 2.]", "z": "randn(2)"}, 0)
    assert not any(array.flags.writeable for array in found.values())


def test_true_and_false_are_bool_unless_said_otherwise() -> None:
    program = built("inputs: {m: [true, false], n: {value: [true, false], dtype: float32}}\n")
    assert (program.kinds["m"].dtype, program.kinds["n"].dtype) == (np.bool_, np.float32)


def test_floating_inputs_want_gradients_and_others_do_not() -> None:
    inputs = built(
        "inputs: {x: 1., k: {value: 1, dtype: int64}, c: {value: 1., requires_grad: false}}\n"
    ).inputs
    assert [item.requires_grad for item in inputs.values()] == [True, False, False]


@pytest.mark.parametrize("entry", [".nan", ".inf", "-.inf"])
def test_what_is_not_finite_is_refused_at_its_place(entry: str) -> None:
    says = told(f"inputs:\n  x: [1., {entry}]\nloss: sum(x)\n")
    assert says.startswith("case.grad.yaml:4:11: input `x` holds")


def test_the_largest_number_of_a_dtype_is_taken_and_one_beyond_is_not() -> None:
    body = "inputs: {x: {value: [%s], dtype: float16}}\n"
    assert "no fault" in told(body % "65504")
    assert "does not fit float16" in told(body % "65600")


def test_a_wide_whole_number_keeps_its_value() -> None:
    body = "inputs: {k: {value: [9007199254740993], dtype: int64}}\n"
    assert make_primals(built(body), 0)["k"].tolist() == [2**53 + 1]
    assert "does not fit int64" in told(body.replace("9007199254740993", "9" * 30))
