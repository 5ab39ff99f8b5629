"""The faults of a tape script's steps that the model finds: all their wording."""

from collections.abc import Sequence
from typing import final

from gradverify.errors import SpecError
from gradverify.spec.model_errors import Found


@final
class VerbsError(SpecError):
    """A step of a tape script does nothing, or two things at once."""

    def __init__(self, found: Found, verbs: Sequence[str], known: Sequence[str]) -> None:
        several = " and ".join(f"`{verb}`" for verb in verbs)
        message = (
            f"one step of a tape does one thing, not {several}"
            if verbs
            else "this step of a tape does nothing"
        )
        hint = "Begin a new step with a dash." if verbs else f"A step is one of {', '.join(known)}."
        super().__init__(found.mark, message, hint=hint)


@final
class ModifierError(SpecError):
    """A word that says something of another verb than the one beside it."""

    def __init__(self, found: Found, word: str, verb: str, beside: Sequence[str]) -> None:
        where = " or ".join(f"`{name}`" for name in beside)
        if word == "error":
            message = f"`{verb}` cannot fail, and so ends with no error"
            hint = f"`error` stands beside {where}."
        else:
            message = f"`{word}` says nothing about `{verb}`"
            hint = f"It stands beside {where}."
        super().__init__(found.mark, message, word=found.text, hint=hint)


@final
class ByMissingError(SpecError):
    """autograd.grad without a variable to differentiate by."""

    def __init__(self, found: Found) -> None:
        message = "`autograd_grad` needs `by`: the names to differentiate by, and what they give"
        hint = "Write `{autograd_grad: z, by: {y: 4.5}}`."
        super().__init__(found.mark, message, word="autograd_grad", hint=hint)
