"""A file that is no whole baseline is refused with its line, the cause, and what to do."""

from pathlib import Path

import pytest

from gradverify.baseline.errors import BaselineError
from gradverify.baseline.lines import text_of
from gradverify.baseline.model import Baseline
from gradverify.baseline.read import parsed, read_baseline
from tests.baseline.examples import W1, finding, plain
from tests.baseline.test_lines import baseline_of, named

FILE = Path("b.jsonl")
TEXT = text_of(baseline_of(named("a")))
LINES = TEXT.splitlines()
UPDATE = "`gradverify baseline update b.jsonl`"


def refusal(*lines: str) -> str:
    with pytest.raises(BaselineError) as caught:
        _ = parsed("\n".join(lines) + "\n", FILE)
    return str(caught.value)


def with_line(line: str, place: int = -1) -> tuple[str, ...]:
    """Return the lines of a baseline with one more, by default before the last."""
    made = [*LINES]
    made.insert(place if place >= 0 else len(made) + place, line)
    return tuple(made)


def altered(place: int, old: str, new: str) -> tuple[str, ...]:
    assert old in LINES[place]
    return tuple(line.replace(old, new) if k == place else line for k, line in enumerate(LINES))


ROW = next(k for k, line in enumerate(LINES) if line.startswith('{"row"'))
FINDING = next(k for k, line in enumerate(LINES) if line.startswith('{"finding"'))


def test_a_whole_one_is_read() -> None:
    assert text_of(parsed(TEXT, FILE)) == TEXT


def test_a_mark_at_the_start_and_ends_of_lines_of_windows_are_read() -> None:
    assert parsed("\ufeff" + TEXT, FILE) == parsed(TEXT, FILE)
    assert parsed(TEXT.replace("\n", "\r\n").replace('"}\r\n', '"}\r\n'), FILE) == parsed(
        TEXT, FILE
    )


@pytest.mark.parametrize("text", ["", "hello", "{}", "[1]", '{"gradverify": 1}', "gradverify: 1"])
def test_another_file_is_none(text: str) -> None:
    message = refusal(text)
    start = "it is empty" if not text else f"it begins with {text!r}"
    assert message == (
        f"b.jsonl:1: this is not a baseline of gradverify: {start}. Name another file; "
        "`gradverify baseline update FILE` writes one."
    )


def test_a_newer_format_is_named() -> None:
    assert refusal(*altered(0, '"version":1', '"version":3')) == (
        "b.jsonl:1: the baseline has format 3, and this gradverify reads formats up to 1. A newer "
        "gradverify wrote it: `pip install --upgrade gradverify`, or write it anew with this one: "
        f"`rm b.jsonl`, then {UPDATE}."
    )


