"""Settings: `[tool.gradverify]` of the nearest pyproject.toml, and GRADVERIFY_* above it.

The command line stands above both; each door lays its own options over what it gets from here.
"""

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import inf, nan
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias, TypeGuard, final

from gradverify.errors import UsageError, did_you_mean

GIBIBYTE: Final = 2**30
BASELINE: Final = "gradverify-baseline.jsonl"
"""Where a baseline is by default."""
UNITS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "": 1,
        "b": 1,
        "kb": 10**3,
        "mb": 10**6,
        "gb": 10**9,
        "kib": 2**10,
        "mib": 2**20,
        "gib": GIBIBYTE,
    }
)
SIZE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)", re.IGNORECASE)


@final
@dataclass(frozen=True, slots=True)
class Config:
    """What may be set once for a project. The defaults are those of a project that sets nothing.

    `seed` is that of all specs, from the command line or the environment; `default_seed`, which
    the project's own `seed` sets, is that of specs that have none. Without `processes` specs run
    in the process itself, unless a `timeout`, in seconds, needs another.
    """

    paths: tuple[str, ...] = ("specs",)
    oracles: tuple[str, ...] | None = None
    require: tuple[str, ...] = ()
    seed: int | None = None
    default_seed: int = 0
    format: str = "text"
    report: tuple[str, ...] = ()
    max_memory: int = 2 * GIBIBYTE
    color: str = "auto"
    allow_import: bool = False
    baseline: str | None = None
    processes: int | Literal["auto"] | None = None
    timeout: float | None = None
    executor: str | None = None
    cache: bool = True


@final
class ConfigError(UsageError):
    """A setting that cannot be used, and where it stands."""

    def __init__(self, place: str, key: str, problem: str, hint: str = "") -> None:
        super().__init__(f"{place}: {key} {problem}{'. ' if hint else ''}{hint}")


@final
class WrongValueError(Exception):
    """A value is not what its key takes; the sentence says what that would be."""


def size_in_bytes(text: str) -> int:
    """Return `2GiB`, `500 MB` or `1024` as a number of bytes.

    Raises:
        WrongValueError: if the text is not a size above zero.
    """
    found = SIZE.fullmatch(text.strip())
    size = 0 if found is None else int(float(found[1]) * UNITS.get(found[2].lower(), 0))
    if size <= 0:
        sentence = f"is {text!r}, not a size such as 2GiB, 500MB or 1048576"
        raise WrongValueError(sentence)
    return size


def _is_words(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(word, str) for word in value)  # pyright: ignore[reportUnknownVariableType] # TOML's lists are of anything


def words(value: object) -> tuple[str, ...]:
    """Return a list of words, or words between commas, as a tuple."""
    if isinstance(value, str):
        return tuple(word.strip() for word in value.split(",") if word.strip())
    if _is_words(value):
        return tuple(value)
    sentence = f"is {value!r}, not a list of words"
    raise WrongValueError(sentence)


def whole_number(value: object) -> int:
    """Return a number from 0 up, or its text, as an int."""
    number = int(value) if isinstance(value, str) and value.strip().isdecimal() else value
    if isinstance(number, int) and not isinstance(number, bool) and number >= 0:
        return number
    sentence = f"is {value!r}, not a whole number from 0 up"
    raise WrongValueError(sentence)


def memory(value: object) -> int:
    """Return a size, as a number or as a text with a unit, in bytes."""
    return size_in_bytes(str(value))


def yes_or_no(value: object) -> bool:
    """Return true or false, or one of the words for them that people put into variables."""
    word = str(value).strip().lower()
    if word not in YES | NO:
        sentence = f"is {value!r}, not true or false"
        raise WrongValueError(sentence)
    return word in YES


def processes(value: object) -> int | Literal["auto"]:
    """Return how many processes, `auto` for one a processor."""
    if value == "auto":
        return "auto"
    number = int(value) if isinstance(value, str) and value.strip().isdecimal() else value
    if isinstance(number, int) and not isinstance(number, bool) and number >= 1:
        return number
    sentence = f"is {value!r}, not auto or a whole number from 1 up"
    raise WrongValueError(sentence)


