"""What a report of `verify` says, in words, for every way of laying it out."""

from collections.abc import Iterable, Mapping, Sequence
from math import inf, isnan
from typing import Final

from gradverify.function.examined import Evaluations, Examined, Row
from gradverify.report.rows import render_number
from gradverify.verdict.verdict import Sensitivity, Severity, Status

NAME: Final = 60
SENTENCE: Final = 300
"""Characters shown of a name, and of a sentence in a head line or a table."""
SPREAD: Final = 10.0
"""How far inputs differ in sensitivity before a report says which is the least sharp."""
MISSING: Final = "no gradient was compared"
CONDUCT: Final = "no gradient is wrong at this point, and still there is an error"


def written(text: str) -> str:
    r"""Return the text with what no reader sees, or what would steer a terminal, as \x1b or \n."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


def lines_of(text: str) -> list[str]:
    """Return the lines of a text, each as `written`."""
    return [written(line) for line in text.splitlines()]


def quoted(name: str) -> str:
    """Return the name of an input between backticks, its middle left out if it is long."""
    return f"`{shortened(written(name), NAME)}`"


def shortened(text: str, room: int) -> str:
    """Return the text, or its two ends with an ellipsis between."""
    half = room // 2
    return text if len(text) <= room else f"{text[: room - half]}…{text[-half + 1 :]}"


def headline(examined: Examined) -> str:
    """Return who is wrong, by which inputs, in one line."""
    return f"{subject_of(examined)}: {_verdict(examined)}"


def subject_of(examined: Examined) -> str:
    """Return what was verified, as it is called."""
    return shortened(written(examined.name), NAME)


def _verdict(examined: Examined) -> str:
    wrong = [row for row in examined.rows if row.status is Status.DISAGREE]
    match examined.status:
        case Status.DISAGREE if wrong:
            return _wrong(wrong)
        case Status.DISAGREE:
            return _conduct(examined)
        case Status.AGREE:
            return _right(examined.rows)
        case _:
            return _open(examined)


def _wrong(rows: Sequence[Row]) -> str:
    names, parties = _names(rows), list(dict.fromkeys(written(row.party) for row in rows))
    gives = "gives" if len(parties) == 1 else "give"
    given = f"as {listed(parties)} {gives} {'it' if len(names) == 1 else 'them'}"
    return f"the {_gradients(names)}, {given}, {'is' if len(names) == 1 else 'are'} wrong"


def _conduct(examined: Examined) -> str:
    errors = (item for item in examined.findings if item.severity is Severity.ERROR)
    codes = list(dict.fromkeys(written(item.code) for item in errors))
    return f"{CONDUCT}{': ' if codes else ''}{_some(codes)}"


def _right(rows: Iterable[Row]) -> str:
    names = _names(row for row in rows if row.status is Status.AGREE)
    if len(names) == 1:
        return f"the {_gradients(names)} agrees"
    return f"all {len(names)} gradients agree" if names else MISSING


def _open(examined: Examined) -> str:
    status = examined.status
    told = [row.because for row in examined.rows if row.status is status]
    reasons = list(dict.fromkeys([*told, *(item.message for item in examined.findings)]))
    reasons = [sentence(reason) for reason in reasons if reason] or [MISSING]
    others = ", and for other reasons below" if len(set(told)) > 1 else ""
    return f"{status.value}: {reasons[0]}{others}"


def sentence(text: str) -> str:
    """Return a text in one line of a bearable length."""
    return shortened(written(" ".join(text.split())), SENTENCE)


def _names(rows: Iterable[Row]) -> list[str]:
    return list(dict.fromkeys(row.name for row in rows))


def _gradients(names: Sequence[str]) -> str:
    return f"gradient{'' if len(names) == 1 else 's'} by {_some([*map(quoted, names)])}"


def _some(words: Sequence[str]) -> str:
    """Return one word or two; of more the first, and how many there are."""
    return listed(words) if not words[2:] else f"{words[0]} and {len(words) - 1} more"


def listed(words: Sequence[str]) -> str:
    """Return words with commas, and `and` before the last."""
    most, last = words[:-1], "".join(words[-1:])
    return f"{', '.join(most)} and {last}" if most else last


def index_of(index: Sequence[int]) -> str:
    """Return the index of an entry as it is typed, nothing for a scalar."""
    return f"[{', '.join(map(str, index))}]" if index else ""


def noticed(sensitivity: Mapping[str, Sensitivity]) -> str:
    """Return the smallest errors that would have shown by every input, nothing if none is known."""
    if not sensitivity:
        return ""
    wholes = {name: item.whole for name, item in sensitivity.items()}
    entries = {name: item.entry for name, item in sensitivity.items()}
    whole = _sharpness(wholes, "of the whole gradient")
    return f"Would have noticed: {whole}, {_sharpness(entries, 'in one entry')}."


def _sharpness(sizes: Mapping[str, float], where: str) -> str:
    least = max(sizes, key=lambda name: size_of(sizes[name]))
    size = size_of(sizes[least])
    others = min(map(size_of, sizes.values()))
    named = f" (in {quoted(least)}; elsewhere less)" if size > SPREAD * others else ""
    return f"{'no error' if size == inf else render_number(size, '.0e')} {where}{named}"


def size_of(number: float) -> float:
    """Return a number that can be compared: NaN is as bad as can be."""
    return inf if isnan(number) else number


def cost(evaluations: Evaluations, seed: int) -> str:
    """Return how often the function was run, and with which seed."""
    backward = evaluations.backward
    passes = "pass" if backward == 1 else "passes"
    return f"{evaluations.forward} forward and {backward} backward {passes}, seed {seed}."