@pytest.mark.parametrize("cut", [len(TEXT) - 2, len(TEXT) - 30, len(TEXT) // 2, 60])
def test_half_a_baseline_is_told_with_the_line_where_it_ends(cut: int) -> None:
    half = TEXT[:cut]
    assert refusal(half.rstrip("\n")) == (
        f"b.jsonl:{half.count(chr(10)) + 1}: the baseline ends here without its last line. It was "
        "cut short, by a full disk or a copy that broke off: take it from version control again "
        f"(`git checkout -- b.jsonl`), or remove it and run {UPDATE}."
    )


@pytest.mark.parametrize("marker", ["<<<<<<< HEAD", "=======", ">>>>>>> theirs", "||||||| base"])
@pytest.mark.parametrize("place", [0, 1, 3, -1, len(LINES)])
def test_a_conflict_that_git_left_is_named(marker: str, place: int) -> None:
    lines = with_line(marker, place)
    number = lines.index(marker) + 1
    assert refusal(*lines) == (
        f"b.jsonl:{number}: a merge conflict was left in the baseline. Keep the lines of one side "
        f"and remove the markers (`git checkout --ours b.jsonl` keeps yours), then run {UPDATE}."
    )


def test_two_lines_that_contradict_each_other_are_both_named() -> None:
    other = LINES[ROW].replace('"bar":"0x1', '"bar":"0x2')
    first, second = ROW + 1, len(LINES)
    assert refusal(*with_line(other)) == (
        f"b.jsonl:{second}: this line contradicts line {first}: both are about the gradient by "
        "'w1' as of torch. Two branches were merged that both changed it: remove one of the lines "
        f"{first} and {second}, or, where there are many, take the file of one branch "
        f"(`git checkout BRANCH -- b.jsonl`), then run {UPDATE}, which keeps what is so now."
    )


@pytest.mark.parametrize("place", range(1, len(LINES) - 1))
def test_the_same_line_twice_is_none(place: int) -> None:
    assert parsed("\n".join(with_line(LINES[place])), FILE) == parsed(TEXT, FILE)


@pytest.mark.parametrize(
    ("place", "old", "new", "what"),
    [
        (1, "2.13.0", "2.12.0", "the version of torch"),
        (2, '"seed":0', '"seed":7', "the spec a.grad.yaml::t"),
        (ROW, '"error":"', '"error":"-', "the gradient by 'w1' as of torch"),
        (
            FINDING,
            '"last_seen"',
            '"reason":"why","last_seen"',
            "the finding off-by-factor of torch",
        ),
    ],
)
def test_contradictions_are_found_in_every_kind_of_line(
    place: int, old: str, new: str, what: str
) -> None:
    assert old in LINES[place]
    message = refusal(*with_line(LINES[place].replace(old, new)))
    assert f"this line contradicts line {place + 1}: both are about {what}." in message


def test_a_finding_that_two_branches_saw_on_different_days_is_one() -> None:
    other = LINES[FINDING].replace('"last_seen":"2026-11-22"', '"last_seen":"2026-12-01"')
    other = other.replace('"first_seen":"2026-11-22"', '"first_seen":"2026-11-01"')
    (spec,) = parsed("\n".join(with_line(other)), FILE).specs.values()
    (found,) = spec.findings.values()
    assert (found.first_seen, found.last_seen) == ("2026-11-01", "2026-12-01")


@pytest.mark.parametrize(
    ("lines", "number", "problem"),
    [
        (altered(ROW, '"party"', '"partie"'), ROW + 1, "'partie' is not a key of this line"),
        (with_line('{"note":"hello"}'), len(LINES), "'note' is not a key of this line"),
        (with_line("hello"), len(LINES), "this is not a line of JSON"),
        (with_line("[1]"), len(LINES), "this is no JSON object with something in it"),
        (with_line("{}"), len(LINES), "this is no JSON object with something in it"),
        (with_line('{"end":"of it"}'), len(LINES), "no line of this format is like this one"),
        (altered(2, '"seed":0', '"seed":"0"'), 3, '`seed` is "0", and must be a whole number'),
        (altered(2, '"seed":0', '"seed":true'), 3, "`seed` is true, and must be a whole number"),
        (altered(ROW, '"of":"w1"', '"of":null'), ROW + 1, "`of` is null, and must be a text"),
        (altered(ROW, '"of":"w1",', ""), ROW + 1, "this row lacks 'of'"),
        (altered(ROW, '"bar":"0x', '"bar":"0y'), ROW + 1, "this row has a number or a list"),
        (altered(ROW, '"shape":[3,72]', '"shape":[3,"x"]'), ROW + 1, "this row has a number"),
        (altered(ROW, '"of":', '"status":"fine","of":'), ROW + 1, "this row lacks 'fine', or that"),
    ],
)
def test_a_line_that_says_nothing_is_refused(
    lines: tuple[str, ...], number: int, problem: str
) -> None:
    message = refusal(*lines)
    assert message.startswith(f"b.jsonl:{number}: {problem}")


def test_a_misspelt_key_is_guessed() -> None:
    message = refusal(*altered(FINDING, '"last_seen"', '"expire":"2027-01-01","last_seen"'))
    assert message == (
        f"b.jsonl:{FINDING + 1}: 'expire' is not a key of this line. Did you mean 'expires'? A "
        "line that people edit is that of a finding: `expires` and `reason`."
    )


@pytest.mark.parametrize("value", ["soon", "2027-02-30", "20270101", "2027-1-1"])
def test_a_date_that_is_none_is_refused(value: str) -> None:
    lines = altered(FINDING, '"last_seen"', f'"expires":"{value}","last_seen"')
    assert refusal(*lines) == (
        f"b.jsonl:{FINDING + 1}: `expires` is {value!r}, which is not a date. Write it as "
        "year-month-day, such as 2027-03-31."
    )


def test_a_row_of_a_spec_that_a_merge_removed_is_told() -> None:
    lines = [line for line in LINES if not line.startswith('{"spec"')]
    message = refusal(*lines)
    assert message.startswith(f"b.jsonl:{ROW}: no spec of this baseline has the key ")
    assert "remove this line, then run" in message


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(
        BaselineError, match=r"there is no such baseline\. `gradverify baseline upd"
    ):
        _ = read_baseline(tmp_path / "none.jsonl")
    with pytest.raises(BaselineError, match="the baseline cannot be read: it is a folder"):
        _ = read_baseline(tmp_path)
    strange = tmp_path / "latin1.jsonl"
    _ = strange.write_bytes(b'{"gradverify":"baseline"}\xff')
    with pytest.raises(BaselineError, match="the baseline cannot be read: byte 26 is not UTF-8"):
        _ = read_baseline(strange)


def test_an_empty_baseline_is_one() -> None:
    assert parsed(text_of(Baseline()), FILE) == Baseline()
    assert plain(W1, findings=(finding(),)).findings
