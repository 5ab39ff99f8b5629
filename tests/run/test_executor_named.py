"""An executor is found by its name, and what is wrong with the name is told in one sentence."""

import sys
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path

import pytest

from gradverify.errors import GradverifyError, UsageError
from gradverify.run.executor_errors import FactoryRaisedError
from gradverify.run.executor_named import maker_of

CODE = """
import contextlib
from concurrent.futures import ThreadPoolExecutor

print("loaded")
FIVE = 5
LEFT = []

def pool():
    print("made")
    return ThreadPoolExecutor(1)

@contextlib.contextmanager
def context():
    with ThreadPoolExecutor(1) as made:
        yield made
    LEFT.append("left")

def nothing():
    return None

def strange():
    return contextlib.nullcontext([1])

def raises():
    raise RuntimeError("no licence\\nfor this")

def needs(count):
    return ThreadPoolExecutor(count)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    _ = (tmp_path / "factories.py").write_text(CODE, "utf-8")
    _ = (tmp_path / "broken.py").write_text("import no_such_thing\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for name in ("factories", "broken"):
        _ = sys.modules.pop(name, None)


def test_a_factory_of_the_current_folder_is_found(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make = maker_of("factories:pool")
    assert str(folder) not in sys.path
    with make() as one, make() as two:
        assert isinstance(one, ThreadPoolExecutor)
        assert one is not two
        assert str(folder) in sys.path  # for the processes that an executor starts
    assert str(folder) not in sys.path
    assert capsys.readouterr() == ("", "loaded\nmade\nmade\n")


def test_a_class_is_a_factory() -> None:
    with maker_of("concurrent.futures:ThreadPoolExecutor")() as made:
        assert isinstance(made, ThreadPoolExecutor)


def test_a_context_is_entered_and_left() -> None:
    with maker_of("factories:context")() as made:
        assert isinstance(made, Executor)
        assert sys.modules["factories"].LEFT == []
    assert sys.modules["factories"].LEFT == ["left"]


WRONG = {
    "factory:pool": "no module 'factory'. Did you mean 'factories'?",
    "factories:pol": "'factories' has no 'pol'. Did you mean 'pool'?",
    "broken:pool": "importing 'broken' raised ModuleNotFoundError: No module named",
    "factories:FIVE": "it is of type int, which cannot be called; name a function",
    "factories:nothing": "it returned None; a concurrent.futures.Executor",
    "factories:strange": "it returned an object of type list; a concurrent.futures.Executor",
    "": "is not one of dask://HOST:PORT",
    "factories": "is not one of dask://HOST:PORT",
    "factories:": "is not one of",
    "a b:c": "is not one of",
    "desk://host:1": "Did you mean 'dask'?",
    "factories:pool()": "is not one of",
}


@pytest.mark.parametrize(("name", "message"), WRONG.items(), ids=WRONG)
def test_a_name_that_leads_nowhere_is_a_usage_error(name: str, message: str) -> None:
    with pytest.raises(UsageError) as caught, maker_of(name)():
        pass
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_a_factory_raises_is_told_with_its_place() -> None:
    with (
        pytest.raises(FactoryRaisedError, match=r"RuntimeError: no licence \(.*factories\.py:26\)"),
        maker_of("factories:raises")(),
    ):
        pass
    with (
        pytest.raises(GradverifyError, match=r"TypeError: needs.* missing 1 required"),
        maker_of("factories:needs")(),
    ):
        pass
