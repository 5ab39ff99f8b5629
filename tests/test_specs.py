"""The documents' examples are run with every oracle, and come out as their specs say."""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Final

import jsonschema
import pytest

from gradverify.report.json_report import render_json
from gradverify.report.record import Record, exit_code, record_with, summarise
from gradverify.run.options import Options
from gradverify.run.runner import run, run_spec
from gradverify.spec.discover import find_spec_files
from gradverify.spec.parse import load_specs
from gradverify.spec.spec import Spec
from gradverify.verdict.verdict import SpecResult

ROOT: Final = Path(__file__).parents[1]
DOCUMENTS: Final = ROOT.parent / "shared" / "documents"
FILES: Final = find_spec_files([str(ROOT / "specs")])
NAMES: Final = [path.relative_to(ROOT / "specs").as_posix() for path in FILES]
OPTIONS: Final = Options(None, ("torch", "jax"), None, "", fail_fast=False, max_bytes=2**31)
MODELINE: Final = re.compile(r"# yaml-language-server: \$schema=(?P<schema>\S+)")
PARTIES: Final = frozenset({"rules", "finite_difference", "torch", "jax"})

TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "understand-neural-network": "000_8dbd9fd860ab7b12",
        "pytorch-tensors": "001_0eb052d2bd9fffb2",
        "autograd-mechanics": "002_a7dd0e0845ae1849",
        "chain-rule-by-hand": "003_0c84cfc1e8a428e8",
        "autograd-intro": "004_f513e83d9f1a496e",
    }
)


@cache
def specs(path: Path) -> tuple[Spec, ...]:
    return load_specs(path)


@cache
def results(path: Path) -> tuple[SpecResult, ...]:
    return tuple(run_spec(spec, OPTIONS) for spec in specs(path))


ALL: Final = [spec for path in FILES for spec in specs(path)]
WITH_CELLS: Final = [spec for spec in ALL if spec.model.cells]
"""The others are of what a document says in its text."""
WITH_FINDINGS: Final = [spec for spec in ALL if spec.model.findings]


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_a_spec_file_passes_with_every_oracle(path: Path) -> None:
    for result in results(path):
        assert result.status == "passed", (result.title, result.findings, result.faults)
        assert result.missing == ()


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_every_oracle_has_its_say_about_it(path: Path) -> None:
    for result in results(path):
        assert {answer.name for answer in result.oracles} >= PARTIES
        assert {answer.status.value for answer in result.oracles} <= {"agree", "disagree"} or (
            not any(v.kind == "gradient" for v in result.comparisons)
        )
        assert len(result.comparisons) == result.possible


@pytest.mark.parametrize("spec", WITH_FINDINGS, ids=[spec.title for spec in WITH_FINDINGS])
def test_without_its_findings_it_fails(spec: Spec) -> None:
    model = spec.model.model_copy(update={"findings": ()})
    bare = Spec(path=spec.path, index=spec.index, model=model, source=spec.source)
    result = run_spec(bare, OPTIONS)
    assert result.status == "failed"
    assert {f.code for f in result.findings} >= {item.code for item in spec.model.findings}


def test_some_of_them_list_findings() -> None:
    assert len(WITH_FINDINGS) >= 3


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_the_modeline_names_the_shipped_schema(path: Path) -> None:
    first = path.read_text("utf-8").partition("\n")[0]
    match = MODELINE.fullmatch(first)
    assert match is not None
    schema = (path.parent / match["schema"]).resolve()
    assert schema == ROOT / "gradverify" / "spec" / "gradverify.schema.json"
    assert schema.is_file()


@pytest.mark.parametrize(("folder", "document"), TITLES.items())
def test_each_document_has_specs_that_name_it(folder: str, document: str) -> None:
    mine = [spec for spec in ALL if Path(spec.path).parent.name == folder]
    assert mine
    assert {spec.model.document for spec in mine} == {document}


def test_every_spec_is_of_one_of_the_documents() -> None:
    assert {spec.model.document for spec in ALL} == set(TITLES.values())


def test_every_spec_is_in_the_table_of_the_readme() -> None:
    table = (ROOT / "specs" / "README.md").read_text("utf-8")
    missing = [name for name in NAMES if name.removesuffix(".grad.yaml") not in table]
    assert missing == []


@pytest.mark.skipif(not DOCUMENTS.is_dir(), reason="the documents are not beside the repository")
@pytest.mark.parametrize("spec", WITH_CELLS, ids=[spec.title for spec in WITH_CELLS])
def test_every_cell_is_in_the_document(spec: Spec) -> None:
    text = (DOCUMENTS / f"{spec.model.document}.txt").read_text("utf-8")
    prompts = {int(number) for number in re.findall(r"^In\s\[(\d+)\]", text, re.MULTILINE)}
    assert set(spec.model.cells) <= prompts
    assert 999 not in prompts


def test_the_report_of_the_whole_run_is_what_its_schema_says() -> None:
    record = Record()
    for event in run(FILES, OPTIONS):
        record = record_with(record, event)
    shipped = files("gradverify.report").joinpath("report.schema.json").read_text("utf-8")
    report = json.loads(render_json(record))
    jsonschema.validate(report, json.loads(shipped))
    assert len(report["specs"]) == len(ALL)
    assert exit_code(summarise(record)) == 0
