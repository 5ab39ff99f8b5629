"""What a run is asked for, besides the files."""

from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True, slots=True)
class Options:
    """Which oracles answer, which specs are taken, and within what limits.

    `oracles` None means all that there are; `require` names oracles that must be installed;
    `seed` None leaves each spec its own; `keyword` "" takes every spec; `max_bytes` is the
    most that a program's arrays may take.
    """

    oracles: tuple[str, ...] | None
    require: tuple[str, ...]
    seed: int | None
    keyword: str
    fail_fast: bool
    max_bytes: int

    def takes(self, spec_id: str) -> bool:
        """Return whether a spec's id has the keyword in it, whatever the case of its letters."""
        return matches(self.keyword, spec_id)


def matches(keyword: str, spec_id: str) -> bool:
    """Return whether an id has the keyword in it, whatever the case of its letters."""
    return keyword.casefold() in spec_id.casefold()
