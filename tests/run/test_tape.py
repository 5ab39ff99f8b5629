"""A script is done twice, and whoever shows something else than there is to see is named."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import numpy as np
import pytest

from gradverify.arrays import Values
from gradverify.events import RunFinished, SpecFinished
from gradverify.oracles.oracle import Unsupported
from gradverify.oracles.table import load_oracle
from gradverify.run.engine import Inline
from gradverify.run.perform import run_spec
from gradverify.run.runner import run
from gradverify.tape.model import model_of
from gradverify.tape.perform import perform
from gradverify.tape.script import Script
from gradverify.tape.shown import Shown
from gradverify.verdict.verdict import SpecResult, Status
from tests.support import OPTIONS, codes, result_of, spec_of

SCRIPT: Final = """
inputs: {x: "ones(2, 2)"}
ops: [y = x + 2, z = 3 * y * y, out = z.mean()]
loss: out
tape:
  - hook: y
  - is_leaf: {y: false}
  - backward: out
  - grad: {x: 4.5, y: null}
  - hooked: {y: 4.5}
  - {backward: z, error: backward-needs-scalar}
"""
LOOP: Final = """
inputs: {x: "randn(20, 3)", t: "randn(20, 1)", w: "randn(3, 1)"}
loss: mean((x @ w - t) ** 2)
tape:
  - repeat:
      times: 30
      backward: loss
      update: {w: w - 0.05 * w.grad}
      zero: w
      loss: {falling_after: 0, below: 5}
