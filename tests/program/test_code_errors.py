"""What cannot stand beside a function is told in the words of the golden files named `code-`."""

import inspect

import pytest

from gradverify.errors import Mark, SpecError
from gradverify.program import code_errors
from tests.program.test_program_messages import CASES

SAID = "\n".join(path.read_text("utf-8") for path in CASES if path.stem.startswith("code-"))
KINDS = {
    "UnusedKeyError": "without a `function`",
    "FrameworkMissingError": "`function` without a `framework`",
    "VjpMissingError": "without a `vjp`: nobody claims its gradient",
    "VjpOfFrameworkError": "`vjp` goes with `framework: numpy`",
    "NotBesideCodeError": "beside a `function` alone",
}


@pytest.mark.parametrize(("kind", "words"), KINDS.items())
def test_a_fault_has_a_golden_file(kind: str, words: str) -> None:
    assert issubclass(getattr(code_errors, kind), SpecError)
    assert words in SAID


def test_no_fault_is_without_one() -> None:
    own = {name for name, _ in inspect.getmembers(code_errors, inspect.isclass)}
    assert {name for name in own if name.endswith("Error")} - {"SpecError"} == {*KINDS}


def test_a_backward_pass_goes_into_the_frameworks_own_class() -> None:
    error = code_errors.VjpOfFrameworkError(Mark("a", 1, 1, ""), "torch")
    assert "torch.autograd.Function" in error.hint