def seconds(value: object) -> float:
    """Return a number above zero, or its text, as a float."""
    try:
        number = nan if isinstance(value, bool) else float(str(value))
    except ValueError:
        number = nan
    if 0 < number < inf:
        return number
    sentence = f"is {value!r}, not a number of seconds above zero"
    raise WrongValueError(sentence)


def text(value: object) -> str:
    """Return a text that is not empty."""
    if isinstance(value, str) and value.strip():
        return value
    sentence = f"is {value!r}, not a text"
    raise WrongValueError(sentence)


def one_of(*known: str) -> Callable[[object], str]:
    """Return a reader that takes these words alone."""

    def read(value: object) -> str:
        if isinstance(value, str) and value in known:
            return value
        sentence = f"is {value!r}, not one of {', '.join(known)}"
        raise WrongValueError(sentence)

    return read


Reader: TypeAlias = Callable[[object], Any]

FORMATS: Final = ("text", "json", "github", "markdown")
YES: Final = frozenset({"true", "1", "yes", "on"})
NO: Final = frozenset({"false", "0", "no", "off"})
COLORS: Final = ("auto", "always", "never")
READERS: Final[Mapping[str, Reader]] = MappingProxyType(
    {
        "paths": words,
        "oracles": words,
        "require": words,
        "seed": whole_number,
        "format": one_of(*FORMATS),
        "report": words,
        "max-memory": memory,
        "color": one_of(*COLORS),
        "allow-import": yes_or_no,
        "baseline": text,
        "processes": processes,
        "timeout": seconds,
        "executor": text,
        "cache": yes_or_no,
    }
)


def config_here() -> Config:
    """Return the settings that hold in the current folder, with this process's environment.

    Raises:
        ConfigError: for an unknown key, or a value that its key does not take.
    """
    return with_environment(config_of(Path.cwd()), os.environ)


def config_of(folder: Path) -> Config:
    """Return the settings of the nearest pyproject.toml, in a folder or above it.

    Raises:
        ConfigError: for an unknown key, or a value that its key does not take.
    """
    file = _nearest_pyproject(folder)
    if file is None:
        return Config()
    return as_defaults(_with_table(Config(), _read_table(file), str(file)))


def as_defaults(config: Config) -> Config:
    """Return a project's settings: its seed is for specs that have none of their own."""
    if config.seed is None:
        return config
    return replace(config, seed=None, default_seed=config.seed)


def with_environment(config: Config, environ: Mapping[str, str]) -> Config:
    """Return the settings with GRADVERIFY_* over them; an empty variable counts as none.

    Raises:
        ConfigError: for a value that its key does not take.
    """
    variables = {key: f"GRADVERIFY_{key.replace('-', '_').upper()}" for key in READERS}
    given = {key: environ[name] for key, name in variables.items() if environ.get(name)}
    return with_values(config, given, "the environment, GRADVERIFY_*")


def with_values(config: Config, given: Mapping[str, object], place: str) -> Config:
    """Return the settings with others over them, by key; `place` says where these stand.

    Raises:
        ConfigError: for a value that its key does not take.
    """
    for key, value in given.items():
        try:
            config = replace(config, **{key.replace("-", "_"): READERS[key](value)})
        except WrongValueError as error:
            raise ConfigError(place, key, str(error)) from error
    return config


def _nearest_pyproject(folder: Path) -> Path | None:
    here = folder.resolve()
    files = (parent / "pyproject.toml" for parent in (here, *here.parents))
    return next((file for file in files if file.is_file()), None)


def _read_table(file: Path) -> Mapping[str, object]:
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(str(file), "the file", f"cannot be read: {error}") from error
    table = document.get("tool", {}).get("gradverify", {})
    if not isinstance(table, dict):
        raise ConfigError(str(file), "tool.gradverify", "is not a table")
    return table  # pyright: ignore[reportUnknownVariableType] # keys and values are looked at one by one


def _with_table(config: Config, table: Mapping[str, object], file: str) -> Config:
    place = f"{file}: [tool.gradverify]"
    for key in table:
        if key not in READERS:
            known = f"The keys are {', '.join(READERS)}."
            raise ConfigError(place, repr(key), "is not a key", did_you_mean(key, READERS) or known)
    return with_values(config, table, place)
