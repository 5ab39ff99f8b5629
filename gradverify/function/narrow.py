"""A gradient in its own, narrower format against the one of the same code in float64."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, final

import numpy as np

from gradverify.arrays import EPS, Array, largest, length
from gradverify.function.accused import Cause
from gradverify.function.blame import Guilt
from gradverify.function.draws import generator, power, rounded
from gradverify.function.entrywise import PART
from gradverify.function.precision import FORMATS
from gradverify.function.taken import Taken, take
from gradverify.function.trial import Trial
from gradverify.oracles.function import Form, Function, Layout, Leaf
from gradverify.oracles.guard import Raised, guarded
from gradverify.verdict.verdict import Finding, Severity

PLACES: Final = 8.0  # units in the last place of the largest entry that nobody is blamed for
SPREAD: Final = 4.0  # times what moving the inputs by one unit in the last place comes to
DRAWS: Final = 3
NEARBY: Final = 8  # inputs that are moved a little
NEAR: Final = 2.0**-6  # by this share of themselves
COSINE: Final = 0.5  # between errors that follow a rule
ABOVE: Final = 2.0  # times the largest error seen that rounding may come to
BLUNT: Final = 2.0**-4  # a rounding this large, relative, tells nothing
GROSS: Final = 8.0  # times what is allowed: more than another order of summation comes to


@final
@dataclass(frozen=True, slots=True)
class Narrow:
    """What a narrower format comes to: who is wrong in it, and what each leaf is allowed."""

    guilt: tuple[Guilt, ...]
    allowed: tuple[float, ...]
    errors: tuple[float, ...]


def narrow(trial: Trial, own: Callable[[], Function | None]) -> Narrow | Finding:
    """Hold the claim in the function's own format against the one in float64, which is right.

    It is asked for with inputs that are not contiguous, and plainly where that is off. `own` makes
    the framework's own derivative, whose rounding in the same format nobody is blamed for.
    """
    nothing = (0.0,) * len(trial.names)
    if not trial.narrow:
        return Narrow((), nothing, nothing)
    right = trial.claimed[0].flat
    allowed = _places(trial, right)
    tangled = trial.again(0, Form(layout=Layout.TANGLED), Layout.TRANSPOSED)
    if not isinstance(tangled, Raised) and bool(np.all(_off(tangled.flat, right) <= allowed)):
        return _narrow(trial, tangled, allowed)
    plain = trial.again(0, Form())
    if isinstance(plain, Raised):
        said = f"in its own format it raised {plain.reason}"
        return trial.finding("gradient-missing", None, said)
    if bool(np.any(_off(plain.flat, right) > allowed)):
        allowed = np.maximum(allowed, SPREAD * _spread(trial, plain.flat))
    if bool(np.any(_off(plain.flat, right) > allowed)):
        allowed = np.maximum(allowed, SPREAD * _of_framework(trial, own, right))
    if bool(np.any(_off(plain.flat, right) > allowed)):
        allowed = np.maximum(allowed, _fluctuating(trial, plain.flat - right))
    if isinstance(tangled, Taken) and _only(tangled, plain, right, allowed):
        return differing_narrowly(trial, plain, tangled)
    return _narrow(trial, plain, allowed)


def _fluctuating(trial: Trial, error: Array) -> Array:
    """Return how far each leaf is off at inputs nearby, where that has no rule; else zeros.

    An error of the code stays when inputs are moved a little. Rounding comes out otherwise.
    """
    allowed = np.zeros(error.size)
    errors = [error, *(e for e in (_error_near(trial, k) for k in range(NEARBY)) if e is not None)]
    for k in range(len(trial.names)):
        span = trial.point.leaves.span(k)
        here, *near = (e[span] for e in errors)
        if all(np.all(np.isfinite(e)) for e in (here, *near)) and not _alike(here, near):
            allowed[span] = ABOVE * max(map(largest, (here, *near)))
    return allowed


def _alike(here: Array, near: Sequence[Array]) -> bool:
    """Whether errors have the direction and about the size of the first."""
    size = length(here)
    return all(
        float(np.sum(here * e)) > COSINE * size * length(e) and size < ABOVE * ABOVE * length(e)
        for e in near
    )


def _error_near(trial: Trial, draw: int) -> Array | None:
    """Return the error of the narrow format at inputs moved a little."""
    moved: list[Array] = []
    for leaf, primal in _leaves(trial):
        rng = generator(trial.ask.seed, f"near {draw} {leaf.name}")
        there = primal * (1 + NEAR * rng.uniform(-1, 1, primal.shape))
        moved.append(rounded(there, leaf.eps))
    claims: list[Array] = []
    for wide in (False, True):
        pullback = guarded(lambda wide=wide: trial.ask.pull(moved, Form(wide=wide)))
        if isinstance(pullback, Raised):
            return None
        found = take(pullback.back, trial.weights[0], trial.point.leaves)
        if isinstance(found, Raised):
            return None
        claims.append(found.flat)
    return claims[0] - claims[1]


def within_own_digits(trial: Trial, item: Guilt) -> bool:
    """Whether a gradient has lost no more than the digits that its leaf's format lacks."""
    leaf, name = trial.ask.function.leaves[item.leaf], item.cause.details.get("format")
    digits = dict(FORMATS).get(str(name), 0)
    return item.cause.code == "precision-lost" and leaf.eps >= 2.0 ** (1 - digits) > EPS


