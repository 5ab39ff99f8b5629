"""The notebook's report is one well-formed fragment, escaped, and fetches nothing."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from gradverify.function.examined import Examined
from gradverify.report.verified_html import render_html
from gradverify.verdict.verdict import Severity, Status
from tests.report.examined import AGAIN, RIGHT, WRONG, examined, factor, wrong

HOSTILE = "<script>alert('x')</script>\"&`b`"
UNPAIRED = frozenset({"br"})


class Fragment(HTMLParser):
    """Which elements there are, whether they nest, their attributes, and the text they show."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.shown = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in UNPAIRED:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.shown += data


def undecided() -> Examined:
    noisy = replace(wrong("x"), status=Status.UNDECIDED, because="too noisy")
    note = replace(factor("x"), code="kink", severity=Severity.NOTE)
    return examined(Status.UNDECIDED, [noisy], [note])


@pytest.mark.parametrize("made", [RIGHT, WRONG, undecided()], ids=["right", "wrong", "undecided"])
def test_it_is_one_element_that_needs_nothing_else(made: Examined) -> None:
    fragment = Fragment(render_html(made, AGAIN))
    assert fragment.open == []
    assert fragment.tags[0] == "div"
    assert fragment.attributes == {"style"}
    assert not {"script", "style", "link", "img", "a"} & {*fragment.tags}


def test_the_parser_of_this_test_notices_elements_that_do_not_nest() -> None:
    with pytest.raises(AssertionError):
        _ = Fragment("<p><b></p></b>")
    assert Fragment("<p>open").open == ["p"]


def test_it_says_what_the_text_says() -> None:
    shown = Fragment(render_html(WRONG, AGAIN)).shown
    for words in ("the gradient by x, as torch gives it, is wrong", "7.3e-01", "[0, 14]",
                  "torch -12.41, true 3.07", "off-by-factor of x", "ops/gelu.py:31",
                  "Look for a 1/2", "8e-11 in one entry", "31 forward", AGAIN):  # fmt: skip
        assert words in shown
    assert "off-by-factor" not in Fragment(render_html(RIGHT, AGAIN)).shown


def test_whatever_is_called_like_an_element_is_shown_and_is_none() -> None:
    said = replace(factor(HOSTILE), code=HOSTILE, message=HOSTILE, advice=HOSTILE)
    made = replace(
        examined(Status.DISAGREE, [wrong(HOSTILE), wrong("y")], [said]),
        name=HOSTILE,
        place=HOSTILE,
    )
    fragment = Fragment(render_html(made, HOSTILE))
    assert "script" not in fragment.tags
    assert fragment.open == []
    assert fragment.attributes == {"style"}
    assert fragment.shown.count("<script>alert('x')</script>") >= 8
