"""Who is related to whom: what makes two parties evidence for one another, or none."""

from typing import Final

MEASURED: Final = "finite_difference"

WRITTEN: Final = frozenset({"stated", "recorded"})
"""Parties whose arrays a person wrote."""

CLAIMING: Final = ("derived", "stated", "recorded")
"""Parties that speak only where the spec lets them, and there whatever oracles are chosen."""

SHARED_PRIMALS: Final = frozenset({"rules", MEASURED, "derived"})
"""Parties that run the numpy primals."""

RELATED: Final = SHARED_PRIMALS | WRITTEN
"""Parties that share the numpy primals or the spec: no evidence for one another."""
