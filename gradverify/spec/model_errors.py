"""The faults of a spec's keys and values: all their wording."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, final

from gradverify.errors import Mark, SpecError, did_you_mean
from gradverify.spec.errors import shown

_PRINTED_CALL: Final = re.compile(r"(tensor|array|Array|Parameter containing:\s*tensor)\(")
_SPACED_NUMBERS: Final = re.compile(r"[-+]?[.\d][-+.\deE]*\s+[-+.\d]")

# Words of frameworks that are no dtypes here, or are near to one that means something else.
_MEANT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "float": "Write `float64`, or `float32`, which is torch's default.",
        "double": "Write `float64`.",
        "half": "Write `float16`.",
        "int": "Write `int64`.",
        "long": "Write `int64`.",
        "bfloat16": "Specs have no dtype of 8 bits of precision.",
        **dict.fromkeys(("complex", "complex64", "complex128"), "Numbers of specs are real."),
    }
)


def _sentences(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)


def _named(name: str) -> str:
    return shown(name) if name else "this"


@final
@dataclass(frozen=True, slots=True)
class Found:
    """A value at fault: its place, its name in the spec, its sort, in words, and as written.

    `sort` is one of nothing, scalar, text, list and mapping.
    """

    mark: Mark
    name: str
    sort: str
    words: str
    text: str


@final
class NotASpecError(SpecError):
    """A document that is no mapping."""

    def __init__(self, found: Found) -> None:
        message = f"a spec must be a mapping of keys to values, not {found.words}"
        hint = "It begins with `gradverify: 1`; between two specs stands one line `---`."
        super().__init__(found.mark, message, word=found.text, hint=hint)


@final
class EmptyDocumentError(SpecError):
    """Nothing stands between two lines `---`."""

    def __init__(self, mark: Mark) -> None:
        hint = "Remove the line `---` before or after it."
        super().__init__(mark, "this document is empty: it holds no spec", hint=hint)


@final
class NothingError(SpecError):
    """A key or an entry without a value, which YAML reads as null."""

    def __init__(self, found: Found) -> None:
        hint = "Give it one, or remove the key; text is put between quotes."
        super().__init__(
            found.mark, f"{_named(found.name)} has no value", word=found.text, hint=hint
        )


@final
class VersionError(SpecError):
    """The format's version is another than 1."""

    def __init__(self, found: Found) -> None:
        message = f"`gradverify` must be 1, the version of the format, not {found.words}"
        hint = "Write `gradverify: 1`; this release reads no other version."
        super().__init__(found.mark, message, word=found.text, hint=hint)


@final
class MissingKeyError(SpecError):
    """A key that must be there is not."""

    def __init__(self, mark: Mark, name: str, about: str) -> None:
        super().__init__(mark, f"the key `{name}` is missing", hint=f"`{name}`: {about}")


@final
class UnknownKeyError(SpecError):
    """A key that the format does not have."""

    def __init__(self, mark: Mark, name: str, known: Collection[str]) -> None:
        hint = _sentences(did_you_mean(name[:80], known), f"Known here: {', '.join(known)}.")
        super().__init__(mark, f"unknown key {shown(name)}", word=name, hint=hint)


@final
class WrongTypeError(SpecError):
    """A value is not what its key takes."""

    def __init__(self, found: Found, expected: str, advice: str) -> None:
        message = f"{_named(found.name)} must be {expected}, not {found.words}"
        super().__init__(found.mark, message, word=found.text, hint=advice)


@final
class EntryError(SpecError):
    """Something other than a number stands where numbers must."""

    def __init__(self, found: Found) -> None:
        message = f"{_named(found.name)} must be a number or a list of numbers, not {found.words}"
        super().__init__(found.mark, message, word=found.text, hint=_entry_advice(found))


