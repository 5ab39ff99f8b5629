"""The documents' examples are run with every oracle, and come out as their specs say."""

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Final

import jsonschema
import pytest

from gradverify.cli import run_command_line
from gradverify.report.json_report import render_json
from gradverify.report.record import exit_code, record_of, summarise
from gradverify.run.options import Options
from gradverify.run.perform import run_spec
from gradverify.run.runner import run
from gradverify.spec.discover import find_spec_files
from gradverify.spec.model import FindingModel
from gradverify.spec.parse import load_specs
from gradverify.spec.spec import Spec
from gradverify.verdict.verdict import Severity, SpecResult

ROOT: Final = Path(__file__).parents[1]
DOCUMENTS: Final = ROOT.parent / "shared" / "documents"
FILES: Final = find_spec_files([str(ROOT / "specs")])
NAMES: Final = [path.relative_to(ROOT / "specs").as_posix() for path in FILES]
OPTIONS: Final = Options(None, ("torch", "jax"), None, "", max_bytes=2**31)
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

CELLS: Final[Mapping[str, tuple[int, ...]]] = MappingProxyType(
    {  # by document, the cells that compute, print or claim something
        "000_8dbd9fd860ab7b12": (0, 21, 22, 23, 24, 25, 40, 41, 42, 46, 48, 56, 65, 66),
        "001_0eb052d2bd9fffb2": (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14),
        "002_a7dd0e0845ae1849": (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
        "003_0c84cfc1e8a428e8": (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19),
        "004_f513e83d9f1a496e": (4, 7, 13, 14, 15, 16, 29, 30, 44),
    }
)
OTHER_CELLS: Final[Mapping[str, Mapping[int, str]]] = MappingProxyType(
    {  # by document, the cells that no spec is of, and why
        "000_8dbd9fd860ab7b12": {1: "installs torch"},
        "001_0eb052d2bd9fffb2": {1: "imports torch"},
        "002_a7dd0e0845ae1849": {1: "imports torch"},
        "003_0c84cfc1e8a428e8": {1: "imports torch and numpy"},
        "004_f513e83d9f1a496e": {1: "imports", 31: "prints one random number, and no more"},
    }
)
MARKERS: Final = ("<!-- by-document -->\n", "<!-- end -->\n")
LONG: Final = 500
"""Steps of a loop from which on it is run only once."""


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


def relisted(spec: Spec, findings: Sequence[FindingModel]) -> SpecResult:
    """Run a spec with other findings than its own listed."""
    model = spec.model.model_copy(update={"findings": tuple(findings)})
    return run_spec(Spec(spec.path, spec.index, model, spec.source), OPTIONS)


@pytest.mark.parametrize("spec", WITH_FINDINGS, ids=[spec.title for spec in WITH_FINDINGS])
def test_without_its_findings_it_fails_unless_they_are_mere_warnings(spec: Spec) -> None:
    result = relisted(spec, ())
    errors = {f.code for f in result.findings if f.severity is Severity.ERROR}
    assert result.status == ("failed" if errors else "passed")
    assert errors <= {item.code for item in spec.model.findings}
    assert {f.code for f in result.findings} >= {item.code for item in spec.model.findings}


@pytest.mark.parametrize("spec", WITH_FINDINGS, ids=[spec.title for spec in WITH_FINDINGS])
def test_with_its_findings_about_something_else_it_fails(spec: Spec) -> None:
    elsewhere = [it.model_copy(update={"of": "something_else"}) for it in spec.model.findings]
    result = relisted(spec, elsewhere)
    assert result.status == "failed"
    assert [it["code"] for it in result.missing] == [it.code for it in spec.model.findings]


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


def test_every_spec_is_described_in_the_readme() -> None:
    described = (ROOT / "specs" / "README.md").read_text("utf-8").partition(MARKERS[0])[0]
    sections = {part.partition("\n")[0]: part for part in described.split("\n### ")}
    for name in NAMES:
        folder, _, file = name.partition("/")
        section = sections[f"{TITLES[folder]}: {folder}"]
        assert f"\n| {file.removesuffix('.grad.yaml')} | " in section


def test_the_readme_has_the_cells_as_list_prints_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert run_command_line(["list", "--by-document", "specs"]) == 0
    _, _, rest = (ROOT / "specs" / "README.md").read_text("utf-8").partition(MARKERS[0])
    assert rest.partition(MARKERS[1])[0] == capsys.readouterr().out


def test_the_links_of_the_readme_lead_to_files() -> None:
    text = (ROOT / "specs" / "README.md").read_text("utf-8")
    links = set(re.findall(r"\]\(([^)]+)\)", text))
    assert links == set(NAMES)


def left_out(found: Sequence[Spec]) -> set[tuple[str, int]]:
    """Return the cells that none of some specs is of, by document and number."""
    every = {(document, cell) for document, cells in CELLS.items() for cell in cells}
    return every - {(str(spec.model.document), cell) for spec in found for cell in spec.model.cells}


def test_no_cell_is_left_out() -> None:
    assert left_out(ALL) == set()


def test_a_cell_that_is_left_out_is_noticed() -> None:
    document = TITLES["autograd-mechanics"]
    rest = [spec for spec in ALL if spec.model.document != document or 6 not in spec.model.cells]
    assert len(rest) == len(ALL) - 1
    assert left_out(rest) == {(document, 6)}


def test_no_spec_is_of_a_cell_that_has_nothing() -> None:
    for spec in ALL:
        assert not OTHER_CELLS[str(spec.model.document)].keys() & set(spec.model.cells), spec.id


@pytest.mark.skipif(not DOCUMENTS.is_dir(), reason="the documents are not beside the repository")
@pytest.mark.parametrize("document", CELLS)
def test_every_cell_of_a_document_is_accounted_for(document: str) -> None:
    assert prompts(document) == {*CELLS[document], *OTHER_CELLS[document]}


def prompts(document: str) -> set[int]:
    """Return the numbers of the cells of a document that have one."""
    text = (DOCUMENTS / f"{document}.txt").read_text("utf-8")
    return {int(number) for number in re.findall(r"^In\s\[(\d+)\]", text, re.MULTILINE)}


@pytest.mark.skipif(not DOCUMENTS.is_dir(), reason="the documents are not beside the repository")
@pytest.mark.parametrize("spec", WITH_CELLS, ids=[spec.title for spec in WITH_CELLS])
def test_every_cell_is_in_the_document(spec: Spec) -> None:
    found = prompts(str(spec.model.document))
    assert set(spec.model.cells) <= found
    assert 999 not in found


def is_long(path: Path) -> bool:
    """Whether the loops of a file take long."""
    loops = [step.repeat for spec in specs(path) for step in spec.model.tape if step.repeat]
    return any(loop.times >= LONG for loop in loops)


def test_the_report_of_a_whole_run_is_what_its_schema_says() -> None:
    short = [path for path in FILES if not is_long(path)]
    assert len(short) == len(FILES) - 1
    record = record_of(run(short, OPTIONS))
    shipped = files("gradverify.report").joinpath("report.schema.json").read_text("utf-8")
    report = json.loads(render_json(record))
    jsonschema.validate(report, json.loads(shipped))
    assert len(report["specs"]) == sum(len(specs(path)) for path in short)
    assert exit_code(summarise(record)) == 0
