"""Why code that a spec names cannot be had, or cannot be verified: at the place of its name."""

from collections.abc import Collection
from typing import final

from gradverify.arrays import Shape
from gradverify.errors import Mark, SpecError, did_you_mean
from gradverify.oracles.function_errors import FunctionError


@final
class ImportNotAllowedError(SpecError):
    """A spec names code, and nobody has allowed that it is imported."""

    def __init__(self, mark: Mark, reference: str) -> None:
        message = f"function {reference!r} is not imported without --allow-import"
        hint = (
            "Importing runs whatever the module holds: look at it first. Then give "
            "`gradverify run --allow-import`, `pytest --gradverify-allow-import`, or "
            "`allow-import = true` under [tool.gradverify]."
        )
        super().__init__(mark, message, word=reference, hint=hint)


@final
class FrameworkNotInstalledError(SpecError):
    """The framework whose arrays the code takes cannot be imported."""

    def __init__(self, mark: Mark, framework: str, reason: str) -> None:
        missing = f"No module named '{framework}'"
        message = f"{framework} is not installed"
        if reason != missing:
            message = f"{framework} cannot be imported: {reason}"
        hint = f"pip install 'gradverify[{framework}]'"
        super().__init__(mark, message, word=framework, hint=hint)


@final
class ModuleMissingError(SpecError):
    """There is no such module."""

    def __init__(self, mark: Mark, module: str, missing: str, known: Collection[str]) -> None:
        within = "" if missing == module else f": there is no {missing!r}"
        guess = did_you_mean(missing.rpartition(".")[2], known)
        hint = guess or "It is looked for in the current folder, and where Python looks."
        super().__init__(mark, f"no module {module!r}{within}", word=module, hint=hint)


@final
class ImportRaisedError(SpecError):
    """Importing a module raised something."""

    def __init__(self, mark: Mark, module: str, reason: str) -> None:
        hint = f"`python -c 'import {module}'`, in this folder, shows the whole of it."
        super().__init__(mark, f"importing {module!r} raised {reason}", word=module, hint=hint)


@final
class AttributeRaisedError(SpecError):
    """Looking a name up in a module raised something."""

    def __init__(self, mark: Mark, owner: str, name: str, reason: str) -> None:
        hint = f"{owner!r} computes its names; look at its `__getattr__`."
        message = f"looking up {name!r} in {owner!r} raised {reason}"
        super().__init__(mark, message, word=name, hint=hint)


@final
class AttributeMissingError(SpecError):
    """A module has no such name in it."""

    def __init__(self, mark: Mark, owner: str, name: str, known: Collection[str]) -> None:
        public = [item for item in known if not item.startswith("_")]
        guess = did_you_mean(name, known) or f"It has {', '.join(public[:8]) or 'nothing'}."
        super().__init__(mark, f"{owner!r} has no {name!r}", word=name, hint=guess)


@final
class NotCallableError(SpecError):
    """What is named is no function."""

    def __init__(self, mark: Mark, reference: str, kind: str) -> None:
        message = f"{reference!r} is of type {kind}, which cannot be called"
        super().__init__(mark, message, word=reference, hint="Name a function.")


@final
class ClassNamedError(SpecError):
    """A class is named where a function must be."""

    def __init__(self, mark: Mark, reference: str, *, applies: bool) -> None:
        hint = "Name a function, or an object that can be called, such as a module's instance."
        hint = f"Name what runs it: `{reference}.apply`." if applies else hint
        super().__init__(mark, f"{reference!r} is a class", word=reference, hint=hint)


@final
class NoSuchParameterError(SpecError):
    """An input has a name that no parameter of the function has, while another's fits."""

    def __init__(self, mark: Mark, name: str, function: str, known: Collection[str]) -> None:
        guess = did_you_mean(name, known) or f"It has {', '.join(known)}."
        hint = f"{guess} Inputs are handed over by name, or in order where no name fits."
        super().__init__(mark, f"{function} has no parameter {name!r}", word=name, hint=hint)


@final
class InputsDoNotFitError(SpecError):
    """The inputs are too many or too few for the function."""

    def __init__(self, mark: Mark, function: str, signature: str, reason: str) -> None:
        message = f"the inputs do not fit {function}{signature}: {reason}"
        hint = "Inputs are handed over by name, or in order where no name fits."
        super().__init__(mark, message, word="inputs", hint=hint)


@final
class CodeError(SpecError):
    """Code that cannot be verified at these inputs."""

    def __init__(self, mark: Mark, reference: str, error: FunctionError) -> None:
        message, _, hint = str(error).partition("\n")
        super().__init__(mark, message, word=reference, hint=hint)


@final
class SeveralOutputsError(SpecError):
    """Code that returns several arrays where one is compared."""

    def __init__(self, mark: Mark, reference: str, count: int) -> None:
        message = f"the function returns {count} floating outputs, and one can be compared"
        hint = (
            "Leave out what it is compared with (`ops`, `loss`, `cotangent`, the value of "
            "`output`), or name a function that returns one."
        )
        super().__init__(mark, message, word=reference, hint=hint)


@final
class OutputShapeError(SpecError):
    """A cotangent that is not of the shape of what the code returns."""

    def __init__(self, mark: Mark, shape: Shape, output: Shape) -> None:
        message = f"the cotangent has shape {shape}, and the function returns {output}"
        hint = "It holds one weight for each entry of the output."
        super().__init__(mark, message, hint=hint)
