"""A spec as text that can be sent to another process, and read there as it was."""

import re
from dataclasses import dataclass, replace
from typing import Final, final

from gradverify.spec.parse import specs_of
from gradverify.spec.source import source_of
from gradverify.spec.spec import Spec

START: Final = re.compile(r"---(\s|$)")
END: Final = re.compile(r"(---|\.\.\.)(\s|$)")


@final
@dataclass(frozen=True, slots=True)
class Packed:
    """The lines of one document, how many lines stand above them, and what file they are of."""

    file: str
    text: str
    above: int
    index: int


def packed(spec: Spec) -> Packed:
    """Return a spec's own lines: those of other documents of its file are left behind."""
    lines = spec.source.source.lines
    root = spec.mark().line - 1
    first = next((k for k in range(root, -1, -1) if START.match(lines[k])), 0)
    after = range(root + 1, len(lines))
    last = next((k for k in after if END.match(lines[k])), len(lines))
    mine = (*lines[first:last], *([""] if last < len(lines) else []))
    return Packed(spec.path, "\n".join(mine), first, spec.index)


def unpacked(given: Packed) -> Spec:
    """Return the spec, each of its values at the line where it stands in its file."""
    (spec,) = specs_of(source_of(given.file, "\n" * given.above + given.text))
    return replace(spec, index=given.index)
