"""`run -n` as a user uses it: the same report, limits that hold, and nobody left behind."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from gradverify.cli import run_command_line
from tests.run.dangerous_project import text_of, write_module

SPEC = "gradverify: 1\ntitle: t{n}\ninputs: {{x: [1., {n}.]}}\nloss: sum(exp(x))\n"
WRONG = "gradverify: 1\ntitle: w\ninputs: {x: [1.]}\nloss: sum(x)\nexpect: {grads: {x: [2.]}}\n"
FEW = ["--no-cache", "--oracles", "rules,finite_difference,stated"]
SECONDS = re.compile(r"[\d.]+ s\b")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("PROCESSES", "TIMEOUT", "ORACLES", "MAX_MEMORY"):
        monkeypatch.delenv(f"GRADVERIFY_{name}", raising=False)
    _ = (tmp_path / "pyproject.toml").write_text("[project]\n")
    write_module(tmp_path, monkeypatch)
    return tmp_path


def start(*arguments: str) -> subprocess.Popen[str]:
    """Start a process that an interrupt ends, in a group of its own, as a terminal's job is."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(  # noqa: S603 - our own
            [sys.executable, "-m", "gradverify", "run", *FEW, *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
    finally:
        _ = signal.signal(signal.SIGINT, before)


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Return those that still run, after a moment to end in."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        left = [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
        if not left:
            break
        time.sleep(0.05)
    return [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.parametrize("many", ["2", "auto"])
def test_the_report_is_that_of_one_process(many: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = "---\n".join([*(SPEC.format(n=n) for n in range(9)), WRONG, SPEC.format(n=10)])
    _ = Path("a.grad.yaml").write_text(text)
    assert run_command_line(["run", *FEW, "-v", "a.grad.yaml"]) == 1
    one = SECONDS.sub("", capsys.readouterr().out)
    assert run_command_line(["run", *FEW, "-v", "a.grad.yaml", "-n", many]) == 1
    assert SECONDS.sub("", capsys.readouterr().out) == one


def test_a_first_failure_can_end_a_run_of_workers(capsys: pytest.CaptureFixture[str]) -> None:
    _ = Path("a.grad.yaml").write_text("---\n".join([WRONG, *(SPEC.format(n=n) for n in range(9))]))
    assert run_command_line(["run", *FEW, "-n", "2", "-x", "a.grad.yaml"]) == 1
    assert "1 spec: 0 passed, 1 failed" in capsys.readouterr().out


def test_a_limit_of_time_needs_no_number_of_processes(capsys: pytest.CaptureFixture[str]) -> None:
    _ = Path("a.grad.yaml").write_text(text_of(["sleeps", "right"]))
    arguments = ["run", *FEW, "--allow-import", "--timeout", "1.5", "a.grad.yaml"]
    assert run_command_line(arguments) == 2
    out = capsys.readouterr().out
    assert "a.grad.yaml:1:1: this spec was still running after 1.5 s" in out
    assert "  Again: gradverify run 'a.grad.yaml::0 sleeps'" in out
    assert "1 passed, 0 failed, 0 undecided, 1 broken" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-n", "0"], "processes is '0', not auto or a whole number from 1 up"),
        (["-n", "-1"], "processes is '-1', not auto or a whole number from 1 up"),
        (["-n", "x"], "processes is 'x', not auto or a whole number from 1 up"),
        (["--timeout", "0"], "timeout is 0.0, not a number of seconds above zero"),
        (["--timeout", "-1"], "timeout is -1.0, not a number of seconds above zero"),
        (["--timeout", "nan"], "timeout is nan, not a number of seconds above zero"),
    ],
)
def test_a_wrong_number_exits_with_4(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _ = Path("a.grad.yaml").write_text(WRONG)
    assert run_command_line(["run", *arguments, "a.grad.yaml"]) == 4
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("everybody", [True, False])
def test_an_interrupt_ends_all_and_keeps_what_is_known(*, everybody: bool) -> None:
    _ = Path("a.grad.yaml").write_text(text_of(["right", "sleeps", "loops_in_c"]))
    process = start("a.grad.yaml", "--allow-import", "-n", "3")
    assert process.stdout is not None
    assert process.stdout.read(13) == "a.grad.yaml ."
    children = psutil.Process(process.pid).children(recursive=True)
    assert len(children) >= 4
    if everybody:
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, "")
    assert "1 spec: 1 passed" in out
    assert "interrupted: " in out
    assert alive(children) == []


def test_a_killed_run_leaves_no_worker_behind() -> None:
    _ = Path("a.grad.yaml").write_text(text_of(["right", "sleeps", "loops_in_c"]))
    process = start("a.grad.yaml", "--allow-import", "-n", "3")
    assert process.stdout is not None
    assert process.stdout.read(13) == "a.grad.yaml ."
    children = psutil.Process(process.pid).children(recursive=True)
    assert all(process.status() != psutil.STATUS_ZOMBIE for process in children)  # they do run
    process.kill()
    _ = process.communicate(timeout=30)
    assert alive(children) == []


NO_SERVER = """\
import os, sys
if "multiprocessing.forkserver" in " ".join(sys.orig_argv):
    os._exit(5)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there processes are spawned")
def test_where_no_worker_can_start_every_spec_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    _ = Path("sitecustomize.py").write_text(NO_SERVER)
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))
    _ = Path("a.grad.yaml").write_text("---\n".join(SPEC.format(n=n) for n in range(4)))
    process = start("a.grad.yaml", "-n", "2")
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert out.count("3 worker processes in a row ended before they ran anything") == 4
    assert "a.grad.yaml:6:1: this spec was not run" in out


def test_a_module_of_the_folder_hides_none_that_workers_import() -> None:
    _ = Path("selectors.py").write_text("raise SystemExit('not this one')\n")
    _ = Path("a.grad.yaml").write_text(SPEC.format(n=1))
    script = str(Path(sys.executable).with_name("gradverify"))
    done = subprocess.run(  # noqa: S603 - our own
        [script, "run", *FEW, "-n", "2", "a.grad.yaml"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
