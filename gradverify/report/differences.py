"""How a run differs from its baseline, as text and as facts for the other reports."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import Final, final

from gradverify.baseline.compared import Change, Compared, Known, Regression
from gradverify.report.failure import render_place
from gradverify.report.record import KNOWN, WORSE, Record
from gradverify.report.rows import render_count
from gradverify.report.subjects import render_parties
from gradverify.verdict.verdict import Severity, SpecResult

SHOWN: Final = 20
"""Regressions, known specs and what is gone: so many of each are told unless verbose."""
WIDTH: Final = 100
"""Columns of a line that somebody's reason may make longer."""
OUTCOMES: Final = ("passed", KNOWN, WORSE, "failed", "undecided", "broken")
MEANT, ADD, DROP = "If this was meant", "To add what is new", "To drop what is gone"
"""When a command is of use that brings the baseline up to date."""


@final
@dataclass(frozen=True, slots=True)
class Differing:
    """One spec that is new or worse in some way, the worst of its regressions first."""

    result: SpecResult
    regressions: tuple[Regression, ...]


def differing(record: Record) -> tuple[Differing, ...]:
    """Return the specs with regressions, that with the worst of all first."""
    found = [
        Differing(result, tuple(sorted(compared.regressions, key=_size, reverse=True)))
        for result in record.results
        if (compared := record.compared.get(result.id)) is not None and compared.regressions
    ]
    return tuple(sorted(found, key=lambda d: _size(d.regressions[0]), reverse=True))


def _size(item: Regression) -> float:
    return item.times


def excused(record: Record) -> tuple[SpecResult, ...]:
    """Return the specs that do not pass for reasons that the baseline knows."""
    return tuple(result for result in record.results if is_excused(record, result))


def is_excused(record: Record, result: SpecResult) -> bool:
    """Return whether all that keeps a spec from passing is known to the baseline."""
    compared = record.compared.get(result.id)
    return compared is not None and compared.excused


def gone(record: Record) -> tuple[str, ...]:
    """Return a sentence for everything that the baseline has and the run no longer finds."""
    specs = () if record.baseline is None else record.baseline.gone
    return (
        *(f"{name} is no longer there" for name in specs),
        *(
            f"{name}: {sentence}"
            for name, compared in record.compared.items()
            for sentence in compared.gone
        ),
    )


def render_differences(record: Record, *, verbose: bool) -> str:
    """Return what differs from the baseline, and nothing where there is none."""
    baseline = record.baseline
    if baseline is None:
        return ""
    blocks = [_head(record, baseline), *_worse(record, verbose=verbose)]
    known = [_folded(f"  known: {render_known(record, result)}") for result in excused(record)]
    left = [f"  gone: {sentence}" for sentence in gone(record)]
    new = _told_above(record)
    tail = [
        *_some(new, verbose=verbose),
        *_some(known, verbose=verbose),
        *_some(left, verbose=verbose),
        *_commands(record),
    ]
    return "\n\n".join(filter(None, [*blocks, "\n".join(tail)]))


def _folded(line: str) -> str:
    return fill(
        line, WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )


def render_outcomes(outcomes: Mapping[str, int]) -> str:
    """Return how many specs passed, and so on: `4 passed, 1 known, 0 failed, ...`."""
    against = {KNOWN, WORSE}  # of which nothing is said where there are none
    told = ((outcomes.get(name, 0), name) for name in OUTCOMES)
    return ", ".join(f"{count} {name}" for count, name in told if count or name not in against)


def render_counts(record: Record) -> str:
    """Return how much is new or worse, and gone, in words; what is known is counted as specs."""
    specs = differing(record)
    count = sum(len(spec.regressions) for spec in specs)
    worse = (
        f"{count} new or worse in {render_count(len(specs), 'spec')}"
        if count
        else "nothing is worse"
    )
    new = sum(compared.is_new for compared in record.compared.values())
    parts = (
        (new, "{} not in it yet"),
        (len(gone(record)), "{} gone"),
    )
    told = (words.format(number) for number, words in parts if number)
    return ", ".join([worse, *told])


def render_environment(baseline: Compared) -> str:
    """Return what changed in the environment since the baseline, in words."""
    changes = (f"{name} {old} -> {new}" for name, old, new in baseline.environment)
    return ", ".join(changes) or "as in the baseline"


def _head(record: Record, baseline: Compared) -> str:
    return (
        f"Against the baseline {baseline.path}: {render_counts(record)}.\n"
        f"  environment: {render_environment(baseline)}"
    )


