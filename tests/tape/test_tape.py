"""Every kind of error has its words, unless a tape has its own."""

from gradverify.spec.tape_model import ERRORS
from gradverify.tape.tape import WORDS, TapeError, Trouble


def test_every_kind_of_error_that_a_spec_may_state_has_its_words() -> None:
    assert {trouble.value for trouble in Trouble} == {*ERRORS, Trouble.NO_GRADIENT}
    assert WORDS.keys() == set(Trouble)


def test_an_error_is_in_the_words_of_the_tape_that_raised_it() -> None:
    ours = TapeError(Trouble.COTANGENT_SHAPE, given=(3,), shape=(2, 2))
    assert (ours.kind, ours.message) == (
        "cotangent-shape",
        "a cotangent of shape (3,) for a tensor of (2, 2)",
    )
    assert TapeError(Trouble.FREED, "{own} words").message == "{own} words"
