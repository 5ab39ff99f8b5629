"""Inputs from a hypothesis strategy, until some are found at which a gradient is wrong."""

import random
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from gradverify.function.examine import examine
from gradverify.function.examined import Examined
from gradverify.function.made import Given, besides, made
from gradverify.oracles.function_errors import FunctionError
from gradverify.verdict.verdict import Status

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

EXAMPLES: Final = 100
LONGEST: Final = 300  # characters of inputs in a message


def explored(given: Given, strategy: "SearchStrategy[Any]", seed: int) -> Examined | None:
    """Return what is found at the simplest inputs of a strategy with a wrong gradient, or None.

    Inputs at which nothing can be examined, since the function raises there or is not finite, are
    passed over. The same seed draws the same inputs.
    """
    from hypothesis import HealthCheck, Phase, find, settings
    from hypothesis.errors import HypothesisWarning, NoSuchExample

    limits = settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.filter_too_much,
            HealthCheck.data_too_large,
            HealthCheck.large_base_example,
        ],
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HypothesisWarning)
        try:
            worst = find(
                strategy,
                lambda inputs: _wrong(replace(given, inputs=inputs), seed) is not None,
                settings=limits,
                random=random.Random(seed),  # noqa: S311 - examples, no secrets
            )
        except NoSuchExample:
            return None
    found = _wrong(replace(given, inputs=worst), seed)
    return None if found is None else _at(found, worst)


def _at(found: Examined, inputs: Any) -> Examined:
    """Return the same with the inputs in what is said of it: they are in nobody's code."""
    shown = " ".join(repr(inputs).split())
    shown = shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}..."
    said = [
        replace(item, message=f"{item.message}; at inputs = {shown}") for item in found.findings
    ]
    return replace(found, findings=tuple(said))


def _wrong(given: Given, seed: int) -> Examined | None:
    try:
        found = examine(made(given), seed, besides(given, reference=None, explore=False))
    except FunctionError:
        return None
    return found if found.status is Status.DISAGREE else None
