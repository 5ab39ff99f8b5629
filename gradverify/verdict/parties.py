"""Who is related to whom: what makes two parties evidence for one another, or none."""

from typing import Final

MEASURED: Final = "finite_difference"

WRITTEN: Final = frozenset({"stated", "recorded"})
"""Parties whose arrays a person wrote."""

SHARED_PRIMALS: Final = frozenset({"rules", MEASURED, "derived"})
"""Parties that run the numpy primals."""

RELATED: Final = SHARED_PRIMALS | WRITTEN
"""Parties that share the numpy primals or the spec: no evidence for one another."""
