"""Entry points of other distributions, found in one place and never imported here."""

import os
from collections.abc import Collection, Mapping
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Final, final

from gradverify.errors import PluginError

ORACLE_GROUP: Final = "gradverify.oracles"
SWITCH: Final = "GRADVERIFY_NO_PLUGINS"
BUILT_IN: Final = "gradverify"


@final
class PluginNameClashError(PluginError):
    """Two distributions offer something of one name."""

    def __init__(self, group: str, name: str, distributions: tuple[str, str]) -> None:
        first, second = distributions
        super().__init__(
            f"{first} and {second} both offer {name!r} in the entry point group {group!r}: "
            f"uninstall one of them, or set {SWITCH}=1 to go without plug-ins"
        )
        self.name = name
        self.distributions = distributions


def find_plugins(group: str, built_in: Collection[str]) -> Mapping[str, EntryPoint]:
    """Return the entry points of a group by name, in the order of their names.

    Nothing is imported: the caller loads what it needs. `GRADVERIFY_NO_PLUGINS=1` in the
    environment leaves none. Raises PluginNameClashError for a name that is built in or offered
    twice.
    """
    if os.environ.get(SWITCH) == "1":
        return MappingProxyType({})
    found: dict[str, EntryPoint] = {}
    points = entry_points(group=group)
    for point in sorted(points, key=lambda point: (point.name, distribution_of(point))):
        if point.name in found:
            other = distribution_of(found[point.name])
            raise PluginNameClashError(group, point.name, (other, distribution_of(point)))
        if point.name in built_in:
            raise PluginNameClashError(group, point.name, (BUILT_IN, distribution_of(point)))
        found[point.name] = point
    return MappingProxyType(found)


def distribution_of(point: EntryPoint) -> str:
    """Return the name of the distribution that an entry point came with."""
    return point.dist.name if point.dist else "an unnamed distribution"
