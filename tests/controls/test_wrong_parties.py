"""Every party that is altered on purpose is noticed, at any size, and nobody else is blamed."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pytest

from gradverify.arrays import Array
from gradverify.oracles.oracle import Oracle, Unsupported
from gradverify.oracles.table import load_oracle
from gradverify.verdict.verdict import SpecResult
from tests.controls.altered_parties import FUNCTIONS, WRONGS, Alteration, differs
from tests.support import SPEAKING, Altered, result_of, statuses

SIZES = (4, 300, 20_000)
RIGHT = "the right one"


@dataclass
class Tally:
    """How many wrong gradients there were, were noticed, and were explained rightly."""

    made: int = 0
    noticed: int = 0
    explained: int = 0

    def report(self) -> str:
        """Return one line on what was noticed, one on what was explained."""
        seen, named = (n / self.made for n in (self.noticed, self.explained))
        return (
            f"\nwrong parties noticed: {self.noticed} of {self.made} ({seen:.2%})"
            f"\nwrong parties rightly explained: {self.explained} of {self.made} ({named:.2%})\n"
        )


def altered_by(alter: Alteration, seen: dict[str, Array]) -> Altered:
    """Return a party that is wrong about x alone; what it was given and gave is kept in `seen`."""

    def gradient(of: str, right: Array) -> Array:
        if of != "x":
            return right
        seen["right"], seen["wrong"] = right, alter(right)
        return seen["wrong"]

    return Altered(gradient=gradient)


def run_with(
    monkeypatch: pytest.MonkeyPatch, body: str, strangers: Mapping[str, Altered]
) -> SpecResult:
    """Ask everybody at once: none of them may be judged by another."""

    def load(name: str) -> Altered | Oracle | Unsupported:
        return strangers[name] if name in strangers else load_oracle(name)

    monkeypatch.setattr("gradverify.run.judge.load_oracle", load)
    return result_of(body, oracles=(*SPEAKING, *strangers))


def examine(result: SpecResult, seen: Mapping[str, dict[str, Array]], tally: Tally) -> list[str]:
    """Count what was noticed and explained; return the ones that were not noticed."""
    missed: list[str] = []
    for name, wrong in WRONGS.items():
        if not differs(seen[name]["wrong"], seen[name]["right"]):
            continue
        found = {f.code for f in result.findings if f.party == name and f.of == "x"}
        noticed = statuses(result, name)["x"] == "disagree" and bool(found)
        tally.made += 1
        tally.noticed += noticed
        tally.explained += bool(found & wrong.named)
        missed += [] if noticed else [name]
    return missed


def blamed_wrongly(result: SpecResult) -> list[tuple[str, str, str]]:
    """Return findings about those that are right, and about the variables that nobody altered."""
    return [
        (found.code, found.party, found.of)
        for found in result.findings
        if found.severity.value == "error" and (found.party not in WRONGS or found.of != "x")
    ]


def test_every_wrong_party_is_noticed_and_nobody_else(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    record_property: Callable[[str, object], None],
) -> None:
    tally = Tally()
    missed: dict[tuple[str, int], list[str]] = {}
    for function, body in FUNCTIONS.items():
        for size in SIZES:
            seen: dict[str, dict[str, Array]] = {name: {} for name in WRONGS}
            strangers = {n: altered_by(w.alter, seen[n]) for n, w in WRONGS.items()}
            strangers[RIGHT] = Altered()
            result = run_with(monkeypatch, body % size, strangers)
            assert not result.faults
            assert blamed_wrongly(result) == [], (function, size)
            assert set(statuses(result, RIGHT).values()) == {"agree"}, (function, size)
            missed[function, size] = examine(result, seen, tally)
    record_property("wrong parties noticed", tally.noticed / tally.made)
    record_property("wrong parties rightly explained", tally.explained / tally.made)
    with capsys.disabled():
        _ = sys.stdout.write(tally.report())
    assert {key: names for key, names in missed.items() if names} == {}
    assert tally.made > 300
    assert tally.explained > 0.9 * tally.made


def test_one_alone_is_noticed_as_among_many(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, wrong in WRONGS.items():
        seen: dict[str, Array] = {}
        alone = {name: altered_by(wrong.alter, seen)}
        result = run_with(monkeypatch, FUNCTIONS["network"] % 300, alone)
        assert statuses(result, name)["x"] == "disagree", name
        assert {f.party for f in result.findings} == {name}


def test_an_alteration_that_changes_nothing_is_not_counted() -> None:
    assert not differs(np.ones(4), np.ones(4))
    assert differs(np.ones(4), np.ones((1, 4)))
    assert differs(np.ones(4), np.array([1.0, 1.0, np.nan, 1.0]))