def _entry_advice(found: Found) -> str:
    text = found.words.removeprefix("the text `")
    printed = _PRINTED_CALL.match(text)
    if printed:
        return f"Drop `{printed.group()}` and what follows the numbers: write `[0.5, 2.0]`."
    if _SPACED_NUMBERS.match(text):
        return "Put commas between the numbers: `[0.5, 2.0]`."
    if found.name.endswith("]"):
        return "An expression must make the whole array: it cannot be one entry of a list."
    return "Write them as 2, 2.5, 1e-6, .inf or .nan."


@final
class TooLargeError(SpecError):
    """An integer beyond the range of float64 in a list of numbers."""

    def __init__(self, found: Found) -> None:
        message = f"{found.words} is beyond the range of float64"
        super().__init__(found.mark, message, word=found.text, hint="Its limit is 1.8e308.")


@final
class RaggedError(SpecError):
    """A nested list is not rectangular."""

    def __init__(self, found: Found, first: Sequence[int], here: Sequence[int]) -> None:
        message = (
            f"{_named(found.name)} has shape {_shape(here)}, its first neighbour {_shape(first)}"
        )
        hint = "All rows of an array must have the same length."
        super().__init__(found.mark, message, word=found.text, hint=hint)


def _shape(shape: Sequence[int]) -> str:
    return str(tuple(shape)) if shape else "() (a number)"


@final
class RangeError(SpecError):
    """A number is out of the range that its key takes."""

    def __init__(self, found: Found, rule: str) -> None:
        message = f"{_named(found.name)} must be {rule}, not {found.words}"
        super().__init__(found.mark, message, word=found.text)


@final
class BlankError(SpecError):
    """A text or a mapping holds nothing."""

    def __init__(self, found: Found, advice: str) -> None:
        super().__init__(found.mark, f"{_named(found.name)} is empty", word=found.text, hint=advice)


@final
class NotAReferenceError(SpecError):
    """A text that names nothing in a module."""

    def __init__(self, found: Found) -> None:
        message = f"`{found.name}` must be a module, a colon and a name in it, not {found.words}"
        hint = f"Write it as an import would find it: `{found.name}: mypackage.ops:fused_gelu`."
        super().__init__(found.mark, message, word=found.text, hint=hint)


@final
class TitleError(SpecError):
    """A title of several lines, which cannot be part of an id."""

    def __init__(self, found: Found) -> None:
        hint = "Put the rest under `about`."
        super().__init__(found.mark, "a title must be one line", word=found.text, hint=hint)


@final
class DuplicateTitleError(SpecError):
    """Two specs of one file have the same title."""

    def __init__(self, mark: Mark, title: str, first: Mark) -> None:
        message = f"the title {shown(title)} is taken by the spec at line {first.line}"
        hint = "Titles tell the specs of one file apart: change one of them."
        super().__init__(mark, message, word=title, hint=hint)


@final
class NotANameError(SpecError):
    """A variable's name that no statement could use."""

    def __init__(self, mark: Mark, name: str) -> None:
        hint = "Names are letters, digits and _, and begin with no digit."
        comma = "Inside { }, put an expression that contains a comma between quotes."
        what = shown(name) if name else "an empty text"
        message = f"{what} is not the name of a variable"
        hint = _sentences(hint, comma) if name.endswith((")", "]")) else hint
        super().__init__(mark, message, word=name, hint=hint)


@final
class ReservedNameError(SpecError):
    """A variable's name that means something else in statements."""

    def __init__(self, mark: Mark, name: str) -> None:
        hint = f"Call it `{name}_`."
        super().__init__(mark, f"`{name}` is a keyword of statements", word=name, hint=hint)


@final
class UnknownWordError(SpecError):
    """A word that is not one of those that its key takes."""

    def __init__(self, found: Found, known: Collection[str]) -> None:
        message = f"{_named(found.name)} cannot be {found.words}"
        every = f"It is one of: {', '.join(known)}."
        meant = _MEANT.get(found.text)
        hint = f"{meant} {every}" if meant else did_you_mean(found.text[:80], known) or every
        super().__init__(found.mark, message, word=found.text, hint=hint)
