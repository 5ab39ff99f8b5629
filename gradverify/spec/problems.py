"""What a YAML parser complains of, in plain sentences with advice."""

from typing import Final, TypeAlias

Explanation: TypeAlias = tuple[str, str]

_QUOTE: Final = "Put text that contains `: ` or begins with a special character between quotes."
_INDENT: Final = (
    "Give the keys of one mapping, and the dashes of one list, the same indentation; "
    "put a text as a whole between quotes, or no part of it."
)
_CLOSE: Final = "Close what is open; inside brackets put expressions with commas between quotes."
_COMMAS: Final = (
    "Close it, and put commas between its items; drop `tensor(` and `array(` of printed numbers, "
    "and put expressions with commas or brackets between quotes."
)

# A fragment that libyaml or PyYAML's own parser reports, and what we say instead.
_PROBLEMS: Final[tuple[tuple[str, Explanation], ...]] = (
    ("expected ',' or ']'", ("a list that `[` opened is not closed", _COMMAS)),
    ("expected ',' or '}'", ("a mapping that `{` opened is not closed", _CLOSE)),
    ("mapping values are not allowed", ("a `:` stands where no key can end", _QUOTE)),
    ("sequence entries are not allowed", ("a list cannot begin here", _INDENT)),
    ("expected '-' indicator", ("this line does not belong to the list above it", _INDENT)),
    ("expected key", ("this does not continue the mapping above it", _INDENT)),
    ("expected <block end>", ("this does not continue what stands above it", _INDENT)),
    ("expected ':'", ("a key lacks its `:`", _QUOTE)),
    ("cannot start any token", ("no unquoted value can begin with this character", _QUOTE)),
    ("unexpected end of stream", ("a quotation mark is not closed", _CLOSE)),
    ("unexpected document", ("a quotation mark is not closed before `---`", _CLOSE)),
    (
        "escape character",
        ("a backslash in double quotes has no meaning here", "Use single quotes."),
    ),
    (
        "alphabetic or numeric character",
        ("text cannot begin with `*` or `&` unless it is quoted", _QUOTE),
    ),
    ("node content", ("a value is missing here", _QUOTE)),
    (
        "document start",
        ("this comes after the end of a spec", "Put a line `---` between two specs."),
    ),
    (
        "tag handle",
        ("tags, written with `!`, are not read", "Put text that begins with ! between quotes."),
    ),
    (
        "incompatible YAML document",
        ("this YAML version is not read", "Remove the line that begins with %."),
    ),
    ("directive", ("this directive is not read", "Remove the line that begins with %.")),
)
_OTHERWISE: Final = (
    "this is not valid YAML",
    "Look at the indentation, the quotes and the brackets at this place and before it.",
)


def explain(problem: str) -> Explanation:
    """Return a message and advice for a parser's complaint, whichever parser made it."""
    return next((words for part, words in _PROBLEMS if part in problem), _OTHERWISE)
