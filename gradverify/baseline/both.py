"""Both: a result beside what the baseline has of its spec, and what of that is no more."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final, final

from gradverify.baseline.keep import kept
from gradverify.baseline.model import FindingKey, Kept, RowKey
from gradverify.verdict.parties import CLAIMING
from gradverify.verdict.verdict import SpecResult

UNASKED: Final = frozenset({"tape", "function"})
"""Parties that no option names: they take part where all others do."""


@final
@dataclass(frozen=True, slots=True)
class Against:
    """With what a result is held against its baseline.

    `asked` are the oracles that took part, None if all did; `digest` tells the text of the spec.
    """

    today: date
    asked: Collection[str] | None = None
    digest: str = ""


@final
@dataclass(frozen=True, slots=True)
class Both:
    """A result, what the baseline has of it, and what it would have now."""

    result: SpecResult
    before: Kept
    now: Kept
    against: Against

    def unheard(self) -> list[str]:
        """Return the oracles that answered before and do not now, whether they were asked or not.

        Of a spec that a person interrupted that is not known.
        """
        if self.result.interrupted:
            return []
        return [name for name in self.before.answered if name not in self.now.answered]

    def is_asked(self, party: str) -> bool:
        """Return whether a party took part in the run."""
        asked = self.against.asked
        if asked is None or party in asked or party in CLAIMING:
            return True
        chosen = UNASKED.union(asked, CLAIMING)
        return party in UNASKED and chosen.issuperset(self.before.answered)

    def missing_rows(self) -> list[RowKey]:
        """Return rows of parties that answer, but no longer for an array that others have."""
        arrays = {key[1:] for key in self.now.rows}
        return [key for key in self._lost() if key[1:] in arrays]

    def gone_rows(self) -> list[RowKey]:
        """Return rows of arrays that nobody has any more."""
        arrays = {key[1:] for key in self.now.rows}
        return [key for key in self._lost() if key[1:] not in arrays]

    def gone_findings(self) -> list[FindingKey]:
        """Return findings that nobody makes any more, though their party answers."""
        if self.result.interrupted:
            return []
        gone = (key for key in self.before.findings if key not in self.now.findings)
        unheard = self.unheard()
        return [key for key in gone if key[1] not in unheard and self.is_asked(key[1])]

    def _lost(self) -> list[RowKey]:
        if self.result.interrupted:
            return []
        lost = (key for key in self.before.rows if key not in self.now.rows)
        unheard = self.unheard()
        return [key for key in lost if key[0] not in unheard and self.is_asked(key[0])]


def both_of(result: SpecResult, before: Kept, against: Against) -> Both:
    """Return a result beside what the baseline has of it."""
    return Both(result, before, kept(result, against.today, against.digest), against)
