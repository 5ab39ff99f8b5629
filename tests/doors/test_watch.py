"""`--watch` runs again whenever something changes, and shows nothing stale."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.run.code_project import NUMPY, numpy_spec

GOOD: Final = "gradverify: 1\ntitle: one\ninputs: {x: [1., 2.]}\nloss: sum(x * x)\n"
WRONG: Final = GOOD + "expect: {grads: {x: 3 * x}}\n"
CODE: Final = "gradverify: 1\ntitle: code\n" + numpy_spec("softplus", "softplus_backward")
RUN: Final = ["run", "--watch", "--oracles", "rules,finite_difference,stated", "--allow-import"]
LONG: Final = 60.0
CLEAR: Final = "\x1b[2J"


class Watching:
    """A process that watches, and what it has written since one last asked."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.out = folder / "out"
        command = [sys.executable, "-m", "gradverify", *RUN, *arguments]
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:  # a signal that is ignored stays ignored in a child; one with a handler does not
            with self.out.open("wb") as out:
                self.process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=out)  # noqa: S603 - our own
        finally:
            _ = signal.signal(signal.SIGINT, before)
        self.read = 0

    def until(self, *words: str) -> str:
        """Return what was written until the process waits, in which these words must be."""
        end = time.monotonic() + LONG
        while time.monotonic() < end and self.process.poll() is None:
            text = self.out.read_text("utf-8")[self.read :]
            if "waiting for a change" in text:
                self.read += len(text)
                assert all(word in text for word in words), text
                return text
            time.sleep(0.05)
        pytest.fail(f"nothing happened: {self.out.read_text('utf-8')[self.read :]}")

    def end(self) -> int:
        """Interrupt it as Ctrl-C does where nobody else hears of it, and return how it ends."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(LONG)


Start = Callable[..., Watching]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """What starts to watch in the folder of the test, and is ended with it."""
    started: list[Watching] = []

    def begin(*arguments: str) -> Watching:
        started.append(Watching(tmp_path, *arguments))
        return started[-1]

    yield begin
    for one in started:
        one.process.kill()
        _ = one.process.wait(LONG)


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    _ = file.write_text(text, "utf-8")


def test_specs_that_change_come_and_go_are_run_again(tmp_path: Path, start: Start) -> None:
    spec = tmp_path / "specs/a.grad.yaml"
    write(spec, GOOD)
    watching = start()
    assert CLEAR not in watching.until("1 passed")
    write(spec, WRONG)
    _ = watching.until("changed: specs/a.grad.yaml; running again", "1 failed")
    write(tmp_path / "specs/deep/b.grad.yaml", GOOD)
    _ = watching.until("changed: specs/deep/b.grad.yaml;", "1 passed, 1 failed")
    write(spec, "gradverify: 1\ntitle: [")
    _ = watching.until("1 passed, 0 failed, 0 undecided, 1 broken")
    other = tmp_path / "other"
    write(other, GOOD)
    _ = other.replace(spec)  # as editors do
    _ = watching.until("2 passed", "2 from the cache")
    shutil.rmtree(tmp_path / "specs")
    _ = watching.until("no folder specs/")
    write(spec, GOOD)
    _ = watching.until("1 passed")
    assert watching.end() == 130


def test_code_that_changes_is_imported_afresh(tmp_path: Path, start: Start) -> None:
    write(tmp_path / "specs/a.grad.yaml", CODE)
    write(tmp_path / "mypackage/__init__.py", "")
    write(tmp_path / "mypackage/ops.py", "from beside import SLOPE\n" + NUMPY)
    write(tmp_path / "beside.py", "SLOPE = 1.0\n")
    watching = start()
    _ = watching.until("1 passed")
    wrong = NUMPY.replace("ct / (1", "2 * ct / (1", 1)
    write(tmp_path / "mypackage/ops.py", wrong)
    _ = watching.until("ops.py; running again", "1 failed")
    write(tmp_path / "mypackage/ops.py", "def f(:\n")
    _ = watching.until("1 broken")
    write(tmp_path / "mypackage/ops.py", "from .further import SLOPE\n" + NUMPY)
    _ = watching.until("1 broken", "further")
    write(tmp_path / "mypackage/further.py", "from beside import SLOPE\n")
    _ = watching.until("further.py; running again", "1 passed")
    write(tmp_path / "beside.py", "SLOP = 1.0\n")
    _ = watching.until("beside.py; running again", "1 broken")


def test_settings_that_change_are_read_again(tmp_path: Path, start: Start) -> None:
    write(tmp_path / "specs/a.grad.yaml", GOOD)
    write(tmp_path / "more/b.grad.yaml", WRONG)
    settings = tmp_path / "pyproject.toml"
    write(settings, "")
    watching = start()
    _ = watching.until("1 passed, 0 failed")
    write(settings, '[tool.gradverify]\npaths = ["specs", "more"]\n')
    _ = watching.until("changed: more/b.grad.yaml, pyproject.toml;", "1 passed, 1 failed")
    write(settings, "[tool.gradverify\n")
    _ = watching.until("cannot be read")
    write(settings, "")
    _ = watching.until("1 passed, 0 failed")


def test_what_cannot_be_is_said_once(tmp_path: Path, start: Start) -> None:
    watching = start("nowhere")
    assert watching.process.wait(LONG) == 4
    assert (tmp_path / "out").read_text("utf-8").count("there is no nowhere") == 1


def test_an_interrupt_in_the_middle_of_a_run_ends_that_run_too(
    tmp_path: Path, start: Start
) -> None:
    slow = NUMPY + "import pathlib, time\npathlib.Path('begun').touch()\ntime.sleep(60)\n"
    write(tmp_path / "specs/a.grad.yaml", CODE)
    write(tmp_path / "mypackage/ops.py", slow)
    watching = start()
    end = time.monotonic() + LONG
    while not (tmp_path / "begun").exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert watching.end() == 130
    assert "interrupted: the specs that are not listed were not run" in watching.out.read_text()


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="there are no pseudo-terminals here")
def test_a_terminal_is_cleared_between_two_runs(tmp_path: Path) -> None:
    spec = tmp_path / "specs/a.grad.yaml"
    write(spec, GOOD)
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "gradverify", *RUN]
    process = subprocess.Popen(  # noqa: S603 - our own
        command, cwd=tmp_path, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    try:
        assert CLEAR not in read_until(ours, "waiting for a change")
        write(spec, WRONG)
        text = read_until(ours, "waiting for a change")
        assert CLEAR in text
        assert "failed" in text.partition(CLEAR)[2]
        assert "changed: specs/a.grad.yaml" in text.partition(CLEAR)[2]
    finally:
        process.kill()
        _ = process.wait(LONG)
        os.close(ours)


def read_until(terminal: int, word: str) -> str:
    text = b""
    while word.encode() not in text:
        text += os.read(terminal, 4096)
    return text.decode(errors="replace")
