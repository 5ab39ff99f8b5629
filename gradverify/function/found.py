"""What an examination has come to so far."""

from dataclasses import dataclass, field
from typing import final

from gradverify.function.besides import Besides
from gradverify.function.blame import Guilt
from gradverify.function.line import Line
from gradverify.function.narrow import Narrow
from gradverify.function.reading import Reading
from gradverify.function.witness import Witness
from gradverify.verdict.verdict import Finding


@final
@dataclass(slots=True)
class Found:
    """What is known so far: whom it speaks against, and findings."""

    besides: Besides
    guilt: list[Guilt] = field(default_factory=list[Guilt])
    findings: list[Finding] = field(default_factory=list[Finding])
    lines: tuple[Line, ...] = ()
    readings: tuple[Reading, ...] = ()
    narrow: Narrow | None = None
    undecided: str = ""
    shaken: bool = False
    kinks: int = 0
    witness: Witness | None = None
    wrong_witness: tuple[Guilt, ...] = ()