def _worse(record: Record, *, verbose: bool) -> Iterator[str]:
    """Yield a block a spec, of what is told nowhere else."""
    left = None if verbose else SHOWN
    hidden = -SHOWN
    for spec in differing(record):
        untold = [r for r in spec.regressions if not is_told_in_full(spec.result, r)]
        hidden += len(untold)
        lines = [line for item in untold[:left] for line in _regression(spec.result, item)]
        if lines:
            yield "\n".join([*lines, f"  Again: {record.again.get(spec.result.id, '')}"])
        left = None if left is None else max(0, left - len(untold))
    if not verbose and hidden > 0:
        yield f"  and {hidden} more, which -v shows"


def _told_above(record: Record) -> list[str]:
    """Return a line on each spec whose failure tells what is new about it."""
    found = (
        (spec.result, [r for r in spec.regressions if is_told_in_full(spec.result, r)])
        for spec in differing(record)
    )
    named = ((result, "; ".join(map(_named, new))) for result, new in found if new)
    return [
        _folded(f"  new: {render_place(result)}  {result.title}: {causes}, told above")
        for result, causes in named
    ]


def _named(item: Regression | Known) -> str:
    about = " ".join(filter(None, [f"of `{item.of}`" * bool(item.of), item.at]))
    return ", ".join(filter(None, [f"{item.code} {about}".rstrip(), by(item.party)]))


def is_told_in_full(result: SpecResult, item: Regression) -> bool:
    """Return whether the failure of the spec, which a report tells besides, has a finding."""
    return result.status != "passed" and _is_error(result, item)


def _is_error(result: SpecResult, item: Regression) -> bool:
    """Whether a regression is a new error: nobody means a wrong gradient."""
    about = (item.code, item.party, item.of, item.at)
    errors = (f for f in result.findings if f.severity is Severity.ERROR and not f.expected)
    told = any((f.code, f.party, f.of, f.at) == about for f in errors)
    return item.change is Change.FINDING and told


def render_regressions(result: SpecResult, regressions: Sequence[Regression]) -> str:
    """Return what is new or worse in one spec, the worst first."""
    worst_first = sorted(regressions, key=_size, reverse=True)
    return "\n".join(line for item in worst_first for line in _regression(result, item))


def _regression(result: SpecResult, item: Regression) -> list[str]:
    about = ", ".join(filter(None, [f"`{item.of}`" * bool(item.of), item.at, by(item.party)]))
    head = f"{_place(result, item)}  {item.change}{f': {about}' if about else ''}"
    return [head, f"    {item.message}"]


def _place(result: SpecResult, item: Regression) -> str:
    return render_place(result) if item.mark is None else f"{item.mark.file}:{item.mark.line}"


def by(party: str) -> str:
    """Return `by torch` or `as derived`, nothing where nobody is meant."""
    return render_parties([party]) if party else ""


def render_known(record: Record, result: SpecResult) -> str:
    """Return a line on a spec that the baseline excuses: what is wrong, since when, and why."""
    known = record.compared[result.id].known
    causes = render_causes(known) or result.status
    return f"{render_place(result)}  {result.title}: {causes}"


def render_causes(known: Sequence[Known]) -> str:
    """Return what is known to be wrong, since when, and why."""
    return "; ".join(map(_known, known))


def _known(item: Known) -> str:
    since = f", since {item.first_seen}" if item.first_seen else ""
    until = f", accepted until {item.expires}" if item.expires else ""
    return f"{_named(item)}{since}{until}{f', because {item.reason}' if item.reason else ''}"


def _some(lines: Sequence[str], *, verbose: bool) -> list[str]:
    if verbose or len(lines) <= SHOWN:
        return list(lines)
    return [*lines[:SHOWN], f"  and {len(lines) - SHOWN} more, which -v shows"]


def commands(record: Record) -> tuple[tuple[str, str], ...]:
    """Return when each command is of use that brings the baseline up to date, and the command.

    Where all that is worse are new errors, there is none that accepts them.
    """
    baseline = record.baseline
    if baseline is None:
        return ()
    worse = differing(record)
    meant = any(is_to_choose(spec.result, spec.regressions) for spec in worse)
    new = not worse and any(compared.is_new for compared in record.compared.values())
    told = (
        (meant, MEANT, baseline.update),
        (new, ADD, baseline.update),
        (bool(gone(record)), DROP, baseline.prune),
    )
    return tuple((when, command) for is_told, when, command in told if is_told and command)


def is_to_choose(result: SpecResult, regressions: Sequence[Regression]) -> bool:
    """Return whether something may be worse on purpose: not every regression is a new error."""
    return not all(_is_error(result, item) for item in regressions)


def _commands(record: Record) -> list[str]:
    return [f"  {name}: {command}" for name, command in commands(record)]
