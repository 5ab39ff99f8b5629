"""Every fault of a program is told, at its place, in the words of its golden file.

A golden file holds a spec, a line `=== says`, and the whole text that its author reads.
"""

from pathlib import Path

import pytest

from tests.program.built import told

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(GOLDEN.glob("*.txt"))
SEPARATOR = "=== says\n"


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_fault_is_told_as_its_golden_file_says(path: Path) -> None:
    text, says = path.read_text(encoding="utf-8").split(SEPARATOR)
    assert told(text) + "\n" == says


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_golden_file_tells_a_fault_with_advice(path: Path) -> None:
    says = path.read_text(encoding="utf-8").split(SEPARATOR)[1]
    assert says.startswith("case.grad.yaml:")
    assert says.rstrip().endswith((".", "?"))


def test_there_are_golden_files() -> None:
    assert len(CASES) > 35


def test_a_golden_text_is_noticed_to_be_out_of_date() -> None:
    text, says = (GOLDEN / "unknown-op.txt").read_text(encoding="utf-8").split(SEPARATOR)
    assert told(text.replace("log_softmx", "log_softmax")) + "\n" != says


def test_a_right_spec_has_no_fault() -> None:
    assert told("inputs: {x: 2.}\nloss: x * x\n") == "no fault in 1 steps"
