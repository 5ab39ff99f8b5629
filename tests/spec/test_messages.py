"""Every fault of a spec's YAML, keys and types is told in the words of its golden file.

A golden file holds a spec, a line `=== says`, and the whole text that its author reads.
"""

from pathlib import Path

import pytest

from gradverify.errors import SpecErrors
from gradverify.spec.parse import specs_of
from gradverify.spec.source import source_of

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(GOLDEN.glob("*.txt"))
SEPARATOR = "=== says\n"


def told(text: str) -> str:
    try:
        specs = specs_of(source_of("case.grad.yaml", text))
    except SpecErrors as error:
        return str(error)
    return f"no fault in {len(specs)} specs"


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_fault_is_told_as_its_golden_file_says(path: Path) -> None:
    text, says = path.read_text(encoding="utf-8").split(SEPARATOR)
    assert told(text) + "\n" == says


def test_there_are_golden_files() -> None:
    assert len(CASES) > 50


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_no_golden_file_holds_the_words_of_pydantic_or_pyyaml(path: Path) -> None:
    says = path.read_text(encoding="utf-8").split(SEPARATOR)[1]
    foreign = ("Input should", "Extra inputs", "Field required", "pydantic", "while parsing")
    assert not any(words in says for words in foreign)


def test_a_golden_text_is_noticed_to_be_out_of_date() -> None:
    text, says = (GOLDEN / "unknown-key.txt").read_text(encoding="utf-8").split(SEPARATOR)
    assert told(text.replace("los:", "lost:")) + "\n" != says


def test_a_right_spec_has_no_fault() -> None:
    assert told("gradverify: 1\ntitle: a\ninputs: {x: 2.}\nloss: x\n") == "no fault in 1 specs"
