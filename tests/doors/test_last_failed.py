"""`--lf` runs what did not pass last time, and all where nothing is known not to have passed."""

import json
from pathlib import Path
from typing import Final

import pytest

from gradverify.cli import run_command_line

GOOD: Final = "gradverify: 1\ntitle: {title}\ninputs: {{x: [1., 2.]}}\nloss: sum(x * x)\n"
WRONG: Final = GOOD + "expect: {{grads: {{x: 3 * x}}}}\n"
RAN: Final = ["run", "--oracles", "rules,stated", "--no-cache", "--format", "json"]
STATE: Final = Path(".gradverify_cache/last-failed.json")
ALL: Final = ["a.grad.yaml::one", "a.grad.yaml::two", "b.grad.yaml::three", "c.grad.yaml::four"]


def document(title: str, *, right: bool = True) -> str:
    return (GOOD if right else WRONG).format(title=title)


def write(name: str, *documents: str) -> None:
    _ = Path(name).write_text("---\n".join(documents), "utf-8")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three files with four specs, of which the second and the third are wrong."""
    monkeypatch.chdir(tmp_path)
    write("pyproject.toml")
    write("a.grad.yaml", document("one"), document("two", right=False))
    write("b.grad.yaml", document("three", right=False))
    write("c.grad.yaml", document("four"))


@pytest.fixture
def ran(capsys: pytest.CaptureFixture[str]) -> "Runs":
    """What runs with some arguments."""
    return Runs(capsys)


class Runs:
    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys
        self.note = ""

    def __call__(self, *arguments: str) -> list[str]:
        _ = run_command_line([*RAN, *arguments])
        out, self.note = self.capsys.readouterr()
        return [spec["id"] for spec in json.loads(out)["specs"]]


def test_only_what_failed_runs_again(ran: Runs) -> None:
    assert ran(".") == ALL
    assert ran("--lf", ".") == ALL[1:3]
    assert ran.note == "--lf: 2 specs that did not pass last time\n"
    assert ran(".") == ALL


def test_what_passes_now_does_not_run_again_and_the_rest_keeps_its_state(ran: Runs) -> None:
    _ = ran(".")
    write("b.grad.yaml", document("three"))
    assert ran("--lf", "b.grad.yaml") == ["b.grad.yaml::three"]
    assert ran("--lf", ".") == ["a.grad.yaml::two"]
    assert ran.note == "--lf: 1 spec that did not pass last time\n"


def test_all_runs_where_nothing_failed_or_was_run(ran: Runs) -> None:
    assert ran("--lf", ".") == ALL
    assert ran.note == "--lf: no spec is known not to have passed last time; all run\n"
    write("a.grad.yaml", document("one"), document("two"))
    write("b.grad.yaml", document("three"))
    assert ran("--lf", ".") == ALL[1:3]
    assert ran("--lf", ".") == ALL


def test_it_goes_with_paths_keywords_ids_and_shards(ran: Runs) -> None:
    _ = ran(".")
    assert ran("--lf", "./a.grad.yaml", "c.grad.yaml") == ["a.grad.yaml::two"]
    assert ran("--lf", "-k", "three", ".") == ["b.grad.yaml::three"]
    assert ran("--lf", "a.grad.yaml::one", "b.grad.yaml") == ["b.grad.yaml::three"]
    assert ran("--lf", "a.grad.yaml::two") == ["a.grad.yaml::two"]
    shards = [ran("--lf", "--shard", f"{k}/2", ".") for k in (1, 2)]
    assert sorted(shards[0] + shards[1]) == ALL[1:3]


def test_where_none_that_failed_is_selected_all_that_is_selected_runs(ran: Runs) -> None:
    _ = ran(".")
    assert ran("--lf", "c.grad.yaml") == ["c.grad.yaml::four"]
    assert ran.note.endswith("none of the specs that did not pass last time is selected; all run\n")


def test_an_absolute_path_is_the_same_file(ran: Runs) -> None:
    _ = ran(".")
    here = Path.cwd().as_posix()
    assert ran("--lf", here) == [f"{here}/{name}" for name in ALL[1:3]]


def test_a_file_that_could_not_be_read_runs_whole(ran: Runs) -> None:
    write("c.grad.yaml", document("four"), "gradverify: [1\n")
    for arguments in (["c.grad.yaml"], ["--lf", "."]):
        assert ran(*arguments) == ["c.grad.yaml::four", "c.grad.yaml"]
    write("c.grad.yaml", document("four"), document("five", right=False))
    assert ran(".") == [*ALL, "c.grad.yaml::five"]
    assert ran("--lf", ".") == [*ALL[1:3], "c.grad.yaml::five"]


def test_what_is_gone_is_forgotten(ran: Runs) -> None:
    _ = ran(".")
    Path("b.grad.yaml").unlink()
    write("a.grad.yaml", document("one"))
    assert ran("--lf", ".") == ["a.grad.yaml::one", "c.grad.yaml::four"]
    assert json.loads(STATE.read_text("utf-8")) == {"format": 1, "failed": {}}


def test_specs_after_a_stop_keep_their_state(ran: Runs) -> None:
    _ = ran(".")
    assert ran("-x", ".") == ALL[:2]
    assert ran("--lf", ".") == ALL[1:3]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"format": 2, "failed": {}}',
        '{"format": 1}',
        '{"format": 1, "failed": [1]}',
        '{"format": 1, "failed": {"a": 3}}',
        "\udcff",
    ],
)
def test_all_runs_with_a_warning_where_the_state_cannot_be_read(ran: Runs, text: str) -> None:
    _ = ran(".")
    _ = STATE.write_bytes(text.encode(errors="surrogateescape"))
    assert ran("--lf", ".") == ALL
    assert ran.note.startswith(f"Warning: --lf: {STATE} cannot be read: ")
    assert ran("--lf", ".") == ALL[1:3]


def test_a_folder_that_cannot_be_written_is_no_fault_of_the_run(ran: Runs) -> None:
    _ = Path(".gradverify_cache").write_text("taken")
    assert ran(".") == ALL
    assert ran.note == ""


def test_nothing_is_written_where_all_passes(ran: Runs) -> None:
    assert ran("c.grad.yaml") == ["c.grad.yaml::four"]
    assert not STATE.parent.exists()


def test_a_state_that_cannot_be_read_is_replaced_though_all_passes(ran: Runs) -> None:
    _ = ran(".")
    _ = STATE.write_text("{", "utf-8")
    _ = ran("c.grad.yaml")
    assert ran("--lf", "c.grad.yaml") == ["c.grad.yaml::four"]
    assert "cannot be read" not in ran.note


def test_a_file_of_tests_that_can_be_read_again_is_forgotten_as_a_whole(ran: Runs) -> None:
    test = "import gradverify, numpy, pytest\n@pytest.mark.gradverify\ndef test_{}(): {}\n"
    right = "gradverify.verify(numpy.exp, numpy.ones(2), vjp=lambda ct, out, x: ct * out)"
    good, bad = test.format("good", right), test.format("bad", "assert False")
    write("test_a.py", "import nosuchmodule\n" + good)
    assert ran("test_a.py") == ["test_a.py"]
    write("test_a.py", good + bad)
    assert ran("--lf", "test_a.py") == ["test_a.py::test_good", "test_a.py::test_bad"]
    assert ran("--lf", "test_a.py") == ["test_a.py::test_bad"]
