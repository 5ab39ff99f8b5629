"""`gradverify baseline show`: what a baseline has, for people."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import click

from gradverify.baseline import words
from gradverify.baseline.model import Baseline, Kept, Remembered
from gradverify.baseline.read import read_baseline
from gradverify.commands.baseline import NOTHING_KEPT, file_of
from gradverify.config import config_here
from gradverify.report.record import NOTHING_COMPARED, PASSED
from gradverify.report.terminal import printable
from gradverify.run.options import matches


def show_baseline(file: str | None, keyword: str) -> int:
    """Print a baseline: what it was made with, its specs, and the findings that it knows.

    Raises:
        BaselineError: if there is none, or it is not whole and in order.
    """
    path = file_of(file, config_here())
    baseline = read_baseline(path)
    chosen = [kept for name, kept in sorted(baseline.specs.items()) if matches(keyword, name)]
    for line in _lines(path, baseline, chosen):
        click.echo(printable(line))
    if not chosen:
        click.echo(NOTHING_KEPT, err=True)
    return PASSED if chosen else NOTHING_COMPARED


def _lines(path: Path, baseline: Baseline, chosen: list[Kept]) -> Iterator[str]:
    rows = sum(len(kept.rows) for kept in chosen)
    findings = sum(len(kept.findings) for kept in chosen)
    yield f"{path}: specs {len(chosen)}, rows {rows}, findings {findings}"
    for name, version in sorted(baseline.environment.items()):
        yield f"  {name} {version}"
    today = date.today().isoformat()
    for kept in chosen:
        yield ""
        yield f"{kept.id}  {kept.status}, seed {kept.seed}, rows {len(kept.rows)}"
        yield f"  answered: {', '.join(kept.answered)}"
        yield from (f"  missing: {code} of {party}" for code, party, _ in kept.missing)
        yield from (_finding(item, today) for _, item in sorted(kept.findings.items()))


def _finding(item: Remembered, today: str) -> str:
    seen = f"first seen {item.first_seen}, last seen {item.last_seen}"
    over = " (over)" if item.expires and item.expires < today else ""
    until = f", expires {item.expires}{over}" if item.expires else ""
    why = f": {item.reason}" if item.reason else ""
    name = words.named_finding(item.key).removeprefix("the finding ")
    return f"  {item.severity.value} {name}: {seen}{until}{why}"
