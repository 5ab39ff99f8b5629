"""The code that a spec stands on is found: its own package, and what is not installed."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from gradverify.run.sources import sources_of
from gradverify.spec.parse import specs_of
from gradverify.spec.source import source_of
from gradverify.spec.spec import Spec
from tests.run.code_project import numpy_spec, project, result

BODY = numpy_spec("softplus", "softplus_backward")


def spec(body: str) -> Spec:
    (found,) = specs_of(source_of("a.grad.yaml", f"gradverify: 1\ntitle: t\n{body}\n"))
    return found


def test_code_stands_on_its_files_and_on_what_they_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with project(tmp_path, monkeypatch):
        _ = (tmp_path / "beside.py").write_text("SLOPE = 1.0\n", "utf-8")
        ops = tmp_path / "mypackage/ops.py"
        _ = ops.write_text("import beside\n" + ops.read_text("utf-8"), "utf-8")
        assert result(BODY).status == "passed"
        found = {Path(file).name for file in sources_of(spec(BODY)) if str(tmp_path) in file}
    assert found == {"__init__.py", "ops.py", "beside.py"}


def test_an_installed_package_counts_only_where_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with project(tmp_path, monkeypatch):
        assert result(BODY).status == "passed"
        assert not any("numpy" in Path(file).parts for file in sources_of(spec(BODY)))
    of_numpy = BODY.replace("mypackage.ops:softplus_backward", "numpy:positive")
    assert any("numpy" in Path(file).parts for file in sources_of(spec(of_numpy)))


def test_a_module_that_never_was_a_file_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with project(tmp_path, monkeypatch):
        made = ModuleType("framework.ops")
        made.__file__ = "_ops.py"  # as torch has it: no such file, so it never is as it was
        monkeypatch.setitem(sys.modules, made.__name__, made)
        assert result(BODY).status == "passed"
        assert "_ops.py" not in sources_of(spec(BODY))
        vanished = ModuleType("vanished")
        vanished.__file__ = str(tmp_path / "vanished.py")
        monkeypatch.setitem(sys.modules, vanished.__name__, vanished)
        assert vanished.__file__ in sources_of(spec(BODY))


def test_what_names_no_code_stands_on_none() -> None:
    assert sources_of(spec("inputs: {x: 1.0}\nloss: x * x")) == ()
