"""The benchmark from the command line: every checker on every case, then tables."""

import json
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from time import perf_counter
from typing import IO, Any, Final

from benchmarks.wrong_gradients.cases import Case, cases_at, spots
from benchmarks.wrong_gradients.checkers import CHECKERS, Checker, chosen
from benchmarks.wrong_gradients.rows import Row, row_of
from benchmarks.wrong_gradients.tables import rendered

ROUNDS: Final = 3
"""How often a right backward is put to each checker in turn, after a round that is not counted."""
LONG: Final = 0.5
"""Seconds; a checker that takes longer is asked once."""
SAID: Final = 110
"""Letters of a message that are printed."""


def main() -> int:
    """Run what was asked for, and return 1 where verify told something wrongly."""
    options, rows = _options(), list[Row]()
    try:
        rows.extend(_read(options.tables_of))
        for row in () if rows else _recorded(options):
            rows.append(row)
    except KeyboardInterrupt:
        print("interrupted: the tables are of what was done before")
    print(rendered(rows, markdown=options.markdown))
    ours = [row for row in rows if row.checker.startswith("verify")]
    return int(any(not row.told or row.outcome == "raised" for row in ours))


def _options() -> Namespace:
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    add = parser.add_argument
    _ = add("--sizes", default="10,1000,300000,hard", help="numbers of inputs, and `hard`")
    _ = add("--dtypes", default="float64,float32", help="also float16 and bfloat16, for verify")
    _ = add("--only", default="", help="a part of a function's name, or NAME/CASE, or /CASE")
    _ = add("--checkers", default=",".join(CHECKERS), help="names, or beginnings of names")
    _ = add("--every", type=int, default=1, help="take one wrong backward in so many")
    _ = add("--jsonl", type=Path, help="write every row there as it comes")
    _ = add("--tables-of", type=Path, nargs="+", default=[], help="run nothing, read such files")
    _ = add("--markdown", action="store_true", help="print the tables as Markdown")
    _ = add("--quiet", action="store_true", help="print no line for what went wrong")
    return parser.parse_args()


def _recorded(options: Namespace) -> Iterator[Row]:
    """Yield every row, written to the file and complained about as it comes."""
    path: Path | None = options.jsonl
    opened = path.open("w", encoding="utf-8") if path else nullcontext()
    with opened as file:
        for row in _rows(options):
            _write(file, row)
            if not options.quiet:
                _complain(row)
            yield row


def _read(paths: list[Path]) -> Iterator[Row]:
    """Yield the rows that runs before have written."""
    for path in paths:
        for line in path.read_text("utf-8").splitlines():
            yield Row(**json.loads(line))


def _write(file: IO[str] | None, row: Row) -> None:
    if file is not None:
        _ = file.write(json.dumps(row.as_dict()) + "\n")
        file.flush()


def _complain(row: Row) -> None:
    for fault in row.complaints if row.checker.startswith("verify") else ():
        again = f"--only {row.title} --sizes {row.size} --dtypes {row.dtype}"
        print(f"{fault:13} {again} --checkers {row.checker}  # {row.message[:SAID]}", flush=True)


def _rows(options: Namespace) -> Iterator[Row]:
    checkers = chosen(options.checkers)
    for size in options.sizes.split(","):
        for dtype in options.dtypes.split(","):
            yield from _at_size(size, dtype, checkers, options)


def _at_size(
    size: str, dtype: str, checkers: tuple[Checker, ...], options: Namespace
) -> Iterator[Row]:
    start = perf_counter()
    for spot in spots(size, dtype, options.only):
        for case in cases_at(spot, options.only, options.every):
            yield from _asked(case, checkers)
    print(f"{size} {dtype}: {perf_counter() - start:.0f} s", file=sys.stderr)


def _asked(case: Case, checkers: tuple[Checker, ...]) -> Iterator[Row]:
    asked = [checker for checker in checkers if checker.takes(case)]
    if case.name == "right":
        yield from _in_turns(case, asked)
        return
    for checker in asked:
        yield row_of(checker.name, case, checker.answer(case))


def _in_turns(case: Case, checkers: list[Checker]) -> Iterator[Row]:
    """Ask all in turns, so that they see the same machine; yield each one's fastest answer."""
    found: dict[str, list[Row]] = {}
    for _ in range(1 + ROUNDS):
        for checker in checkers:
            rows = found.setdefault(checker.name, [])
            if not rows or rows[-1].seconds < LONG:
                rows.append(row_of(checker.name, case, checker.answer(case)))
    for rows in found.values():
        yield _of_middle_time(rows[1:] or rows)


def _of_middle_time(rows: list[Any]) -> Row:
    """Return the row of the middle time, or one that is worse."""
    bad = [row for row in rows if row.complaints]
    ordered = sorted(bad or rows, key=lambda row: row.seconds)
    return ordered[len(ordered) // 2]


if __name__ == "__main__":
    sys.exit(main())
