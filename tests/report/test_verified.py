"""A report is true for agreement alone, and survives pickling and JSON with all that it says."""

import copy
import json
import pickle
from dataclasses import replace
from math import inf, nan
from operator import methodcaller
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from gradverify.errors import GradverifyError, Mark
from gradverify.files import CannotWriteError
from gradverify.function.examined import Evaluations
from gradverify.report import json_models
from gradverify.report.verified import GradientMismatch, Report, report_of
from gradverify.verdict.fingerprint import Fingerprint
from gradverify.verdict.verdict import Sensitivity, Status, Worst
from tests.report.examined import AGAIN, RIGHT, WRONG, examined, factor, row, wrong


@pytest.fixture
def right() -> Report:
    return report_of(RIGHT, AGAIN)


@pytest.fixture
def faulty() -> Report:
    """With what is hard to keep: NaN, infinity, a place, details that are read-only."""
    at_nan = replace(wrong("x", nan), allowed=inf, worst=Worst((0, 14), nan, 3.07))
    found = replace(factor("x"), mark=Mark("ops/gelu.py", 31, 5, "    return ct * x"))
    return report_of(replace(WRONG, rows=(row("w"), at_nan), findings=(found,)), AGAIN)


@pytest.mark.parametrize("status", [*Status])
def test_a_report_is_true_for_agreement_alone(status: Status) -> None:
    assert bool(report_of(examined(status, [row("x")]), AGAIN)) is (status is Status.AGREE)


def test_it_has_all_that_was_found_the_worst_first(faulty: Report) -> None:
    assert faulty.status == "disagree"
    assert [item.name for item in faulty.inputs] == ["x", "w"]
    assert faulty.findings[0].code == "off-by-factor"
    assert faulty.sensitivity["x"] == Sensitivity(6e-13, 8e-11)
    assert faulty.evaluations == Evaluations(forward=31, backward=6)
    assert (faulty.name, faulty.party, faulty.seed) == ("fused_gelu", "torch", 0)
    assert (faulty.place, faulty.again) == ("ops/gelu.py:31", AGAIN)


def test_what_is_done_to_its_sensitivity_is_done_to_a_copy(faulty: Report) -> None:
    faulty.sensitivity.clear()
    assert set(faulty.sensitivity) == {"w", "x"}


def test_it_is_shown_as_text_as_html_and_in_one_line(faulty: Report, right: Report) -> None:
    assert str(faulty).startswith("fused_gelu: the gradient by `x`, as torch gives it, is wrong\n")
    assert methodcaller("_repr_html_")(faulty).startswith("<div")
    assert repr(faulty) == "<Report of fused_gelu: disagree, 1 of 2 gradients wrong, seed 0>"
    assert repr(right) == "<Report of fused_gelu: agree, seed 0>"


def test_a_pickled_report_is_equal_although_it_holds_nan(faulty: Report, right: Report) -> None:
    for report in (faulty, right):
        for same in (pickle.loads(pickle.dumps(report)), copy.deepcopy(report)):  # noqa: S301 - made here
            assert same == report
            assert hash(same) == hash(report)
            assert str(same) == str(report)
    assert faulty != right
    assert faulty != str(faulty)


def test_json_gives_the_dictionary_back(faulty: Report) -> None:
    made = faulty.to_dict()
    assert json.loads(faulty.to_json()) == made
    assert made["status"] == "disagree"
    assert made["inputs"][0]["error"] == "NaN"
    assert made["inputs"][0]["allowed"] == "Infinity"
    assert made["evaluations"] == {"forward": 31, "backward": 6}
    assert made["again"] == AGAIN


def test_findings_and_numbers_are_written_as_in_the_report_of_a_run(faulty: Report) -> None:
    made = faulty.to_dict()
    finding = json_models.Finding.model_validate(made["findings"][0])
    assert finding.location == json_models.Location(path="ops/gelu.py", line=31, column=5)
    worst = json_models.Worst.model_validate(made["inputs"][0]["worst"])
    assert worst.claimed == "NaN"
    assert json_models.Sensitivity.model_validate(made["sensitivity"]["x"]).whole == 6e-13


def test_the_gradients_are_told_by_a_few_numbers_to_the_bit(faulty: Report) -> None:
    one = Fingerprint("torch", "vjp", "x", (2,), "float32", 0.1, 1, (0.05, nan), ((0, 0.1),))
    made = report_of(replace(faulty.examined, prints=(one,)), AGAIN).to_dict()
    assert made["gradients"] == [
        {
            "of": "x",
            "shape": [2],
            "dtype": "float32",
            "nonfinite": 1,
            "size": (0.1).hex(),
            "projections": [(0.05).hex(), "nan"],
            "probes": [[0, (0.1).hex()]],
        }
    ]
    assert faulty.to_dict()["gradients"] == []


def test_numbers_of_numpy_and_broken_text_can_be_written() -> None:
    odd = replace(
        wrong("\ud800"), error=cast("Any", np.float32(0.5)), shape=cast("Any", (np.int64(4),))
    )
    report = report_of(examined(Status.DISAGREE, [odd]), AGAIN)
    assert json.loads(report.to_json())["inputs"][0]["shape"] == [4]
    assert json.loads(report.to_json())["inputs"][0]["error"] == 0.5


def test_a_file_is_written_whole_or_not_at_all(faulty: Report, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    assert path.write_text("older") == 5
    assert faulty.to_json(path) == path.read_text("utf-8")
    with pytest.raises(CannotWriteError, match="cannot write"):
        _ = faulty.to_json(tmp_path / "missing" / "report.json")
    assert [item.name for item in tmp_path.iterdir()] == ["report.json"]


def test_a_mismatch_is_an_assertion_that_holds_the_report(faulty: Report) -> None:
    error = GradientMismatch(faulty)
    assert isinstance(error, AssertionError)
    assert isinstance(error, GradverifyError)
    assert str(error) == str(faulty)
    same = pickle.loads(pickle.dumps(error))  # noqa: S301 - made here
    assert type(same) is GradientMismatch
    assert (same.report, str(same)) == (faulty, str(faulty))
