# what users hand over is of any type, which a strict checker does not let pass:
# pyright: basic
"""Where nothing is asked for besides the function, nothing is there."""

from gradverify.function.besides import NOTHING, Besides
from tests.function.functions import codes, examined, function_of, normal, square, square_vjp

X = normal(4)


def test_nothing_besides_is_no_reference_no_exploring_no_derivative_and_no_place() -> None:
    assert (NOTHING.reference, NOTHING.explore) == (None, False)
    assert (NOTHING.own(), NOTHING.place()) == (None, "")


def test_the_place_is_only_asked_for_where_something_is_wrong() -> None:
    asked: list[int] = []

    def place() -> str:
        asked.append(1)
        return "here.py:3"

    besides = Besides(place=place)
    assert examined(square, square_vjp, X, besides=besides).place == ""
    assert not asked
    wrong = examined(square, lambda ct, _, x: -2 * ct * x, X, besides=besides)
    assert (wrong.place, len(asked)) == ("here.py:3", 1)


def test_what_fails_besides_is_left_out() -> None:
    def broken() -> None:
        raise RuntimeError

    def nowhere() -> str:
        raise OSError

    besides = Besides(own=broken, place=nowhere)
    found = examined(square, lambda ct, _, x: -2 * ct * x, X, besides=besides)
    assert (codes(found), found.place) == (["sign-flipped"], "")


def test_a_reference_is_one_more_party() -> None:
    reference = function_of(square, square_vjp, X)
    found = examined(square, square_vjp, X, besides=Besides(reference))
    assert [row.party for row in found.rows] == ["vjp", "reference"]
