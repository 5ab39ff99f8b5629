"""Measures processes: medians over rounds in which every command takes its turn."""

import os
import statistics
import subprocess
import sys
import sysconfig
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

ROOT: Final = Path(__file__).parent.parent
GRADVERIFY: Final = str(Path(sysconfig.get_path("scripts")) / "gradverify")
PYTHON: Final = sys.executable


@final
@dataclass(frozen=True, slots=True)
class Cost:
    """What a process took: seconds by the clock, and seconds of all its processors together."""

    wall: float
    cpu: float


def measured(command: Sequence[str], folder: Path = ROOT) -> Cost:
    """Return what one run takes in a folder; its output is dropped.

    Raises:
        CalledProcessError: where the command fails, since a failure's time means nothing.
    """
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, list(command))
    return Cost(wall, usage.ru_utime + usage.ru_stime)


def in_turns(commands: Mapping[str, Sequence[str]], rounds: int) -> Mapping[str, Sequence[Cost]]:
    """Return each command's cost in every round, after one round that is not counted."""
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            cost = measured(command)
            if number:
                costs[name].append(cost)
    return costs


def median(costs: Sequence[Cost]) -> Cost:
    """Return the median by the clock beside the median of processor time."""
    return Cost(statistics.median(c.wall for c in costs), statistics.median(c.cpu for c in costs))


def print_costs(costs: Mapping[str, Sequence[Cost]], target: float) -> None:
    """Print two commands' medians, and how many times the second the first one takes.

    The ratio is taken in every round, which both share with whatever else the machine does, and is
    then the median of the rounds.
    """
    for name, found in costs.items():
        middle = median(found)
        print(f"{name:28} {middle.wall:7.3f} s   {middle.cpu:7.3f} s of processor")
    pairs = list(zip(*costs.values(), strict=True))
    ratio = median([Cost(a.wall / b.wall, a.cpu / b.cpu) for a, b in pairs])
    print(f"{'ratio':28} {ratio.wall:7.2f}     {ratio.cpu:7.2f}   (target: at most {target:g})")
