"""The finite-difference oracle: derivatives of the numpy primals along lines, with error bars.

Inputs with few entries are taken one entry at a time, large ones along a few signed directions, so
the number of forward passes does not grow with their size.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, final

import numpy as np

from gradverify.arrays import EPS, Array, Values, largest, length
from gradverify.oracles.kink import bends
from gradverify.oracles.ladder import differentiate
from gradverify.oracles.oracle import Gradients, Probe, Unsupported, Wanted
from gradverify.oracles.rung import Line
from gradverify.program.evaluate import Route, route, run_steps, widened
from gradverify.program.program import Program

FEW: Final = 8  # entries of an input that are taken one by one
DIRECTIONS: Final = 2  # ... and else lines through it; through an intermediate goes one
DROWNED: Final = 2.0**-20  # the share of a typical entry that no entry is moved by less than
SIGNS: Final = np.array((-1, 1), dtype=np.int8)
TYPICAL: Final = 2**14  # entries that tell what is typical
KINKED: Final = 4  # entries at a kink that are worth finding one by one, in whatever number
MANY: Final = 512  # looks that are worth it to find all of them


@final
@dataclass(frozen=True, slots=True)
class Surface:
    """The weighed loss as a function of one value of a program, all else standing still.

    `size` is the length of the weighed outputs; rounding adds at least eps times as much.
    """

    route: Route
    base: Values
    name: str
    loss: str
    weights: Array
    size: float

    def line(self, direction: Array) -> Line:
        """Return t ↦ ⟨u, f(x + t·v) - f(x)⟩; subtracting first keeps the noise down."""
        rest = self.base[self.loss]

        def along(t: float) -> float:
            moved = np.asarray(t * direction)
            moved += self.base[self.name]
            env: dict[str, Any] = {**self.base, self.name: moved}
            del moved  # the route drops it once it is read
            self.route.run(env)
            return float(np.sum(self.weights * (env[self.loss] - rest)))

        return along

    def slope(self, direction: Array) -> Probe:
        """Return the derivative along a direction, with its bar."""
        line, widest = self.line(direction), 1.0 / (largest(direction) or 1.0)
        with np.errstate(all="ignore"):
            found = differentiate(line, noise=EPS * self.size, widest=widest)
        return Probe(
            direction=direction,
            derivative=found.value,
            bar=found.bar,
            left=found.left,
            right=found.right,
            kinked=found.kinked,
            step=found.step,
            size=max(self.size, found.swing),
            passes=found.passes,
        )

    def bends(self, direction: Array) -> bool:
        """Whether moving along a direction meets a kink at once."""
        with np.errstate(all="ignore"):
            return bends(self.line(direction), noise=EPS * self.size)


def surface(program: Program, base: Values, name: str, weights: Array) -> Surface:
    """Return the loss, weighed in float64, as a function of the value `name`."""
    size = length(weights * base[program.goal])
    way = route(widened(program.steps), name, program.goal)
    return Surface(way, base, name, program.goal, weights, size)


@final
@dataclass(frozen=True, slots=True)
class FiniteDifference:
    """Moves a value, an intermediate one too, and looks at the loss: no rule takes part."""

    name: ClassVar[str] = "finite_difference"

    def differentiate(
        self, program: Program, primals: Values, wanted: Wanted
    ) -> Gradients | Unsupported:
        """Answer in float64 at the given inputs, whatever the dtype of the program.

        Probes for every variable; `wrt` and `precision` as well for those taken entry by entry.
        """
        return differences(program, primals, wanted)


def differences(program: Program, primals: Values, wanted: Wanted) -> Gradients:
    """Return the values, and the derivatives by the wanted variables with their error bars."""
    base = widened_values(program, primals)
    values = {name: base[name] for name in wanted.values}
    if wanted.cotangent is None:
        return Gradients(values=values)
    ground = {n: surface(program, base, n, wanted.weights) for n in wanted.variables}
    probes = {
        name: probe(found, DIRECTIONS if name in program.inputs else 1)
        for name, found in ground.items()
    }
    few = [name for name in probes if _entry_by_entry(probes[name], base[name])]
    return Gradients(
        values=values,
        wrt={n: _entrywise(probes[n], base[n], lambda p: p.derivative) for n in few},
        precision={n: _entrywise(probes[n], base[n], _half_width) for n in few},
        probes=probes,
    )


def widened_values(program: Program, primals: Values) -> dict[str, Array]:
    """Return every value of the program, floating ones in float64, from the very same inputs."""
    env: dict[str, Any] = {
        name: array.astype(np.float64, copy=False) if array.dtype.kind == "f" else array
        for name, array in primals.items()
    }
    run_steps(widened(program.steps), env)
    return {name: np.asarray(value) for name, value in env.items()}


def probe(ground: Surface, lines: int) -> tuple[Probe, ...]:
    """Return derivatives along enough directions to judge a gradient by one value.

    Every entry alone where they are few, else along so many `lines`. Entries at a kink are then
    probed alone, and left out of the other directions, where they are few.
    """
    primal = ground.base[ground.name]
    if primal.size <= (FEW if lines > 1 else 1):
        return _one_by_one(ground, range(primal.size))
    along = directions(primal, ground.name, lines)
    found = tuple(ground.slope(direction) for direction in along if np.any(direction))
    kinked = next((p.direction for p in found if p.kinked), None)
    entries = () if kinked is None else kinked_entries(ground, kinked)
    if not entries:
        return found
    left = (_without(p.direction, entries) for p in found)
    rest = tuple(ground.slope(direction) for direction in left if np.any(direction))
    return rest + _one_by_one(ground, entries)


def _one_by_one(ground: Surface, entries: Iterable[int]) -> tuple[Probe, ...]:
    sizes = magnitudes(ground.base[ground.name])
    alone = (restricted(sizes, np.array([k])) for k in entries)
    return tuple(ground.slope(direction) for direction in alone if np.any(direction))


def unit(primal: Array, index: int) -> Array:
    """Return the direction that moves one entry, by a power of two of its own size."""
    return restricted(magnitudes(primal), np.array([index]))


def directions(primal: Array, name: str, lines: int) -> Iterator[Array]:
    """Yield signed directions, seeded by the value's name.

    The first is scaled to the size of each entry, so that all are moved by the same share and none
    leaves its domain. The second moves all alike, or small entries would drown in the first.
    """
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    yield _signed(magnitudes(primal), rng)
    if lines > 1:
        typical = float(np.median(_sampled(magnitudes(primal))))
        yield _signed(np.full(primal.shape, typical), rng)


def _signed(scale: Array, rng: np.random.Generator) -> Array:
    """Return a scale times shares between a half and 1, with signs, in its place.

    With signs alone, two entries that are off alike would cancel along every other line. Eight bits
    leave x + h·v exact down to the smallest step.
    """
    scale *= rng.integers(128, 256, scale.shape, dtype=np.uint8)
    scale *= rng.choice(SIGNS, scale.shape)
    scale /= 256
    return scale


def magnitudes(primal: Array) -> Array:
    """Return for each entry the power of two below it, but never next to nothing.

    Powers of two make x + h·v exact, so that moving x adds no error of its own. An entry far
    below a typical one, or what rounding left of a zero, is moved by a small share of the
    typical one; an infinite one or NaN is not moved.
    """
    sizes = np.atleast_1d(np.abs(primal))
    still = ~np.isfinite(sizes)
    sizes[still] = 0.0
    some = _sampled(sizes)
    typical = float(np.median(some[some > 0])) if np.any(some > 0) else 1.0
    sizes[sizes == 0] = typical
    _ = np.maximum(sizes, typical * DROWNED, out=sizes)
    _, exponents = np.frexp(sizes)
    _ = np.ldexp(0.5, exponents, out=sizes)
    sizes[still] = 0.0
    return sizes.reshape(primal.shape)


def _sampled(sizes: Array) -> Array:
    """Return enough entries, evenly spread, to know what is typical of all."""
    flat = sizes.ravel()
    return flat[:: max(1, flat.size // TYPICAL)]


def kinked_entries(ground: Surface, direction: Array) -> tuple[int, ...]:
    """Return the entries whose movement bends the loss, by halving; nothing where they are many."""
    found: list[int] = []
    waiting = [np.flatnonzero(direction)]
    budget = max(MANY, 2 * KINKED * int(direction.size).bit_length())
    while waiting and budget:
        budget -= 1
        part = waiting.pop()
        if not ground.bends(restricted(direction, part)):
            continue
        if part.size == 1:
            found.append(int(part[0]))
        else:
            waiting += [part[: part.size // 2], part[part.size // 2 :]]
    return () if waiting else tuple(sorted(found))


def restricted(direction: Array, entries: Array) -> Array:
    """Return a direction that moves only the given entries (flat indices)."""
    kept = np.zeros(direction.size)
    kept[entries] = direction.ravel()[entries]
    return kept.reshape(direction.shape)


def _without(direction: Array, entries: Sequence[int]) -> Array:
    kept = direction.ravel().copy()
    kept[list(entries)] = 0.0
    return kept.reshape(direction.shape)


def _entry_by_entry(probes: Sequence[Probe], primal: Array) -> bool:
    alone = all(np.count_nonzero(p.direction) == 1 for p in probes)
    return alone and len(probes) == primal.size


def _half_width(found: Probe) -> float:
    return found.bar + abs(found.right - found.left) / 2


def _entrywise(probes: Sequence[Probe], primal: Array, read: Callable[[Probe], float]) -> Array:
    read_off = [read(p) / largest(p.direction) for p in probes]
    return np.array(read_off, dtype=np.float64).reshape(primal.shape)