def lost(trial: Trial, found: Narrow) -> list[Finding]:
    """Return a warning a leaf of which rounding in its own format leaves next to nothing."""
    made: list[Finding] = []
    for k, allowed in enumerate(found.allowed):
        if allowed > BLUNT and trial.ask.function.leaves[k].eps < BLUNT**2:
            dtype = trial.ask.function.leaves[k].dtype
            said = f"right in float64; here rounding in {dtype} takes {allowed:.1g} of it"
            made.append(trial.finding("precision-lost", k, said, severity=Severity.WARNING))
    return made


def _only(tangled: Taken, plain: Taken, right: Array, allowed: Array) -> bool:
    """Whether the claim is off for arrays that are not contiguous, far beyond any rounding."""
    fits = bool(np.all(_off(plain.flat, right) <= allowed))
    return fits and bool(np.any(_off(tangled.flat, right) > GROSS * allowed))


def differing_narrowly(trial: Trial, plain: Taken, tangled: Taken) -> Finding:
    """Return the finding that only the layout makes a difference."""
    entry = int(np.argmax(_off(tangled.flat, plain.flat)))
    leaf, index = trial.point.leaves.place(entry)
    details = {"claimed": float(tangled.flat[entry]), "true": float(plain.flat[entry])}
    said = "another gradient for the same numbers in arrays that are not contiguous"
    return trial.finding("layout-dependent", leaf, said, details, index=index)


def _of_framework(trial: Trial, own: Callable[[], Function | None], right: Array) -> Array:
    """Return how far the framework's own derivative is off in this format, by leaf."""
    found = guarded(own)
    off = np.zeros(right.size)
    if isinstance(found, Raised) or found is None or len(found.leaves) != len(trial.names):
        return off
    back = guarded(lambda: found.pull(trial.primals, Form()))
    claim = (
        back if isinstance(back, Raised) else take(back.back, trial.weights[0], trial.point.leaves)
    )
    if isinstance(claim, Raised):
        return off
    for k in range(len(trial.names)):
        span = trial.point.leaves.span(k)
        off[span] = largest(np.nan_to_num(_off(claim.flat[span], right[span]), posinf=0.0))
    return off


def _narrow(trial: Trial, own: Taken, allowed: Array) -> Narrow:
    right = trial.claimed[0].flat
    guilt: list[Guilt] = []
    errors: list[float] = []
    for k in range(len(trial.names)):
        span = trial.point.leaves.span(k)
        off = _off(own.flat[span], right[span])
        errors.append(largest(off) / (largest(right[span]) or 1.0))
        if bool(np.any(off > allowed[span])) and k not in trial.ignored:
            guilt.append(_guilt(trial, k, own.flat[span], allowed[span]))
    return Narrow(tuple(guilt), _shares(trial, right, allowed), tuple(errors))


