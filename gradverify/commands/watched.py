"""The files that a run stands on, looked at again and again: specs, settings, baseline, code."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from pathlib import Path
from typing import Final, TypeAlias, final

from gradverify.commands.request import RunRequest, settings
from gradverify.commands.settings import SEPARATOR
from gradverify.config import Config
from gradverify.errors import UsageError
from gradverify.run.sources import is_installed
from gradverify.run.state_folder import FOLDER
from gradverify.spec.discover import is_spec_name, spec_files_below

Stamp: TypeAlias = tuple[int, int, int, int]
"""When a file was written, and when anything of it changed; its size, its number on its disk."""
Stamps: TypeAlias = Mapping[str, Stamp]

NAMED: Final = re.compile(rb"""^(?:function|vjp):[ \t]*["']?([A-Za-z_]\w*)""", re.MULTILINE)
"""Where a spec names a package; while it is being written it may not be YAML yet."""
PYTHON: Final = ".py"


@final
@dataclass(slots=True)
class Watched:
    """Knows what to look at. Nothing that is not there is an error: it may come back."""

    request: RunRequest
    _loaded: tuple[str, ...] = ()
    _packages: dict[str, tuple[Stamp, frozenset[str]]] = field(
        default_factory=dict[str, tuple[Stamp, frozenset[str]]]
    )

    def stamps(self) -> Stamps:
        """Return the stamp of every file that is there."""
        settings_files = [str(folder / "pyproject.toml") for folder in _folders_up()]
        config = self._config()
        baseline = [config.baseline] if config.baseline else []
        specs = _stamped(_given(self.request.paths or config.paths))
        named = frozenset(name for file in specs for name in self._named(file, specs[file]))
        code = (file for name in sorted(named) for file in _package(name))
        return {**_stamped([*settings_files, *baseline, *self._loaded, *code]), **specs}

    def look_up_code(self) -> None:
        """Look up which files the code of the last runs was loaded from, as the cache has it."""
        if not self.request.no_cache and (FOLDER / "results.sqlite").is_file():
            self._loaded = _loaded_code()

    def _config(self) -> Config:
        try:
            return settings(self.request)
        except UsageError:  # of a file that is being written
            return Config()

    def _named(self, file: str, stamp: Stamp) -> frozenset[str]:
        """Return the packages that a file of specs names; it is read once for each change."""
        known = self._packages.get(file)
        if known is None or known[0] != stamp:
            self._packages[file] = known = (stamp, _named_in(file))
        return known[1]


def _given(paths: tuple[str, ...]) -> Iterator[str]:
    for given in paths:
        path = given.partition(SEPARATOR)[0] if not os.path.lexists(given) else given
        if is_spec_name(path) or not Path(path).is_dir():
            yield path
        else:
            with suppress(UsageError):
                yield from spec_files_below(path)


def _stamped(files: Iterator[str] | list[str]) -> dict[str, Stamp]:
    stamps: dict[str, Stamp] = {}
    for file in files:
        with suppress(OSError, ValueError):
            found = os.stat(file)  # noqa: PTH116 - of thousands of files
            times = found.st_mtime_ns, found.st_ctime_ns
            stamps[file] = (*times, found.st_size, found.st_ino)
    return stamps


def _folders_up() -> tuple[Path, ...]:
    here = Path.cwd()
    return (here, *here.parents)


def _named_in(file: str) -> frozenset[str]:
    try:
        text = Path(file).read_bytes()
    except OSError:
        return frozenset()
    return frozenset(name.decode() for name in NAMED.findall(text))


def _package(name: str) -> Iterator[str]:
    """Yield the files of a package that is not installed, and those that would make it one."""
    yield f"{name}{PYTHON}"
    yield f"{name}/__init__{PYTHON}"
    PathFinder.invalidate_caches()
    found = PathFinder.find_spec(name, [str(Path.cwd())]) or _elsewhere(name)
    if found is None:
        return
    for root in found.submodule_search_locations or []:
        if not is_installed(root):
            walked = os.walk(root)
            yield from (
                f"{at}/{one}" for at, _, names in walked for one in names if _is_python(one)
            )
    if found.origin is not None and not is_installed(found.origin):
        yield found.origin


def _elsewhere(name: str) -> ModuleSpec | None:
    try:
        return find_spec(name)
    except (ImportError, ValueError):
        return None


def _is_python(name: str) -> bool:
    return name.endswith(PYTHON)


def _loaded_code() -> tuple[str, ...]:
    if find_spec("_sqlite3") is None:
        return ()
    from gradverify.run.cache import Cache
    from gradverify.run.grounds import files_in

    cache = Cache(FOLDER)
    texts = cache.grounds()
    cache.close()
    return tuple({file for text in texts if text for file in files_in(text)})
