"""`gradverify init`: a first spec, the settings, and what CI needs; nothing is replaced."""

import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeAlias, final

import click

from gradverify.commands.ci_files import (
    Project,
    github_pieces,
    github_rest,
    gitlab_pieces,
    gitlab_rest,
)
from gradverify.commands.new import FIRST_SPEC
from gradverify.commands.origin import Origin, origin_here
from gradverify.commands.piece import Piece, new_piece, write_pieces
from gradverify.commands.pyproject import is_package, settings_piece
from gradverify.config import Config, config_of
from gradverify.errors import UsageError
from gradverify.spec.discover import find_spec_files

FRAMEWORKS: Final = ("torch", "jax")
ACTION: Final = re.compile(r"\./[\w./-]*|[\w.-]+(/[\w.-]+)+@[\w./-]+")
Pieces: TypeAlias = Callable[[Path, Project], tuple[Piece, ...]]
SERVICES: Final[Mapping[str, Pieces]] = MappingProxyType(
    {"github": github_pieces, "gitlab": gitlab_pieces}
)
"""What each service of `--ci` needs."""


@final
@dataclass(frozen=True, slots=True)
class InitRequest:
    """The options of `init` as they were given."""

    folder: str
    ci: tuple[str, ...]
    action: str | None


@final
class NotAnActionError(UsageError):
    """What `--action` was given cannot stand after `uses:`."""

    def __init__(self, action: str) -> None:
        super().__init__(f"{action!r} is no action: write OWNER/REPOSITORY@REF, or ./FOLDER")


@final
class NotAtTopError(UsageError):
    """A CI service would not look for its file in this folder."""

    def __init__(self, folder: Path, top: Path, service: str) -> None:
        command = f"gradverify init --ci {service} {shlex.quote(str(top))}"
        super().__init__(
            f"{folder} lies in the repository {top}, and a CI service looks for its files at the "
            f"top alone. `{command}` writes them there; `gradverify init` without --ci does the "
            "rest here."
        )


def set_up(request: InitRequest) -> int:
    """Write what is missing, leave what is there, and say both, and what to type next.

    Raises:
        UsageError: for a folder or a file that stands in the way, before anything is written.
        HalfSetUpError: if a file could not be written after others were; it says which.
    """
    folder = Path(request.folder)
    origin = _origin(request.action)
    _assert_at_top(folder, request.ci)
    pieces = _pieces(folder, origin, request.ci)
    write_pieces(pieces)
    for line in (*_done(pieces), "", *_next(folder, pieces)):
        click.echo(line)
    return 0


def _origin(action: str | None) -> Origin:
    if action is None:
        return origin_here()
    if ACTION.fullmatch(action) is None:
        raise NotAnActionError(action)
    return replace(origin_here(), action=action)


def _assert_at_top(folder: Path, services: Sequence[str]) -> None:
    here = folder.resolve()
    top = next((above for above in (here, *here.parents) if (above / ".git").exists()), here)
    if services and top != here:
        raise NotAtTopError(here, top, services[0])


def _pieces(folder: Path, origin: Origin, services: Sequence[str]) -> tuple[Piece, ...]:
    file = folder / "pyproject.toml"
    settings = settings_piece(file)
    paths = Config().paths if settings.text is not None else config_of(folder).paths
    frameworks = tuple(name for name in FRAMEWORKS if find_spec(name) is not None)
    project = Project(origin, frameworks, is_package=is_package(file))
    ci = (piece for name in services for piece in SERVICES[name](folder, project))
    return (_first_spec(folder, paths or Config().paths), settings, *ci)


def _first_spec(folder: Path, paths: Sequence[str]) -> Piece:
    there = next((folder / path for path in paths if _is_in_use(folder / path)), None)
    if there is not None:
        return Piece(there, "it has specs")
    file = folder / paths[0] / "first.grad.yaml"
    return new_piece(file, "a first spec, with comments", FIRST_SPEC)


def _is_in_use(path: Path) -> bool:
    is_file = bool(path.suffix) and not path.is_dir()
    return is_file or (path.is_dir() and bool(find_spec_files([str(path)])))


def _done(pieces: Sequence[Piece]) -> Iterator[str]:
    width = max(len(str(piece.path)) for piece in pieces)
    for piece in pieces:
        verb = "left " if piece.text is None else "wrote"
        yield f"{verb}  {piece.path!s:<{width}}  {piece.about}"


def _next(folder: Path, pieces: Sequence[Piece]) -> Iterator[str]:
    yield from (*github_rest(folder), *gitlab_rest(folder))
    place = "" if folder == Path() else f"cd {shlex.quote(str(folder))} && "
    yield f"Next: {place}gradverify run"
    written = [piece.path.relative_to(folder) for piece in pieces if piece.text is not None]
    if written:
        yield f"Then: git add {shlex.join(map(str, written))}"
