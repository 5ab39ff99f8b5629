"""The oracles by name; a framework is imported when its oracle is asked for, and not before."""

from collections.abc import Callable, Collection, Mapping
from importlib.metadata import EntryPoint
from types import MappingProxyType
from typing import Any, Final, TypeGuard, final

from gradverify.errors import UsageError, did_you_mean
from gradverify.oracles.oracle import Oracle, Unsupported
from gradverify.plugins import ORACLE_GROUP, distribution_of, find_plugins

ORACLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "rules": "gradverify.oracles.rules:Rules",
        "finite_difference": "gradverify.oracles.finite_difference:FiniteDifference",
        "torch": "gradverify.oracles.torch_autograd:TorchAutograd",
        "jax": "gradverify.oracles.jax_grad:JaxGrad",
        "derived": "gradverify.oracles.derived:Derived",
        "stated": "gradverify.oracles.claims:Stated",
        "recorded": "gradverify.oracles.claims:Recorded",
    }
)

TAPE: Final = "gradverify.oracles.torch_tape:show"

FRAMEWORKS: Final = frozenset({"torch", "jax"})
"""Oracles that are named for a package, which the extra of the same name installs."""

NOT_IMPORTED: Final = "cannot be imported"
NOT_LOADED: Final = "cannot be loaded"
"""Said of an oracle that is there and yet has no answer: it may have one next time."""


@final
class UnknownOracleError(UsageError):
    """A name that no oracle has."""

    def __init__(self, name: str, known: Collection[str]) -> None:
        advice = did_you_mean(name, known) or f"There are {', '.join(known)}."
        super().__init__(f"unknown oracle {name!r}. {advice}")
        self.name = name


def oracle_names() -> tuple[str, ...]:
    """Return the names of all oracles, plug-ins last. Raises PluginError where names clash."""
    return (*ORACLES, *find_plugins(ORACLE_GROUP, ORACLES))


def load_oracle(name: str) -> Oracle | Unsupported:
    """Import an oracle, or say why it cannot answer.

    Raises UnknownOracleError for a name that nothing has, PluginError where names clash.
    """
    if name in ORACLES:
        return _load_built_in(name)
    plugins = find_plugins(ORACLE_GROUP, ORACLES)
    if name not in plugins:
        raise UnknownOracleError(name, (*ORACLES, *plugins))
    return _load_plugin(plugins[name])


def load_tape() -> Callable[..., Any] | Unsupported:
    """Return what does a tape script in torch, or say why nobody can."""
    return _load("torch", TAPE)


def _load_built_in(name: str) -> Oracle | Unsupported:
    found = _load(name, ORACLES[name])
    return found if isinstance(found, Unsupported) else found()


def _load(name: str, reference: str) -> Any:
    try:
        return EntryPoint(name, reference, ORACLE_GROUP).load()
    except (ImportError, OSError) as error:  # OSError: a shared library that cannot be loaded
        if name not in FRAMEWORKS:
            raise
        if isinstance(error, ModuleNotFoundError) and error.name == name:
            return Unsupported(f"{name} is not installed: pip install 'gradverify[{name}]'")
        return Unsupported(f"{name} {NOT_IMPORTED}: {error}")


def _load_plugin(point: EntryPoint) -> Oracle | Unsupported:
    place = f"the plug-in {point.name!r} of {distribution_of(point)} ({point.value})"
    try:
        offered = point.load()
        oracle = offered() if isinstance(offered, type) else offered
    except Exception as error:  # noqa: BLE001 -- whatever a stranger's module raises is its answer
        return Unsupported(f"{place} {NOT_LOADED}: {type(error).__name__}: {error}")
    if not _is_oracle(oracle):
        return Unsupported(f"{place} is no oracle: it lacks `name` or `differentiate`")
    return oracle


def _is_oracle(offered: object) -> TypeGuard[Oracle]:
    name = getattr(offered, "name", None)
    return isinstance(name, str) and callable(getattr(offered, "differentiate", None))
