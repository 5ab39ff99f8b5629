"""Results made by hand: one with a wrong backward pass, the same when expected, one broken.

And a record of them against a baseline: what is expected has moved, what failed is known to it.
"""

from dataclasses import replace

import pytest

from gradverify.baseline.compared import Change, Compared, Known, Regression, SpecCompared
from gradverify.errors import Mark
from gradverify.report.record import Record
from gradverify.verdict.verdict import (
    Answer,
    Finding,
    Sensitivity,
    Severity,
    SpecResult,
    Status,
    Verdict,
    Worst,
)

PATH = "specs/autograd-intro/two-layer-numpy.grad.yaml"
NO_JAX = "jax is not installed: pip install 'gradverify[jax]'"


def verdict(party: str, error: float, status: Status, worst: Worst) -> Verdict:
    because = "rounding of 5 steps in float64"
    return Verdict(party, "gradient", "w1", status, error, 4e-13, because, worst)


MASK = Finding(
    code="mask-from-wrong-variable",
    severity=Severity.ERROR,
    party="derived",
    of="w1",
    message="`grad_h` is masked where `grad_h_relu < 0`; masking where `h < 0` agrees to 2e-15.",
    advice="Mask with the variable that entered the relu.",
    mark=Mark(PATH, 31, 7, "    - grad_h = where(grad_h_relu < 0, 0, grad_h_relu)"),
    details={"mask": "h", "agrees": 2e-15},
)
RULES = verdict("rules", 1.1e-15, Status.AGREE, Worst((3, 71), 1.5, 1.5))
TORCH = verdict("torch", 0.0, Status.AGREE, Worst((3, 71), 1.5, 1.5))
DERIVED = verdict("derived", 0.73, Status.DISAGREE, Worst((0, 14), -12.41, 3.07))
ANSWERS = (
    Answer("rules", Status.AGREE, ""),
    Answer("torch", Status.AGREE, ""),
    Answer("jax", Status.UNSUPPORTED, NO_JAX),
)


@pytest.fixture
def failed() -> SpecResult:
    return SpecResult(
        id=f"{PATH}::Two layers by hand",
        path=PATH,
        line=2,
        title="Two layers by hand",
        document="001_0eb052d2bd9fffb2",
        status="failed",
        seconds=0.25,
        oracles=ANSWERS,
        comparisons=(RULES, TORCH, DERIVED),
        possible=4,
        findings=(MASK,),
        missing=(),
        sensitivity={"w1": Sensitivity(6e-13, 8e-11)},
        faults=(),
        seed=7,
    )


@pytest.fixture
def expected(failed: SpecResult) -> SpecResult:
    """The same wrong backward pass, listed under `findings`."""
    return replace(failed, status="passed", findings=(replace(MASK, expected=True),))


@pytest.fixture
def broken(failed: SpecResult) -> SpecResult:
    return replace(
        failed,
        id="specs/b.grad.yaml::Not a spec",
        path="specs/b.grad.yaml",
        title="Not a spec",
        status="broken",
        oracles=(),
        comparisons=(),
        possible=0,
        findings=(),
        sensitivity={},
        faults=("specs/b.grad.yaml:5:3: unknown op 'exq'\n\n  5 |   - exq\n        ^^^",),
    )


@pytest.fixture
def again() -> str:
    return f"gradverify run '{PATH}::Two layers by hand' --seed 7"


@pytest.fixture
def record(failed: SpecResult, expected: SpecResult, broken: SpecResult, again: str) -> Record:
    return Record(
        results=(expected, failed, broken),
        total=3,
        seed=7,
        environment={"python": "3.11.7"},
        seconds=1.5,
        again={failed.id: again, broken.id: "gradverify run specs/b.grad.yaml"},
    )


MOVED = Regression(
    change=Change.MOVED,
    party="torch",
    of="w1",
    at="",
    message="the gradient of `loss` by `w1`, as torch computes it, moved by 0.5 of its largest "
    "entry, 1.2e+12 times what its error bars allow: [0, 14] was 3.07 and is 1.53",
    times=1.2e12,
    index=(0, 14),
    before=3.07,
    now=1.53,
)
KNOWN = Known(MASK.code, "derived", "w1", "", "2026-01-31", "2027-01-31", "see issue 12")
MOVED_FROM = Compared(
    path="baseline.json",
    environment=(("torch", "2.12.0", "2.13.0"),),
    gone=("specs/old.grad.yaml::Old",),
    prune="gradverify baseline prune",
    update="gradverify baseline update",
)


@pytest.fixture
def against(failed: SpecResult, expected: SpecResult, again: str) -> Record:
    """A run that fails only for what moved: what did not pass is known to the baseline."""
    expected = replace(expected, id=f"{PATH}::Expected", title="Expected")
    return Record(
        results=(expected, failed),
        total=2,
        seed=7,
        environment={"python": "3.11.7", "torch": "2.13.0"},
        seconds=1.5,
        again={failed.id: again, expected.id: "gradverify run expected"},
        compared={
            expected.id: SpecCompared(regressions=(MOVED,)),
            failed.id: SpecCompared(excused=True, known=(KNOWN,), gone=("a finding is gone",)),
        },
        baseline=MOVED_FROM,
    )
