"""A file of specs becomes Specs, or SpecErrors with every fault; nothing else ever comes out."""

import time
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gradverify.errors import SpecError, SpecErrors
from gradverify.spec.errors import TooDeepError, TooManyFaultsError, YamlError
from gradverify.spec.located import MAX_FAULTS
from gradverify.spec.model_errors import DuplicateTitleError, UnknownKeyError
from gradverify.spec.parse import Reading, load_specs, read_specs, specs_of
from gradverify.spec.source import source_of

SPEC = dedent(
    """\
    gradverify: 1
    title: A mean over x*x + x
    document: 000_8dbd9fd860ab7b12        # where the example comes from
    cells: [21, 22, 23, 24, 25]
    inputs:
      x: ones(1, 1)
      w: {value: [0, 2], dtype: int64, requires_grad: false}
    ops:
      - y = x * x + x
    loss: mean(y)
    expect:
      grads: {x: 2 * x + 1}
      hvp: {x: {direction: [[1]], value: 2.}}
    recorded:                             # what the document printed, as printed
      values: {y: [[2.]], loss: 2.}
      grads: {x: [[3.]]}
    derived:
      ops: [grad_y = y]
      grads: {x: grad_y}
    findings:
      - {code: off-by-factor, party: derived, of: x}
    tolerance: 1e-6
    """
)


def faults(text: str) -> SpecErrors:
    with pytest.raises(SpecErrors) as caught:
        _ = specs_of(source_of("a.grad.yaml", text))
    return caught.value


def test_a_spec_is_loaded_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "a.grad.yaml"
    _ = path.write_text(SPEC, encoding="utf-8")
    (spec,) = load_specs(path)
    assert spec.path == path.as_posix()
    assert spec.model.document == "000_8dbd9fd860ab7b12"
    assert spec.model.tolerance == 1e-6


def test_all_faults_of_all_documents_are_told_in_their_order() -> None:
    text = "---\n".join([SPEC.replace("loss:", "los:"), "gradverify: 3\n", "seed: -1\n"])
    lines = [error.mark.line for error in faults(text).errors]
    assert len(lines) == 5
    assert lines == sorted(lines)


def test_one_right_spec_does_not_hide_the_fault_of_another() -> None:
    assert len(faults(f"{SPEC}---\n{SPEC}").errors) == 1
    assert len(specs_of(source_of("a", f"{SPEC}---\n{SPEC.replace('A mean', 'The mean')}"))) == 2


def test_a_missing_file_is_a_fault() -> None:
    with pytest.raises(SpecErrors, match="it does not exist"):
        _ = load_specs(Path("no/such.grad.yaml"))


def reading(folder: Path, *documents: str) -> Reading:
    path = folder / "a.grad.yaml"
    _ = path.write_text("---\n".join(documents), encoding="utf-8")
    return read_specs(path)


def titled(title: str) -> str:
    return SPEC.replace("A mean over x*x + x", title)


def kinds(faults: tuple[SpecError, ...]) -> list[type[SpecError]]:
    return [type(fault) for fault in faults]


def test_a_fault_of_one_document_leaves_the_others_of_its_file(tmp_path: Path) -> None:
    documents = (titled("one"), titled("two").replace("loss:", "los:"), titled("three"))
    specs, faults = reading(tmp_path, *documents)
    assert [spec.title for spec in specs] == ["one", "three"]
    assert [spec.index for spec in specs] == [0, 2]
    assert kinds(faults) == [UnknownKeyError]
    assert faults[0].mark.line == SPEC.count("\n") + 11
    with pytest.raises(SpecErrors, match="los"):
        _ = load_specs(tmp_path / "a.grad.yaml")


def test_what_stands_before_broken_yaml_is_kept(tmp_path: Path) -> None:
    specs, faults = reading(tmp_path, titled("one"), "ops: [\n", titled("three"))
    assert [spec.title for spec in specs] == ["one"]
    assert kinds(faults) == [YamlError]


def test_a_spec_whose_title_is_taken_is_a_fault_and_the_first_is_kept(tmp_path: Path) -> None:
    specs, faults = reading(tmp_path, SPEC, SPEC, titled("other"))
    assert [spec.index for spec in specs] == [0, 2]
    assert kinds(faults) == [DuplicateTitleError]


def test_sound_specs_have_no_faults(tmp_path: Path) -> None:
    specs, faults = reading(tmp_path, titled("one"), titled("two"))
    assert (len(specs), faults) == (2, ())


