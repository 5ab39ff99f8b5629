"""One program at one point: everything known about it before anybody is judged."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import numpy as np

from gradverify.arrays import Values, length
from gradverify.errors import Mark
from gradverify.oracles.enclosure import DOUBLE, Enclosure, unit_roundoff
from gradverify.oracles.finite_difference import differences, surface
from gradverify.oracles.oracle import Gradients, Oracle, Wanted
from gradverify.program.program import Program
from gradverify.verdict.compare import Ground
from gradverify.verdict.truth import Doubt, Measured, establish


@final
@dataclass(frozen=True, slots=True)
class Case:
    """A program at its primals, with its values in float64 and enclosures against rounding.

    `variables` maps the values whose gradients are compared to their author's names, `labels` all
    values that have one. `oracles` are those that can be asked again. `marks` say where a claim
    (party, kind, variable) stands, and under ('', '', '') where the loss does.
    """

    program: Program
    primals: Values
    wanted: Wanted
    base: Values
    values: Mapping[str, Enclosure]
    gradients: Mapping[str, Enclosure]
    variables: Mapping[str, str]
    labels: Mapping[str, str]
    oracles: Mapping[str, Oracle]
    marks: Mapping[tuple[str, str, str], Mark]
    tolerance: float | None


def measure(case: Case) -> Gradients:
    """Return the error-barred derivatives that everybody is judged by."""
    return differences(case.program, case.primals, case.wanted)


def ground_of(case: Case, name: str, measured: Gradients) -> Ground:
    """Return what gradients by the value `name` are held against."""
    entries = None
    if name in measured.wrt:
        entries = Enclosure(measured.wrt[name], measured.precision[name])
    found = Measured(measured.probes[name], entries)
    truth = establish(enclosure_of(case, name), found, _doubt(case))
    look = surface(case.program, case.base, name, case.wanted.weights).slope
    return Ground(truth, case.base[name], look, case.tolerance)


def _doubt(case: Case) -> Doubt:
    """Return what rounding in float64 can do, as a share of what it can do to the program."""
    share = double_share(case)
    return Doubt(length(case.wanted.weights * case.values[case.program.goal].rad) * share, share)


def double_share(case: Case) -> float:
    """Return rounding in float64 as a share of that in the program's own format."""
    unit = unit_roundoff(case.program.kinds.values())
    return DOUBLE / unit if unit else 0.0


def enclosure_of(case: Case, name: str) -> Enclosure:
    """Return the rules' gradient by a value, enclosed; zeros where the loss cannot see it."""
    zeros = np.zeros(case.program.kinds[name].shape)
    return case.gradients.get(name, Enclosure(zeros, zeros))


def mark_of(case: Case, party: str, kind: str, of: str) -> Mark:
    """Return where a party's claim stands in the spec, or where the loss does."""
    return case.marks.get((party, kind, of), case.marks[("", "", "")])
