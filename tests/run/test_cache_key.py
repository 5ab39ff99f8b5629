"""A key is the same for the same spec in the same surroundings, and another for all else."""

import dataclasses
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final
from unittest.mock import Mock

import pytest

from gradverify.run import cache_key
from gradverify.run.cache_key import Keys
from gradverify.run.options import Options
from gradverify.run.task import Task
from gradverify.spec.parse import specs_of
from gradverify.spec.source import source_of
from tests.support import OPTIONS

TEXT: Final = "gradverify: 1\ntitle: t\ninputs: {x: randn(3)}\nloss: sum(x)\n"
CODE: Final = TEXT.replace("loss: sum(x)", "function: math:sin\nframework: numpy\nvjp: math:cos")


def task(text: str = TEXT, path: str = "a.grad.yaml", which: int = 0, **options: Any) -> Task:
    spec = specs_of(source_of(path, text))[which]
    return Task(0, spec, replace(OPTIONS, **options))


def key(text: str = TEXT, path: str = "a.grad.yaml", which: int = 0, **options: Any) -> bytes:
    return Keys().of(task(text, path, which, **options))


def test_the_same_spec_has_the_same_key() -> None:
    assert key() == key()
    assert key(CODE) == key(CODE)
    assert Keys().of(replace(task(), position=7)) == key()


@pytest.mark.parametrize(
    "changed",
    [
        {"text": TEXT.replace("sum(x)", "sum( x)")},
        {"text": TEXT.replace("title: t", "title: u")},
        {"text": "# a line above\n" + TEXT},
        {"path": "b.grad.yaml"},
        {"path": "folder/a.grad.yaml"},
        {"seed": 5},
        {"default_seed": 5},
        {"oracles": ("rules",)},
        {"oracles": OPTIONS.oracles[::-1] if OPTIONS.oracles else ()},
        {"max_bytes": OPTIONS.max_bytes + 1},
        {"allow_import": True},
    ],
    ids=str,
)
def test_another_spec_or_option_has_another_key(changed: dict[str, Any]) -> None:
    assert key(**changed) != key()


@pytest.mark.parametrize(
    "changed",
    [
        {"keyword": "t"},
        {"require": ("torch",)},
        {"shard": (1, 2)},
        {"ids": {"a.grad.yaml": frozenset({"a.grad.yaml::t"})}},
        {"said": ("--baseline", "kept.jsonl")},
    ],
    ids=str,
)
def test_what_is_selected_or_said_makes_no_difference(changed: dict[str, Any]) -> None:
    assert key(**changed) == key()


def test_every_option_is_one_of_both() -> None:
    results = {"seed", "default_seed", "oracles", "max_bytes", "allow_import"}
    selection = {"keyword", "require", "shard", "ids", "said"}
    assert {field.name for field in dataclasses.fields(Options)} == results | selection


def test_the_seed_that_holds_is_the_one_that_counts() -> None:
    with_seed = TEXT.replace("title: t", "title: t\nseed: 3")
    assert key(with_seed, default_seed=5) == key(with_seed)
    assert key(with_seed, seed=4) != key(with_seed)


def test_other_documents_of_the_file_make_no_difference_as_long_as_lines_stay() -> None:
    two = f"{TEXT}---\n{TEXT.replace('title: t', 'title: u')}"
    other = two.replace("randn", "rand_", 1).replace("rand_", "randu", 1).replace("randu", "randn")
    assert key(two, which=1) == key(other, which=1)
    wider = two.replace("randn(3)", "randn(4)", 1)
    assert key(wider, which=1) == key(two, which=1)
    assert key(wider, which=0) != key(two, which=0)


Change = Callable[[pytest.MonkeyPatch], None]


def patched(name: str, value: object) -> Change:
    return lambda patch: patch.setattr(cache_key, name, value)


def returning(name: str, value: object) -> Change:
    return patched(name, Mock(return_value=value))