def test_a_file_that_cannot_be_read_has_one_fault_and_no_spec(tmp_path: Path) -> None:
    specs, faults = read_specs(tmp_path / "none.grad.yaml")
    assert (specs, len(faults)) == ((), 1)


def test_an_alias_bomb_is_told_in_a_few_lines() -> None:
    bomb = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 2000))
    assert str(faults(f"{SPEC}a0: &a0 [0]\n{bomb}")).count("\n") < 20
    assert len(faults(f"{SPEC}a0: &a0 [0]\n").errors) == 2  # the key is unknown all the same


@pytest.mark.parametrize("count", [1, MAX_FAULTS, 3 * MAX_FAULTS])
def test_deep_nesting_is_told_however_many_faults_stand_before_it(count: int) -> None:
    many = "".join(f"? [a{n}]\n: 1\n" for n in range(count))
    assert TooDeepError in kinds(faults(f"{many}deep: {'[' * 100}").errors)
    assert TooDeepError not in kinds(faults(f"{many}deep: 1").errors)
    assert (TooManyFaultsError in kinds(faults(many).errors)) == (count >= MAX_FAULTS)


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"k{n}: 1\n" for n in range(20_000)),
        "cells: [" + "~," * 20_000 + "]",
        "a: 1\n" * 20_000,
        "---\n" * 2_000,
        "inputs:\n" + "".join(f"  x{n}: {{valu: 1}}\n" for n in range(2_000)),
        "inputs:\n" + "".join(f"  {n}: 1\n" for n in range(20_000)),
    ],
)
def test_many_faults_are_cut_short_and_soon(text: str) -> None:
    started = time.perf_counter()
    assert len(faults(text).errors) == MAX_FAULTS + 1
    assert time.perf_counter() - started < 5.0


@pytest.mark.parametrize(
    "text", ["k" * 3_000_000, "? " + "k" * 3_000_000, "title: " + "k" * 3_000_000]
)
def test_a_message_stays_short_whatever_the_line(text: str) -> None:
    assert len(str(faults(text))) < 5_000


def test_small_specs_load_fast(tmp_path: Path) -> None:
    for n in range(100):
        _ = (tmp_path / f"{n}.grad.yaml").write_text(SPEC, encoding="utf-8")
    started = time.perf_counter()
    loaded = [load_specs(path) for path in tmp_path.iterdir()]
    assert len(loaded) == 100
    assert time.perf_counter() - started < 1.0  # 0.03 s on an idle core


def outcome(text: str) -> int:
    """Return how many specs or how many faults there are: never none."""
    try:
        return len(specs_of(source_of("a.grad.yaml", text)))
    except SpecErrors as error:
        return len(error.errors) if str(error) else 0


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.text(max_size=60))
@example("&a")
@example("gradverify: ~")
@example("gradverify: [1]")
@example("'': 1")
@example("[key]: 1")
@example("gradverify: 1\ntitle: a\nunknown:")
@example("x: {a: ~}\nx: 1")
@example("inputs: {x: [~], x: 1, [a]: ~, *b : ~}")
@example("'[key]': 1")
@example("inputs: {'[key]': 1}")
@example("!!binary x")
@example("a: !<tag> b")
@example("\ufeff")
@example("x: 0x" + "f" * 4000)
def test_no_text_does_anything_but_raise_spec_errors(text: str) -> None:
    assert outcome(text) > 0


STRUCTURE = ("\n", "  ", "- ", ": ", "{", "}", "[", "]", ", ", "'", '"', "|", ">", "?", "#", "\t")
TROUBLE = (
    "&a ",
    "*a",
    "!t ",
    "<<",
    "---\n",
    "...\n",
    "~",
    "1",
    "-1",
    ".nan",
    "1e999",
    "true",
    "''",
)
KEYS = ("gradverify", "title", "inputs", "ops", "expect", "grads", "hvp", "direction", "tape")
TOKENS = st.sampled_from((*STRUCTURE, *TROUBLE, *KEYS))


@settings(derandomize=True, max_examples=500, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(SPEC)), st.integers(0, 8), TOKENS), max_size=4))
def test_no_mutation_of_a_spec_does_anything_but_raise_spec_errors(
    edits: list[tuple[int, int, str]],
) -> None:
    text = SPEC
    for place, removed, token in edits:
        text = text[:place] + token + text[place + removed :]
    assert outcome(text) > 0
