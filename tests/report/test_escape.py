"""Whatever a text holds, it steers neither a terminal nor Markdown, HTML or a workflow."""

import pytest

from gradverify.report.escape import (
    LONGEST,
    code,
    command_data,
    command_property,
    html_text,
    plain,
    prose,
    shortened,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb\x00", "a\\x1b[31mb\\x00"),
        ("a\ud800b", "a\\ud800b"),
        ("one\ntwo\tthree", "one\ntwo\tthree"),
        ("gradient ∂L/∂w 梯度", "gradient ∂L/∂w 梯度"),
    ],
)
def test_control_characters_and_half_characters_are_written_out(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a | b", "a &#124; b"),
        ("one\n\n# two", "one &#35; two"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("&lt;", "&amp;lt;"),
        ("`w1` moved", "<code>w1</code> moved"),
        ("`a|<b>`", "<code>a&#124;&lt;b&gt;</code>"),
        ("it`s", "it&#96;s"),
        (
            "*x* _y_ [z](u) ~~w~~",
            "&#42;x&#42; &#95;y&#95; &#91;z&#93;(u) &#126;&#126;w&#126;&#126;",
        ),
        ("$x$ ![i](u)", "&#36;x&#36; &#33;&#91;i&#93;(u)"),
        ("ask @somebody", "ask @\u200bsomebody"),
        ("x @ w", "x @ w"),
        ("a\\|b", "a&#92;&#124;b"),
    ],
)
def test_markdown_reads_text_as_text(text: str, shown: str) -> None:
    assert prose(text) == shown


def test_code_keeps_what_it_shows() -> None:
    assert code("run 'a::b`c`|  <d>'\n") == "<code>run 'a::b&#96;c&#96;&#124;  &lt;d&gt;' </code>"


def test_preformatted_text_keeps_its_lines() -> None:
    assert html_text("a\n  </pre><b>") == "a\n  &lt;/pre&gt;&lt;b&gt;"


def test_a_workflow_command_ends_where_it_should() -> None:
    assert command_data("50%0A\n::error::x") == "50%250A%0A::error::x"
    assert command_property("a,b:c%\n") == "a%2Cb%3Ac%25%0A"
    assert command_data("a\rb") == "a\\x0db"


def test_a_text_that_is_too_long_is_cut_and_counted() -> None:
    assert shortened("abcdef", 4) == "abcd … (2 more)"
    assert shortened("abcd", 4) == "abcd"
    assert len(prose("a" * 10**6)) < LONGEST + 50
