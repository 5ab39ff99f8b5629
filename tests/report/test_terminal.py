"""Colours come where they are wanted, and never change the words."""

import io
import re
import sys

import pytest

from gradverify.events import RunFinished, RunStarted, SpecStarted
from gradverify.report.terminal import folded, print_text, printable, progress_bar, wants_color


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("choice", "environ", "is_terminal", "wanted"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_the_option_stands_above_the_environment_and_that_above_the_terminal(
    choice: str, environ: dict[str, str], *, is_terminal: bool, wanted: bool
) -> None:
    assert wants_color(choice, environ, is_terminal=is_terminal) is wanted


def test_colours_change_no_word_and_wrap_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    text = "derived  WRONG [0, 14] [bold]\n" + "x" * 500 + " ok\n"
    print_text(text, color=True)
    painted = capsys.readouterr().out
    assert "\x1b[1;31mWRONG" in painted
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == text
    print_text(text, color=False)
    assert capsys.readouterr().out == text


def test_counts_of_nothing_have_no_colour(capsys: pytest.CaptureFixture[str]) -> None:
    print_text("10 specs: 0 passed, 10 failed, 0 undecided, 0 broken\n", color=True)
    assert re.findall(r"\x1b\[[\d;]+m(\w+)", capsys.readouterr().out) == ["failed"]


ROW = "  derived                    1.5e+00          8e-15      [0, 2]      WRONG"


def test_what_a_baseline_makes_of_specs_has_a_colour_as_a_count_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_text("9 specs: 5 passed, 1 known, 2 worse, 0 failed\n1 new or worse\n", color=True)
    painted = re.findall(r"\x1b\[[\d;]+m(\w+)", capsys.readouterr().out)
    assert sorted(painted) == ["known", "passed", "worse"]


def test_a_long_line_continues_between_words() -> None:
    folded_row = f"{ROW}\n      derived 5.824, true -2.061\n"
    assert folded(f"{ROW}  derived 5.824, true -2.061\n", 80) == folded_row
    assert folded(f"{ROW}\n\nend", 80) == f"{ROW}\n\nend"


@pytest.mark.parametrize(
    "line",
    [
        " 12 | " + "a " * 50,
        " " * 90 + "^^^",
        "  Again: " + "a " * 50,
        "  If this was meant: gradverify baseline update " + "a " * 50,
        "  To drop what is gone: gradverify baseline prune " + "a " * 50,
    ],
)
def test_source_and_commands_stay_on_their_line(line: str) -> None:
    assert folded(line, 80) == line


def test_a_bar_is_as_wide_whatever_the_title() -> None:
    stream = Terminal()
    with progress_bar(stream) as move:
        for event in (RunStarted(2, None, (), {}), SpecStarted("a", "t" * 500)):
            move(event)
    frames = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", stream.getvalue()).replace("\r", "\n")
    assert max(map(len, frames.splitlines())) <= 80
    assert "…" in frames


def test_what_would_steer_a_terminal_is_written_out() -> None:
    assert printable("a\x1b[2J\tb\n\x9b\r") == "a\\x1b[2J\tb\n\\x9b\\x0d"


def test_a_bar_is_shown_on_a_terminal_alone() -> None:
    events = (RunStarted(2, None, (), {}), SpecStarted("a", "[b]title"), RunFinished(1.0))
    for stream, shown in ((Terminal(), True), (io.StringIO(), False)):
        with progress_bar(stream) as move:
            for event in events:
                move(event)
        assert bool(stream.getvalue()) is shown


def test_text_without_colours_needs_no_rich(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich.console", None)
    print_text("ok\n", color=False)
    with pytest.raises(ImportError):
        print_text("ok\n", color=True)
