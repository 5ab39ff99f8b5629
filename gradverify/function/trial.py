"""A function under examination: where it stands, what it claims there, and the lines through it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, final

import numpy as np

from gradverify.arrays import EPS, Array, largest
from gradverify.function.asking import Asking
from gradverify.function.draws import MANY, even_direction, own_direction, scattered
from gradverify.function.line import Line, Point
from gradverify.function.taken import Taken, take
from gradverify.oracles.function import Form, Layout, Pullback, Weight
from gradverify.oracles.guard import Raised, guarded
from gradverify.verdict.findings import finding
from gradverify.verdict.verdict import About, Detail, Finding, Severity

LOOSE: Final = 2.0**10  # roundings of its largest entry by which two right answers may differ
NARROW: Final = 16.0  # ... in a format that has few digits to begin with


@final
@dataclass(slots=True)
class Trial:
    """Everything that the parts of an examination share.

    `claimed` holds what the function claims for each cotangent of the point, as far as asked;
    `coarse` is the eps of a cast inside of the function, where one was heard, and `shaky` the
    share of a claim that its own rounding comes to, where it is more than a few last places.
    `truth` is the gradient of a witness that every line confirms.
    """

    ask: Asking
    point: Point
    weights: tuple[Weight, ...]
    primals: tuple[Array, ...]
    claimed: dict[int, Taken] = field(default_factory=dict[int, Taken])
    ignored: tuple[int, ...] = ()
    coarse: float = 0.0
    shaky: float = 0.0
    said: str = ""
    truth: Array | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the leaves."""
        return tuple(leaf.name for leaf in self.ask.function.leaves)

    @property
    def unit(self) -> float:
        """What the drawn cotangent of one number is: a loss's gradient is meant for 1."""
        row = self.point.cotangents[0]
        return float(row[0]) if row.size == 1 else 1.0

    @property
    def second(self) -> int:
        """The number of the second drawn cotangent; of the first where there is no other."""
        return min(1, len(self.weights) - 2)  # the last are ones

    @property
    def narrow(self) -> bool:
        """Whether the function's own format is narrower than the one it is examined in."""
        return self.ask.wide and any(leaf.eps > EPS for leaf in self.ask.function.leaves)

    @property
    def party(self) -> str:
        """Who claims the gradient."""
        return self.said or self.ask.function.party

    @property
    def large(self) -> bool:
        """Whether there are so many entries that every pass counts."""
        return self.point.primal.size > MANY

    def lines(self) -> tuple[Line, ...]:
        """Return lines through all leaves whose gradient can be compared.

        One through very many entries is enough, unless they are of very different size.
        """
        kinds = (own_direction, even_direction)
        if self.large and not scattered(self.primals):
            kinds = kinds[1:]
        drawn = (self.line(kind(self.names, self.primals, self.ask.seed)) for kind in kinds)
        return tuple(line for line in drawn if np.any(line.direction))

    def line(self, direction: Array) -> Line:
        """Return a line that moves nothing that is left out."""
        for k in self.ignored:
            direction[self.point.leaves.span(k)] = 0.0
        return self.point.line(direction)

    def again(
        self, k: int = 0, form: Form | None = None, layout: Layout | None = None
    ) -> Taken | Raised:
        """Return what a fresh call claims for cotangent `k`, its arrays laid out as asked."""
        pullback = self.pull(form or Form(wide=self.ask.wide))
        return pullback if isinstance(pullback, Raised) else self.back(pullback, k, layout)

    def pull(self, form: Form) -> Pullback | Raised:
        """Return a fresh forward pass at the point, or what it raised."""
        return guarded(lambda: self.ask.pull(self.primals, form))

    def back(self, pullback: Pullback, k: int, layout: Layout | None = None) -> Taken | Raised:
        """Return the gradients for cotangent `k`."""
        weight = self.weights[k]
        return self.back_of(pullback, weight if layout is None else Weight(weight.arrays, layout))

    def back_of(self, pullback: Pullback, weight: Weight) -> Taken | Raised:
        """Return the gradients for a cotangent."""
        found = take(pullback.back, weight, self.point.leaves)
        if isinstance(found, Raised) or not self.ignored:
            return found
        return found.without(self.ignored, self.point.leaves)

    def same(self, right: Array, other: Array, *, strictly: bool = False) -> Array:
        """Return which entries of another gradient agree with the right one, but for roundings.

        Strictly, these are of a few last places: what the same call twice may differ by.
        """
        shaky = 0.0 if strictly else self.shaky
        allowed = np.empty(right.shape)
        for k, leaf in enumerate(self.ask.function.leaves):
            span = self.point.leaves.span(k)
            places = LOOSE * EPS if self.ask.wide else NARROW * leaf.eps
            places = max(places, NARROW * self.coarse, NARROW * shaky)
            allowed[span] = places * largest(right[span])
        with np.errstate(invalid="ignore"):
            return (np.abs(right - other) <= allowed) | (np.isnan(right) & np.isnan(other))

    def finding(  # noqa: PLR0913 - what a finding is made of
        self,
        code: str,
        of: int | None,
        message: str,
        details: Mapping[str, Detail] | None = None,
        *,
        index: Sequence[int] | None = None,
        severity: Severity | None = None,
    ) -> Finding:
        """Return a finding about one leaf, or about the function as a whole."""
        name = "" if of is None else self.names[of]
        about = About(self.party, name, None)
        known = dict(details or {})
        if index is not None:
            known["index"] = tuple(index)
        return finding(code, about, message, known, severity=severity)
