"""What can be wrong with a call: its name, and its arguments."""

from collections.abc import Collection
from typing import final

from gradverify.errors import SpecError, did_you_mean
from gradverify.program.errors import Place
from gradverify.program.foreign import ADVICE_FOR


@final
class UnknownOpError(SpecError):
    """A call of an op that the rule table lacks."""

    def __init__(self, place: Place, name: str, known: Collection[str]) -> None:
        guess = ADVICE_FOR.get(name) or did_you_mean(name, known)
        hint = f"{guess} `gradverify ops` lists the known ops.".lstrip()
        super().__init__(place.mark, f"unknown op `{name}`", word=place.word, hint=hint)


@final
class NotCallableError(SpecError):
    """A call of an op that has a syntax of its own."""

    def __init__(self, place: Place, name: str) -> None:
        hint = "Indices are written `x[0, 1]`, constants `ones(2, 3)` or `array([1., 2.])`."
        message = f"`{name}` is not called by name"
        super().__init__(place.mark, message, word=place.word, hint=hint)


class WrongArityError(SpecError):
    """Arguments that an op does not take; the advice is how it is called."""

    def __init__(self, place: Place, signature: str, fault: str, guess: str = "") -> None:
        hint = f"{guess} It is called `{signature}`.".strip()
        name = signature.partition("(")[0]
        super().__init__(place.mark, f"`{name}` {fault}", word=place.word, hint=hint)


@final
class TooManyArgumentsError(WrongArityError):
    """More positional arguments than an op has operands and attributes."""

    def __init__(self, place: Place, signature: str, count: int) -> None:
        super().__init__(place, signature, f"got {count} argument{'s' * (count > 1)} too many")


@final
class MissingArgumentsError(WrongArityError):
    """An operand or a required attribute is not given."""

    def __init__(self, place: Place, signature: str, names: Collection[str]) -> None:
        super().__init__(place, signature, f"lacks {' and '.join(f'`{name}`' for name in names)}")


@final
class NotAListError(WrongArityError):
    """An op of any number of arrays, called without a list of them."""

    def __init__(self, place: Place, signature: str) -> None:
        super().__init__(place, signature, "takes one list of arrays")


@final
class UnknownKeywordError(WrongArityError):
    """A keyword that an op does not have, by any spelling."""

    def __init__(self, place: Place, signature: str, keyword: str, known: Collection[str]) -> None:
        guess = did_you_mean(keyword, known)
        super().__init__(place, signature, f"has no argument `{keyword}`", guess)


@final
class RepeatedArgumentError(WrongArityError):
    """An argument given twice."""

    def __init__(self, place: Place, signature: str, keyword: str) -> None:
        super().__init__(place, signature, f"got `{keyword}` twice")
