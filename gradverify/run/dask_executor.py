"""The executor of a Dask cluster that is there already."""

import asyncio
import contextlib
import os
import socket
import threading
from collections.abc import Callable, Generator
from concurrent.futures import BrokenExecutor, Executor, Future
from importlib import import_module
from typing import Any, Final, TypeVar, final
from urllib.parse import urlsplit

from gradverify.run.executor_errors import (
    DaskMissingError,
    ExecutorFormError,
    NoAddressError,
    UnreachableError,
    raised,
)
from gradverify.run.session import Maker

T = TypeVar("T")
VARIABLE: Final = "DASK_SCHEDULER_ADDRESS"
SCHEDULER: Final = "Scheduler"
"""The type of one, as it names itself."""
CONNECT: Final = 4.0
"""Seconds in which a scheduler must answer."""


@final
class OnDask(Executor):
    """Dask's own executor, except that it breaks when its scheduler is gone.

    Dask would keep what is submitted then, and never say a word.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._inner: Executor = client.get_executor(pure=False)  # no task is taken for another

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> "Future[T]":
        """Submit a call; raises BrokenExecutor where nobody takes it."""
        if self._client.status != "running":
            reason = "the connection to the scheduler is lost"
            raise BrokenExecutor(reason)
        return self._inner.submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - as Executor has it
        """Take no more calls; those that are not done are cancelled unless they are waited for."""
        self._inner.shutdown(wait=wait and not cancel_futures)


def dask_maker(given: str, protocol: str, place: str | None) -> Maker:
    """Return what connects to the scheduler at HOST:PORT; None stands for the variable's address.

    Raises:
        DaskMissingError: if distributed cannot be imported.
        NoAddressError: if there is no place, and none is set.
        ExecutorFormError: for a place without a host or a port.
    """
    address = _address_set() if place is None else f"{protocol}://{place}"
    if not all(_host_and_port(address)):
        raise ExecutorFormError(given if place is not None else f"{VARIABLE}={address}")
    try:
        distributed = import_module("distributed")
    except ImportError as error:
        raise DaskMissingError(str(error)) from error
    return lambda: _connected(distributed, address)


def _address_set() -> str:
    address = os.environ.get(VARIABLE, "")
    if not address:
        raise NoAddressError
    return address if "://" in address else f"tcp://{address}"


def _host_and_port(address: str) -> tuple[str, int]:
    """Return both; "" or 0 for what is missing, or is no port."""
    try:
        parts = urlsplit(address)
        found = parts.hostname or "", parts.port or 0
    except ValueError:
        return "", 0
    return found


@contextlib.contextmanager
def _connected(distributed: Any, address: str) -> Generator[Executor, None, None]:
    """Give an executor on a scheduler, and close the connection afterwards."""
    client = _client(distributed, address)
    try:
        yield OnDask(client)
    finally:
        client.close(timeout=CONNECT)


def _client(distributed: Any, address: str) -> Any:
    """Return a client; raises UnreachableError, whatever it is that does not answer there."""
    try:
        # The client tries a port that is closed again and again, and hangs where nobody speaks.
        with socket.create_connection(_host_and_port(address), timeout=CONNECT):
            asyncio.run(_greet(distributed, address))
        found: Future[Any] = Future()
        asking = threading.Thread(target=_ask, args=(distributed, address, found), daemon=True)
        asking.start()
        return found.result(2 * CONNECT)
    except TimeoutError as error:
        reason = "whatever listens there does not answer as a scheduler does"
        raise UnreachableError(address, reason) from error
    except OSError as error:
        raise UnreachableError(address, error.strerror or str(error)) from error
    except Exception as error:
        raise UnreachableError(address, raised(error)) from error


async def _greet(distributed: Any, address: str) -> None:
    """Find out whether a scheduler is at an address, with what is set for TLS."""
    secrets = distributed.Security().get_connection_args("client")
    kind = await asyncio.wait_for(_kind(distributed.core, address, secrets), CONNECT)
    if kind != SCHEDULER:
        reason = f"that is Dask's {kind.lower()}, and no scheduler"
        raise OSError(reason)


async def _kind(core: Any, address: str, secrets: dict[str, Any]) -> str:
    comm = await core.connect(address, timeout=CONNECT, **secrets)
    try:
        found = await core.send_recv(comm, op="identity", reply=True)
    finally:
        await comm.close()
    return found["type"]


def _ask(distributed: Any, address: str, found: Future[Any]) -> None:
    try:
        found.set_result(distributed.Client(address, timeout=CONNECT, set_as_default=False))
    except BaseException as error:  # noqa: BLE001 - told by whoever waits for it
        found.set_exception(error)
