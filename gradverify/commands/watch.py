"""`--watch`: runs, waits until a file changes that the run stands on, and runs again."""

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import click

from gradverify.commands.request import RunRequest
from gradverify.commands.watched import Stamps, Watched
from gradverify.report.record import INTERRUPTED, USAGE
from gradverify.report.terminal import printable

OPTION: Final = "--watch"
INTERVAL: Final = 0.3
SHARE: Final = 5
"""How many times as long as it takes to look at all files one waits until the next look."""
SETTLED: Final = 0.1
"""Seconds without a further change, after which an editor, or a checkout, is done."""
LOOKS: Final = 50
"""After so many looks a run begins although files still change."""
NAMED: Final = 3
"""How many files are named that changed."""
GRACE: Final = 1.0
"""Seconds in which a run ends that was interrupted at the keyboard, as this process was."""
LAST: Final = 10.0
"""Seconds for one that was not, and now is."""


def watch_specs(request: RunRequest) -> int:
    """Run again and again, each time in a process of its own, which imports code afresh.

    Returns 130 when a person interrupts it, as every run that is interrupted does, whatever the
    last run said; 4 where the first run says that it was asked for what cannot be.
    """
    watched = Watched(request)
    try:
        seen = watched.stamps()
        started = time.time_ns()
        code = _run()
        while code not in {USAGE, INTERRUPTED}:
            watched.look_up_code()
            seen = _with_older(seen, watched.stamps(), started)
            _say(f"\nwaiting for a change in {len(seen)} files; Ctrl-C ends this")
            now = _changed(watched, seen)
            if sys.stdout.isatty():
                click.clear()
            _say(f"{_told(seen, now)}; running again\n")
            seen, started = now, time.time_ns()
            code = _again(code)
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _again(before: int) -> int:
    """Run once more; that settings are wrong for a while ends nothing."""
    code = _run()
    return before if code == USAGE else code


def _run() -> int:
    """Run as this process was asked to, but once; a person's interrupt goes to that run as well."""
    command = [sys.executable, *(word for word in sys.orig_argv[1:] if word != OPTION)]
    process = subprocess.Popen(command)  # noqa: S603 - ourselves
    try:
        return process.wait()
    except KeyboardInterrupt:
        _end(process)
        raise


def _end(process: subprocess.Popen[bytes]) -> None:
    """Wait for a run to say what it has; a terminal has interrupted it, too, others have not."""
    try:
        _ = process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
        try:
            _ = process.wait(LAST)
        except subprocess.TimeoutExpired:
            process.kill()


def _with_older(seen: Stamps, now: Stamps, started: int) -> Stamps:
    """Add files that a run has drawn attention to, unless they changed since it began."""
    new = {file: now[file] for file in now.keys() - seen.keys()}
    return {**seen, **{file: stamp for file, stamp in new.items() if max(stamp[:2]) < started}}


def _changed(watched: Watched, seen: Stamps) -> Stamps:
    """Wait until something differs from what was seen, and until nothing does any more."""
    now = _looked(watched, INTERVAL)
    while now == seen:
        now = _looked(watched, INTERVAL)
    for _ in range(LOOKS):
        before, now = now, _looked(watched, SETTLED)
        if now == before:
            break
    return now


def _looked(watched: Watched, pause: float) -> Stamps:
    start = time.perf_counter()
    stamps = watched.stamps()
    time.sleep(max(pause, SHARE * (time.perf_counter() - start)))
    return stamps


def _told(seen: Stamps, now: Stamps) -> str:
    """Return a sentence on what is new, changed or gone."""
    changed = (file for file in seen.keys() | now.keys() if seen.get(file) != now.get(file))
    names = sorted(map(_from_here, changed))
    more = [f"{len(names) - NAMED} more"] if len(names) > NAMED else []
    return f"changed: {', '.join([*names[:NAMED], *more])}"


def _from_here(file: str) -> str:
    path, here = Path(file), Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else file


def _say(text: str) -> None:
    """Write to stderr: stdout is the report's."""
    click.echo(printable(text), err=True)
