"""A function is written where its `def` is, as a person would write the path."""

from functools import wraps
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradverify.oracles.written import place_of, written_at


def decorated(function: Any) -> Any:
    @wraps(function)
    def around(*given: Any) -> Any:
        return function(*given)

    return around


@decorated
@decorated
def twice(x: float) -> float:
    return 2 * x


LINES = Path(__file__).read_text("utf-8").splitlines()
LINE = 1 + LINES.index("def twice(x: float) -> float:")


def test_it_is_the_def_below_the_decorators(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    assert written_at(twice) == f"tests/oracles/test_written.py:{LINE}"


def test_elsewhere_the_path_is_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert written_at(twice) == f"{__file__}:{LINE}"


def test_a_lambda_is_at_its_own_line_and_what_python_has_not_read_nowhere() -> None:
    assert written_at(lambda: 0).startswith("tests") or written_at(lambda: 0).startswith("/")
    assert written_at(np.sin) == ""
    assert written_at(eval("lambda: 0")).startswith("<string>:")  # noqa: S307 - code without a file


def test_a_file_that_is_not_there_keeps_its_line() -> None:
    assert place_of("/nowhere/ops.py", 7) == "/nowhere/ops.py:7"
