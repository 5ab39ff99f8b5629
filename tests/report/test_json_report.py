"""The JSON report is strict JSON that satisfies the schema which is shipped."""

import json
from dataclasses import replace
from importlib.resources import files
from math import inf, nan
from typing import Any, NoReturn

import jsonschema
import pytest

from gradverify.report.json_report import render_json, schema_text
from gradverify.report.record import Record
from gradverify.verdict.verdict import SpecResult, Worst


def strict(text: str) -> Any:
    def refuse(word: str) -> NoReturn:
        pytest.fail(f"{word} is not JSON")

    return json.loads(text, parse_constant=refuse)


def shipped_schema() -> Any:
    return json.loads(files("gradverify.report").joinpath("report.schema.json").read_text("utf-8"))


def test_the_shipped_schema_is_current() -> None:
    shipped = files("gradverify.report").joinpath("report.schema.json").read_text("utf-8")
    assert shipped == schema_text(), (
        "write it again: gradverify schema report > gradverify/report/report.schema.json"
    )


def test_a_report_satisfies_the_shipped_schema(record: Record) -> None:
    document = strict(render_json(record))
    jsonschema.validate(document, shipped_schema())
    assert document["summary"]["exit_code"] == 2
    assert document["specs"][1]["findings"][0]["location"]["line"] == 31
    assert document["specs"][1]["comparisons"][2]["worst"] == {
        "index": [0, 14],
        "claimed": -12.41,
        "true": 3.07,
    }


def test_a_spec_has_the_command_that_runs_it_again(record: Record, again: str) -> None:
    document = strict(render_json(record))
    assert [spec["again"] for spec in document["specs"]] == [
        again,
        again,
        "gradverify run specs/b.grad.yaml",
    ]


@pytest.mark.parametrize(("index", "shown"), [("[0, 3]", "[0, 3]"), ((0, 3), [0, 3]), ([], [])])
def test_an_index_is_a_list_where_it_is_one(index: Any, shown: object, failed: SpecResult) -> None:
    finding = replace(failed.findings[0], details={"index": index})
    document = strict(render_json(Record(results=(replace(failed, findings=(finding,)),))))
    jsonschema.validate(document, shipped_schema())
    assert document["specs"][0]["findings"][0]["details"] == {"index": shown}


def test_a_field_too_many_does_not_satisfy_the_schema(record: Record) -> None:
    document = strict(render_json(record))
    document["specs"][0]["extra"] = 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, shipped_schema())


def test_numbers_that_are_not_finite_survive(failed: SpecResult) -> None:
    derived = replace(failed.comparisons[2], error=inf, worst=Worst((0,), nan, -inf))
    finding = replace(failed.findings[0], details={"ratio": nan, "n": 3, "right": True})
    result = replace(failed, comparisons=(derived,), findings=(finding,))
    document = strict(render_json(Record(results=(result,))))
    jsonschema.validate(document, shipped_schema())
    comparison = document["specs"][0]["comparisons"][0]
    assert comparison["error"] == "Infinity"
    assert comparison["worst"] == {"index": [0], "claimed": "NaN", "true": "-Infinity"}
    assert document["specs"][0]["findings"][0]["details"] == {"ratio": "NaN", "n": 3, "right": True}
