"""Whether the oracles that a run asks for exist, and those that it requires are installed."""

from collections.abc import Sequence
from typing import final

from gradverify.errors import GradverifyError, UsageError
from gradverify.oracles.oracle import Unsupported
from gradverify.oracles.table import UnknownOracleError, load_oracle, oracle_names


@final
class ExcludedOracleError(UsageError):
    """An oracle is required that `--oracles` leaves out."""

    def __init__(self, name: str, chosen: Sequence[str]) -> None:
        super().__init__(f"{name} is required, and --oracles has only {', '.join(chosen)}")


@final
class MissingOracleError(GradverifyError):
    """A required oracle is not installed; the reason has the command that installs it."""

    def __init__(self, missing: Sequence[tuple[str, str]]) -> None:
        lines = (f"Error: the oracle {name} is required: {reason}" for name, reason in missing)
        super().__init__("\n".join(lines))


def assert_known(chosen: Sequence[str] | None, required: Sequence[str]) -> None:
    """Find out whether all oracles that are asked for exist, and those required are among them.

    Raises:
        UnknownOracleError: for a name that no oracle has.
        ExcludedOracleError: for one that is required and not among those chosen.
    """
    known = oracle_names()
    for name in (*(chosen or ()), *required):
        if name not in known:
            raise UnknownOracleError(name, known)
        if chosen is not None and name not in chosen:
            raise ExcludedOracleError(name, chosen)


def assert_installed(required: Sequence[str]) -> None:
    """Find out, by importing them, whether oracles can answer.

    Raises:
        MissingOracleError: for those that are not installed.
    """
    answers = ((name, load_oracle(name)) for name in required)
    missing = [(name, a.reason) for name, a in answers if isinstance(a, Unsupported)]
    if missing:
        raise MissingOracleError(missing)