"""
ORACLES: Final = ("rules", "torch", "stated")
Alter: TypeAlias = Callable[[Shown], Shown]


def scaled(shown: Shown) -> Shown:
    if "x" not in shown.numbers:
        return shown
    numbers = {of: None if a is None else a * (1 + 1e-9) for of, a in shown.numbers.items()}
    return replace(shown, numbers=MappingProxyType(numbers))


def none(shown: Shown) -> Shown:
    return replace(shown, numbers=MappingProxyType(dict.fromkeys(shown.numbers)))


def number(shown: Shown) -> Shown:
    found = {of: np.full((2, 2), 4.5) for of in shown.numbers}
    return replace(shown, numbers=MappingProxyType(found))


def flipped(shown: Shown) -> Shown:
    return replace(shown, flags=MappingProxyType({of: not f for of, f in shown.flags.items()}))


def through(shown: Shown) -> Shown:
    return replace(shown, error="")


def stuck(shown: Shown) -> Shown:
    return replace(shown, error="graph-freed") if shown.position == 3 else shown


def trained(alter: Callable[[float], float]) -> Alter:
    def altered(shown: Shown) -> Shown:
        if shown.trained is None:
            return shown
        losses = tuple(map(alter, shown.trained.losses))
        return replace(shown, trained=replace(shown.trained, losses=losses))

    return altered


def updated(shown: Shown) -> Shown:
    if shown.trained is None:
        return shown
    snapshots = {
        step: replace(it, grads={of: np.asarray(g) * 1.0001 for of, g in it.grads.items()})
        for step, it in shown.trained.snapshots.items()
    }
    return replace(shown, trained=replace(shown.trained, snapshots=snapshots))


ALTERATIONS: Final = {
    "numbers": (SCRIPT, scaled, "grad"),
    "None": (SCRIPT, none, "grad"),
    "a number for None": (SCRIPT, number, "grad"),
    "what a hook saw": (SCRIPT, none, "hooked"),
    "flags": (SCRIPT, flipped, "is_leaf"),
    "no error": (SCRIPT, through, "error"),
    "another error": (SCRIPT, stuck, "error"),
    "losses": (LOOP, trained(lambda loss: loss * (1 + 1e-9)), "losses"),
    "gradients of a loop": (LOOP, updated, "update"),
}
every_alteration = pytest.mark.parametrize(
    ("body", "alter", "kind"), ALTERATIONS.values(), ids=ALTERATIONS.keys()
)


def shows(monkeypatch: pytest.MonkeyPatch, alter: Alter) -> None:
    """Let what torch shows be what the model predicts, altered; torch itself stays away."""

    def show(script: Script, primals: Values, advance: Any) -> tuple[Shown, ...]:
        return tuple(map(alter, perform(model_of(script, primals), script, advance)))

    def load(name: str) -> Any:
        return Unsupported("not asked") if name == "torch" else load_oracle(name)

    monkeypatch.setattr("gradverify.run.tape.load_tape", lambda: show)
    monkeypatch.setattr("gradverify.run.judge.load_oracle", load)


def wrong(result: SpecResult, party: str) -> set[str]:
    return {
        v.kind
        for v in result.comparisons
        if v.party == party and v.status in {Status.DISAGREE, Status.UNDECIDED}
    }


@pytest.mark.parametrize("body", [SCRIPT, LOOP], ids=["script", "loop"])
def test_everybody_agrees_on_what_there_is_to_see(body: str) -> None:
    result = result_of(body, oracles=(*ORACLES, "jax", "finite_difference"))
    assert result.status == "passed"
    fared = {answer.name: answer.status for answer in result.oracles}
    assert set(fared.values()) == {Status.AGREE}
    assert {"tape", "torch", "jax", "rules", "finite_difference"} <= fared.keys()


@every_alteration
def test_a_torch_that_shows_something_else_is_noticed(
    monkeypatch: pytest.MonkeyPatch, body: str, alter: Alter, kind: str
) -> None:
    shows(monkeypatch, lambda shown: shown)
    assert result_of(body, oracles=ORACLES).status == "passed"
    shows(monkeypatch, alter)
    result = result_of(body, oracles=ORACLES)
    assert result.status == "failed"
    told = {v.kind for v in result.comparisons if v.status is not Status.AGREE}
    assert kind in told


@pytest.mark.parametrize("name", ["numbers", "losses", "gradients of a loop"])
def test_wrong_numbers_of_torch_are_its_own_fault(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    body, alter, kind = ALTERATIONS[name]
    shows(monkeypatch, alter)
    result = result_of(body, oracles=ORACLES)
    assert kind in wrong(result, "torch")
    assert not wrong(result, "tape")
    assert not wrong(result, "rules")


def test_a_model_that_predicts_something_else_than_torch_shows_is_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shows(monkeypatch, lambda shown: shown)

    def predict(tape: Any, script: Script, advance: Any) -> tuple[Shown, ...]:
        return tuple(map(flipped, perform(tape, script, advance)))

    monkeypatch.setattr("gradverify.run.tape.perform", predict)
    result = result_of(SCRIPT, oracles=ORACLES)
    assert wrong(result, "tape") == {"is_leaf"}
    assert ("mismatch", "tape", "y") in codes(result)


def test_of_two_who_part_in_a_loop_by_hand_nobody_is_blamed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    body = "inputs: {x: 4.}\nloss: x * x\nderived: {ops: [g = 2 * x], grads: {x: g}}\n"
    body += "tape:\n  - repeat: {times: 9, backward: derived, update: {x: x - 0.1 * g}}\n"
    shows(monkeypatch, lambda shown: shown)
    assert result_of(body, oracles=(*ORACLES, "derived")).status == "passed"
    shows(monkeypatch, trained(lambda loss: loss * (1 + 1e-9)))
    result = result_of(body, oracles=(*ORACLES, "derived"))
    assert result.status == "undecided"
    assert wrong(result, "tape") == wrong(result, "torch") == {"losses"}


def test_a_torch_that_breaks_breaks_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> tuple[Shown, ...]:
        raise TimeoutError

    monkeypatch.setattr("gradverify.run.tape.load_tape", lambda: broken)
    result = result_of(SCRIPT, oracles=ORACLES)
    assert result.status == "broken"
    (fault,) = result.faults
    assert "TimeoutError" in fault
    assert {v.party for v in result.comparisons if v.kind == "grad"} == {"tape", "stated"}
    assert not wrong(result, "tape")


def test_without_torch_a_script_is_done_by_the_model_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shows(monkeypatch, lambda shown: shown)
    monkeypatch.setattr("gradverify.run.tape.load_tape", lambda: Unsupported("not installed"))
    result = result_of(SCRIPT, oracles=ORACLES)
    assert result.status == "passed"
    assert {a.name: a.status for a in result.oracles}["torch"] is Status.UNSUPPORTED


def interrupting(step: int) -> Callable[[int, int], None]:
    """Return a watcher at whose side a person presses Ctrl-C once."""
    left = [step]

    def advance(done: int, total: int) -> None:
        if done < total and done in left:
            left.clear()
            raise KeyboardInterrupt

    return advance


def test_an_interrupted_loop_keeps_and_reports_what_it_has() -> None:
    result = run_spec(spec_of(LOOP), OPTIONS, interrupting(12))
    assert (result.status, result.interrupted) == ("broken", True)
    (fault,) = result.faults
    assert fault.startswith(
        "interrupted at tape step 1, after 12 of 30 steps of the loop; the last"
    )
    compared = {v.at for v in result.comparisons if v.kind == "update"}
    assert compared == {f"tape step 1, step {step} of the loop" for step in (0, 1, 10)}


@pytest.mark.parametrize(
    ("nth", "kept"),
    [
        (1, {"update", "gradient"}),  # while torch does the loop
        (2, {"below", "gradient", "update"}),  # while it is done with other roundings
        (4, {"below", "gradient", "update"}),  # while jax does it
    ],
)
def test_whoever_is_interrupted_what_is_done_is_kept(nth: int, kept: set[str]) -> None:
    passed = [0]

    def advance(done: int, total: int) -> None:
        passed[0] += done == 5 < total
        if (passed[0], done) == (nth + 1, 5):
            passed[0] += 100
            raise KeyboardInterrupt

    asking = replace(OPTIONS, oracles=("rules", "torch", "jax", "stated"))
    result = run_spec(spec_of(LOOP), asking, advance)
    assert (result.status, result.interrupted) == ("broken", True)
    (fault,) = result.faults
    assert fault.startswith("interrupted ")
    assert kept <= {v.kind for v in result.comparisons}
    # how far rounding goes nobody knows by then, and so nobody has gone further
    assert {v.status for v in result.comparisons} == {Status.AGREE}


def test_an_interrupted_loop_ends_the_run(tmp_path: Path) -> None:
    for name in ("a", "b"):
        text = f"gradverify: 1\ntitle: {name}\n{LOOP}"
        _ = (tmp_path / f"{name}.grad.yaml").write_text(text, encoding="utf-8")
    events = list(run(sorted(tmp_path.iterdir()), OPTIONS, Inline(interrupting(3))))
    assert [e.result.title for e in events if isinstance(e, SpecFinished)] == ["a"]
    last = events[-1]
    assert isinstance(last, RunFinished)
    assert last.interrupted


def test_what_a_loop_has_come_to_is_told() -> None:
    told: list[tuple[int, int]] = []
    _ = run_spec(spec_of(LOOP), OPTIONS, lambda done, total: told.append((done, total)))
    assert told[0] == (0, 30)
    assert (30, 30) in told
