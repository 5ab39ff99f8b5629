"""What can be wrong with the arguments of a call."""

from collections.abc import Collection
from typing import final

from gradverify.errors import SpecError, did_you_mean
from gradverify.program.errors import Place


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
