"""Spec: one document of a spec file, checked, with the place of everything in it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from gradverify.errors import Mark
from gradverify.spec.located import Located

if TYPE_CHECKING:  # pydantic is slow to import, and whoever only lists specs needs none of it
    from gradverify.spec.model import SpecModel


@final
@dataclass(frozen=True, slots=True)
class Spec:
    """What a person wrote. `path` is as given; `index` counts the documents of the file from 0."""

    path: str
    index: int
    model: "SpecModel"
    source: Located

    @property
    def title(self) -> str:
        """The title: one line, unique within the file."""
        return self.model.title

    @property
    def id(self) -> str:
        """The name of this spec among all: PATH::TITLE."""
        return f"{self.path}::{self.title}"

    @property
    def is_code(self) -> bool:
        """Whether it names code to verify, and neither statements nor a loss stand beside it."""
        return self.model.function is not None and not self.model.ops and self.model.loss is None

    def mark(self, *path: str | int) -> Mark:
        """Return the place of the value at a path, or of the nearest value around it.

        The place of a quoted text or of a block is that of its first character.
        """
        return self.source.mark(path)

    def key_mark(self, *path: str | int) -> Mark:
        """Return the place of the key at a path, or of the nearest value around it."""
        return self.source.key_mark(path)

    def text(self, *path: str | int) -> str | None:
        """Return the scalar at a path as it was written, without quotes; None for all else."""
        return self.source.text(path)
