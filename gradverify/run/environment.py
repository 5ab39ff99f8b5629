"""What a run stands on, as far as that changes numbers."""

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Final

PACKAGES: Final = ("gradverify", "numpy", "torch", "jax")


def environment() -> dict[str, str]:
    """Return versions by name, without importing what they are versions of."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
