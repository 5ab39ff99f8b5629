"""A spec passes where the errors found are exactly those that it lists."""

import pytest

from tests.support import result_of

WRONG = "inputs: {x: [1., 2., 3.]}\nloss: sum(exp(x))\nexpect: {grads: {x: 2 * exp(x)}}\n"
RIGHT = WRONG.replace("2 * ", "")
KINKED = "inputs: {x: [0.0, 1.0]}\nloss: sum(relu(x))\n"


@pytest.mark.parametrize(
    "listed",
    [
        "{code: off-by-factor}",
        "{code: off-by-factor, party: stated}",
        "{code: off-by-factor, of: x}",
        "{code: off-by-factor, party: stated, of: x}",
    ],
)
def test_an_error_that_is_listed_is_expected(listed: str) -> None:
    result = result_of(f"{WRONG}findings: [{listed}]")
    assert result.status == "passed"
    assert [found.expected for found in result.findings] == [True]
    assert result.missing == ()


@pytest.mark.parametrize(
    "listed",
    [
        "{code: sign-flipped}",
        "{code: off-by-factor, party: derived}",
        "{code: off-by-factor, of: y}",
        "{code: mismatch, party: stated, of: x}",
    ],
)
def test_an_error_that_is_not_the_listed_one_fails(listed: str) -> None:
    result = result_of(f"{WRONG}findings: [{listed}]")
    assert result.status == "failed"
    assert [found.expected for found in result.findings] == [False]
    assert len(result.missing) == 1


def test_a_listed_error_that_nobody_makes_fails() -> None:
    listed = "findings: [{code: off-by-factor, party: stated, of: x}]"
    result = result_of(RIGHT + listed)
    assert result.status == "failed"
    assert result.findings == ()
    assert result.missing == ({"code": "off-by-factor", "party": "stated", "of": "x"},)
    assert result_of(RIGHT).status == "passed"


def test_what_is_listed_of_an_oracle_that_was_not_asked_is_not_looked_for() -> None:
    listed = f"{RIGHT}findings: [{{code: off-by-factor, party: torch, of: x}}]"
    result = result_of(listed, oracles=("rules", "finite_difference"))
    assert (result.status, result.missing) == ("passed", ())
    asked = result_of(listed.replace("torch", "rules"), oracles=("rules",))
    assert (asked.status, len(asked.missing)) == ("failed", 1)


def test_what_a_spec_claims_takes_part_whatever_oracles_are_asked() -> None:
    assert result_of(WRONG, oracles=("rules",)).status == "failed"
    assert result_of(RIGHT, oracles=("rules",)).status == "passed"


def test_a_party_that_there_is_not_is_looked_for() -> None:
    listed = "findings: [{code: off-by-factor, party: nobody}]"
    assert result_of(RIGHT + listed, oracles=("rules", "finite_difference")).status == "failed"


def test_an_unlisted_error_fails() -> None:
    result = result_of(WRONG)
    assert result.status == "failed"
    assert result.missing == ()


def test_of_two_errors_both_have_to_be_listed() -> None:
    body = "inputs: {x: [1., 2.], y: [3., 4.]}\nloss: sum(exp(x) * exp(y))\n"
    both = body + "expect: {grads: {x: 2 * exp(x) * exp(y), y: -exp(x) * exp(y)}}\n"
    one = "{code: off-by-factor, of: x}"
    assert result_of(f"{both}findings: [{one}]").status == "failed"
    assert result_of(f"{both}findings: [{one}, {{code: sign-flipped, of: y}}]").status == "passed"


def test_a_note_may_be_listed_and_must_then_be_there() -> None:
    listed = "findings: [{code: kink, of: x}]"
    assert result_of(KINKED).status == "passed"
    assert result_of(KINKED + listed).status == "passed"
    assert result_of(KINKED.replace("0.0", "0.5") + listed).status == "failed"


def test_a_spec_that_cannot_be_told_is_undecided() -> None:
    assert result_of("inputs: {x: [1e-9]}\nloss: sum(x * x) + 1e9").status == "undecided"
    assert result_of("inputs: {x: [1.0]}\nloss: sum(x * x) + 1").status == "passed"


def test_a_spec_that_cannot_be_built_is_broken_with_its_place() -> None:
    result = result_of("inputs: {x: [1.0]}\nloss: sum(y)")
    assert result.status == "broken"
    assert result.comparisons == ()
    assert result.faults[0].startswith("t.grad.yaml:4:")


def test_a_result_carries_what_it_was_made_from() -> None:
    result = result_of("document: d\nseed: 4\n" + RIGHT)
    assert (result.path, result.title, result.document) == ("t.grad.yaml", "t", "d")
    assert (result.id, result.line, result.seed) == ("t.grad.yaml::t", 1, 4)
    assert result.seconds > 0
    assert result_of(RIGHT, seed=9).seed == 9


def test_a_wrong_gradient_that_nothing_explains_is_no_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def silent(*_: object) -> tuple[tuple[()], tuple[()]]:
        return (), ()

    monkeypatch.setattr("gradverify.run.outcome.against", silent)
    assert result_of(WRONG).status == "failed"
    assert result_of(RIGHT).status == "passed"
