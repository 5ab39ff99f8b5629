"""A module of a user whose functions end their process, hang, or take what they should not."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from gradverify.run.options import Options
from gradverify.run.task import Task
from gradverify.spec.parse import specs_of
from gradverify.spec.source import source_of
from tests.support import OPTIONS

MODULE: Final = """\
import ctypes, os, signal, subprocess, sys, threading, time
import numpy as np

KEPT = []


def right(x):
    return x * x


def right_backward(ct, out, x):
    return (2 * ct * x,)


def exits(x):
    os._exit(7)


def aborts(x):
    os.abort()


def reads_null(x):
    ctypes.string_at(0)


def killed(x):
    os.kill(os.getpid(), signal.SIGKILL)


def sleeps(x):
    time.sleep(600)


def loops_in_c(x):
    sum(iter(int, 1))


def waits_for_another(x):
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with open("another.pid", "w") as file:
        file.write(str(process.pid))
    process.wait()


def eats(x):
    if not KEPT:
        for _ in range(25):
            KEPT.append(np.ones(2**20))
            time.sleep(0.03)
    return x * x


def prints(x):
    print("a word for stdout")
    os.write(1, b"a word past Python\\n")
    print("a word for stderr", file=sys.stderr)
    return x * x


def starts_threads(x):
    threading.Thread(target=time.sleep, args=(600,)).start()
    return x * x


def leaves(x):
    raise SystemExit(3)


def interrupts(x):
    raise KeyboardInterrupt


def closes_everything(x):
    os.closerange(3, 256)
    time.sleep(600)


def unpicklable(x):
    return lambda: x


def slow(x):
    if not KEPT:
        KEPT.append(0)
        time.sleep(1)
    return x * x


def alone(x):
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC"):
        if os.environ[name] != "1":
            raise RuntimeError(name)
    return x * x
"""

SPEC: Final = """\
gradverify: 1
title: {title}
inputs: {{x: [1., 2.]}}
function: dangerous.ops:{function}
vjp: dangerous.ops:right_backward
framework: numpy
"""
QUICK: Final[Options] = replace(OPTIONS, allow_import=True)


def write_module(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in a folder with the module."""
    (folder / "dangerous").mkdir()
    _ = (folder / "dangerous" / "ops.py").write_text(MODULE, "utf-8")
    monkeypatch.chdir(folder)


def text_of(functions: Sequence[str]) -> str:
    """Return specs, each of one function of the module."""
    numbered = enumerate(functions)
    return "---\n".join(SPEC.format(title=f"{k} {name}", function=name) for k, name in numbered)


def tasks_of(*functions: str) -> list[Task]:
    """Return tasks, each of one function of the module."""
    specs = specs_of(source_of("a.grad.yaml", text_of(functions)))
    return [Task(k, spec, QUICK) for k, spec in enumerate(specs)]
