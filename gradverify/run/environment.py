"""What a run stands on, as far as that changes numbers."""

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Final

ABSENT: Final = "not installed"
MACHINE: Final = "platform"
"""What of it no version is: machines of one run may differ in it."""
PACKAGES: Final = ("gradverify", "numpy", "torch", "jax")


def environment() -> dict[str, str]:
    """Return versions by name, without importing what they are versions of."""
    machine = f"{platform.system()} {platform.machine()}"  # no numbers change with its kernel
    found = {"python": platform.python_version(), MACHINE: machine}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = ABSENT
    return found
