"""Each lowering to torch and to jax agrees with its rule, and names, zeros and dtypes are kept."""

from collections.abc import Callable, Mapping
from types import MappingProxyType, ModuleType
from typing import Any, Final, TypeAlias

import numpy as np
import pytest
from numpy.typing import DTypeLike

from gradverify.arrays import Array
from gradverify.ops.table import OPS
from gradverify.oracles import jax_grad, torch_autograd
from gradverify.oracles.jax_grad import JaxGrad
from gradverify.oracles.oracle import Gradients, Oracle, Unsupported, Wanted
from gradverify.oracles.torch_autograd import TorchAutograd
from gradverify.program.program import Program, Step
from tests.oracles.lowering_cases import CASES, subject_of, worst_against_rules
from tests.support import program_of, read_only, step

Convention: TypeAlias = tuple[str, list[float], dict[str, Any], list[float], list[float]]

ONE: Final = np.array(1.0)
ALLOWED: Final[Mapping[DTypeLike, float]] = MappingProxyType(
    {np.float64: 1e-13, np.float32: 1e-5, np.float16: 2e-2}
)
NAN: Final = float("nan")
INF: Final = float("inf")

# Where the derivative does not exist, the two choose differently; samples stay away from there.
# (op, operand, attributes, torch's choice, jax's choice)
CONVENTIONS: Final[tuple[Convention, ...]] = (
    ("abs", [0.0], {}, [0.0], [1.0]),
    ("clip", [0.0, 1.0], {"min": 0, "max": 1}, [1.0, 1.0], [0.5, 0.5]),
    ("vector_norm", [0.0, 0.0], {"ord": 2}, [0.0, 0.0], [NAN, NAN]),
    ("vector_norm", [0.0, 0.0], {"ord": 1}, [0.0, 0.0], [1.0, 1.0]),
    ("vector_norm", [0.0, 0.0], {"ord": INF}, [0.0, 0.0], [0.25, 0.25]),
    ("std", [1.0, 1.0], {}, [0.0, 0.0], [NAN, NAN]),
    ("relu", [0.0], {}, [0.0], [0.0]),
    ("sign", [0.0], {}, [0.0], [0.0]),
    ("sqrt", [0.0], {}, [INF], [INF]),
    ("max", [1.0, 1.0], {}, [0.5, 0.5], [0.5, 0.5]),
)

FRAMEWORKS: Final = ((TorchAutograd(), torch_autograd), (JaxGrad(), jax_grad))
NARROW: Final = (
    (TorchAutograd(), np.float16),
    (TorchAutograd(), np.float32),
    (JaxGrad(), np.float32),
)

every_op = pytest.mark.parametrize("op", OPS)
every_oracle = pytest.mark.parametrize("oracle", [TorchAutograd(), JaxGrad()], ids=["torch", "jax"])
every_framework = pytest.mark.parametrize(("oracle", "module"), FRAMEWORKS, ids=["torch", "jax"])


def answer(oracle: Oracle, program: Program, primals: dict[str, Array], *by: str) -> Gradients:
    """Return all values, and the gradients of the loss by some of them."""
    gradients = oracle.differentiate(
        program, read_only(primals), Wanted(tuple(program.kinds), by, ONE)
    )
    assert isinstance(gradients, Gradients)
    return gradients


def replace_lowering(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType, op: str, wrap: Callable[[Any], Any]
) -> None:
    """Let `wrap` have its way with what a lowering returns."""
    right = module.LOWERINGS[op]

    def wrong(*operands: Any, **attributes: Any) -> Any:
        return wrap(right(*operands, **attributes))

    monkeypatch.setattr(module, "LOWERINGS", MappingProxyType({**module.LOWERINGS, op: wrong}))


def slightly_off(right: Any) -> Any:
    return ~right if "f" not in str(right.dtype) else right * 1.0001


@every_framework
def test_every_op_is_lowered_and_has_cases(oracle: Oracle, module: ModuleType) -> None:
    assert OPS.keys() - module.LOWERINGS.keys() == set(), oracle.name
    assert OPS.keys() - CASES.keys() == set()


