"""Settings come from the nearest pyproject.toml and the environment, and mistakes are named."""

from dataclasses import fields
from pathlib import Path

import pytest

from gradverify.config import (
    GIBIBYTE,
    READERS,
    Config,
    ConfigError,
    WrongValueError,
    config_of,
    size_in_bytes,
    with_environment,
    yes_or_no,
)

EVERYTHING = """
[tool.gradverify]
paths = ["checks", "more"]
oracles = ["rules", "torch"]
require = "torch"
seed = 3
format = "json"
report = ["junit=junit.xml"]
max-memory = "1.5GiB"
color = "never"
allow-import = true
baseline = "kept.jsonl"
processes = "auto"
timeout = 2.5
executor = "farm:pool"
cache = false
"""


def project(folder: Path, text: str) -> Path:
    _ = (folder / "pyproject.toml").write_text(text, "utf-8")
    return folder


def test_every_key_is_read(tmp_path: Path) -> None:
    config = config_of(project(tmp_path, EVERYTHING))
    assert config == Config(
        paths=("checks", "more"),
        oracles=("rules", "torch"),
        require=("torch",),
        default_seed=3,
        format="json",
        report=("junit=junit.xml",),
        max_memory=GIBIBYTE * 3 // 2,
        color="never",
        allow_import=True,
        baseline="kept.jsonl",
        processes="auto",
        timeout=2.5,
        executor="farm:pool",
        cache=False,
    )
    changed = (field.name for field in fields(Config) if field.name != "seed")
    assert all(getattr(config, name) != getattr(Config(), name) for name in changed)
    assert len(READERS) == len(fields(Config)) - 1  # one key, of the project or above it


def test_the_nearest_file_counts_and_a_project_that_sets_nothing_has_the_defaults(
    tmp_path: Path,
) -> None:
    (tmp_path / "inner" / "deep").mkdir(parents=True)
    _ = project(tmp_path, EVERYTHING)
    _ = project(tmp_path / "inner", "[project]\n")
    assert config_of(tmp_path / "inner" / "deep") == Config()


def test_the_environment_stands_above_the_file(tmp_path: Path) -> None:
    config = config_of(project(tmp_path, EVERYTHING))
    environ = {"GRADVERIFY_SEED": "9", "GRADVERIFY_MAX_MEMORY": "1MB", "GRADVERIFY_COLOR": ""}
    environ |= {"GRADVERIFY_PROCESSES": "3", "GRADVERIFY_TIMEOUT": "1e2"}
    changed = with_environment(config, environ)
    assert (changed.seed, changed.default_seed) == (9, 3)
    assert (changed.max_memory, changed.color) == (10**6, "never")
    assert (changed.processes, changed.timeout) == (3, 100.0)
    assert changed.oracles == config.oracles


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("sed = 1", "'sed' is not a key. Did you mean 'seed'?"),
        ("max_memory = 1", "'max_memory' is not a key. Did you mean 'max-memory'?"),
        ("seed = -1", "seed is -1, not a whole number from 0 up"),
        ("seed = true", "seed is True, not a whole number from 0 up"),
        ("oracles = 3", "oracles is 3, not a list of words"),
        ('color = "blue"', "color is 'blue', not one of auto, always, never"),
        ("processes = 0", "processes is 0, not auto or a whole number from 1 up"),
        ("processes = true", "processes is True, not auto or a whole number from 1 up"),
        ('processes = "many"', "processes is 'many', not auto or a whole number from 1 up"),
        ("timeout = 0", "timeout is 0, not a number of seconds above zero"),
        ("timeout = inf", "timeout is inf, not a number of seconds above zero"),
        ('timeout = "soon"', "timeout is 'soon', not a number of seconds above zero"),
        ('baseline = " "', "baseline is ' ', not a text"),
        (
            'max-memory = "2 parsecs"',
            "max-memory is '2 parsecs', not a size such as 2GiB, 500MB or 1048576",
        ),
    ],
)
def test_a_mistake_is_named_with_its_place(line: str, message: str, tmp_path: Path) -> None:
    folder = project(tmp_path, f"[tool.gradverify]\n{line}\n")
    with pytest.raises(ConfigError) as caught:
        _ = config_of(folder)
    assert str(caught.value) == f"{folder / 'pyproject.toml'}: [tool.gradverify]: {message}"


@pytest.mark.parametrize("text", ["[tool", "\0", "[tool]\ngradverify = 1"])
def test_a_file_that_cannot_be_read_is_a_sentence(text: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"pyproject\.toml: "):
        _ = config_of(project(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "size"),
    [("1048576", 2**20), ("2GiB", 2**31), ("500 MB", 5 * 10**8), ("1.5kib", 1536)],
)
def test_sizes_have_units(text: str, size: int) -> None:
    assert size_in_bytes(text) == size


@pytest.mark.parametrize(
    ("value", "meant"), [(True, True), ("on", True), ("No", False), (0, False)]
)
def test_yes_and_no_are_read_as_people_write_them(value: object, *, meant: bool) -> None:
    assert yes_or_no(value) is meant


@pytest.mark.parametrize("value", ["perhaps", "", 2, None])
def test_what_is_neither_is_no_answer(value: object) -> None:
    with pytest.raises(WrongValueError, match="not true or false"):
        _ = yes_or_no(value)
