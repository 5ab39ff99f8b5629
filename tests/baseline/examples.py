"""Results made by hand, as small as a test of baselines needs them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

import numpy as np

from gradverify.arrays import Array
from gradverify.baseline.both import Against
from gradverify.baseline.compare import compared
from gradverify.baseline.compared import SpecCompared
from gradverify.baseline.keep import kept
from gradverify.verdict.imprint import fingerprint
from gradverify.verdict.verdict import (
    Answer,
    Finding,
    Severity,
    SpecResult,
    Status,
    Verdict,
    Worst,
)

TODAY: Final = date(2026, 11, 22)
AGAINST: Final = Against(TODAY)
W1: Final = np.random.default_rng(7).normal(size=(3, 72))
"""A gradient with a largest entry of about 3."""


def verdict(party: str = "torch", of: str = "w1", **other: Any) -> Verdict:
    """Return a gradient that agrees, its error 3e-16 and 4e-13 allowed."""
    status = other.pop("status", Status.AGREE)
    worst = Worst((0, 14), 1.0, 1.0)
    made = Verdict(party, "gradient", of, status, 3e-16, 4e-13, "rounding", worst)
    return replace(made, **other)


def result_of(
    gradients: Mapping[tuple[str, str], Array],
    verdicts: Sequence[Verdict] = (),
    **other: Any,
) -> SpecResult:
    """Return a result with gradients by party and variable, each of which agrees.

    `verdicts` stand in the place of those that are made for the gradients.
    """
    given = {(v.party, v.of): v for v in verdicts}
    made = {key: verdict(*key) for key in gradients} | given
    parties = dict.fromkeys(party for party, _ in made)
    blank = SpecResult(
        id="a.grad.yaml::t", path="a.grad.yaml", line=1, title="t", document=None, status="passed",
        seconds=0.1, oracles=tuple(Answer(party, Status.AGREE, "") for party in parties),
        comparisons=tuple(made.values()), possible=len(made), findings=(), missing=(),
        sensitivity={}, faults=(), seed=0,
        prints=tuple(fingerprint(p, "gradient", of, a) for (p, of), a in gradients.items()),
    )  # fmt: skip
    return replace(blank, **other)


def plain(array: Array = W1, **other: Any) -> SpecResult:
    """Return a result with one gradient, torch's by w1."""
    return result_of({("torch", "w1"): array}, **other)


def finding(
    code: str = "off-by-factor", severity: Severity = Severity.ERROR, **other: Any
) -> Finding:
    """Return a finding about torch's gradient by w1."""
    made = Finding(code, severity, "torch", "w1", "it is 2 times too large", "", None, {})
    return replace(made, **other)


def held(now: SpecResult, before: SpecResult, **against: Any) -> SpecCompared:
    """Return how a result differs from another one that was kept."""
    return compared(now, kept(before, TODAY, "a"), replace(AGAINST, **{"digest": "a", **against}))
