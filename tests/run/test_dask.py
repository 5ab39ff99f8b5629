"""On a Dask cluster every spec has the result that it has here, also where a worker dies."""

import signal
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gradverify.errors import UsageError
from gradverify.run import dask_executor
from gradverify.run.arrivals import Arrivals
from gradverify.run.engine import Inline, environment_of
from gradverify.run.environment import environment
from gradverify.run.executor_errors import DaskMissingError, NoAddressError, UnreachableError
from gradverify.run.executor_named import maker_of
from gradverify.run.executors import Chosen, Executed
from gradverify.run.task import Done, Task
from tests.run.dask_cluster import Cluster, cluster
from tests.support import OPTIONS, spec_of

QUICK = replace(OPTIONS, oracles=("rules", "stated"), allow_import=True)
SLOW = "function: own:slow\nframework: numpy\nvjp: own:back\n"
DEADLY = "function: own:dies\nframework: numpy\nvjp: own:back\n"
WRONG = "loss: sum(exp(x))\nexpect: {grads: {x: 2 * exp(x)}}\n"
CODE = """
import os, signal, time
import numpy as np

def slow(x):
    time.sleep(0.001)
    return np.exp(x)

def dies(x):
    os.kill(os.getpid(), signal.SIGKILL)

def back(ct, out, x):
    return (ct * out,)
"""


def task(position: int, text: str) -> Task:
    return Task(position, spec_of(f"inputs: {{x: [1., {position}.5]}}\n{text}"), QUICK)


def engine(name: str, timeout: float | None = 20) -> Executed:
    return Executed(Chosen(name, maker_of(name), timeout, lambda _: None))


def timeless(done: Done) -> Done:
    return Done(done.position, replace(done.result, seconds=0.0))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    _ = (tmp_path / "own.py").write_text(CODE, "utf-8")
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    _ = sys.modules.pop("own", None)


def test_a_worker_that_is_killed_costs_nothing(folder: Path) -> None:
    tasks = [task(k, WRONG if k % 7 == 3 else SLOW) for k in range(24)]
    came: list[Done] = []
    with cluster(folder, [["--no-nanny"], ["--no-nanny"]]) as found:
        run = engine(found.executor)
        assert environment_of(run) == environment()
        for done in run.perform(tasks):
            came.append(done)
            if len(came) == 4:
                found.processes[1].send_signal(signal.SIGKILL)
        assert found.processes[1].poll() == -signal.SIGKILL
        assert found.logged("Remove worker") >= 1
    assert sorted(done.position for done in came) == [*range(24)]
    here = {done.position: timeless(done) for done in Inline().perform(tasks)}
    assert {done.position: timeless(done) for done in came} == here
    assert {done.result.status for done in came} == {"passed", "failed"}


def test_a_spec_that_kills_its_worker_is_broken_and_the_others_are_not(folder: Path) -> None:
    tasks = [task(0, SLOW), task(1, DEADLY), task(2, SLOW), task(3, SLOW)]
    allowed = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
    with cluster(folder, [["--nanny"]], **allowed) as found:
        came = sorted(engine(found.executor).perform(tasks), key=lambda done: done.position)
    assert [done.position for done in came] == [*range(4)]
    assert [done.position for done in came if done.result.status != "passed"] == [1]
    assert "KilledWorker" in came[1].result.faults[0]


def test_a_scheduler_that_dies_leaves_broken_specs_with_the_reason(folder: Path) -> None:
    tasks = [task(k, SLOW) for k in range(20)]
    came: list[Done] = []
    with cluster(folder, [["--no-nanny"]]) as found:
        for done in engine(found.executor, timeout=None).perform(tasks):
            came.append(done)
            if len(came) == 3:
                found.processes[0].kill()
    assert sorted(done.position for done in came) == [*range(20)]
    broken = [done for done in came if done.result.status == "broken"]
    assert len(broken) > 10
    assert any("no scheduler can be reached" in done.result.faults[0] for done in broken)


def test_a_worker_is_no_scheduler_and_leaving_early_is_quick(folder: Path) -> None:
    with cluster(folder, [["--no-nanny", "--worker-port", "0"]]) as found:
        assert "worker, and no scheduler" in refusal(found, worker_address(found))
        dones = engine(found.executor).perform([task(k, SLOW) for k in range(200)])
        _ = next(dones)
        start = time.monotonic()
        Arrivals(dones).close()
        assert time.monotonic() - start < 5


def worker_address(found: Cluster) -> str:
    log = (found.folder / "1.log").read_text("utf-8")
    return log.partition("Start worker at:")[2].split()[0]


def refusal(found: Cluster, address: str) -> str:
    assert address.startswith("tcp://127.0.0.1:")
    assert address != found.address
    with pytest.raises(UnreachableError) as caught:
        _ = engine(address.replace("tcp://", "dask://"))
    return str(caught.value)


def test_a_port_where_nobody_listens_is_told_at_once() -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        start = time.monotonic()
        with pytest.raises(UnreachableError, match="Connection refused"):
            _ = engine(f"dask://127.0.0.1:{unheard.getsockname()[1]}")
    assert time.monotonic() - start < 5


def test_a_port_where_nobody_speaks_is_told_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_executor, "CONNECT", 0.3)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        start = time.monotonic()
        with pytest.raises(UnreachableError, match="does not answer as a scheduler does"):
            _ = engine(f"dask://127.0.0.1:{silent.getsockname()[1]}")
    assert time.monotonic() - start < 10


def test_an_address_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DASK_SCHEDULER_ADDRESS", raising=False)
    with pytest.raises(NoAddressError, match="DASK_SCHEDULER_ADDRESS is not set"):
        _ = maker_of("dask")
    for address in ("tcp://127.0.0.1:1", "127.0.0.1:1"):
        monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", address)
        with pytest.raises(UnreachableError, match=r"tcp://127\.0\.0\.1:1"):
            _ = engine("dask")


def test_without_distributed_the_command_that_installs_it_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(DaskMissingError, match=r"pip install 'gradverify\[distributed\]'"):
        _ = maker_of("dask://127.0.0.1:8786")


@pytest.mark.parametrize("name", ["dask://", "dask://host", "dask://:1", "dask://host:x", "dask:"])
def test_an_address_without_host_or_port_is_a_usage_error(name: str) -> None:
    with pytest.raises(UsageError, match="dask://HOST:PORT"):
        _ = maker_of(name)


def test_tls_without_certificates_is_told() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(UnreachableError, match="TLS"):
            _ = engine(f"dask+tls://127.0.0.1:{silent.getsockname()[1]}")
