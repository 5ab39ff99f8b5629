"""`gradverify baseline update` and `prune`: a run is written down, or what is gone removed."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final, final

import click

from gradverify.commands.engines import engine_of, events_of
from gradverify.commands.request import RunRequest, options_of, settings
from gradverify.commands.requirements import assert_installed, assert_known
from gradverify.commands.screen import Screen, follow
from gradverify.commands.settings import SEPARATOR, TESTS, chosen_specs
from gradverify.config import BASELINE, Config
from gradverify.errors import UsageError
from gradverify.files import assert_writable
from gradverify.report.record import BROKEN, INTERRUPTED, NOTHING_COMPARED, PASSED, Record
from gradverify.report.terminal import printable
from gradverify.run.options import matches
from gradverify.spec.discover import is_spec_name

if TYPE_CHECKING:
    from gradverify.baseline.model import Baseline
    from gradverify.baseline.renewal import Digested, Pruning, Renewal
    from gradverify.run.baselined import Scope

SILENT: Final = Screen(format="text", verbose=False, color=False, streams=False)
NOTHING: Final = "no spec was selected: the baseline stays as it was"
NOTHING_KEPT: Final = "no spec of the baseline was selected"
STOPPED: Final = "interrupted: the baseline stays as it was"
NAMED: Final = 20
"""Specs of one kind that are named; the others are counted."""


@final
@dataclass(frozen=True, slots=True)
class BaselineRequest:
    """The options of `baseline update` and `prune`; `file` None is that of the configuration."""

    file: str | None
    run: RunRequest
    expires: str | None = None
    reason: str | None = None
    dry_run: bool = False


@final
class NotADateError(UsageError):
    """`--expires` is no date."""

    def __init__(self, text: str) -> None:
        super().__init__(f"--expires {text}: not a date; write year-month-day, such as 2027-03-31")


def request_of(arguments: tuple[str, ...], given: Mapping[str, object]) -> BaselineRequest:
    """Return the request of a command line: the file comes first, unless that is a path of specs.

    `given` are options by name: those of `run`, and `expires`, `reason` and `dry_run`.
    """
    own = {key: given[key] for key in ("expires", "reason", "dry_run") if key in given}
    others = {key: value for key, value in given.items() if key not in own}
    file, paths = split_file(arguments)
    request = RunRequest(paths=paths, **others)  # pyright: ignore[reportArgumentType] # click has read them as their types
    return BaselineRequest(file, request, **own)  # pyright: ignore[reportArgumentType] # likewise


def split_file(arguments: tuple[str, ...]) -> tuple[str | None, tuple[str, ...]]:
    """Return the baseline's file, None where the first argument is a path of specs, and paths."""
    if not arguments or _is_path_of_specs(arguments[0]):
        return None, arguments
    return arguments[0], arguments[1:]


def _is_path_of_specs(given: str) -> bool:
    named = is_spec_name(given) or given.endswith(TESTS) or SEPARATOR in given
    return named or Path(given).is_dir()


def file_of(file: str | None, config: Config) -> Path:
    """Return where the baseline is: as given, as configured, or where it is by default."""
    return Path(file or config.baseline or BASELINE)


@final
@dataclass(frozen=True, slots=True)
class Done:
    """A run that is to be written down: where, what it found, and what it was to find.

    `is_everything` says that no path was given: then a spec whose file is no more is gone, too.
    """

    path: Path
    record: Record
    scope: "Scope"
    is_everything: bool

    def results(self) -> "list[Digested]":
        """Return the results, each with what tells the text of its spec."""
        from gradverify.run.baselined import Found

        found = Found()
        return [(result, found.digest(result)) for result in self.record.results]

    def gone(self, baseline: "Baseline") -> tuple[str, ...]:
        """Return the specs that a baseline has, and the run was to find and did not."""
        from gradverify.run.baselined import Found

        found = Found()
        for result in self.record.results:
            found.add(result)
        gone = found.gone(baseline, self.scope)
        if not self.is_everything:
            return gone
        matching = (name for name in baseline.specs if matches(self.scope.keyword, name))
        lost = (name for name in matching if not Path(name.partition(SEPARATOR)[0]).exists())
        return tuple(sorted({*gone, *lost}))


