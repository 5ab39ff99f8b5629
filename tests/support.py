"""Programs made by hand, specs run whole from their text, and parties that are wrong on purpose.

A program's inputs are arrays, its steps tuples, its kinds come from the numpy primals.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import isclose
from types import MappingProxyType
from typing import Any, Final, TypeAlias, final

import numpy as np
import pytest

from gradverify.arrays import Array, Values, frozen
from gradverify.errors import Mark
from gradverify.ops.table import OPS
from gradverify.oracles.oracle import Gradients, Oracle, Unsupported, Wanted
from gradverify.oracles.rules import Rules
from gradverify.oracles.table import load_oracle
from gradverify.program.evaluate import run_steps
from gradverify.program.program import NOTHING, Input, Kind, Maker, Number, Program, Step
from gradverify.run.options import Options
from gradverify.run.perform import run_spec
from gradverify.spec.parse import specs_of
from gradverify.spec.source import source_of
from gradverify.spec.spec import Spec
from gradverify.verdict.verdict import SpecResult

SPEAKING: Final = ("rules", "finite_difference", "derived", "stated", "recorded")
OPTIONS: Final = Options(
    oracles=SPEAKING,
    require=(),
    seed=None,
    keyword="",
    max_bytes=2**30,
)
"""Without the frameworks, which take seconds to import."""

STRANGER: Final = "stranger"
Alter: TypeAlias = Callable[[str, Array], Array]
"""(variable, its right gradient) ↦ the gradient that is claimed instead."""

MARK = Mark("by-hand.grad.yaml", 1, 1, "")


def step(output: str, op: str, *operands: str | float, **attributes: Any) -> Step:
    """Return a step; numbers among the operands become Numbers, defaults are filled in."""
    filled = {item.name: item.default for item in OPS[op].attributes} | attributes
    named = tuple(item if isinstance(item, str) else Number(item) for item in operands)
    return Step(output, op, named, MappingProxyType(filled), MARK, f"{output} = {op}(...)")


def program_of(inputs: Mapping[str, Array], *steps: Step, loss: str | None = None) -> Program:
    """Return a program of these steps; the last output is the loss unless named."""
    env = dict(inputs)
    run_steps(steps, env)
    goal = loss or steps[-1].output
    return Program(
        inputs={name: _input(name, array) for name, array in inputs.items()},
        steps=steps,
        names={name: name for name in env},
        kinds={name: _kind(array) for name, array in env.items()},
        loss=goal,
        cotangent=None,
        derived=NOTHING,
        claims=(),
    )


def read_only(arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Return the arrays as an oracle receives them."""
    return {name: frozen(array) for name, array in arrays.items()}


def worst_error(claimed: Array, true: Array) -> float:
    """Return the largest error relative to the largest true entry; infinite where shapes differ."""
    if claimed.shape != true.shape:
        return float("inf")
    if not true.size or np.array_equal(claimed, true, equal_nan=True):
        return 0.0
    error = float(np.max(np.abs(np.asarray(claimed, float) - np.asarray(true, float))))
    return float("inf") if np.isnan(error) else error / max(float(np.max(np.abs(true))), 1.0)


def _input(name: str, array: Array) -> Input:
    return Input(name, Maker("array", (array,)), _kind(array), requires_grad=True, mark=MARK)


def _kind(array: Array) -> Kind:
    return Kind(np.shape(array), np.asarray(array).dtype)


def spec_of(body: str) -> Spec:
    """Return the one spec whose keys, besides the version and the title, are `body`."""
    text = f"gradverify: 1\ntitle: t\n{body.strip()}\n"
    (spec,) = specs_of(source_of("t.grad.yaml", text))
    return spec


def result_of(body: str, **options: Any) -> SpecResult:
    """Return what a run says about a spec; options are those of the run, without frameworks."""
    return run_spec(spec_of(body), replace(OPTIONS, **options))


def codes(result: SpecResult) -> list[tuple[str, str, str]]:
    """Return code, party and variable of every finding; a spec that did not run fails the test."""
    assert not result.faults, "\n".join(result.faults)
    return [(found.code, found.party, found.of) for found in result.findings]


def near(found: object, expected: float, rel: float = 1e-6) -> bool:
    """Whether a number of a finding is about what is expected."""
    return isinstance(found, float | int) and isclose(found, expected, rel_tol=rel)


def statuses(result: SpecResult, party: str) -> dict[str, str]:
    """Return a party's verdicts on gradients, by variable."""
    kept = [v for v in result.comparisons if v.party == party and v.kind == "gradient"]
    return {v.of: v.status.value for v in kept}


@final
@dataclass(frozen=True, slots=True)
class Altered:
    """The rules' answer, altered before it is handed over."""

    gradient: Alter = lambda _, right: right
    value: Alter = lambda _, right: right
    name: str = field(default=STRANGER)

    def differentiate(
        self, program: Program, primals: Values, wanted: Wanted
    ) -> Gradients | Unsupported:
        """Answer as the rules do, but for what is altered."""
        right = Rules().differentiate(program, primals, wanted)
        assert isinstance(right, Gradients)
        return replace(
            right,
            values={name: self.value(name, array) for name, array in right.values.items()},
            wrt={name: self.gradient(name, array) for name, array in right.wrt.items()},
        )


def let_in(monkeypatch: pytest.MonkeyPatch, oracle: object, name: str = STRANGER) -> None:
    """Make an oracle known to runs under a name; the others stay what they are."""

    def load(asked: str) -> Oracle | Unsupported | object:
        return oracle if asked == name else load_oracle(asked)

    monkeypatch.setattr("gradverify.run.judge.load_oracle", load)


def result_with(
    monkeypatch: pytest.MonkeyPatch, body: str, oracle: object, **options: Any
) -> SpecResult:
    """Return what a run says about a spec where a stranger answers as well."""
    let_in(monkeypatch, oracle)
    return result_of(body, **{"oracles": (*SPEAKING, STRANGER), **options})
