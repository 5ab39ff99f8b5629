"""Every fault of a tape script is told, at its place, in the words of its golden file.

A golden file holds a spec, a line `=== says`, and the whole text that its author reads.
"""

from pathlib import Path

import pytest

from gradverify.errors import SpecErrors
from gradverify.run.prepare import prepare
from gradverify.spec.parse import specs_of
from gradverify.spec.source import source_of

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(GOLDEN.glob("*.txt"))
SEPARATOR = "=== says\n"
ROOM = 2**30


def told(text: str) -> str:
    try:
        (spec,) = specs_of(source_of("case.grad.yaml", text))
        _ = prepare(spec, ROOM)
    except SpecErrors as error:
        return str(error)
    return "no fault"


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_fault_is_told_as_its_golden_file_says(path: Path) -> None:
    text, says = path.read_text(encoding="utf-8").split(SEPARATOR)
    assert told(text) + "\n" == says


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_golden_file_tells_a_fault_with_advice(path: Path) -> None:
    says = path.read_text(encoding="utf-8").split(SEPARATOR)[1]
    assert says.startswith("case.grad.yaml:")
    assert says.rstrip().endswith((".", "?", "`"))


def test_there_are_golden_files() -> None:
    assert len(CASES) > 25
