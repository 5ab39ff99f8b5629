"""Each event says how it differs from a baseline, and only what was looked for can be gone."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gradverify.baseline.compared import Compared
from gradverify.baseline.keep import kept
from gradverify.baseline.model import Baseline
from gradverify.events import Event, RunFinished, RunStarted, SpecFinished, SpecStarted
from gradverify.run.baselined import Found, Scope, changes, with_baseline
from gradverify.run.work import is_mine
from gradverify.verdict.verdict import SpecResult
from tests.baseline.examples import TODAY, W1, plain

FILE = Path("b.jsonl")
IDS = ("specs/a.grad.yaml::one", "specs/a.grad.yaml::two", "specs/b/c.grad.yaml::three")
BASELINE = Baseline(
    {"torch": "2.12.0"}, {name: replace(kept(plain(), TODAY), id=name) for name in IDS}
)
ALL = Scope(("specs",))


def spec(name: str, times: float = 1.0) -> SpecResult:
    return plain(times * W1, id=name, path=name.partition("::")[0])


def events(*results: SpecResult, end: RunFinished | None = None) -> Iterator[Event]:
    yield RunStarted(len(results), None, ("torch",), {"torch": "2.13.0"})
    for result in results:
        yield SpecStarted(result.id, result.title)
        yield SpecFinished(result)
    yield end or RunFinished(1.0)


def told(*results: SpecResult, scope: Scope = ALL, end: RunFinished | None = None) -> list[Event]:
    return [*with_baseline(events(*results, end=end), BASELINE, FILE, scope, TODAY)]


def end_of(*results: SpecResult, scope: Scope = ALL, end: RunFinished | None = None) -> Compared:
    last = told(*results, scope=scope, end=end)[-1]
    assert isinstance(last, RunFinished)
    assert last.compared is not None
    return last.compared


def test_each_result_and_the_end_are_compared() -> None:
    made = told(spec(IDS[0]), spec(IDS[1], 2.0), spec(IDS[2]), spec("specs/d.grad.yaml::new"))
    finished = [e.compared for e in made if isinstance(e, SpecFinished)]
    assert [len(c.regressions) for c in finished if c is not None] == [0, 1, 0, 0]
    assert [c.is_new for c in finished if c is not None] == [False, False, False, True]
    assert end_of(*map(spec, IDS)) == Compared(
        path="b.jsonl",
        environment=(("torch", "2.12.0", "2.13.0"),),
        gone=(),
        prune="gradverify baseline prune",
        update="gradverify baseline update",
    )


def test_other_events_pass_as_they_are() -> None:
    assert [type(event) for event in told(spec(IDS[0]))] == [
        type(event) for event in events(spec(IDS[0]))
    ]


@pytest.mark.parametrize(
    ("paths", "gone"),
    [
        (("specs",), IDS[1:]),
        ((".",), IDS[1:]),
        (("./specs/",), IDS[1:]),
        (("specs/a.grad.yaml",), IDS[1:2]),
        (("specs/b",), IDS[2:]),
        ((IDS[1],), IDS[1:2]),
        (("specs/a.grad.yaml::t",), ()),
        (("spec",), ()),
        (("tests",), ()),
        ((), ()),
    ],
)
def test_only_what_a_path_names_can_be_gone(paths: tuple[str, ...], gone: tuple[str, ...]) -> None:
    assert end_of(spec(IDS[0]), scope=Scope(paths)).gone == gone


def test_a_path_from_the_root_names_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path.resolve())
    given = f"{tmp_path.resolve().as_posix()}/specs"
    result = spec(f"{given}/a.grad.yaml::one")
    assert end_of(result, scope=Scope((given,))).gone == IDS[1:]


def test_what_was_not_selected_is_not_gone() -> None:
    assert end_of(scope=replace(ALL, keyword="TWO")).gone == (IDS[1],)
    assert end_of(scope=replace(ALL, is_partial=True)).gone == ()
    assert end_of(end=RunFinished(1.0, interrupted=True)).gone == ()
    assert end_of(end=RunFinished(1.0, stopped=True)).gone == ()
    shards = [end_of(scope=replace(ALL, shard=(k, 2))).gone for k in (1, 2)]
    assert sorted((*shards[0], *shards[1])) == sorted(IDS)
    assert all(is_mine((1, 2), name) for name in shards[0])


def test_the_specs_of_a_file_that_cannot_be_read_are_not_gone() -> None:
    unread = replace(spec("specs/a.grad.yaml"), status="broken", comparisons=())
    assert end_of(unread).gone == IDS[2:]


def test_a_test_is_named_with_its_parameters_and_numbers() -> None:
    names = ("tests/test_a.py::test_x", "tests/test_a.py::test_x[1] #2", "tests/test_a.py::test_xy")
    baseline = Baseline({}, {n: replace(kept(plain(), TODAY), id=n) for n in names})
    scope = Scope(("tests/test_a.py::test_x",))
    assert Found().gone(baseline, scope) == names[:2]


def test_an_oracle_that_was_not_chosen_is_not_missed() -> None:
    silent = replace(spec(IDS[0]), comparisons=(), prints=(), oracles=(), status="undecided")
    for oracles, count in ((("rules",), 0), (None, 1), (("torch",), 1)):
        made = told(silent, scope=replace(ALL, oracles=oracles))
        (compared,) = [e.compared for e in made if isinstance(e, SpecFinished)]
        assert compared is not None
        assert len(compared.regressions) == count


def test_commands_have_the_words_that_a_person_gave_and_no_others() -> None:
    scope = Scope(("a b", "c"), given=("b.jsonl", "a b", "--allow-import"))
    end = end_of(scope=scope)
    assert end.update == "gradverify baseline update b.jsonl 'a b' --allow-import"
    assert end.prune == "gradverify baseline prune b.jsonl 'a b' --allow-import"


def test_environments_differ_in_what_one_of_them_lacks() -> None:
    assert changes({"a": "1", "b": "1"}, {"a": "1", "c": "2"}) == (
        ("b", "1", "not recorded"),
        ("c", "not recorded", "2"),
    )
    assert changes({}, {"a": "1"}) == ()


def test_a_framework_that_is_not_asked_may_be_there_or_not() -> None:
    before, now = {"jax": "0.10.2", "torch": "2.12"}, {"jax": "not installed", "torch": "2.13"}
    both = (("jax", "0.10.2", "not installed"), ("torch", "2.12", "2.13"))
    assert changes(before, now) == changes(before, now, ("rules", "jax")) == both
    assert changes(before, now, ("rules",)) == both[1:]


def test_the_digest_is_that_of_the_document_alone(tmp_path: Path) -> None:
    file = tmp_path / "a.grad.yaml"

    def digests(text: str) -> list[str]:
        _ = file.write_text(text, "utf-8")
        found = Found()
        lines = (1, 4)
        return [found.digest(replace(plain(), path=str(file), line=line)) for line in lines]

    one, two = digests("title: a\nx: 1\n---\ntitle: b\nx: 1\n")
    assert one != two
    assert digests("title: a\nx: 1\n---\ntitle: b\nx: 2\n")[0] == one
    assert digests("title: a\nx: 1\n---\ntitle: b\nx: 2\n")[1] != two
    assert Found().digest(replace(plain(), path="tests/test_a.py")) == ""
    assert Found().digest(replace(plain(), path="nowhere.grad.yaml")) == ""
