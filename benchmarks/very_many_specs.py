"""20,000 small specs in two workers: time a spec at three sizes, and memory of all processes."""

import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Final, final

import psutil
from many_specs import ORACLES, write_specs
from processes import GRADVERIFY

SIZES: Final = (5_000, 10_000, 20_000)
MEMORY: Final = 2.0  # GB, at most
GROWTH: Final = 1.2  # how much longer a spec may take among four times as many
PAUSE: Final = 0.5  # seconds between two looks at memory


@final
class Peak:
    """The most memory that a process and all that it has started hold at once, in bytes.

    Pages that several of them share are counted once: each has its part of them.
    """

    def __init__(self, pid: int) -> None:
        self.bytes = 0
        self._root = psutil.Process(pid)
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while self._root.is_running() and self._root.status() != psutil.STATUS_ZOMBIE:
            self.bytes = max(self.bytes, self._now())
            time.sleep(PAUSE)

    def _now(self) -> int:
        try:
            everybody = [self._root, *self._root.children(recursive=True)]
            return sum(process.memory_full_info().pss for process in everybody)
        except psutil.Error:  # one of them has just ended
            return 0


def measured(many: int) -> tuple[float, float]:
    """Return seconds of a run of so many specs, and its peak memory in GB."""
    with tempfile.TemporaryDirectory() as name:
        write_specs(Path(name), many)
        command = [GRADVERIFY, "run", "--no-cache", "-n", "2", "--oracles", ORACLES, name]
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        peak = Peak(process.pid)
        if process.wait():
            raise subprocess.CalledProcessError(process.returncode, command)
        return time.perf_counter() - start, peak.bytes / 1e9


def main() -> None:
    """Print time and memory of each size, and how the time of one spec grows."""
    sizes = tuple(map(int, sys.argv[1:])) or SIZES
    costs = {many: measured(many) for many in sizes}
    for many, (seconds, memory) in costs.items():
        each = 1e3 * seconds / many
        print(f"{many:6} specs: {seconds:6.1f} s, {each:5.2f} ms each, {memory:.2f} GB")
    first, last = (costs[many][0] / many for many in (sizes[0], sizes[-1]))
    most = max(memory for _, memory in costs.values())
    print(
        f"a spec takes {last / first:.2f} times as long as in the smallest run (target: {GROWTH})"
    )
    print(f"peak memory of all processes: {most:.2f} GB (target: at most {MEMORY:g} GB)")


if __name__ == "__main__":
    main()
