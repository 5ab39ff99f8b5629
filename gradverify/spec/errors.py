"""The faults of a spec's file and of its YAML: all their wording."""

from typing import Final, final

from gradverify.errors import Mark, SpecError
from gradverify.spec.problems import explain

_SHOWN: Final = 60


def shown(text: str) -> str:
    """Return a text as messages show it: on one line, between backticks, cut where it is long."""
    line = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:_SHOWN])
    return f"`{line}…`" if len(text) > _SHOWN else f"`{line}`"


class FileError(SpecError):
    """A fault of a file as a whole: it has no line to show."""

    def __init__(self, file: str, message: str, hint: str) -> None:
        super().__init__(Mark(file, 1, 1, ""), message, hint=hint)

    def render(self) -> str:
        """Return the message and the hint."""
        return f"{self.mark.file}: {self.message}\n\n{self.hint}"


@final
class NotAFileError(FileError):
    """The path leads to a folder, a pipe or a device."""

    def __init__(self, file: str, *, folder: bool) -> None:
        what = "a folder" if folder else "neither a file nor a folder"
        hint = "Folders are searched for files named `*.grad.yaml`; rename it, or name a file."
        super().__init__(file, f"this is {what}, not a spec", hint if folder else "Name a file.")


@final
class UnreadableFileError(FileError):
    """The operating system does not hand the file out."""

    def __init__(self, file: str, error: Exception) -> None:
        hint = "Look at the spelling of the path and at the permissions of the file."
        super().__init__(file, f"cannot be read: {_reason(error)}", hint)


def _reason(error: Exception) -> str:
    match error:
        case FileNotFoundError():
            return "it does not exist"
        case PermissionError():
            return "reading it is not permitted"
        case OSError():
            return error.strerror or type(error).__name__
        case _:
            return "its name is no path"


@final
class FileTooLargeError(FileError):
    """The file has more bytes than any spec needs."""

    def __init__(self, file: str, limit: int) -> None:
        message = f"the file is larger than {limit // 2**20} MiB"
        hint = "Make large inputs with a maker, such as `randn(1000, 1000)`, or split the file."
        super().__init__(file, message, hint)


@final
class EmptyFileError(FileError):
    """The file holds no document."""

    def __init__(self, file: str) -> None:
        hint = "`gradverify new` writes one to begin with."
        super().__init__(file, "the file is empty: it holds no spec", hint)


@final
class EncodingError(SpecError):
    """The file is not UTF-8."""

    def __init__(self, mark: Mark, byte: int) -> None:
        hint = "Save the file as UTF-8."
        super().__init__(mark, f"the byte 0x{byte:02X} is not UTF-8", hint=hint)


@final
class CharacterError(SpecError):
    """A character that YAML does not allow, escaped or not: NUL and other control characters."""

    def __init__(self, mark: Mark, character: str) -> None:
        message = f"the character U+{ord(character):04X} may not stand in a spec"
        super().__init__(mark, message, hint="Remove it.")


@final
class YamlError(SpecError):
    """The text is not YAML."""

    def __init__(self, mark: Mark, problem: str, start: Mark | None) -> None:
        message, hint = explain(problem)
        opened = start and (start.line, start.column) != (mark.line, mark.column)
        begin = f"It began at line {start.line}, column {start.column}." if start and opened else ""
        super().__init__(mark, message, hint=f"{hint} {begin}".rstrip())


@final
class TabIndentError(SpecError):
    """A line is indented with a tab."""

    def __init__(self, mark: Mark) -> None:
        hint = "Indent with spaces; most editors can be told to for YAML files."
        super().__init__(mark, "a tab indents this line, which YAML does not allow", hint=hint)


@final
class TooDeepError(SpecError):
    """Brackets or indentation nest beyond the limit."""

    def __init__(self, mark: Mark, limit: int) -> None:
        hint = "A list of numbers needs one level a dimension."
        super().__init__(mark, f"this nests deeper than {limit} levels", word="[", hint=hint)


@final
class TooManyNodesError(SpecError):
    """The file has more values than any spec needs."""

    def __init__(self, mark: Mark, limit: int) -> None:
        hint = "Make large inputs with a maker, such as `randn(1000, 1000)`, or split the file."
        super().__init__(mark, f"the file holds more than {limit} values", hint=hint)


@final
class TooManyFaultsError(SpecError):
    """There are more faults than anybody would read."""

    def __init__(self, mark: Mark, limit: int) -> None:
        hint = "Mend those above first."
        message = f"there are more than {limit} faults: from here on they are left out"
        super().__init__(mark, message, hint=hint)


@final
class AnchorError(SpecError):
    """Values are given names for aliases; the mark is the first one's."""

    def __init__(self, mark: Mark, name: str, count: int) -> None:
        hint = "Write values out; put text that begins with & between quotes."
        message = f"anchors such as `&{name}` are not read{_places(count)}"
        super().__init__(mark, message, word="&" + name, hint=hint)


@final
class AliasError(SpecError):
    """Aliases stand for values; the mark is the first one's."""

    def __init__(self, mark: Mark, name: str, count: int) -> None:
        hint = "Write values out; put text that begins with * between quotes."
        message = f"aliases such as `*{name}` are not read{_places(count)}"
        super().__init__(mark, message, word="*" + name, hint=hint)


def _places(count: int) -> str:
    return f" ({count} places, the first is here)" if count > 1 else ""


@final
class TagError(SpecError):
    """A value has a tag."""

    def __init__(self, mark: Mark, tag: str) -> None:
        hint = "Remove it; put text that begins with ! between quotes."
        name = tag.replace("tag:yaml.org,2002:", "!!")
        super().__init__(mark, f"tags such as {shown(name)} are not read", word=name, hint=hint)


@final
class MergeKeyError(SpecError):
    """A merge key, which YAML 1.2 does not have."""

    def __init__(self, mark: Mark) -> None:
        hint = "Write the keys out."
        super().__init__(mark, "merge keys are not part of YAML 1.2", word="<<", hint=hint)


@final
class KeyNotTextError(SpecError):
    """A list or a mapping stands where a key should."""

    def __init__(self, mark: Mark) -> None:
        hint = "Put text that begins with [ or { between quotes."
        super().__init__(mark, "a key must be a name, not a list or a mapping", hint=hint)


@final
class DuplicateKeyError(SpecError):
    """A mapping has the same key twice."""

    def __init__(self, mark: Mark, name: str, first: Mark) -> None:
        message = f"the key {shown(name)} is given twice"
        hint = f"It stands at line {first.line}, column {first.column} already. Keep one of them."
        super().__init__(mark, message, word=name, hint=hint)


@final
class NumberError(SpecError):
    """A number that cannot be held."""

    def __init__(self, mark: Mark, text: str) -> None:
        message = f"the number {shown(text)} is out of reach"
        hint = "Integers have at most 4300 digits, others are below 1.8e308; infinity is `.inf`."
        super().__init__(mark, message, word=text, hint=hint)