def _off(own: Array, right: Array) -> Array:
    with np.errstate(invalid="ignore"):
        gap = np.abs(own - right)
    return np.where(np.isnan(gap), np.inf, gap)


def _places(trial: Trial, right: Array) -> Array:
    """Return a few units in the last place of each leaf's largest entry."""
    allowed = np.empty(right.size)
    for k, leaf in enumerate(trial.ask.function.leaves):
        span = trial.point.leaves.span(k)
        scale = largest(right[span])
        smallest = _smallest(leaf.dtype)
        allowed[span] = PLACES * max(leaf.eps * power(scale) if scale else 0.0, smallest)
    return allowed


def _smallest(dtype: str) -> float:
    """Return the smallest number of a format that is not 0."""
    known = {"float16": 2.0**-24, "float32": 2.0**-149, "bfloat16": 2.0**-133}
    return known.get(dtype, 0.0)


def _spread(trial: Trial, own: Array) -> Array:
    """Return how far each leaf's claim moves with a last place, at its worst entry."""
    spread = np.zeros(own.size)
    for draw in range(1, DRAWS + 1):
        moved = [_nudged(trial, draw, leaf, p) for leaf, p in _leaves(trial)]
        pullback = guarded(lambda moved=moved, draw=draw: trial.ask.pull(moved, Form(jitter=draw)))
        if isinstance(pullback, Raised):
            continue
        found = take(pullback.back, trial.weights[0], trial.point.leaves)
        if isinstance(found, Raised):
            continue
        for k in range(len(trial.names)):
            span = trial.point.leaves.span(k)
            moves = largest(np.nan_to_num(found.flat[span] - own[span], posinf=0.0, neginf=0.0))
            spread[span] = np.maximum(spread[span], moves)
    return spread


def _leaves(trial: Trial) -> Iterator[tuple[Leaf, Array]]:
    return zip(trial.ask.function.leaves, trial.primals, strict=True)


def _nudged(trial: Trial, draw: int, leaf: Leaf, primal: Array) -> Array:
    rng = generator(trial.ask.seed, f"{draw} {leaf.name}")
    return primal * (1 + leaf.eps * rng.integers(-1, 2, primal.shape))


def _guilt(trial: Trial, leaf: int, own: Array, allowed: Array) -> Guilt:
    span = trial.point.leaves.span(leaf)
    right = trial.claimed[0].flat[span]
    off = _off(own, right)
    entry, bad = int(np.argmax(off)), int(np.sum(off > allowed))
    scale = largest(right) or 1.0
    cause = _cause(trial, leaf, own, off, bad)
    error, may = float(off[entry]) / scale, float(allowed[entry]) / scale
    return Guilt(leaf, cause, entry, float(own[entry]), float(right[entry]), error, may)


def _cause(trial: Trial, leaf: int, own: Array, off: Array, bad: int) -> Cause:
    dtype, eps = trial.ask.function.leaves[leaf].dtype, trial.ask.function.leaves[leaf].eps
    if not np.all(np.isfinite(own)):
        return Cause("not-finite", f"{bad} entries are not finite in {dtype}", {"entries": bad})
    scale = largest(trial.claimed[0].flat[trial.point.leaves.span(leaf)])
    places = largest(off) / (eps * power(scale) if scale else 1.0)
    said = f"off by {places:.3g} units in the last place of {dtype}"
    if PART * bad <= own.size and own.size > 1:
        said = f"{bad} of {own.size} entries are {said}; in float64 all are right"
        return Cause("entries-wrong", said, {"entries": bad, "places": places})
    return Cause("precision-lost", f"{said}; the same code in float64 is right", {"places": places})


def _shares(trial: Trial, right: Array, allowed: Array) -> tuple[float, ...]:
    spans = [trial.point.leaves.span(k) for k in range(len(trial.names))]
    return tuple(largest(allowed[s]) / (largest(right[s]) or 1.0) for s in spans)
