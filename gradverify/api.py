"""What a user's own code calls to have a gradient verified: `verify` and `assert_gradients`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias, cast, final

from gradverify.errors import GradverifyError
from gradverify.listening import hear, settle
from gradverify.verdict.verdict import Status

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from gradverify.function.examined import Examined
    from gradverify.function.made import Given
    from gradverify.oracles.numpy_reference import Passes
    from gradverify.report.verified import Report

Reference: TypeAlias = Callable[..., Any] | tuple[Callable[..., Any], Callable[..., Any]]
"""A function of any framework; of numpy also a forward and a backward pass."""
Explore: TypeAlias = "bool | SearchStrategy[Any]"


@final
class NotCallableError(GradverifyError, TypeError):
    """What was to be verified, or to verify with, cannot be called."""

    def __init__(self, what: str, found: object) -> None:
        call = "gradverify.verify(function, inputs)"
        super().__init__(
            f"{what} is {type(found).__name__}, not something that can be called\n"
            f"Pass the function itself and its inputs beside it: {call}."
        )


@final
class SeedError(GradverifyError, ValueError):
    """A seed that nothing can be drawn from."""

    def __init__(self, found: object) -> None:
        super().__init__(f"seed is {found!r}, not a whole number from 0 up")


@final
class ExploreError(GradverifyError, TypeError):
    """Neither yes nor no, nor a strategy."""

    def __init__(self, found: object) -> None:
        super().__init__(f"explore is {found!r}, not a bool or a hypothesis strategy of inputs")


@final
@dataclass(frozen=True, slots=True)
class _Asked:
    """How a function is to be verified: what to compare with, where else to look, the seed."""

    reference: "Passes | None"
    explore: Explore
    seed: int


def verify(  # noqa: PLR0913 - the door: each is one thing that a user may want to say
    function: Callable[..., Any],
    inputs: Any,
    *,
    vjp: Callable[..., Any] | None = None,
    reference: Reference | None = None,
    kwargs: Mapping[str, Any] | None = None,
    explore: Explore = False,
    seed: int = 0,
) -> "Report":
    """Return who is right about the gradient of a function at its inputs, where it is not, and why.

    `inputs` is a tuple or list (by position), a mapping (by keyword), or one array; nests of
    tuples, lists, mappings, named tuples and dataclasses are entered. Their types say whose
    gradient is verified:

    - torch tensors: torch's, by every tensor that requires a gradient, parameters of modules that
      the function is or holds among them; where none does, by every floating tensor in `inputs`;
    - jax arrays: jax's, by every floating leaf, custom rules included;
    - numpy arrays and floats: that of `vjp(ct, out, *inputs, **kwargs)`. It returns a gradient an
      input, `None` for none, or a mapping of them by keyword; `ct` has the nest, shapes and dtypes
      of `out`.

    Leaves have any shape, 0-d and empty included, and a floating dtype: float64, float32, float16
    or bfloat16. All others are passed on as they are, and so is `kwargs`. A leaf is named by its
    parameter, then keys and positions: `layers.0.weight`. The output is an array or a nest; what is
    not floating in it is left out. A narrow dtype is judged by the same function in float64 at the
    same numbers, where it can be called so.

    `reference` is a function of the same inputs and outputs in torch, jax or numpy; its gradient is
    one more answer to compare with. Of numpy, give `(forward, vjp)`, or `forward` alone for its
    values. `explore=True` also looks at inputs outside of the range of those given; a hypothesis
    strategy of `inputs` says where to look. All that is drawn at random follows from `seed`: the
    same seed, the same report.

    Nobody's array is written to. `bool(report)` is true for `agree` alone; `print(report)` says
    what is wrong.

    Raises:
        FunctionError: a ValueError; no leaf is floating, the function raises, returns nothing
            floating or what is not finite, or `reference` cannot be called.
        NotCallableError: a TypeError; `function`, `vjp` or `reference` is no function.
        SeedError, ExploreError: a ValueError, a TypeError; nothing can be drawn with these.

    Source: Ridders (1982), "Accurate computation of F'(x) and F'(x)F''(x)", Advances in Engineering
    Software 4(2), for derivatives along a line with an error bar; Clarke (1983), "Optimization and
    Nonsmooth Analysis", for what is right at a kink.
    """
    from gradverify.function.made import Given
    from gradverify.report.verified import report_of

    _assert_callable("function", function)
    if vjp is not None:
        _assert_callable("vjp", vjp)
    given = Given(function, inputs, kwargs or {}, vjp)
    _assert_usable(explore, seed)
    asked = _Asked(None if reference is None else _passes(reference), explore, seed)
    report = report_of(_examined(given, asked), _again(given, asked))
    hear(report)
    return report


def assert_gradients(  # noqa: PLR0913 - as `verify`
    function: Callable[..., Any],
    inputs: Any,
    *,
    vjp: Callable[..., Any] | None = None,
    reference: Reference | None = None,
    kwargs: Mapping[str, Any] | None = None,
    explore: Explore = False,
    seed: int = 0,
) -> "Report":
    """Return the report of `verify` if all gradients agree; otherwise raise it.

    Arguments, shapes, dtypes and other errors are those of `verify`.

    Raises:
        GradientMismatch: an AssertionError; a gradient is wrong, or nothing sharp enough could be
            found to tell: what could not be told has not passed. Its message is the report, and
            `.report` holds it.
    """
    __tracebackhide__ = True  # of pytest
    from gradverify.report.verified import GradientMismatch

    report = verify(
        function,
        inputs,
        vjp=vjp,
        reference=reference,
        kwargs=kwargs,
        explore=explore,
        seed=seed,
    )
    if not settle(report) and report.status is not Status.AGREE:
        raise GradientMismatch(report)
    return report


def _assert_callable(what: str, found: object) -> None:
    if not callable(found):
        raise NotCallableError(what, found)


def _assert_usable(explore: object, seed: object) -> None:
    if not isinstance(seed, int) or seed < 0:
        raise SeedError(seed)
    if not isinstance(explore, bool) and not hasattr(explore, "filter"):
        raise ExploreError(explore)


def _passes(reference: Reference) -> "Passes":
    from gradverify.oracles.numpy_reference import Passes

    if not isinstance(reference, tuple):
        _assert_callable("reference", reference)
        return Passes(reference, None)
    forward, vjp = cast("tuple[Callable[..., Any], Callable[..., Any]]", reference)
    _assert_callable("reference[0]", forward)
    _assert_callable("reference[1]", vjp)
    return Passes(forward, vjp)


def _examined(given: "Given", asked: "_Asked") -> "Examined":
    """Examine a function at its own inputs, and where it is right there at those of a strategy."""
    from gradverify.function.examine import examine
    from gradverify.function.explore import explored
    from gradverify.function.made import besides, made
    from gradverify.function.reference import reference_of

    function, passes = made(given), asked.reference
    reference = None if passes is None else reference_of(passes, given, function)
    besides_it = besides(given, reference=reference, explore=asked.explore is True)
    found = examine(function, asked.seed, besides_it)
    if isinstance(asked.explore, bool) or found.status is not Status.AGREE:
        return found
    elsewhere = explored(given, asked.explore, asked.seed)
    return found if elsewhere is None else replace(elsewhere, prints=found.prints)


def _again(given: "Given", asked: "_Asked") -> str:
    """Return the call that shows a report again, by the names that its parts have in the code."""
    parts = [_name(given.function, "function"), "inputs"]
    if given.vjp is not None:
        parts.append(f"vjp={_name(given.vjp, 'vjp')}")
    if asked.reference is not None:
        parts.append(f"reference={_reference(asked.reference)}")
    if given.keywords:
        parts.append("kwargs=kwargs")
    if asked.explore is not False:
        parts.append(f"explore={'True' if asked.explore is True else 'strategy'}")
    return f"gradverify.verify({', '.join(parts)}, seed={asked.seed})"


def _reference(passes: "Passes") -> str:
    if passes.vjp is None:
        return _name(passes.forward, "reference")
    return f"({_name(passes.forward, 'forward')}, {_name(passes.vjp, 'backward')})"


def _name(function: Callable[..., Any], otherwise: str) -> str:
    """Return the name under which code finds a function, or else the name of the parameter."""
    name, owner = getattr(function, "__name__", ""), getattr(function, "__self__", None)
    if isinstance(owner, type):
        name = f"{owner.__name__}.{name}"
    return name if all(part.isidentifier() for part in name.split(".")) else otherwise
