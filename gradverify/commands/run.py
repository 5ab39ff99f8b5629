"""`gradverify run`: settings first, then the specs, one event after the other, then the reports."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from gradverify.commands.caching import Caching
from gradverify.commands.engines import engine_of, events_of
from gradverify.commands.last_failed import only_failed, remember
from gradverify.commands.request import RunRequest, options_of, settings
from gradverify.commands.requirements import assert_installed, assert_known
from gradverify.commands.screen import conclude, follow, screen_of
from gradverify.commands.settings import Chosen, chosen_specs
from gradverify.commands.watch import watch_specs
from gradverify.config import Config
from gradverify.report.table import assert_apart, parse_targets

if TYPE_CHECKING:
    from gradverify.events import Event
    from gradverify.tape.perform import Advance


def run_specs(request: RunRequest) -> int:
    """Run what was asked for, print and write the reports, and return the exit code.

    Raises:
        UsageError: for a path, option or setting that cannot be used, before anything runs.
        MissingOracleError: for a required oracle that is not installed, likewise.
    """
    if request.watch:
        return watch_specs(request)
    config = settings(request)
    targets = parse_targets(config.report)
    chosen = chosen_specs(request.paths, config)
    assert_apart(targets, _read(chosen, config))
    if request.last_failed:
        chosen = only_failed(chosen, request.keyword)
    options = options_of(request, config, chosen.ids)
    assert_known(options.oracles, options.require)
    assert_installed(options.require)
    from gradverify.commands.against import holding
    from gradverify.run.fail_fast import until_failure

    hold, screen = holding(request, config), screen_of(request, config)
    caching = Caching(wanted=config.cache and config.executor is None)  # elsewhere is not as here

    def start(advance: "Advance") -> "Iterable[Event]":
        engine = caching.around(engine_of(config, advance))
        events = events_of(chosen, options, config, engine)
        return until_failure(events, hold) if request.fail_fast else hold(events)

    record = caching.counted(follow(start, screen))
    remember(record, chosen)
    return conclude(record, screen, targets)


def _read(chosen: Chosen, config: Config) -> list[Path]:
    """Return the files that a run reads."""
    baseline = [] if config.baseline is None else [Path(config.baseline)]
    return [*chosen.files, *map(Path, chosen.tests), *baseline]
