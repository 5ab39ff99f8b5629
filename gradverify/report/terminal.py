"""What a terminal adds to the text: colours, and a progress bar on stderr."""

import re
import shutil
import sys
import textwrap
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TextIO

import click

from gradverify.events import Event, LoopAdvanced, RunStarted, SpecFinished, SpecStarted

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

GOOD: Final = r"\b(ok|(?<!\b0 )passed|agree)\b"
BAD: Final = r"\b(WRONG|BROKEN|(?<!\b0 )failed|(?<!\b0 )broken|disagree|is wrong|(?<=\d )worse)\b"
DOUBTFUL: Final = r"\b(UNDECIDED|(?<!\b0 )undecided|unsupported|(?<=\d )known(?=,))\b"
# Lines that mean something as they stand: source with its caret below, and commands to copy.
WHOLE: Final = re.compile(r"\s*\d+ \| |\s*\^+$|  Again: |  [A-Z][a-z ]+: gradverify ")
BAR: Final = 20
LONG: Final = 50  # steps of a training loop that get a bar of their own
BESIDE_BAR: Final = 18  # columns for the count and the gaps
CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
STYLES: Final = ((GOOD, "green"), (BAD, "bold red"), (DOUBTFUL, "yellow"))


def wants_color(choice: str, environ: Mapping[str, str], *, is_terminal: bool) -> bool:
    """Return whether to write colours: the option, then NO_COLOR, FORCE_COLOR, the terminal.

    https://no-color.org and https://force-color.org: a variable counts when it is not empty.
    """
    if choice != "auto":
        return choice == "always"
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return is_terminal and environ.get("TERM") != "dumb"


def print_text(text: str, *, color: bool) -> None:
    """Write a report to stdout, as it stands or with its verdicts in colour."""
    text = printable(text)
    if sys.stdout.isatty():
        text = folded(text, shutil.get_terminal_size().columns)
    if not color:
        click.echo(text, nl=False)
        return
    from rich.console import Console
    from rich.text import Text

    painted = Text(text, end="")
    for pattern, style in STYLES:
        _ = painted.highlight_regex(pattern, style)
    console = Console(file=sys.stdout, force_terminal=True, color_system="standard")
    console.print(painted, soft_wrap=True, end="")


def folded(text: str, width: int) -> str:
    """Return the text with lines that are too long continued below, between words, indented."""
    return "".join(_folded(line, width) for line in text.splitlines(keepends=True))


def _folded(line: str, width: int) -> str:
    if len(line.rstrip("\n")) <= width or WHOLE.match(line):
        return line
    indent = " " * (len(line) - len(line.lstrip()) + 4)
    wrapper = textwrap.TextWrapper(
        width,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
        expand_tabs=False,
    )
    return wrapper.fill(line.rstrip("\n")) + "\n" * line.endswith("\n")


def printable(text: str) -> str:
    r"""Return the text with what would steer a terminal written out, as \x1b."""
    return CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


@contextmanager
def progress_bar(stream: TextIO) -> Generator[Callable[[Event], None]]:
    """Give a function that moves a bar with each event; a stream that is no terminal gets none."""
    if not stream.isatty():
        yield lambda _: None
        return
    with _rich_progress(stream) as progress:
        task = progress.add_task("specs", total=None)
        steps = progress.add_task("steps of a training loop", total=None, visible=False)
        yield lambda event: _move(progress, (task, steps), event)


def _move(progress: "Progress", tasks: "tuple[TaskID, TaskID]", event: Event) -> None:
    task, steps = tasks
    match event:
        case LoopAdvanced():
            under_way = event.total >= LONG and event.done < event.total
            progress.update(steps, completed=event.done, total=event.total, visible=under_way)
        case RunStarted():
            progress.update(task, total=event.total)
        case SpecStarted():
            room = max(0, progress.console.width - BAR - BESIDE_BAR)
            progress.update(task, description=_cropped(event.title, room))
        case SpecFinished():
            progress.update(steps, visible=False)
            progress.advance(task)
        case _:
            pass


def _cropped(title: str, room: int) -> str:
    return title if len(title) <= room else f"{title[: max(0, room - 1)]}…"


def _rich_progress(stream: TextIO) -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    title = TextColumn("{task.description}", markup=False)
    columns = (BarColumn(bar_width=BAR), MofNCompleteColumn(), title)
    return Progress(*columns, console=Console(file=stream), transient=True)