@every_op
@every_oracle
def test_each_lowering_agrees_with_its_rule(oracle: Oracle, op: str) -> None:
    assert worst_against_rules(oracle, subject_of(op)) <= ALLOWED[np.float64]


@every_op
@pytest.mark.parametrize(("oracle", "dtype"), NARROW, ids=["torch-16", "torch-32", "jax-32"])
def test_each_lowering_keeps_a_narrow_dtype(oracle: Oracle, op: str, dtype: DTypeLike) -> None:
    assert worst_against_rules(oracle, subject_of(op, dtype, most=2)) <= ALLOWED[dtype]


@every_op
@every_framework
def test_a_lowering_that_is_off_by_a_ten_thousandth_is_noticed(
    oracle: Oracle, module: ModuleType, op: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_lowering(monkeypatch, module, op, slightly_off)
    assert worst_against_rules(oracle, subject_of(op, most=1)) > 1e-5


@every_framework
def test_a_gradient_that_is_wrong_where_the_value_is_right_is_noticed(
    oracle: Oracle, module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = subject_of("exp")
    detach = module.LOWERINGS["detach"]
    replace_lowering(monkeypatch, module, "exp", lambda y: detach(y) + 1.001 * (y - detach(y)))
    assert worst_against_rules(oracle, subject) > 1e-5


@pytest.mark.parametrize(("op", "x", "attributes", "by_torch", "by_jax"), CONVENTIONS)
def test_at_a_kink_each_framework_has_its_convention(
    op: str, x: list[float], attributes: dict[str, Any], by_torch: list[float], by_jax: list[float]
) -> None:
    primals = {"x": np.array(x)}
    program = program_of(primals, step("y", op, "x", **attributes), step("loss", "sum", "y"))
    for oracle, chosen in ((TorchAutograd(), by_torch), (JaxGrad(), by_jax)):
        np.testing.assert_equal(answer(oracle, program, primals, "x").wrt["x"], chosen)


@every_framework
def test_an_op_without_a_lowering_is_unsupported_by_name(
    oracle: Oracle, module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOWERINGS", {})
    program = program_of({"x": np.ones(2)}, step("y", "exp", "x"), step("z", "sum", "y"))
    reply = oracle.differentiate(program, {"x": np.ones(2)}, Wanted((), ("x",), ONE))
    assert reply == Unsupported(f"no {oracle.name} lowering for exp, sum")


@every_oracle
def test_an_intermediate_has_the_gradient_of_the_loss_by_itself(oracle: Oracle) -> None:
    program = program_of(
        {"x": np.array([1.0, 2.0])},
        step("y", "multiply", "x", "x"),
        step("z", "multiply", "y", "x"),
        step("loss", "sum", "z"),
    )
    gradients = answer(oracle, program, {"x": np.array([1.0, 2.0])}, "x", "y", "z", "loss")
    assert gradients.wrt["x"].tolist() == [3.0, 12.0]
    assert gradients.wrt["y"].tolist() == [1.0, 2.0]
    assert gradients.wrt["z"].tolist() == [1.0, 1.0]
    assert gradients.wrt["loss"].tolist() == 1.0
    assert gradients.values["z"].tolist() == [1.0, 8.0]


@every_oracle
@pytest.mark.parametrize(
    "same",
    [
        step("y", "flatten", "x"),
        step("y", "astype", "x", dtype=np.dtype(np.float64)),
        step("y", "broadcast_to", "x", shape=(2,)),
        step("y", "clip", "x"),
    ],
    ids=lambda one: one.op,
)
def test_an_op_that_changes_nothing_still_makes_another_value(oracle: Oracle, same: Step) -> None:
    x = np.array([1.0, 2.0])
    program = program_of({"x": x}, same, step("z", "multiply", "x", "y"), step("loss", "sum", "z"))
    gradients = answer(oracle, program, {"x": x}, "x", "y")
    assert gradients.wrt["x"].tolist() == [2.0, 4.0]
    assert gradients.wrt["y"].tolist() == [1.0, 2.0]


@every_oracle
@pytest.mark.parametrize("barrier", ["detach", "no_grad"])
def test_nothing_passes_a_detached_value_but_it_has_a_gradient_itself(
    oracle: Oracle, barrier: str
) -> None:
    x = np.array([1.0, 2.0])
    program = program_of(
        {"x": x},
        step("y", barrier, "x"),
        step("z", "multiply", "x", "y"),
        step("loss", "sum", "z"),
    )
    gradients = answer(oracle, program, {"x": x}, "x", "y")
    assert gradients.wrt["x"].tolist() == [1.0, 2.0]
    assert gradients.wrt["y"].tolist() == [1.0, 2.0]


@every_oracle
def test_an_input_that_the_loss_does_not_read_has_a_gradient_of_zeros(oracle: Oracle) -> None:
    primals = {"x": np.ones(2), "unused": np.ones((2, 3), np.float32)}
    gradients = answer(oracle, program_of(primals, step("y", "sum", "x")), primals, "x", "unused")
    assert np.array_equal(gradients.wrt["unused"], np.zeros((2, 3), np.float32))
    assert gradients.wrt["unused"].dtype == np.float32


@every_oracle
def test_a_loss_that_reads_no_variable_gives_zeros(oracle: Oracle) -> None:
    primals = {"x": np.ones(2), "c": np.ones(3)}
    gradients = answer(oracle, program_of(primals, step("y", "sum", "c")), primals, "x")
    assert gradients.wrt["x"].tolist() == [0.0, 0.0]


@every_oracle
def test_no_cotangent_asks_for_values_alone(oracle: Oracle) -> None:
    primals = {"x": np.array([3, 4])}
    program = program_of(primals, step("y", "add", "x", 1))
    reply = oracle.differentiate(program, primals, Wanted(("y",), ("x",), None))
    assert isinstance(reply, Gradients)
    assert reply.values["y"].tolist() == [4, 5]
    assert reply.values["y"].dtype == np.int64
    assert reply.wrt == {}


@every_oracle
def test_the_cotangent_weighs_the_loss(oracle: Oracle) -> None:
    primals = {"x": np.array([1.0, 2.0])}
    program = program_of(primals, step("y", "square", "x"))
    wanted = Wanted((), ("x",), np.array([10.0, 100.0]))
    reply = oracle.differentiate(program, primals, wanted)
    assert isinstance(reply, Gradients)
    assert reply.wrt["x"].tolist() == [20.0, 400.0]


@every_oracle
def test_a_number_beside_float32_leaves_it_float32(oracle: Oracle) -> None:
    primals = {"x": np.ones(2, np.float32), "mask": np.array([True, False])}
    program = program_of(
        primals,
        step("y", "add", "x", 0.1),
        step("z", "maximum", "y", 0.1),
        step("w", "where", "mask", 0.1, "z"),
        step("loss", "mean", "w"),
    )
    gradients = answer(oracle, program, primals, "x", "w")
    assert {array.dtype for name, array in gradients.values.items() if name != "mask"} == {
        np.dtype(np.float32)
    }
    assert {array.dtype for array in gradients.wrt.values()} == {np.dtype(np.float32)}


@every_oracle
def test_the_bits_of_an_input_reach_the_framework_and_come_back(oracle: Oracle) -> None:
    special = np.array([-0.0, 5e-324, np.inf, np.nextafter(1.0, 2.0)])
    primals = {"x": np.asfortranarray(np.tile(special, (2, 1)))[:, ::-1]}
    program = program_of(primals, step("loss", "sum", "x"))
    gradients = answer(oracle, program, primals, "x")
    assert gradients.values["x"].tobytes() == np.ascontiguousarray(primals["x"]).tobytes()


@every_oracle
def test_answers_are_copies_that_share_nothing(oracle: Oracle) -> None:
    primals = {"x": np.ones(2)}
    program = program_of(primals, step("y", "reshape", "x", shape=(2, 1)), step("l", "sum", "y"))
    gradients = answer(oracle, program, primals, "x", "y")
    gradients.values["x"][0] = 7.0
    assert gradients.values["y"][0, 0] == 1.0
    assert primals["x"][0] == 1.0


@every_oracle
def test_what_the_forward_pass_raises_is_not_caught(oracle: Oracle) -> None:
    program = program_of({"x": np.ones(2)}, step("y", "sum", "x"))
    with pytest.raises(KeyError, match="x"):
        _ = oracle.differentiate(program, {}, Wanted((), ("x",), ONE))
