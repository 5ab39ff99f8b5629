"""`gradverify explain`: the page of a finding, or the program that a spec becomes."""

from collections.abc import Iterable
from typing import final

import click

from gradverify.commands.settings import config_with_memory
from gradverify.errors import UsageError, did_you_mean
from gradverify.program.describe import render_program
from gradverify.report.rules import RULES
from gradverify.report.terminal import printable
from gradverify.run.prepare import Prepared, prepare
from gradverify.spec.discover import find_spec_files
from gradverify.spec.parse import load_specs
from gradverify.tape.describe import render_script
from gradverify.verdict.findings import Page


@final
class NothingToExplainError(UsageError):
    """The word is neither the code of a rule nor the path of a spec."""

    def __init__(self, subject: str) -> None:
        guess = did_you_mean(subject, RULES)
        codes = f"The codes are {', '.join(RULES)}."
        super().__init__(f"{subject!r} is neither a finding nor a spec. {guess or codes}")


def explain_subject(subject: str | None, max_memory: str | None) -> int:
    """Print a finding's page, or every program of a spec file; without either, all codes.

    Raises:
        NothingToExplainError: if the subject is neither.
        SpecErrors: if the spec file has faults.
    """
    if subject is None:
        click.echo(render_codes(RULES.values()))
        return 0
    page = RULES.get(subject)
    if page is not None:
        click.echo(render_page(page))
        return 0
    if "." not in subject and "/" not in subject:
        raise NothingToExplainError(subject)
    click.echo(printable(render_specs(subject, config_with_memory(max_memory).max_memory)))
    return 0


def render_codes(pages: Iterable[Page]) -> str:
    """Return a line a finding: its code and what it means."""
    rows = [(page.code, page.meaning) for page in pages]
    width = max(len(code) for code, _ in rows)
    return "\n".join(f"{code:<{width}}  {meaning}" for code, meaning in rows)


def render_page(page: Page) -> str:
    """Return the page of a finding."""
    sections = (
        ("What it means", page.meaning),
        ("How it is recognised", page.recognised),
        ("Example", page.example),
        ("What to do", page.advice),
    )
    head = f"{page.code} ({page.family}, {page.severity.value})"
    return "\n\n".join([head, *(f"{title}:\n{_indent(text)}" for title, text in sections)])


def render_specs(path: str, max_bytes: int) -> str:
    """Return the program of every spec in a file, and its tape, under its id."""
    specs = [spec for file in find_spec_files((path,)) for spec in load_specs(file)]
    texts = (f"{s.id}\n\n{_indent(_prepared(prepare(s, max_bytes)))}" for s in specs)
    return "\n\n".join(texts)


def _prepared(prepared: Prepared) -> str:
    script = "" if prepared.script is None else f"\n{render_script(prepared.script)}"
    return render_program(prepared.program) + script


def _indent(text: str) -> str:
    return "\n".join(f"  {line}".rstrip() for line in text.strip().splitlines())