def update_baseline(request: BaselineRequest) -> int:
    """Run specs and write down what they came to; what is broken stays as it was.

    Raises:
        UsageError: for what cannot be used, the baseline's own file too, before anything runs.
    """
    _assert_date(request.expires)
    done = run_for(request)
    if done.record.interrupted or not done.record.results:
        return _unwritten(done.record)
    from gradverify.baseline.both import Against
    from gradverify.baseline.renew import Remark
    from gradverify.baseline.renewal import renewal
    from gradverify.baseline.store import change

    results, environment = done.results(), done.record.environment
    against = Against(_today(), done.scope.oracles)
    remark = Remark(request.expires, request.reason)
    made: list[Renewal] = []

    def changed(before: "Baseline") -> "Baseline":
        made[:] = [renewal(before, results, environment, against, remark)]
        return made[0].after

    is_new = not done.path.exists()
    _ = change(done.path, changed)
    _print(_told_renewal(done.path, made[0]))
    if is_new:
        _print(_told_first(done.path, settings(request.run)))
    return BROKEN if made[0].refused else PASSED


def prune_baseline(request: BaselineRequest) -> int:
    """Run specs and remove what the baseline has and they do not; print it alone on a dry run.

    Raises:
        UsageError: as for an update, and where there is no baseline.
    """
    from gradverify.baseline.both import Against
    from gradverify.baseline.read import read_baseline
    from gradverify.baseline.renewal import pruning
    from gradverify.baseline.store import change

    _ = read_baseline(file_of(request.file, settings(request.run)))
    done = run_for(request)
    if done.record.interrupted:
        return _unwritten(done.record)
    results, against = done.results(), Against(_today(), done.scope.oracles)
    made: list[Pruning] = []

    def changed(before: "Baseline") -> "Baseline":
        made[:] = [pruning(before, results, done.gone(before), against)]
        return made[0].after

    _ = changed(read_baseline(done.path)) if request.dry_run else change(done.path, changed)
    _print(_told_pruning(done.path, made[0], is_dry=request.dry_run))
    broken = any(result.status == "broken" for result in done.record.results)
    return BROKEN if broken else PASSED


def run_for(request: BaselineRequest) -> Done:
    """Run what a request selects, shown as a bar alone.

    Raises:
        UsageError: for a baseline that cannot be read or written, before anything runs.
    """
    from gradverify.baseline.store import existing

    config = settings(request.run)
    path = file_of(request.file, config)
    assert_writable(path)
    _ = existing(path)
    chosen = chosen_specs(request.run.paths, config)
    options = options_of(request.run, config, chosen.ids)
    assert_known(options.oracles, options.require)
    assert_installed(options.require)
    from gradverify.run.baselined import Scope

    record = follow(
        lambda done: events_of(chosen, options, config, engine_of(config, done)), SILENT
    )
    paths = request.run.paths or config.paths
    scope = Scope(paths, options.keyword, options.oracles)
    return Done(path, record, scope, is_everything=not request.run.paths)


def _today() -> date:
    return date.today()


def _assert_date(text: str | None) -> None:
    from gradverify.baseline.model import is_day

    if text and not is_day(text):
        raise NotADateError(text)


def _unwritten(record: Record) -> int:
    click.echo(STOPPED if record.interrupted else NOTHING, err=True)
    return INTERRUPTED if record.interrupted else NOTHING_COMPARED


def _print(lines: Iterator[str]) -> None:
    for line in lines:
        click.echo(printable(line))


def _told_renewal(path: Path, made: "Renewal") -> Iterator[str]:
    yield f"{path}: {_specs(len(made.after.specs))}"
    yield from _named("added", made.added)
    yield from _named("changed", made.changed)
    if made.kept:
        yield f"  kept as they were: {_specs(len(made.kept))}"
    yield from _named("accepted from now on", made.accepted)
    for name, count in made.silent:
        yield f"  no longer answers, and is not missed from now on: {name} in {_specs(count)}"
    yield from _named("refused, since they are broken (`gradverify run` says why)", made.refused)


def _told_first(path: Path, config: Config) -> Iterator[str]:
    """Yield what to do with a baseline that has just begun."""
    given = "" if config.baseline else f" --baseline {shlex.quote(str(path))}"
    yield f"Next: commit {path}; `gradverify run{given}` fails on what is new or worse"


def _told_pruning(path: Path, made: "Pruning", *, is_dry: bool) -> Iterator[str]:
    gone = (*made.specs, *made.parts)
    verb = "would be removed" if is_dry else "removed"
    yield f"{path}: {len(gone)} {verb}, {_specs(len(made.after.specs))} left"
    yield from (f"  {what}" for what in gone)


def _named(what: str, items: Sequence[str]) -> Iterator[str]:
    """Yield how many there are, and which, as far as one reads them."""
    if items:
        yield f"  {what}: {len(items)}"
        yield from (f"    {item}" for item in items[:NAMED])
    if len(items) > NAMED:
        yield f"    and {len(items) - NAMED} more"


def _specs(count: int) -> str:
    return f"{count} spec{'' if count == 1 else 's'}"
