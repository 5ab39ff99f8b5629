"""A cause that the arrays alone show is named, and none where it is not certain."""

from collections.abc import Callable

import numpy as np
import pytest

from gradverify.arrays import Array
from gradverify.verdict.verdict import Finding
from tests.support import STRANGER, Altered, codes, near, result_of, result_with

TABLE = 'inputs: {x: "randn(5, 7)"}\nloss: sum(exp(x))'
SQUARE = 'inputs: {x: "randn(6, 6)"}\nloss: sum(exp(x))'
PAIR = 'inputs: {a: "randn(8)", b: "randn(8)"}\nloss: sum(exp(a) * b)'

FACTORS = {"2": 2, "1/2": 1 / 2, "rows": 5, "1/rows": 1 / 5, "columns": 7, "1/columns": 1 / 7,
           "entries": 35, "1/entries": 1 / 35, "3": 3, "1/4": 1 / 4}  # fmt: skip
UNEXPLAINED = {"1.01": 1.01, "11": 11, "1/6": 1 / 6, "pi": np.pi}


def only(monkeypatch: pytest.MonkeyPatch, body: str, alter: Callable[[Array], Array]) -> Finding:
    """Return the one finding about a gradient that a stranger has altered."""
    result = result_with(monkeypatch, body, Altered(gradient=lambda _, right: alter(right)))
    assert result.status == "failed"
    (found,) = [f for f in result.findings if f.of in {"x", "a"}]
    assert found.party == STRANGER
    return found


@pytest.mark.parametrize("factor", FACTORS.values(), ids=FACTORS)
def test_a_factor_that_the_program_explains_is_named(
    monkeypatch: pytest.MonkeyPatch, factor: float
) -> None:
    found = only(monkeypatch, TABLE, lambda right: factor * right)
    assert found.code == "off-by-factor"
    assert near(found.details["factor"], factor)


@pytest.mark.parametrize("factor", UNEXPLAINED.values(), ids=UNEXPLAINED)
def test_a_factor_that_nothing_explains_is_not(
    monkeypatch: pytest.MonkeyPatch, factor: float
) -> None:
    assert only(monkeypatch, TABLE, lambda right: factor * right).code == "mismatch"


@pytest.mark.parametrize("seed", range(20))
def test_a_random_gradient_is_a_mismatch(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    draw = np.random.default_rng(seed)
    found = only(monkeypatch, TABLE, lambda right: draw.standard_normal(right.shape))
    assert found.code == "mismatch"
    assert "step" not in found.details or found.mark is not None


@pytest.mark.parametrize("seed", range(5))
def test_a_right_gradient_with_random_errors_is_a_mismatch(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    draw = np.random.default_rng(seed)
    found = only(
        monkeypatch, TABLE, lambda right: right * (1 + 1e-3 * draw.standard_normal(right.shape))
    )
    assert found.code == "mismatch"


def test_a_flipped_sign_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert only(monkeypatch, TABLE, np.negative).code == "sign-flipped"


def test_one_flipped_entry_is_no_flipped_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    signs = np.where(np.arange(35).reshape(5, 7) == 11, -1.0, 1.0)
    found = only(monkeypatch, TABLE, lambda right: right * signs)
    assert found.code == "entries-wrong"
    assert found.details["index"] == (1, 4)


def test_zeros_are_a_missing_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    assert only(monkeypatch, TABLE, np.zeros_like).code == "gradient-missing"


def test_zeros_are_right_where_nothing_depends_on_the_input() -> None:
    body = "inputs: {x: [1., 2.], b: [3., 4.]}\nloss: sum(x * x) + sum(0 * b)\n"
    assert result_of(body + "expect: {grads: {b: 0 * b}}").status == "passed"


def test_a_transposed_square_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert only(monkeypatch, SQUARE, np.transpose).code == "transposed"


def test_entries_in_the_order_of_the_transpose_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    found = only(monkeypatch, TABLE, lambda right: right.T.reshape(right.shape))
    assert found.code == "transposed"


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_gradient_in_the_shape_of_the_transpose_is_never_a_mere_shape(
    monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    wrong: Callable[[Array], Array] = np.transpose if order == "F" else lambda r: r.reshape(7, 5)
    expected = "transposed" if order == "F" else "shape-differs"
    assert only(monkeypatch, TABLE, wrong).code == expected


def test_a_transpose_of_what_is_symmetric_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    body = "inputs: {x: [[1., 2.], [2., 1.]]}\nloss: sum(exp(x))"
    result = result_with(monkeypatch, body, Altered(gradient=lambda _, right: right.T))
    assert result.status == "passed"


def swap_pair(monkeypatch: pytest.MonkeyPatch, body: str) -> list[tuple[str, str, str]]:
    kept: dict[str, Array] = {}
    _ = result_with(monkeypatch, body, Altered(gradient=kept.setdefault))
    other = {"a": "b", "b": "a"}
    swapped = Altered(gradient=lambda of, right: kept[other[of]] if of in other else right)
    return codes(result_with(monkeypatch, body, swapped))


def test_swapped_inputs_are_named_for_both(monkeypatch: pytest.MonkeyPatch) -> None:
    assert swap_pair(monkeypatch, PAIR) == [
        ("inputs-swapped", STRANGER, "a"),
        ("inputs-swapped", STRANGER, "b"),
    ]


def test_swapped_inputs_of_one_gradient_are_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    assert swap_pair(monkeypatch, PAIR.replace("exp(a) * b", "exp(a + b)")) == []


@pytest.mark.parametrize("narrow", ["float32", "float16"])
@pytest.mark.parametrize("kept", [True, False])
def test_rounding_to_a_narrower_format_is_named(
    monkeypatch: pytest.MonkeyPatch, narrow: str, *, kept: bool
) -> None:
    def rounded(right: Array) -> Array:
        return right.astype(narrow) if kept else right.astype(narrow).astype(np.float64)

    found = only(monkeypatch, TABLE, rounded)
    assert found.code == "precision-lost"
    assert found.details["format"] == narrow


def test_float32_is_right_in_a_float32_program(monkeypatch: pytest.MonkeyPatch) -> None:
    body = 'inputs: {x: {value: "randn(5, 7)", dtype: float32}}\nloss: sum(exp(x))'
    assert result_with(monkeypatch, body, Altered()).status == "passed"
    halved = Altered(gradient=lambda _, right: right.astype(np.float16).astype(np.float32))
    result = result_with(monkeypatch, body, halved)
    assert codes(result) == [("precision-lost", STRANGER, "x")]


@pytest.mark.parametrize(
    ("wrong", "code"), [(1, "entries-wrong"), (3, "entries-wrong"), (9, "mismatch")]
)
def test_a_few_wrong_entries_are_named_and_many_are_a_mismatch(
    monkeypatch: pytest.MonkeyPatch, wrong: int, code: str
) -> None:
    errors = np.zeros((5, 7))
    errors.reshape(-1)[2 : 2 + wrong] = np.linspace(0.3, 0.5, wrong)
    found = only(monkeypatch, TABLE, lambda right: right + errors)
    assert found.code == code
    if code == "entries-wrong":
        assert found.details["entries"] == wrong


def test_many_wrong_entries_are_counted_and_not_all_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    errors = np.where(np.arange(300) < 25, 0.5, 0.0) * np.linspace(1, 2, 300)
    body = 'inputs: {x: "randn(300)"}\nloss: sum(exp(x))'
    found = only(monkeypatch, body, lambda right: right + errors)
    assert found.details["entries"] == 25
    assert "more" in found.message
    assert found.message.count("[") < 10
