"""What can be wrong with the file of a baseline, and what to do about it."""

from collections.abc import Collection
from pathlib import Path
from shlex import quote
from typing import final

from gradverify.errors import UsageError, did_you_mean


class BaselineError(UsageError):
    """A baseline that cannot be used: its file, the line if there is one, and advice."""

    def __init__(self, path: Path, line: int, problem: str, hint: str) -> None:
        place = f"{path}:{line}" if line else str(path)
        super().__init__(f"{place}: {problem}. {hint}")


@final
class NoBaselineError(BaselineError):
    """There is no such file."""

    def __init__(self, path: Path) -> None:
        hint = f"`{update_command(path)}` runs the specs and writes one."
        super().__init__(path, 0, "there is no such baseline", hint)


@final
class UnreadableBaselineError(BaselineError):
    """The operating system does not give the file, or it is a folder, or no text."""

    def __init__(self, path: Path, reason: str) -> None:
        hint = f"A baseline is a text file that `{update_command(path)}` writes."
        super().__init__(path, 0, f"the baseline cannot be read: {reason}", hint)


@final
class NotABaselineError(BaselineError):
    """The first line is not that of a baseline."""

    def __init__(self, path: Path, found: str) -> None:
        start = f"it begins with {found[:40]!r}" if found else "it is empty"
        hint = "Name another file; `gradverify baseline update FILE` writes one."
        super().__init__(path, 1, f"this is not a baseline of gradverify: {start}", hint)


@final
class NewerFormatError(BaselineError):
    """A later version of gradverify wrote the file."""

    def __init__(self, path: Path, version: object, known: int) -> None:
        problem = (
            f"the baseline has format {version!r}, and this gradverify reads formats up to {known}"
        )
        hint = (
            "A newer gradverify wrote it: `pip install --upgrade gradverify`, or write it anew "
            f"with this one: `rm {quote(str(path))}`, then `{update_command(path)}`."
        )
        super().__init__(path, 1, problem, hint)


@final
class HalfBaselineError(BaselineError):
    """The file ends before its last line."""

    def __init__(self, path: Path, line: int) -> None:
        hint = (
            "It was cut short, by a full disk or a copy that broke off: take it from version "
            f"control again (`git checkout -- {quote(str(path))}`), or remove it and run "
            f"`{update_command(path)}`."
        )
        super().__init__(path, line, "the baseline ends here without its last line", hint)


@final
class ConflictError(BaselineError):
    """Git could not merge two baselines."""

    def __init__(self, path: Path, line: int) -> None:
        hint = (
            "Keep the lines of one side and remove the markers "
            f"(`git checkout --ours {quote(str(path))}` keeps yours), then run "
            f"`{update_command(path)}`."
        )
        super().__init__(path, line, "a merge conflict was left in the baseline", hint)


@final
class WrongLineError(BaselineError):
    """A line that is no JSON object, or says what no line says."""

    def __init__(self, path: Path, line: int, problem: str, hint: str = "") -> None:
        advice = (
            f"Correct the line, or restore the file (`git checkout -- {quote(str(path))}`) and run "
            f"`{update_command(path)}`."
        )
        super().__init__(path, line, problem, f"{hint} {advice}".lstrip())


@final
class UnknownKeyError(BaselineError):
    """A line has a key that lines of its kind do not have."""

    def __init__(self, path: Path, line: int, key: str, known: Collection[str]) -> None:
        guess = did_you_mean(key, known) or f"The keys are {', '.join(known)}."
        hint = f"{guess} A line that people edit is that of a finding: `expires` and `reason`."
        super().__init__(path, line, f"{key!r} is not a key of this line", hint)


@final
class WrongDateError(BaselineError):
    """A date that is none."""

    def __init__(self, path: Path, line: int, key: str, value: str) -> None:
        problem = f"`{key}` is {value!r}, which is not a date"
        super().__init__(path, line, problem, "Write it as year-month-day, such as 2027-03-31.")


@final
class ContradictionError(BaselineError):
    """Two lines say different things of the same."""

    def __init__(self, path: Path, lines: tuple[int, int], what: str) -> None:
        hint = (
            f"Two branches were merged that both changed it: remove one of the lines {lines[0]} "
            f"and {lines[1]}, or, where there are many, take the file of one branch "
            f"(`git checkout BRANCH -- {quote(str(path))}`), then run `{update_command(path)}`, "
            "which keeps what is so now."
        )
        problem = f"this line contradicts line {lines[0]}: both are about {what}"
        super().__init__(path, lines[1], problem, hint)


@final
class OrphanError(BaselineError):
    """A row or a finding of a spec that the file does not have."""

    def __init__(self, path: Path, line: int, key: str) -> None:
        problem = f"no spec of this baseline has the key {key!r}"
        hint = (
            "Two branches were merged, one of which removed the spec: remove this line, then run "
            f"`{update_command(path)}`."
        )
        super().__init__(path, line, problem, hint)


@final
class LockedError(BaselineError):
    """Another process is writing the file, and does not end."""

    def __init__(self, path: Path, seconds: float, holder: str) -> None:
        who = f"process {holder}" if holder else "another process"
        hint = "Run this again when that one is done; its lock ends with it."
        problem = f"{who} has been writing this baseline for {seconds:.0f} s or more"
        super().__init__(path, 0, problem, hint)


@final
class UnlockableError(BaselineError):
    """No lock can be made beside the file."""

    def __init__(self, path: Path, reason: str) -> None:
        hint = "A baseline is updated under a lock: a file beside it, which is removed again."
        super().__init__(path, 0, f"it cannot be locked: {reason}", hint)


def update_command(path: Path) -> str:
    """Return the command that writes a baseline."""
    return f"gradverify baseline update {quote(str(path))}"
