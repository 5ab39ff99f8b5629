"""An oracle is loaded by name, and what cannot be loaded says why."""

import subprocess
import sys
from pathlib import Path

import pytest

from gradverify.oracles.oracle import Unsupported
from gradverify.oracles.table import (
    FRAMEWORKS,
    ORACLES,
    UnknownOracleError,
    load_oracle,
    oracle_names,
)
from gradverify.plugins import SWITCH

NO_MODULE = "import nowhere_to_be_found"
NO_ORACLE = "class Mine:\n    name = 'mine'\n"
BROKEN = "raise RuntimeError('no such device')"
ORACLE = "class Mine:\n    name = 'mine'\n    def differentiate(self, *a): ...\n"


@pytest.fixture
def _plugin(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Install a distribution `theirs` with an oracle `mine`; the parameter is its source."""
    module = f"theirs_{tmp_path.name}"
    folder = tmp_path / "theirs-1.0.dist-info"
    folder.mkdir()
    _ = (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    points = f"[gradverify.oracles]\nmine = {module}:Mine\n"
    _ = (folder / "entry_points.txt").write_text(points)
    _ = (tmp_path / f"{module}.py").write_text(request.param)
    monkeypatch.delenv(SWITCH, raising=False)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])


def with_source(source: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("_plugin", [source], indirect=True, ids=[""])


def test_the_order_of_the_oracles_is_the_order_of_the_report() -> None:
    assert list(ORACLES) == [
        "rules",
        "finite_difference",
        "torch",
        "jax",
        "derived",
        "stated",
        "recorded",
    ]


@pytest.mark.parametrize("name", ORACLES)
def test_each_oracle_is_loaded_under_its_own_name(name: str) -> None:
    oracle = load_oracle(name)
    assert not isinstance(oracle, Unsupported), oracle
    assert oracle.name == name


def test_an_unknown_oracle_gets_a_suggestion() -> None:
    with pytest.raises(
        UnknownOracleError, match=r"unknown oracle 'troch'\. Did you mean 'torch'\?"
    ):
        _ = load_oracle("troch")


@pytest.mark.parametrize("name", sorted(FRAMEWORKS))
def test_a_framework_that_is_missing_is_unsupported_with_the_command_that_installs_it(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_framework_oracles(monkeypatch)
    monkeypatch.setitem(sys.modules, name, None)
    answer = load_oracle(name)
    assert answer == Unsupported(f"{name} is not installed: pip install 'gradverify[{name}]'")


def test_a_framework_that_is_there_but_broken_is_not_called_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    forget_framework_oracles(monkeypatch)
    monkeypatch.setitem(sys.modules, "jax.numpy", None)
    answer = load_oracle("jax")
    assert isinstance(answer, Unsupported)
    assert answer.reason.startswith("jax cannot be imported: ")


def test_the_table_imports_no_framework() -> None:
    program = "import sys, gradverify.oracles.table; print({'torch', 'jax'} & set(sys.modules))"
    done = subprocess.run(  # noqa: S603 -- our own interpreter
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


@with_source(ORACLE)
@pytest.mark.usefixtures("_plugin")
def test_a_plugin_is_loaded_and_listed_last() -> None:
    oracle = load_oracle("mine")
    assert not isinstance(oracle, Unsupported), oracle
    assert oracle.name == "mine"
    assert oracle_names() == (*ORACLES, "mine")


@with_source(ORACLE)
@pytest.mark.usefixtures("_plugin")
def test_a_plugin_that_is_switched_off_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SWITCH, "1")
    assert oracle_names() == tuple(ORACLES)
    with pytest.raises(UnknownOracleError):
        _ = load_oracle("mine")


@with_source(NO_MODULE)
@pytest.mark.usefixtures("_plugin")
def test_a_plugin_whose_import_fails_is_unsupported_with_the_reason() -> None:
    assert_reason("of theirs", "ModuleNotFoundError: No module named 'nowhere_to_be_found'")


@with_source(BROKEN)
@pytest.mark.usefixtures("_plugin")
def test_a_plugin_that_raises_is_unsupported_with_the_reason() -> None:
    assert_reason("of theirs", "RuntimeError: no such device")


@with_source(NO_ORACLE)
@pytest.mark.usefixtures("_plugin")
def test_a_plugin_without_the_method_is_unsupported_with_the_reason() -> None:
    assert_reason("of theirs", "it lacks `name` or `differentiate`")


def assert_reason(*parts: str) -> None:
    answer = load_oracle("mine")
    assert isinstance(answer, Unsupported)
    assert [part for part in parts if part not in answer.reason] == []


def forget_framework_oracles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let their modules be imported anew, within one test."""
    for name in ("torch_autograd", "torch_lowerings", "jax_grad", "jax_lowerings"):
        monkeypatch.delitem(sys.modules, f"gradverify.oracles.{name}", raising=False)
