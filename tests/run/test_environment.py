"""A run says what it stands on, without importing what it names."""

import subprocess
import sys
from importlib.metadata import PackageNotFoundError

import numpy as np
import pytest

from gradverify.run.environment import environment


def test_versions_are_those_that_are_installed() -> None:
    found = environment()
    assert found["numpy"] == np.__version__
    assert found["python"] == ".".join(map(str, sys.version_info[:3]))
    assert set(found) == {"python", "platform", "gradverify", "numpy", "torch", "jax"}


def test_what_is_not_installed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(package: str) -> str:
        if package == "jax":
            raise PackageNotFoundError(package)
        return "1.0"

    monkeypatch.setattr("gradverify.run.environment.version", version)
    found = environment()
    assert found["jax"] == "not installed"
    assert found["torch"] == "1.0"


def test_nothing_heavy_is_imported_for_it() -> None:
    code = (
        "import sys; from gradverify.run.environment import environment; environment();"
        "assert not {'torch', 'jax'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)  # noqa: S603 - our own interpreter
    assert done.returncode == 0, done.stderr.decode()
