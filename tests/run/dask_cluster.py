"""A Dask scheduler and its workers on loopback, in processes of their own."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, final

ROOT: Final = Path(__file__).parents[2]

PATIENCE: Final = 30.0


@final
@dataclass
class Cluster:
    """Processes that run in a folder, where `scheduler.json` says where the scheduler is."""

    folder: Path
    settings: dict[str, str]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list[subprocess.Popen[bytes]])

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start `dask ...`, whose output goes to a file of the folder."""
        environ = {**os.environ, **self.settings, "PYTHONPATH": str(ROOT)}
        with (self.folder / f"{len(self.processes)}.log").open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter
                [sys.executable, "-m", "dask", *arguments],
                cwd=self.folder, env=environ, stdout=log, stderr=log,
            )  # fmt: skip
        self.processes.append(process)
        return process

    def scheduler(self) -> subprocess.Popen[bytes]:
        """Start a scheduler, and wait until it has said where it is."""
        file = self.folder / "scheduler.json"
        place = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show")
        process = self.start("scheduler", *place, "--scheduler-file", str(file))
        wait_for(file.exists)
        return process

    def worker(self, *options: str) -> subprocess.Popen[bytes]:
        """Start a worker of one thread."""
        options = ("--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1", *options)
        return self.start("worker", self.address, *options)

    @property
    def address(self) -> str:
        """The scheduler's, tcp://HOST:PORT."""
        return json.loads((self.folder / "scheduler.json").read_text("utf-8"))["address"]

    @property
    def executor(self) -> str:
        """The scheduler's, as --executor has it."""
        return self.address.replace("tcp://", "dask://")

    def logged(self, text: str) -> int:
        """Return how often something stands in the logs."""
        return sum(file.read_text("utf-8").count(text) for file in self.folder.glob("*.log"))


@contextlib.contextmanager
def cluster(
    folder: Path, workers: Sequence[Sequence[str]], **settings: str
) -> Generator[Cluster, None, None]:
    """Give a cluster whose workers have all registered; it is gone afterwards."""
    found = Cluster(folder, settings)
    try:
        _ = found.scheduler()
        for options in workers:
            _ = found.worker(*options)
        wait_for(lambda: found.logged("Register worker") >= len(workers))
        yield found
    finally:
        for process in reversed(found.processes):  # workers leave while there is a scheduler
            process.terminate()  # a nanny that is killed would leave its worker behind
            end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Wait for a process that was told to end, and kill it if it does not."""
    try:
        _ = process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        _ = process.wait(5)


def wait_for(ready: Callable[[], bool]) -> None:
    """Wait until something is so, which it must be soon."""
    late = time.monotonic() + PATIENCE
    while not ready():
        assert time.monotonic() < late, "the cluster does not start"
        time.sleep(0.02)
