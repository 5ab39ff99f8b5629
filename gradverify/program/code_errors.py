"""What can be wrong with `function:`, before any code is imported."""

from typing import final

from gradverify.errors import Mark, SpecError


@final
class UnusedKeyError(SpecError):
    """A key that says more about a function where there is none."""

    def __init__(self, mark: Mark, key: str) -> None:
        hint = "Name the code, `function: mypackage.ops:fused_gelu`, or remove the key."
        super().__init__(mark, f"`{key}` without a `function`", word=key, hint=hint)


@final
class FrameworkMissingError(SpecError):
    """Nobody says whose arrays a function takes."""

    def __init__(self, mark: Mark) -> None:
        hint = "Say whose arrays it takes: `framework: torch`, `jax` or `numpy`."
        super().__init__(mark, "`function` without a `framework`", word="function", hint=hint)


@final
class VjpMissingError(SpecError):
    """A function of numpy arrays without a backward pass."""

    def __init__(self, mark: Mark) -> None:
        message = "a `function` of numpy arrays without a `vjp`: nobody claims its gradient"
        hint = (
            "Name its backward pass, `vjp: mypackage.ops:fused_gelu_backward`, which is called "
            "with (ct, out, *inputs) and returns a gradient an input."
        )
        super().__init__(mark, message, word="framework", hint=hint)


@final
class VjpOfFrameworkError(SpecError):
    """A hand-written backward pass of a function of tensors."""

    def __init__(self, mark: Mark, framework: str) -> None:
        custom = "torch.autograd.Function" if framework == "torch" else "jax.custom_vjp"
        message = f"`vjp` goes with `framework: numpy`, and this function is {framework}'s"
        hint = f"Put both passes into a {custom}, and name that."
        super().__init__(mark, message, word="vjp", hint=hint)


@final
class NotBesideCodeError(SpecError):
    """Something that needs statements, beside code alone."""

    def __init__(self, mark: Mark, key: str) -> None:
        message = f"`{key}` beside a `function` alone: it is about the steps of `ops`"
        hint = (
            "A function alone goes with `inputs`, `cotangent`, `expect` and `recorded` (`values` "
            "of `output`, `grads` of inputs), `tolerance` and `findings`. Write out what it "
            "computes under `ops` and `loss` to have both."
        )
        super().__init__(mark, message, word=key, hint=hint)
