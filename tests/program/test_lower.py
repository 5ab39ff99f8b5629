"""Statements become single-assignment steps of the shapes and dtypes that numpy computes."""

from collections.abc import Mapping

import numpy as np
import pytest

from gradverify.arrays import Array
from gradverify.ops.op import Slot
from gradverify.program.binding import spellings
from gradverify.program.evaluate import run_steps
from gradverify.program.inputs import make_primals
from gradverify.program.program import Number, Program
from tests.program.built import built, of_statements, told

INPUTS = (
    "{x: 'randn(2, 3)', w: 'randn(3, 4)', f: {value: 'randn(3)', dtype: float32}, "
    "k: {value: [0, 1], dtype: int64}, b: {value: [1, 0, 1], dtype: bool}}"
)


def values(program: Program) -> Mapping[str, Array]:
    env: dict[str, Array] = dict(make_primals(program, 0))
    run_steps(program.steps, env)
    return env


def ops(program: Program) -> list[str]:
    return [step.op for step in program.steps]


STATEMENTS = (
    *("y = x @ w", "y = x.mm(w).clip(min=0)", "y = relu(x.T)", "y = sum(x, dim=1, keepdim=True)"),
    *("y = x.sum(0)", "y = mean(x, axis=(0, 1))", "y = x.view(-1, 2)", "y = reshape(x, (3, 2))"),
    *("y = x * f", "y = f * 2", "y = f + 1.5", "y = k * 2", "y = k * x[:, 0]", "y = k + 0.5"),
    *("y = b * f", "y = sum(b)", "y = x > 0", "y = where(x > 0, x, 0)", "y = where(x > 0, 1., 0.)"),
    *("y = x[0, -1]", "y = x[:, 1:]", "y = x[::2, None]", "y = x[..., 0]", "y = x[k]"),
    *("y = x[[0, 1], k]", "y = x[:, [2, 0]]", "y = stack([x, x], dim=1)", "y = cat([x, x[:1]], 0)"),
    *("y = stack([x[0, 0], 2.])", "y = x ** 2", "y = 2 ** x", "y = 1 / x", "y = exp(2)"),
    *("y = ones(2, 3) * x", "y = eye(3) @ w", "y = arange(3) * f", "y = x / x.shape[0]"),
    *("y = zeros(2)\n    ", "y = x.permute(1, 0)", "y = maximum(x, 0)", "y = softmax(x, dim=-1)"),
    *("y = cross_entropy(x, k)", "y = mse_loss(x, x * 0, reduction='sum')", "y = x.mT"),
    *("y = astype(x, float32)", "y = x.astype('int64')", "y = -x", "y = full((2, 3), 0.5) - x"),
    *("y = var(x, dim=0, unbiased=True)", "y = addmm(x @ w, x, w, beta=2, alpha=0.5)"),
    *(
        "y = x.unsqueeze(0)",
        "y = squeeze(x[:1], 0)",
        "y = array([[1, 2, 3]]) * x",
        "y = no_grad(x)",
        "y = x * 1; y[k] = ones(3)",
        "y = x * 1; y[:, 0] += 2",
    ),
)


@pytest.mark.parametrize("statement", STATEMENTS)
def test_the_kind_of_every_value_is_what_numpy_computes(statement: str) -> None:
    program = of_statements(*statement.split("; "), inputs=INPUTS)
    found = values(program)
    for name, kind in program.kinds.items():
        assert (np.shape(found[name]), found[name].dtype) == (kind.shape, kind.dtype), name


def test_a_wrong_kind_would_be_noticed() -> None:
    program = of_statements("y = sum(b)", inputs=INPUTS)
    plain = np.sum(values(program)["b"], dtype=bool)
    assert plain.dtype != program.kinds["y"].dtype


def test_the_step_that_ends_a_statement_has_its_name_and_the_others_none() -> None:
    program = of_statements("y = relu(x @ w) * 2", inputs=INPUTS)
    assert [step.output for step in program.steps] == ["%1", "%2", "y"]
    assert ops(program) == ["matmul", "relu", "multiply"]
    assert program.steps[2].operands == ("%2", Number(2))


def test_assigning_again_makes_a_new_value() -> None:
    program = of_statements("y = x * 2", "y = y + 1", "y += y", inputs=INPUTS)
    assert [step.output for step in program.steps] == ["y", "y#2", "y#3"]
    assert program.steps[2].operands == ("y#2", "y#2")
    assert program.names["y"] == "y#3"


@pytest.mark.parametrize("statement", ["x = x * 2", "x += 1", "x[0, 0] = 1", "x = 3"])
def test_an_input_keeps_its_name_to_itself(statement: str) -> None:
    says = told(f"inputs: {{x: 'ones(2, 2)', x2: 1.}}\nops:\n  - y = x\n  - {statement}\n")
    assert says.startswith("case.grad.yaml:6:5: `x` is an input")
    assert "`x3" in says
    assert "no fault" in told("inputs: {x: 'ones(2)'}\nops: [y = x * 1, y = y * 2]\n")


def test_a_backward_pass_may_name_its_own_values_as_inputs_are_named() -> None:
    program = built(
        "inputs: {w: 2.}\nloss: w * w\nderived: {ops: [g = 2 * w, w = w - g], grads: {w: g}}\n"
    )
    assert program.derived.names["w"] == "w#2"
    assert program.names["w"] == "w"


def test_another_name_for_a_value_is_no_step() -> None:
    program = of_statements("y = x", inputs=INPUTS)
    assert not program.steps
    assert program.names["y"] == "x"


