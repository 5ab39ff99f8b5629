"""The same function at other inputs: drawn from the range of the given ones, or from beyond it."""

from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np

from gradverify.arrays import Array, length
from gradverify.function.blame import Refuted, blame
from gradverify.function.differing import differing
from gradverify.function.draws import generator, rounded
from gradverify.function.line import Line
from gradverify.function.memory import bent, unstable
from gradverify.function.noise import judged
from gradverify.function.point import point
from gradverify.function.trial import Trial
from gradverify.oracles.function import Form, Layout
from gradverify.oracles.guard import Raised, guarded
from gradverify.verdict.truth import Outcome
from gradverify.verdict.verdict import Finding

Move: TypeAlias = Callable[[Array, np.random.Generator], Array]
"""Makes other inputs, flat, of given ones that are finite."""

SCREEN: Final = 2.0**-13  # the step of the first look: its own error is far below what is sought
COARSE: Final = 2.0**-12  # what is sought: errors larger than this share of the gradient
PATIENCE: Final = 3  # calls after which a gradient that was refuted is at least a stable one
HUGE: Final = 2**22  # entries above which memory is what counts
ALONG: Final = 2.0**-5  # a step that is taken along every line
WIDER: Final = (4.0, 64.0)  # times the range, around its middle
ROUNDS: Final = 4  # of all moves, with other numbers


def within(flat: Array, rng: np.random.Generator) -> Array:
    """Cover the range of the given numbers evenly, in a drawn order."""
    low, high = float(np.min(flat)), float(np.max(flat))
    strata = (rng.permutation(flat.size) + rng.random(flat.size)) / flat.size
    return low + (high - low) * strata


def _wider(by: float) -> Move:
    def move(flat: Array, rng: np.random.Generator) -> Array:
        inside = within(flat, rng)
        middle = (np.min(flat) + np.max(flat)) / 2
        reach = max(float(np.max(np.abs(flat - middle))), float(np.max(np.abs(flat)))) or 1.0
        spread = inside - middle if np.ptp(flat) else rng.uniform(-reach, reach, flat.size)
        return middle + by * spread

    return move


def _beyond(flat: Array, rng: np.random.Generator) -> Array:
    """Numbers of the same signs, of any size up to a thousand times as large or small."""
    return flat * 10.0 ** rng.uniform(-3, 3, flat.size)


def _flipped(flat: Array, rng: np.random.Generator) -> Array:
    return within(flat, rng) * rng.choice((-1.0, 1.0), flat.size)


def _alike(flat: Array, rng: np.random.Generator) -> Array:
    """Few different numbers, so that many are ties."""
    return rng.choice(within(flat, rng)[:3], flat.size)


OUTSIDE: Final[tuple[Move, ...]] = (*map(_wider, WIDER), _beyond, _flipped, _alike)


def wrong_nearby(trial: Trial) -> Finding | None:
    """Return a finding where the claim is clearly wrong at other inputs of the given range."""
    return _wrong_at(trial, _moved(trial, within, 0), "others of the same range")


def wrong_along(trial: Trial, line: Line) -> Finding | None:
    """Return a finding where the claim is clearly wrong a step further along a line.

    What was seen along it is enough to know the slope there. The arrays are not contiguous, so that
    one call looks for two faults.
    """
    k = trial.second
    slope, bar = line.slope_at(ALONG, k)
    there = trial.point.moved(line.direction, ALONG)
    spare = trial.point.primal.size <= HUGE  # another layout takes twice the memory
    form = Form(wide=trial.ask.wide, layout=Layout.TANGLED if spare else Layout.PLAIN)
    pullback = guarded(lambda: trial.ask.pull(there, form))
    if isinstance(pullback, Raised) or not np.isfinite(slope):
        return None
    found = trial.back(pullback, k, Layout.TRANSPOSED if spare else Layout.PLAIN)
    if isinstance(found, Raised) or not np.all(np.isfinite(found.flat)):
        return differing_layouts(trial)
    moved = found.flat * line.direction
    size = max(length(moved), abs(slope))
    if abs(float(np.sum(moved)) - slope) <= COARSE * size + 3 * bar:
        return None
    return differing_layouts(trial) or wrong_nearby(trial) or bent(trial)


