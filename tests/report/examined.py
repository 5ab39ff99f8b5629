"""Examinations made by hand: of one gradient that agrees, of one that is wrong, of many."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

from gradverify.function.examined import Evaluations, Examined, Row
from gradverify.verdict.verdict import Finding, Sensitivity, Severity, Status, Worst

AGAIN: Final = "gradverify.verify(fused_gelu, inputs, seed=0)"


def row(name: str, status: Status = Status.AGREE, error: float = 1.1e-15) -> Row:
    worst = Worst((0, 14), -12.41, 3.07) if status is Status.DISAGREE else Worst((3, 1), 1.5, 1.5)
    return Row(name, (4, 20), "float64", "torch", status, error, 4e-13, "", worst)


def wrong(name: str, error: float = 0.73) -> Row:
    return row(name, Status.DISAGREE, error)


def factor(of: str) -> Finding:
    return Finding(
        code="off-by-factor",
        severity=Severity.ERROR,
        party="torch",
        of=of,
        message="this is the gradient of half of the loss",
        advice="Look for a 1/2 on one side only.",
        mark=None,
        details=MappingProxyType({"factor": 0.5, "index": (0, 14)}),
    )


def examined(
    status: Status, rows: Sequence[Row], findings: Sequence[Finding] = (), place: str = ""
) -> Examined:
    sharp = MappingProxyType({item.name: Sensitivity(6e-13, 8e-11) for item in rows})
    cost = Evaluations(31, 6)
    return Examined(
        "fused_gelu", "torch", status, tuple(rows), tuple(findings), sharp, cost, 0, place
    )


RIGHT: Final = examined(Status.AGREE, [row("x")])
WRONG: Final = examined(
    Status.DISAGREE, [row("w"), wrong("x")], [factor("x")], place="ops/gelu.py:31"
)