def test_numbers_are_worked_out_and_stay_weak() -> None:
    program = of_statements("lr = 10 ** -2 / 4", "y = f * lr", inputs=INPUTS)
    assert program.steps[0].operands == ("f", Number(0.0025))
    assert program.kinds["y"].dtype == np.float32
    assert "lr" not in program.names


def test_no_oracle_has_to_promote() -> None:
    program = of_statements("y = x * f", "z = k * x[:, 0]", "c = x < k[0]", inputs=INPUTS)
    for step in program.steps:
        if step.op in {"multiply", "less"}:
            assert len({program.kinds[name].dtype for name in step.reads}) == 1
    assert ops(program).count("astype") == 3


def test_operands_of_one_dtype_are_not_cast() -> None:
    assert "astype" not in ops(of_statements("y = f * 2 + f ** 2", inputs=INPUTS))


def test_masks_and_class_labels_take_no_part_in_promotion() -> None:
    program = of_statements("y = where(x > 0, x, 0)", "z = cross_entropy(x, k)", inputs=INPUTS)
    assert "astype" not in ops(program)


def test_a_mask_that_is_none_is_refused() -> None:
    assert "is to be bool" in told("inputs: {x: 'ones(2)'}\nloss: sum(where(x, x, 0))\n")


def test_an_index_is_static_with_slots_for_arrays() -> None:
    program = of_statements("y = x[k, 1:, None]", inputs=INPUTS)
    assert program.steps[0].operands == ("x", "k")
    assert program.steps[0].attributes["index"] == (Slot(1), slice(1, None), None)


@pytest.mark.parametrize("maker", ["arange(2)", "array([0, 1])", "arange(0, 2, 1)"])
def test_a_maker_of_whole_numbers_in_an_index_is_whole(maker: str) -> None:
    program = of_statements(f"y = x[{maker}, k]", f"z = {maker}", inputs=INPUTS)
    inside, outside = (s for s in program.steps if s.op == "constant")
    assert program.kinds[inside.output].dtype == np.int64
    assert program.kinds[outside.output].dtype == np.float64


@pytest.mark.parametrize("maker", ["arange(0.5, 2)", "arange(2, dtype='float32')", "ones(2)"])
def test_a_maker_of_other_numbers_is_no_index(maker: str) -> None:
    says = told(f"inputs: {{x: 'ones(2, 3)'}}\nloss: sum(x[{maker}])\n")
    assert "not whole numbers" in says
    assert "arange(3, dtype='int64')" in says


def test_assigning_to_an_index_makes_a_new_value_and_leaves_the_old() -> None:
    program = of_statements("y = zeros(2)", "y[0] = x[0, 0] + x[0, 1]", "z = y * 1", inputs=INPUTS)
    update = program.steps[-2]
    assert (update.op, update.operands[0], update.output) == ("index_update", "y", "y#2")
    assert program.steps[-1].operands[0] == "y#2"
    found = values(program)
    assert found["y#2"][0] == found["x"][0, 0] + found["x"][0, 1]
    assert found["y"][0] == 0


def test_slots_of_an_assignment_come_after_the_value() -> None:
    program = of_statements("y = x * 1", "y[k, 0] = 1", inputs=INPUTS)
    assert program.steps[-1].attributes["index"] == (Slot(2), 0)
    assert np.all(values(program)["y#2"][:, 0] == 1)


def test_assigning_a_scalar_by_a_mask_is_a_choice() -> None:
    program = of_statements("y = x * 1", "y[y < 0] = 0", inputs=INPUTS)
    assert program.steps[-1].op == "where"
    found = values(program)
    assert np.array_equal(found["y#2"], np.maximum(found["x"], 0))


def test_a_misspelt_keyword_of_torch_is_guessed_and_the_list_of_spellings_is_what_is_read() -> None:
    assert "Did you mean 'ddof'?" in told("inputs: {x: 'ones(3)'}\nloss: std(x, ddoff=1)\n")
    assert spellings("correction") == ("unbiased", "ddof")
    for keyword in spellings("keepdims"):
        assert "no fault" in told(f"inputs: {{x: 'ones(3)'}}\nloss: sum(x, {keyword}=False)\n")


def test_the_spellings_of_torch_are_those_of_the_array_api() -> None:
    ours = of_statements("y = sum(x, axis=0, keepdims=True)", inputs=INPUTS)
    theirs = of_statements("y = x.sum(dim=0, keepdim=True)", inputs=INPUTS)
    assert ours.steps[0].attributes == theirs.steps[0].attributes
    assert ours.steps[0].attributes["axis"] == 0


def test_a_step_knows_its_place_and_its_statement() -> None:
    step = of_statements("y = 2 * exp(x)", inputs=INPUTS).steps[0]
    assert step.source == "y = 2 * exp(x)"
    assert step.mark.text[step.mark.column - 1 :] == "exp(x)"


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("y = k / k", "`divide` of int64 operands alone"),
        ("y = mean(k)", "`mean` of int64 operands alone"),
        ("y = b - b", "`subtract` of bool operands alone"),
        ("y = clip(k, min=0.5)", "0.5 does not fit int64"),
        ("y = index(x, 0)", "`index` is not called by name"),
        ("y = [x, x]", "a list here is not part"),
        ("y = sum(x, axis=5)", "shapes do not fit `sum`"),
        ("y = x.shape[2]", "indexed by one of the 2 axes of x"),
    ],
)
def test_what_frameworks_do_differently_is_refused(statement: str, words: str) -> None:
    body = f"inputs: {INPUTS}\nops:\n  - {statement}\n"
    assert words in told(body)
