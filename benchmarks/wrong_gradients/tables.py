"""The tables of a run."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median
from typing import Final, TypeAlias

from benchmarks.wrong_gradients.rows import Row

Group: TypeAlias = tuple[str, str, str]
"""Checker, size, dtype."""
Figure: TypeAlias = Callable[[Sequence[Row]], str]


def rendered(rows: Sequence[Row], *, markdown: bool) -> str:
    """Return all tables as text: what was told, what was named, by kind of fault, and the costs."""
    groups = _grouped(rows)
    parts = [
        _table("told and named", TOLD, groups, markdown=markdown),
        _table("costs", COSTS, groups, markdown=markdown),
        _by_kind(groups, markdown=markdown),
        _ratios(groups, markdown=markdown),
    ]
    return "\n\n".join(part for part in parts if part)


def _grouped(rows: Iterable[Row]) -> dict[Group, list[Row]]:
    found: dict[Group, list[Row]] = {}
    for row in rows:
        found.setdefault((row.checker, row.size, row.dtype), []).append(row)
    return found


def _wrong(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if not row.is_right]


def _right(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.is_right]


def _told(rows: Sequence[Row]) -> str:
    """Count as told what was refused, by others also where an exception came through them."""
    wrong = _wrong(rows)
    return _share(sum(_refused(row) for row in wrong), len(wrong))


def _refused(row: Row) -> bool:
    ours = row.checker.startswith("verify")
    return row.outcome == "disagree" or (row.outcome == "raised" and not ours)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def _count(rows: Sequence[Row], outcome: str) -> str:
    return str(sum(row.outcome == outcome for row in rows))


def _of(field: str) -> Figure:
    def figure(rows: Sequence[Row]) -> str:
        asked = [getattr(row, field) for row in rows if getattr(row, field) is not None]
        return _share(sum(map(bool, asked)), len(asked))

    return figure


def _cause(wanted: str, *, nameable: bool) -> Figure:
    def figure(rows: Sequence[Row]) -> str:
        asked = [row for row in rows if row.cause is not None and (row.nameable or not nameable)]
        return _share(sum(row.cause == wanted for row in asked), len(asked))

    return figure


def _middle(field: str, *, right: bool) -> Figure:
    def figure(rows: Sequence[Row]) -> str:
        kept = _right(rows) if right else _wrong(rows)
        values = [getattr(row, field) for row in kept if row.outcome != "raised"]
        if not values:
            return "-"
        return _seconds(median(values)) if field == "seconds" else _span(values)

    return figure


def _span(values: Sequence[int]) -> str:
    return f"{median(values):.0f}, {max(values)}"


def _seconds(value: float) -> str:
    return f"{1000 * value:.2f} ms" if value < 1 else f"{value:.1f} s"


TOLD: Final[Mapping[str, Figure]] = {
    "wrong": lambda rows: str(len(_wrong(rows))),
    "told": _told,
    "of them raised": lambda rows: _count(_wrong(rows), "raised"),
    "undecided on wrong": lambda rows: _count(_wrong(rows), "undecided"),
    "right": lambda rows: str(len(_right(rows))),
    "false alarms": lambda rows: _count(_right(rows), "disagree"),
    "undecided": lambda rows: _count(_right(rows), "undecided"),
    "raised": lambda rows: _count(_right(rows), "raised"),
    "input named": _of("input_named"),
    "entry named": _of("entry_named"),
    "cause named": _cause("named", nameable=True),
    "of all": _cause("named", nameable=False),
    "wrong cause": _cause("wrong", nameable=False),
}
"""`cause named` is of the faults whose numbers or conduct have a name, `of all` of all told."""

COSTS: Final[Mapping[str, Figure]] = {
    "accepting": _middle("seconds", right=True),
    "forward (median, most)": _middle("forward", right=True),
    "backward": _middle("backward", right=True),
    "rejecting": _middle("seconds", right=False),
    "forward, rejecting": _middle("forward", right=False),
    "backward, rejecting": _middle("backward", right=False),
}


def _table(
    title: str, figures: Mapping[str, Figure], groups: Mapping[Group, list[Row]], *, markdown: bool
) -> str:
    head = ["checker", "size", "dtype", *figures]
    lines = [[*group, *(f(rows) for f in figures.values())] for group, rows in groups.items()]
    return _laid_out(title, [head, *lines], markdown=markdown)


def _by_kind(groups: Mapping[Group, list[Row]], *, markdown: bool) -> str:
    """Return what was told, by the kind of the fault."""
    kinds = sorted({row.kind for rows in groups.values() for row in _wrong(rows)})
    lines = [
        [*group, *(_told([row for row in rows if row.kind == kind]) for kind in kinds)]
        for group, rows in groups.items()
    ]
    return _laid_out(
        "told, by kind", [["checker", "size", "dtype", *kinds], *lines], markdown=markdown
    )


def _ratios(groups: Mapping[Group, list[Row]], *, markdown: bool) -> str:
    """Return the median over functions of gradcheck's time and verify's to accept them."""
    lines = [
        [ours[0], theirs[0], *ours[1:], text]
        for ours in groups
        if ours[0].startswith("verify")
        for theirs in groups
        if theirs[0].startswith("gradcheck") and theirs[1:] == ours[1:]
        if (text := _ratio(groups[ours], groups[theirs]))
    ]
    head = ["checker", "against", "size", "dtype", "its time / ours (median, least)"]
    return _laid_out("accepting, side by side", [head, *lines], markdown=markdown) if lines else ""


def _ratio(ours: Sequence[Row], theirs: Sequence[Row]) -> str:
    own, other = _times(ours), _times(theirs)
    found = [other[title] / own[title] for title in own if title in other]
    return f"{median(found):.2f}, {min(found):.2f}" if found else ""


def _times(rows: Sequence[Row]) -> dict[str, float]:
    return {row.title: row.seconds for row in rows if row.title.endswith("/right")}


def _laid_out(title: str, lines: Sequence[Sequence[str]], *, markdown: bool) -> str:
    if markdown:
        rule = ["---"] * len(lines[0])
        body = [f"| {' | '.join(line)} |" for line in (lines[0], rule, *lines[1:])]
        return "\n".join([f"**{title}**", "", *body])
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    rows = ["  ".join(c.rjust(w) for c, w in zip(line, widths, strict=True)) for line in lines]
    return "\n".join([title, *rows])
