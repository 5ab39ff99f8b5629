"""The faults of a tape script that its names and shapes show: all their wording."""

from typing import Final, final

from gradverify.arrays import Shape
from gradverify.errors import Mark, SpecError

DAY: Final = 86_400
HOUR: Final = 3_600
MINUTE: Final = 60


@final
class NoBackwardYetError(SpecError):
    """A gradient is read before there can be one."""

    def __init__(self, mark: Mark, verb: str, *, ever: bool) -> None:
        message = f"`{verb}` reads a gradient, and no `backward` stands before it"
        hint = "Move it below." if ever else "This script never goes backward: add `backward: y`."
        super().__init__(mark, message, word=verb, hint=hint)


@final
class NotHookedError(SpecError):
    """`hooked` of a tensor that nobody has hooked."""

    def __init__(self, mark: Mark, name: str) -> None:
        hint = f"Write `hook: {name}` before the `backward` that it is to see."
        super().__init__(mark, f"`{name}` has no hook yet", word=name, hint=hint)


@final
class NotATensorError(SpecError):
    """A name that stands for a plain number, which no tape knows."""

    def __init__(self, mark: Mark, name: str) -> None:
        hint = f"Make it an input to have a tensor: `inputs: {{{name}: ...}}`."
        super().__init__(mark, f"`{name}` is a plain number, not a tensor", word=name, hint=hint)


@final
class ExpandedError(SpecError):
    """New values for a tensor whose entries share their memory."""

    def __init__(self, mark: Mark, name: str) -> None:
        message = f"`{name}` is broadcast: several of its entries are one place in memory"
        super().__init__(mark, message, word=name, hint="Set the values of what it was made from.")


@final
class HookShapeError(SpecError):
    """A hook that would change the shape of a gradient."""

    def __init__(self, mark: Mark, name: str, made: Shape, shape: Shape) -> None:
        message = f"the hook of `{name}` makes shape {made} of a gradient of shape {shape}"
        super().__init__(mark, message, hint="A hook gives back a gradient of the same shape.")


@final
class NotUpdatableError(SpecError):
    """A loop updates what is no floating-point input."""

    def __init__(self, mark: Mark, name: str) -> None:
        message = f"`{name}` is no floating-point input, and so nothing that a loop can update"
        super().__init__(mark, message, word=name, hint="Weights stand under `inputs`.")


@final
class CarriedError(SpecError):
    """A loop's statement reads what the same statement, or a later one, makes."""

    def __init__(self, mark: Mark, name: str) -> None:
        message = f"`{name}` would be carried from one step of the loop to the next, with its graph"
        hint = "Make it an input, and give its next value under `update`."
        super().__init__(mark, message, hint=hint)


@final
class EmptyLoopError(SpecError):
    """A loop of no steps."""

    def __init__(self, mark: Mark) -> None:
        super().__init__(
            mark, "a loop of no steps trains nothing", hint="Write `times: 1` or more."
        )


@final
class LoopTooLongError(SpecError):
    """A loop that would run for longer than anybody waits."""

    def __init__(self, mark: Mark, times: int, seconds: float, limit: float) -> None:
        message = f"a loop of {times:,} steps would take about {duration(seconds)}"
        hint = f"The limit is {duration(limit)}: fewer steps, or smaller arrays, show the same."
        super().__init__(mark, message, word=str(times), hint=hint)


@final
class NoDerivedPassError(SpecError):
    """A loop driven by a hand-written backward pass that nobody wrote."""

    def __init__(self, mark: Mark) -> None:
        message = "`backward: derived` needs the spec's own backward pass, and it has none"
        hint = "Write its steps under `derived: ops`."
        super().__init__(mark, message, word="derived", hint=hint)


@final
class BeyondLoopError(SpecError):
    """The loss of a step that the loop does not have."""

    def __init__(self, mark: Mark, step: int, times: int) -> None:
        message = f"step {step} is beyond a loop of {times} steps"
        hint = f"Steps count from 0: the last one is {times - 1}."
        super().__init__(mark, message, word=str(step), hint=hint)


@final
class ScriptFailedError(SpecError):
    """A step that the data do not allow: an index out of range."""

    def __init__(self, mark: Mark, error: Exception) -> None:
        message = f"this step of the tape cannot be done: {str(error).strip()}"
        hint = "The shapes fit; look at the whole numbers that select entries."
        super().__init__(mark, message, hint=hint)


@final
class LoopLossError(SpecError):
    """A loop whose loss is no number, so that nothing can be said of its course."""

    def __init__(self, mark: Mark, shape: Shape) -> None:
        message = f"the loss of a loop is one number, and this has shape {shape}"
        super().__init__(mark, message, hint="Sum it, or take its mean.")


def duration(seconds: float) -> str:
    """Return a time in the unit that a person would use."""
    for unit, length in (("days", DAY), ("hours", HOUR), ("minutes", MINUTE)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.0f} {unit}"
    return f"{seconds:,.0f} seconds"
