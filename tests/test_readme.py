"""What README.md and docs/ show is what a reader gets: reports, a verified function, an oracle."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from gradverify.spec.model import SpecModel
from gradverify.spec.tape_model import TapeStepModel
from gradverify.verdict.conduct_pages import CONDUCT
from tests.support import codes, result_of, result_with

ROOT: Final = Path(__file__).parents[1]
README: Final = (ROOT / "README.md").read_text("utf-8")
SPEC: Final = "inputs: {x: 0.5}\nops: [a = exp(x)]\nloss: exp(a)\n"


def blocks(language: str, page: str = README) -> list[str]:
    return re.findall(rf"\n\n```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def specs_shown() -> list[str]:
    return [block for block in blocks("") if block.startswith("$ gradverify run")]


def masked(text: str) -> str:
    """Leave out seconds, and how the last place was rounded, which differs between processors."""
    text = re.sub(r"in [\d.]+ s$", "in ? s", text, flags=re.MULTILINE)
    rounding = (
        r"^(  (?:rules|finite_difference|torch|jax) +)[\d.e-]+ +[\d.e-]+ +(\[[\d, ]+\])? +ok$"
    )
    text = re.sub(rounding, r"\1ok", text, flags=re.MULTILINE)
    return re.sub(r"noticed: \S+ of the whole gradient, \S+ in", "noticed: ? in", text)


@pytest.mark.parametrize(("number", "name"), [(0, "layer.grad.yaml"), (1, "steps.grad.yaml")])
def test_a_failing_example_prints_what_is_shown(tmp_path: Path, number: int, name: str) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("jax")
    command, _, shown = specs_shown()[number].partition("\n")
    assert command == f"$ gradverify run {name}"
    _ = (tmp_path / name).write_text(blocks("yaml")[number], "utf-8")
    done = subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-m", "gradverify", *command.split()[2:]],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, masked(done.stdout)) == (1, masked(shown))


def test_what_is_masked_is_rounding_alone() -> None:
    shown = specs_shown()[0]
    assert "ok\n" in masked(shown)
    assert masked(shown.replace("5.824", "5.825")) != masked(shown)
    assert masked(shown.replace("layer.grad.yaml:11", "layer.grad.yaml:12")) != masked(shown)


def without_rounding(text: str) -> str:
    """Leave out folders, and what an error may be to the last place."""
    text = re.sub(r"^( +)/\S*/(\w+\.py:)", r"\1\2", text, flags=re.MULTILINE)
    return masked(re.sub(r"\b(\d\.\de-01 +)\S+( +\[)", r"\1?\2", text))


def test_the_function_that_is_shown_is_told_to_be_wrong_in_these_words(tmp_path: Path) -> None:
    (shown,) = [block for block in blocks("") if block.startswith("$ python squares.py\n")]
    (code,) = [block for block in blocks("python") if "gradverify.verify(square" in block]
    _ = (tmp_path / "squares.py").write_text(code, "utf-8")
    done = subprocess.run(
        [sys.executable, "squares.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert without_rounding(f"$ python squares.py\n{done.stdout}") == without_rounding(shown)
    assert without_rounding(shown) != without_rounding(shown.replace("-26.44", "-26.45"))


def oracle_shown() -> str:
    page = (ROOT / "docs" / "oracle.md").read_text("utf-8")
    (found,) = [block for block in blocks("python", page) if "class Tiny" in block]
    return found


def tiny() -> Any:
    namespace: dict[str, Any] = {}
    exec(oracle_shown(), namespace)  # noqa: S102 - it is our own page
    return namespace["Tiny"]()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (SPEC, "agree"),
        (SPEC.replace("exp(a)", "sqrt(a)"), "unsupported"),
        (SPEC.replace("exp(a)\n", "exp(x)\n"), "agree"),
        (SPEC.replace("0.5", "[0., 1.]") + "cotangent: [1., 2.]", "agree"),
    ],
)
def test_the_oracle_that_is_shown_answers(
    monkeypatch: pytest.MonkeyPatch, body: str, status: str
) -> None:
    result = result_with(monkeypatch, body, tiny())
    fared = {answer.name: answer.status.value for answer in result.oracles}
    assert fared["stranger"] == status, result.oracles


def test_a_slip_in_it_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    page = oracle_shown().replace("+ ct[", "+ 2 * ct[")
    namespace: dict[str, Any] = {}
    exec(page, namespace)  # noqa: S102 - it is our own page
    result = result_with(monkeypatch, SPEC, namespace["Tiny"]())
    assert result.status == "failed"


def test_the_page_is_short() -> None:
    assert len(README.split()) < 1650


def test_the_loop_of_the_tape_page_passes_and_its_broken_twin_does_not() -> None:
    page = (ROOT / "docs" / "tape.md").read_text("utf-8")
    (body,) = re.findall(r"```yaml\ngradverify: 1\ntitle: [^\n]+\n(.*?)```", page, re.DOTALL)
    assert result_of(body).status == "passed"
    broken = result_of(body.replace("      zero: w\n", ""))
    assert ("grad-accumulated", "tape", "w") in codes(broken)


def test_the_tape_page_names_every_verb_and_every_word() -> None:
    page = (ROOT / "docs" / "tape.md").read_text("utf-8")
    table = page[page.index("| step |") : page.index("## Who answers")]
    missing = [word for word in TapeStepModel.model_fields if word not in table]
    assert not missing


def test_the_spec_page_names_every_key() -> None:
    page = (ROOT / "docs" / "spec.md").read_text("utf-8")
    keys = [field.alias or name for name, field in SpecModel.model_fields.items()]
    assert [key for key in keys if f"`{key}`" not in page] == []
    assert [key for key in keys if f"`{key}`" in page.replace("`", "")] == []


def verify_page() -> str:
    return (ROOT / "docs" / "verify.md").read_text("utf-8")


def runnable() -> list[str]:
    return [block for block in blocks("python", verify_page()) if "\nassert " in block]


@pytest.mark.parametrize("number", range(len(runnable())))
def test_what_the_verify_page_shows_agrees(number: int) -> None:
    pytest.importorskip("jax")
    _ = pytest.importorskip("torch").manual_seed(0)
    exec(runnable()[number], {})  # noqa: S102 - it is our own page


def test_a_slip_in_what_it_shows_is_noticed() -> None:
    (code,) = [block for block in runnable() if "np.maximum" in block]
    with pytest.raises(AssertionError):
        exec(code.replace("(out > 0)", "(out < 0)"), {})  # noqa: S102 - it is our own page


def test_the_report_of_the_verify_page_is_that_of_the_readme() -> None:
    assert "square: the gradient by `x`" in verify_page()
    (shown,) = [block for block in blocks("") if block.startswith("$ python squares.py\n")]
    assert shown.partition("\n")[2] in verify_page()


def test_the_verify_page_has_a_line_for_every_finding_of_conduct() -> None:
    page = verify_page()
    assert [row.code for row in CONDUCT if f"`{row.code}`" not in page] == []
