"""How long it takes to read the baseline of 2,000 specs and to hold their results against it."""

import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

from many_specs import ORACLES, write_specs

from gradverify.baseline.both import Against
from gradverify.baseline.model import Baseline
from gradverify.baseline.read import read_baseline
from gradverify.baseline.renew import Remark
from gradverify.baseline.renewal import renewal
from gradverify.baseline.store import change
from gradverify.config import Config
from gradverify.events import Event, SpecFinished
from gradverify.run.baselined import Found, Scope, with_baseline
from gradverify.run.options import Options
from gradverify.run.runner import run

MANY: Final = 2000
ROUNDS: Final = 5
TARGET: Final = 1.0  # seconds
TODAY: Final = date(2026, 1, 1)
FILE: Final = Path("baseline.jsonl")


def written(events: Sequence[Event]) -> None:
    """Write the baseline of a run, and say how large it is."""
    found = Found()
    results = [event.result for event in events if isinstance(event, SpecFinished)]
    digested = [(result, found.digest(result)) for result in results]

    def changed(before: Baseline) -> Baseline:
        return renewal(before, digested, {}, Against(TODAY), Remark(None, None)).after

    _ = change(FILE, changed)
    rows = sum(len(result.comparisons) for result in results)
    size = FILE.stat().st_size
    print(f"{MANY} specs, {rows} rows: {size / 1e6:.1f} MB, {size / MANY / 1e3:.1f} kB a spec")


def compared(events: Sequence[Event]) -> float:
    """Return the seconds of a comparison, reading included; what differs would be a mistake."""
    start = time.perf_counter()
    baseline = read_baseline(FILE)
    held = [*with_baseline(events, baseline, FILE, Scope(("specs",)), TODAY)]
    seconds = time.perf_counter() - start
    ends = [event.compared for event in held if isinstance(event, SpecFinished)]
    same = [end for end in ends if end is not None and not end.is_new and not end.regressions]
    if len(same) != MANY:
        message = f"{MANY - len(same)} specs differ from the baseline that was made of them"
        raise SystemExit(message)
    return seconds


def main() -> None:
    """Print the seconds of every round, and their median."""
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        Path("specs").mkdir()
        write_specs(Path("specs"), MANY)
        oracles = tuple(ORACLES.split(","))
        options = Options(oracles, (), None, "", Config().max_memory)
        events = [*run(sorted(Path("specs").iterdir()), options)]
        written(events)
        rounds = [compared(events) for _ in range(ROUNDS)]
        os.chdir("/")
    print("compared:", ", ".join(f"{seconds:.2f} s" for seconds in rounds))
    print(f"median:   {statistics.median(rounds):.2f} s   (target: less than {TARGET:g} s)")


if __name__ == "__main__":
    main()
