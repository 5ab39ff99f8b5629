"""A loop is held to what is stated of it, to its own gradients, and to nothing rounding decides."""

from typing import Final

import pytest

from gradverify.verdict.verdict import SpecResult, Status
from tests.support import codes, result_of

FIT: Final = """
inputs: {x: "randn(20, 3)", t: "randn(20, 1)", w: "randn(3, 1)"}
loss: mean((x @ w - t) ** 2)
tape:
  - repeat: {times: 120, backward: loss, update: {w: w - %s * w.grad}, %s}
"""
RIGHT: Final = FIT % (0.05, "zero: w, loss: %s")
LOGISTIC: Final = """
inputs: {w: 0.3}
loss: (w ** 2 / 2 - w ** 3 / 3) * 3.9
tape:
  - repeat: {times: 300, backward: loss, update: {w: w.grad}, zero: w}
"""
FRAMEWORKS: Final = ("rules", "torch", "jax", "stated")


def verdict(result: SpecResult, kind: str, party: str = "stated") -> Status:
    (found,) = {v.status for v in result.comparisons if (v.kind, v.party) == (kind, party)}
    return found


@pytest.mark.parametrize(
    ("stated", "kind", "wrong"),
    [
        ("{falling_after: 1}", "falling", "{falling_after: 1}"),
        ("{below: 1.18}", "below", "{below: 1.0}"),
        ("{values: {0: 1.9108}}", "loss", "{values: {0: 1.9110}}"),
    ],
)
def test_what_is_stated_of_a_loss_is_held_against_it(stated: str, kind: str, wrong: str) -> None:
    right = result_of(RIGHT % stated)
    assert (right.status, verdict(right, kind)) == ("passed", Status.AGREE)
    body = RIGHT % wrong if kind != "falling" else FIT % (1.5, f"zero: w, loss: {wrong}")
    failed = result_of(body)
    assert (failed.status, verdict(failed, kind)) == ("failed", Status.DISAGREE)
    assert any((code, party) == ("mismatch", "stated") for code, party, _ in codes(failed))


def test_a_loop_that_never_zeroes_is_found_out_at_its_second_step() -> None:
    assert "grad-accumulated" not in {
        code for code, *_ in codes(result_of(FIT % (0.05, "zero: w")))
    }
    result = result_of(FIT % (0.05, "loss: {}"))
    assert result.status == "failed"
    (found,) = [f for f in result.findings if f.code == "grad-accumulated"]
    assert (found.party, found.of, found.details["passes"]) == ("tape", "w", 2)
    assert found.at == "tape step 1, step 1 of the loop"


def test_whoever_takes_the_gradient_is_not_blamed_for_a_loop_that_does_not() -> None:
    result = result_of(FIT % (0.05, "loss: {}"), oracles=FRAMEWORKS)
    blamed = {v.party for v in result.comparisons if v.status is Status.DISAGREE}
    assert blamed == {"tape"}


def test_a_loop_that_diverges_is_told_where_it_does() -> None:
    result = result_of(FIT % (50, "zero: w"))
    (found,) = [f for f in result.findings if f.code == "not-finite"]
    assert (found.party, found.of, found.details["step"]) == ("tape", "loss", 68)
    assert found.message.startswith("the loss is inf at step 68 of 120; the last finite one was")
    assert result.status == "failed"


def test_a_loop_whose_update_reads_none_ends_there() -> None:
    body = """
inputs: {w: 1., v: 2.}
loss: w * w
tape:
  - repeat: {times: 9, backward: loss, update: {w: w - 0.1 * w.grad, v: v - v.grad}, zero: w}
"""
    result = result_of(body)
    (found,) = [f for f in result.findings if f.code == "gradient-missing"]
    assert found.message == "the loop ends at step 0 of 9: `v.grad` is None"


@pytest.mark.parametrize("start", [0.3, 0.1, 0.42, 0.77, 0.5001, 0.9])
def test_nobody_is_wrong_about_what_rounding_decides(start: float) -> None:
    result = result_of(LOGISTIC.replace("0.3", str(start)), oracles=FRAMEWORKS)
    assert result.status == "passed"
    (course,) = [v for v in result.comparisons if v.kind == "losses" and v.party == "jax"]
    told = int(course.because.split(" at ")[1].split(" of ")[0])
    assert 20 < told < 120
    assert course.because.endswith("; later ones rounding decides")


def test_what_is_stated_of_a_loss_that_rounding_decides_is_undecided() -> None:
    told = LOGISTIC.replace("zero: w}", "zero: w, loss: {values: {%d: %s}}}")
    late = result_of(told % (250, 0.4))
    assert verdict(late, "loss") is Status.UNDECIDED


def test_whether_a_loss_falls_where_rounding_decides_is_undecided() -> None:
    told = LOGISTIC.replace("zero: w}", "zero: w, loss: {falling_after: %d}}")
    assert verdict(result_of(told % 200), "falling") is Status.UNDECIDED
    assert verdict(result_of(told % 1), "falling") is Status.DISAGREE


def test_a_loss_of_zero_has_nothing_left_to_fall() -> None:
    body = "inputs: {w: 1.}\nloss: w * w\ntape:\n  - repeat: {times: 5, backward: loss, "
    body += "update: {w: w - 0.5 * w.grad}, zero: w, loss: {falling_after: 0}}\n"
    assert verdict(result_of(body), "falling") is Status.AGREE
    still = body.replace("0.5 * w.grad", "0 * w.grad")
    assert verdict(result_of(still), "falling") is Status.DISAGREE


def test_a_smooth_loop_is_followed_to_its_end() -> None:
    result = result_of(FIT % (0.05, "zero: w"), oracles=FRAMEWORKS)
    courses = {v.party: v for v in result.comparisons if v.kind == "losses"}
    assert courses.keys() == {"tape", "torch", "jax"}
    for course in (courses["torch"], courses["jax"]):
        assert course.because == "the same to rounding at 120 of 120 steps"
        assert course.allowed < 1e-11


@pytest.mark.parametrize(("stated", "status"), [("0", "passed"), ("5", "failed")])
def test_a_loss_of_exactly_zero_can_be_stated(stated: str, status: str) -> None:
    body = """
inputs: {w: 2.}
loss: relu(1 - w)
tape:
  - repeat: {times: 3, backward: loss, update: {w: w - w.grad}, zero: w, loss: {values: {2: %s}}}
"""
    assert result_of(body % stated, oracles=FRAMEWORKS).status == status


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_what_every_tape_shows_is_no_matter_of_rounding(dtype: str) -> None:
    body = f"""
inputs: {{w: {{value: 3., dtype: {dtype}}}}}
loss: w * w
tape:
  - repeat:
      {{times: 3, backward: loss, update: {{w: w / 2}}, zero: w, loss: {{values: {{2: 0.56}}}}}}
"""
    assert result_of(body, oracles=("rules", "torch", "stated")).status == "passed"
    wrong = result_of(body.replace("0.56", "0.76"), oracles=("rules", "torch", "stated"))
    assert wrong.status == "failed"


def test_a_loss_below_all_normal_numbers_is_zero_to_some() -> None:
    body = """
inputs: {x: 1.}
loss: x * x
tape:
  - repeat: {times: 1700, backward: loss, update: {x: x - 0.1 * x.grad}, zero: x}
"""
    assert result_of(body, oracles=FRAMEWORKS).status == "passed"
