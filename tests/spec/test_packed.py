"""A spec that is sent as text is read as it was, every value at its line."""

import pytest

from gradverify.errors import SpecErrors
from gradverify.spec.packed import Packed, packed, unpacked
from gradverify.spec.parse import specs_of
from gradverify.spec.source import source_of
from gradverify.spec.spec import Spec

# the block at the end of the first ends with a newline of its own
FIRST = "gradverify: 1\ntitle: one\ninputs: {x: [1., 2.]}\nloss: |\n  sum(exp(x))\n"
SECOND = "# of the second\ngradverify: 1\ntitle: two\ninputs:\n  x: 3.0\nloss: x * x\n"
THIRD = "gradverify: 1\ntitle: |\n  three\ninputs: {x: 1.0}\nloss: x\n"
FILES = {
    "one": FIRST,
    "marked": f"%YAML 1.2\n---\n{FIRST}...\n",
    "three": f"\n{FIRST}---\n{SECOND}--- # and last\n{THIRD}",
    "windows": f"{FIRST}---\n{SECOND}".replace("\n", "\r\n"),
}


def specs(text: str) -> tuple[Spec, ...]:
    return specs_of(source_of("a.grad.yaml", text))


@pytest.mark.parametrize("text", FILES.values(), ids=FILES.keys())
def test_a_spec_comes_back_as_it_was(text: str) -> None:
    for spec in specs(text):
        back = unpacked(packed(spec))
        assert (back.path, back.index, back.model) == (spec.path, spec.index, spec.model)
        for path in [("title",), ("inputs", "x"), ("loss",), ()]:
            assert back.mark(*path) == spec.mark(*path)
        assert back.text("loss") == spec.text("loss")


def test_the_other_documents_stay_behind() -> None:
    first, second, third = map(packed, specs(FILES["three"]))
    assert "two" in second.text
    assert all("two" not in other.text for other in (first, third))
    assert second.above == FILES["three"].splitlines().index("---")


def test_a_text_that_is_no_spec_is_told_with_its_place() -> None:
    with pytest.raises(SpecErrors, match=r"b\.grad\.yaml:4"):
        _ = unpacked(Packed("b.grad.yaml", "gradverify: 1\nnonsense: 2\n", 2, 0))
