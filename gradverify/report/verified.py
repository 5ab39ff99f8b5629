"""Report: what `verify` gives back, to be asked, printed, shown in a notebook, written, pickled."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import isfinite
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Final, TypeAlias, cast, final

from gradverify.errors import GradverifyError, Mark
from gradverify.files import write_whole
from gradverify.function.examined import Evaluations, Examined, Row
from gradverify.report.verified_html import render_html
from gradverify.report.verified_table import by_gravity
from gradverify.report.verified_text import render_text
from gradverify.report.verified_words import subject_of
from gradverify.verdict.verdict import Finding, Sensitivity, Status

VERSION: Final = 1
"""Of the form in which a report is written as JSON."""

Json: TypeAlias = dict[str, Any]


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Report:
    """What was found out about the gradients of one function; true for `agree` alone.

    `print(report)` says who is wrong, where and why; a notebook shows the same as a table. Two
    reports are equal where they say the same, NaN included. `again` shows it again.
    """

    examined: Examined
    again: str

    @property
    def name(self) -> str:
        """What was verified."""
        return self.examined.name

    @property
    def party(self) -> str:
        """Who claims the gradient: `vjp`, `torch` or `jax`."""
        return self.examined.party

    @property
    def status(self) -> Status:
        """The verdict: `agree`, `disagree` or `undecided`."""
        return self.examined.status

    @property
    def inputs(self) -> tuple[Row, ...]:
        """A row an input and party, the worst first."""
        return self.examined.rows

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong, and what is right but a trap."""
        return self.examined.findings

    @property
    def sensitivity(self) -> dict[str, Sensitivity]:
        """The smallest relative errors that would have been noticed, by input."""
        return dict(self.examined.sensitivity)

    @property
    def evaluations(self) -> Evaluations:
        """How often the function was run."""
        return self.examined.evaluations

    @property
    def seed(self) -> int:
        """Where all that was drawn at random comes from."""
        return self.examined.seed

    @property
    def place(self) -> str:
        """Where the code at fault stands, as file:line, empty where that is not known."""
        return self.examined.place

    def to_dict(self) -> Json:
        """Return the whole report in the types of JSON; NaN and infinities are words.

        Numbers and findings are written as in the report of a run. `gradients` are fingerprints,
        their floats in hexadecimal.
        """
        made = asdict(self.examined)
        made["inputs"] = made.pop("rows")
        made["findings"] = [_finding(item) for item in self.findings]
        made["gradients"] = [_gradient(item) for item in made.pop("prints")]
        return _plain({"version": VERSION, **made, "again": self.again})

    def to_json(self, path: str | Path | None = None) -> str:
        """Return the report as strict JSON, in ASCII, and write it to `path` where one is given.

        Raises:
            CannotWriteError: if it cannot be written; then an older file is left as it was.
        """
        text = json.dumps(self.to_dict(), indent=2, allow_nan=False) + "\n"
        if path is not None:
            write_whole(Path(path), text)
        return text

    def __bool__(self) -> bool:
        return self.status is Status.AGREE

    def __str__(self) -> str:
        return render_text(self.examined, self.again)

    def __repr__(self) -> str:
        wrong = {row.name for row in self.inputs if row.status is Status.DISAGREE}
        names = {row.name for row in self.inputs}
        count = f", {len(wrong)} of {len(names)} gradients wrong" if wrong else ""
        return f"<Report of {subject_of(self.examined)}: {self.status}{count}, seed {self.seed}>"

    def __eq__(self, other: object) -> bool:
        return self.to_dict() == other.to_dict() if isinstance(other, Report) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.to_json())

    def _repr_html_(self) -> str:
        return render_html(self.examined, self.again)


@final
class GradientMismatch(GradverifyError, AssertionError):  # noqa: N818 - design.md, section 8, names it
    """A gradient is wrong, or nobody could tell: the message is the report, `.report` has it."""

    __module__ = "gradverify"

    def __init__(self, report: Report) -> None:
        super().__init__(str(report))
        self.report = report

    def __reduce__(self) -> tuple[Any, ...]:
        return _mismatch, (self.report,)


def report_of(examined: Examined, again: str) -> Report:
    """Return the report of an examination: the worst input first, and all of it can be pickled."""
    findings = (replace(item, details=dict(item.details)) for item in examined.findings)
    kept = replace(
        examined,
        rows=by_gravity(examined.rows),
        findings=tuple(findings),
        sensitivity=dict(examined.sensitivity),
    )
    return Report(kept, again)


def _mismatch(report: Report) -> GradientMismatch:
    """Make one that was pickled, whatever name its class goes by."""
    return GradientMismatch(report)


def _finding(item: Finding) -> Json:
    """Return a finding with the keys that it has in the report of a run."""
    made = asdict(item)
    del made["mark"]
    return made | {"location": None if item.mark is None else _location(item.mark)}


def _gradient(item: Json) -> Json:
    """Return a fingerprint without what is the same of all: whose it is, and of which kind."""
    projections = [number.hex() for number in item["projections"]]
    probes = [[index, number.hex()] for index, number in item["probes"]]
    kept = {key: item[key] for key in ("of", "shape", "dtype", "nonfinite")}
    return {**kept, "size": item["size"].hex(), "projections": projections, "probes": probes}


def _location(mark: Mark) -> Json:
    return {"path": mark.file, "line": mark.line, "column": mark.column}


def _plain(value: Any) -> Any:
    """Return a value in the types of JSON."""
    match value:
        case Mapping():
            pairs = cast("Mapping[object, object]", value).items()
            return {str(key): _plain(part) for key, part in pairs}
        case list() | tuple():
            return [_plain(part) for part in cast("Sequence[object]", value)]
        case _:
            return _scalar(value)


def _scalar(value: Any) -> str | float | bool | None:
    """Return numpy's numbers as Python's, and what JSON has no number for as a word."""
    match value:
        case None | bool():
            return value
        case Integral():
            return int(value)
        case Real():
            return float(value) if isfinite(value) else json.dumps(float(value))
        case _:
            return str(value)
