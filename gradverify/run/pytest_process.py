"""pytest in a process of its own, followed by the notes that it writes while it runs."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final, final

from gradverify.run.telling import Note, notes

MARKER: Final = "gradverify"
PLUGIN: Final = "gradverify.pytest_plugin"
NO_AUTOLOAD: Final = "PYTEST_DISABLE_PLUGIN_AUTOLOAD"
PAUSE: Final = 0.02  # seconds between two looks at what was written
LEAVE: Final = 3.0  # seconds to end by itself once it was told to
STARTING: Final = 60.0  # seconds more than a test has until the first note, as frameworks load

LINES: Final = 12
"""Of what a process printed that are told."""
CRASH: Final = "Fatal Python error"
NO_TESTS: Final = 5
"""The exit code of pytest where no test was selected."""


@final
class PytestProcess:
    """pytest over some tests of one file; whoever is done with it closes it.

    Notes go to a file in a folder, which may have notes of an earlier process; its output and
    cache go there, too.
    """

    def __init__(self, nodes: Sequence[str], options: Sequence[str], folder: Path) -> None:
        self.file = folder / "notes.jsonl"
        self._output = folder / "output.txt"
        self._position = self.file.stat().st_size
        self.timed_out = False
        command = [
            *(sys.executable, "-m", "pytest", *_plugin(), "-m", MARKER, "-q", "--tb=short"),
            *("-o", f"cache_dir={folder / 'cache'}", f"--gradverify-results={self.file}"),
            *(*options, *nodes),
        ]
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(  # noqa: S603 - the user's own tests, named by the user
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # an interrupt is ours, and we end all that it has started
            )

    def follow(self, timeout: float | None) -> Iterator[Note]:
        """Yield each note once it is written, until the process has ended.

        It is ended where no note comes for `timeout` seconds, None for no limit.
        """
        heard, patience = time.monotonic(), None if timeout is None else timeout + STARTING
        while True:
            over = self._process.poll() is not None  # first: what it wrote until then is read below
            for note in self._news():
                yield note
                heard, patience = time.monotonic(), timeout
            if over:
                return
            if patience is not None and time.monotonic() - heard > patience:
                self.timed_out = True
                self.close()
            time.sleep(PAUSE)

    def close(self) -> None:
        """End the process, and whatever it has started."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self._process.poll() is not None:
                return
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                _ = self._process.wait(LEAVE)

    @property
    def found_nothing(self) -> bool:
        """Whether it ended since no test was selected."""
        return self._process.returncode == NO_TESTS

    @property
    def end(self) -> str:
        """How it has ended, in words."""
        code = self._process.returncode
        if code is not None and code < 0:
            return f"signal {signal.Signals(-code).name}"
        return f"exit code {code}"

    def last_words(self) -> str:
        """Return the end of what it has printed; of a crash, the beginning of Python's account."""
        text = self._output.read_text("utf-8", "replace").strip()
        _, crash, account = text.partition(CRASH)
        if crash:
            return "\n".join(f"{crash}{account}".splitlines()[:LINES])
        return "\n".join(text.splitlines()[-LINES:])

    def _news(self) -> Iterator[Note]:
        for note, position in notes(self.file, self._position):
            self._position = position
            yield note


def _plugin() -> tuple[str, ...]:
    """Return the options that load the plug-in, where pytest does not do so by itself."""
    by_itself = entry_points(group="pytest11", name=MARKER) and not os.environ.get(NO_AUTOLOAD)
    return () if by_itself else ("-p", PLUGIN)
