"""A program without a finite loss is refused at the step at fault, before anybody is asked."""

from tests.support import result_of

LABELS = "inputs: {x: 'randn(2, 3)', t: {value: [0, 7], dtype: int64}}\n"


def fault(body: str) -> str:
    result = result_of(body)
    assert result.status == "broken"
    (found,) = result.faults
    return found


def test_a_loss_that_is_not_a_number_is_refused_at_the_step_that_made_it_so() -> None:
    found = fault("inputs: {x: [1.0, -1.0]}\nops: ['y = x * 2', 'z = log(y)']\nloss: sum(z)\n")
    assert "the loss is nan at these inputs, and has no gradient" in found
    assert "`z = log(y)` is the first step with such a number, at [1]." in found


def test_an_infinite_loss_is_refused() -> None:
    assert "the loss is inf" in fault("inputs: {x: 0.0}\nloss: 1 / x\n")


def test_an_infinite_value_on_the_way_to_a_finite_loss_is_none_of_this() -> None:
    body = "inputs: {x: [1.0, 1000.0]}\nops: ['y = exp(x)']\nloss: sum(minimum(x, 5))\n"
    assert result_of(body).status == "passed"


def test_a_label_that_is_no_class_is_refused_at_its_step() -> None:
    found = fault(LABELS + "loss: cross_entropy(x, t)\n")
    assert "cannot be computed: targets of 3 classes lie between 0 and 2" in found


def test_an_index_out_of_range_is_refused_at_its_step() -> None:
    assert "cannot be computed" in fault(LABELS + "ops: ['y = x[t]']\nloss: sum(y)\n")


def test_labels_within_range_are_not() -> None:
    body = LABELS.replace("7", "2") + "loss: cross_entropy(x, t)\n"
    assert result_of(body).status == "passed"
