"""`gradverify doctor`: what is installed, and which oracles answer."""

import os
import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Final

import click

from gradverify import __version__
from gradverify.oracles.oracle import Unsupported
from gradverify.oracles.table import load_oracle, oracle_names
from gradverify.report.record import BROKEN, PASSED

PACKAGES: Final = ("numpy", "torch", "jax", "jaxlib", "pydantic", "PyYAML", "click", "rich")


def print_health() -> int:
    """Print versions and oracles; 2 if one is installed and cannot be loaded."""
    for name, value in _versions():
        click.echo(f"{name:<20}{value}")
    click.echo("\noracles")
    healths = {name: _health(name) for name in oracle_names()}
    for name, (_, text) in healths.items():
        click.echo(f"  {name:<18}{text}")
    return PASSED if all(sound for sound, _ in healths.values()) else BROKEN


def _versions() -> Iterator[tuple[str, str]]:
    yield "gradverify", __version__
    yield "python", f"{platform.python_version()} on {platform.platform()}"
    yield from ((name, _version(name)) for name in PACKAGES)
    yield "YAML parser", "libyaml (C)" if _has_libyaml() else "Python, which is slower"
    yield "processors", str(len(os.sched_getaffinity(0)) if _has_affinity() else os.cpu_count())
    yield "OMP_NUM_THREADS", os.environ.get("OMP_NUM_THREADS", "not set")


def _has_affinity() -> bool:
    return hasattr(os, "sched_getaffinity")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _has_libyaml() -> bool:
    import yaml

    return hasattr(yaml, "CSafeLoader")


def _health(name: str) -> tuple[bool, str]:
    """Return whether an oracle is as it should be, and what to say of it."""
    try:
        oracle = load_oracle(name)
    except Exception as error:  # noqa: BLE001 -- whatever is wrong here is what a doctor reports
        return False, f"broken: {type(error).__name__}: {error}"
    if isinstance(oracle, Unsupported):
        return "is not installed" in oracle.reason, f"no: {oracle.reason}"
    return True, "answers"