def differing_layouts(trial: Trial) -> Finding | None:
    """Another gradient for the same inputs, not contiguous in memory."""
    pullback = trial.pull(Form(wide=trial.ask.wide, layout=Layout.TANGLED))
    if isinstance(pullback, Raised):
        return None  # a function may refuse a layout of its inputs
    found = trial.back(pullback, 0, Layout.TRANSPOSED)
    if isinstance(found, Raised):
        said = f"the backward pass raises for inputs that are not contiguous: {found.reason}"
        return trial.finding("layout-dependent", None, said)
    said = "another gradient for the same numbers in arrays that are not contiguous"
    made = differing(trial, "layout-dependent", said, trial.claimed[0].flat, found)
    return None if made is None else unstable(trial) or made


def wrong_beyond(trial: Trial) -> Finding | None:
    """Return a finding where the claim is clearly wrong at inputs within or outside the range."""
    draws = ((move, draw) for draw in range(1, ROUNDS) for move in (within, *OUTSIDE))
    found = (
        _wrong_at(trial, _moved(trial, move, draw), "others that were explored")
        for move, draw in draws
    )
    return next((item for item in found if item is not None), None)


def _moved(trial: Trial, move: Move, draw: int) -> tuple[Array, ...]:
    """Return other inputs, with so few digits that the function's own format holds them."""
    made: list[Array] = []
    for leaf, primal in zip(trial.ask.function.leaves, trial.primals, strict=True):
        flat = np.ravel(primal)
        finite = np.isfinite(flat)
        rng = generator(trial.ask.seed, f"elsewhere {draw} {leaf.name}")
        moved = flat.copy()
        if np.any(finite):
            moved[finite] = move(flat[finite], rng)
        made.append(rounded(moved, leaf.eps).reshape(primal.shape))
    return tuple(made)


def _wrong_at(trial: Trial, primals: tuple[Array, ...], where: str) -> Finding | None:
    there = _trial(trial, primals)
    if there is None:
        return None
    claimed = there.again(0)
    if isinstance(claimed, Raised) or not np.all(np.isfinite(claimed.flat)):
        return None
    there.claimed[0] = claimed
    line = there.lines()[0]
    if not _suspicious(line, claimed.flat):
        return None
    readings = ((x, judged(there, x, claimed.flat)) for x in there.lines())
    refuted = (x for x, reading in readings if reading.outcome is Outcome.REFUTED)
    found = next(refuted, None)
    return None if found is None else _told(trial, there, found, where)


def _trial(trial: Trial, primals: tuple[Array, ...]) -> Trial | None:
    """Return a trial at other inputs, where the function has finite values."""
    found = guarded(lambda: trial.ask.values(primals))
    if isinstance(found, Raised) or not all(np.all(np.isfinite(v)) for v in found[0]):
        return None
    there = point(trial.ask, primals, trial.weights, found)
    return Trial(trial.ask, there, trial.weights, primals, {}, trial.ignored)


def _suspicious(line: Line, flat: Array) -> bool:
    """Whether two values of the function contradict a claim at first sight."""
    with np.errstate(all="ignore"):
        slope = float(line.at(SCREEN)[0] - line.at(-SCREEN)[0]) / (2 * SCREEN)
    along = float(flat @ line.direction)
    size = float(np.linalg.norm(flat * line.direction))
    noise = line.point.noise[0] / SCREEN
    return not abs(along - slope) <= COARSE * max(size, abs(slope)) + 8 * noise


def _told(trial: Trial, there: Trial, line: Line, where: str) -> Finding:
    given = trial.claimed[0].flat
    if np.array_equal(there.claimed[0].flat, given) and np.any(given):
        said = "the gradient at other inputs is the one of an earlier call"
        return trial.finding("remembers-last-call", None, said)
    shaken = unstable(there, PATIENCE)
    if shaken is not None:
        return shaken
    reading = judged(there, line, there.claimed[0].flat)
    others = tuple(x for x in there.lines() if not np.array_equal(x.direction, line.direction))
    guilt = blame(there, Refuted(line, reading, others))[0]
    index = there.point.leaves.place(there.point.leaves.bounds[guilt.leaf] + guilt.entry)[1]
    at = float(np.ravel(there.primals[guilt.leaf])[guilt.entry])
    said = f"right at the given inputs and wrong at {where}: {guilt.cause.message}"
    if trial.point.leaves.shapes[guilt.leaf]:
        said = f"{said}; the input is {at:.7g} there"
    details = {"claimed": guilt.claimed, "true": guilt.true, "at": at, "elsewhere": True}
    return trial.finding(guilt.cause.code, guilt.leaf, said, details, index=index)