def of_python(name: str, value: object) -> Change:
    given = {key: getattr(sys, key) for key in ("version", "flags", "path", "argv")}
    return patched("sys", SimpleNamespace(**{**given, name: value}))


AROUND: Final[dict[str, Change]] = {
    "versions and platform": returning("environment", {"torch": "9.9"}),
    "python": of_python("version", "4.0"),
    "our own source": returning("digest_of_tree", "other"),
    "libraries below us": returning("_version", "9"),
    "a framework that appears": returning("_found", "otherwise"),
    "a plug-in": returning("_plugins", [("name", "module:Class")]),
    "the processor": returning("_processor", "model name: another"),
    **{
        name: lambda patch, name=name: patch.setenv(name, "17")
        for name in (
            "JAX_ENABLE_X64", "XLA_FLAGS", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", "OMP_NUM_THREADS",
            "CUDA_VISIBLE_DEVICES", "MKL_NUM_THREADS", "PYTORCH_CUDA_ALLOC_CONF", "LD_PRELOAD",
            "TORCHDYNAMO_DISABLE", "NVIDIA_TF32_OVERRIDE", "PYTHONHASHSEED",
        )
    },
}  # fmt: skip


@pytest.mark.parametrize("change", AROUND.values(), ids=AROUND)
def test_other_surroundings_have_another_key(
    change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = key()
    change(monkeypatch)
    assert key() != before


def test_a_variable_that_changes_no_number_makes_no_difference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = key()
    monkeypatch.setenv("EDITOR", "ed")
    monkeypatch.setenv("KMP_DUPLICATE_LIB_OK", "another")
    assert key() == before


def test_an_edit_of_gradverify_itself_counts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    module = tmp_path / "rules.py"
    _ = module.write_text("FACTOR = 1\n", "utf-8")
    monkeypatch.setattr(cache_key, "OURS", str(tmp_path))
    before = key()
    assert key() == before
    _ = module.write_text("FACTOR = 2\n", "utf-8")
    assert key() != before
    assert Path(cache_key.__file__).is_relative_to(Path(cache_key.__file__).parents[1])


def test_a_framework_that_another_folder_hides_counts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = key()
    _ = (tmp_path / "jax.py").write_text("raise ImportError\n", "utf-8")
    monkeypatch.delitem(sys.modules, "jax", raising=False)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    assert key() != before


def test_an_edit_of_a_plug_in_counts_though_its_version_stays(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package = tmp_path / "stranger"
    package.mkdir()
    _ = (package / "__init__.py").write_text("FACTOR = 1\n", "utf-8")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    point = EntryPoint("stranger", "stranger.oracle:Oracle", "gradverify.oracles")
    without = key()
    returning("find_plugins", {"stranger": point})(monkeypatch)
    before = key()
    assert len({without, before}) == 2
    _ = (package / "__init__.py").write_text("FACTOR = 2\n", "utf-8")
    assert key() != before
    assert "stranger" not in sys.modules


OF_CODE: Final[dict[str, Change]] = {
    "where modules are found": of_python("path", ["/another/folder", *sys.path]),
    "flags": of_python("flags", "other"),
    "what is installed": returning("_installed", ["a-2.0.dist-info"]),
}


@pytest.mark.parametrize("change", OF_CODE.values(), ids=OF_CODE)
def test_what_decides_on_imports_counts_for_code_alone(
    change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, code_before = key(), key(CODE)
    change(monkeypatch)
    assert key() == before
    assert key(CODE) != code_before


def test_the_current_folder_counts_for_code_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before, code_before = key(), key(CODE)
    monkeypatch.chdir(tmp_path)
    assert key() == before
    assert key(CODE) != code_before


def test_how_gradverify_was_started_makes_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    before = key(CODE)
    rest = [folder for folder in sys.path if folder != str(Path(sys.argv[0]).parent)]
    monkeypatch.setattr(sys, "argv", ["/opt/bin/gradverify"])
    monkeypatch.setattr(sys, "path", ["/opt/bin", "", str(Path.cwd()), *rest])
    assert key(CODE) == before
