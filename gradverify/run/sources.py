"""Which files a spec's verdict stands on besides itself: those of the code that it names."""

import sys
import sysconfig
from pathlib import Path
from typing import Final

from gradverify.spec.spec import Spec

OURS: Final = frozenset({"gradverify", "__main__", "__mp_main__"})
INSTALLED: Final = ("stdlib", "platstdlib", "purelib", "platlib")


def sources_of(spec: Spec) -> tuple[str, ...]:
    """Return the files of all loaded modules that may be the code's, sorted; none without code.

    These are the modules of the packages that the spec names, and all that are not installed:
    what was loaded for another spec may be among them.
    """
    if spec.model.function is None:
        return ()
    named = {_top(name) for name in (spec.model.function, spec.model.vjp) if name is not None}
    loaded = ((_top(name), _file(module)) for name, module in _modules())
    files = {file for top, file in loaded if file and top not in OURS and _counts(top, file, named)}
    return tuple(sorted(files))


def _modules() -> list[tuple[str, object]]:
    return [*sys.modules.items()]  # a copy: other threads import, too


def _file(module: object) -> str:
    """Return a module's file, empty where it has none; torch gives `_ops.py` to one it makes."""
    file = getattr(module, "__file__", None) or ""
    return file if Path(file).is_absolute() or Path(file).is_file() else ""


def _counts(top: str, file: str, named: set[str]) -> bool:
    return top in named or not is_installed(file)


def is_installed(file: str) -> bool:
    """Return whether a file is of an installed package, or of Python itself."""
    folders = (sysconfig.get_path(kind) for kind in INSTALLED)
    return any(Path(file).is_relative_to(folder) for folder in folders)


def _top(name: str) -> str:
    return name.partition(":")[0].partition(".")[0]
