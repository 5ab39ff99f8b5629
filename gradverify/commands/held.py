"""What the plug-in of pytest holds results against: a baseline, read once a session."""

import shlex
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import final

from gradverify.baseline.both import Against
from gradverify.baseline.compare import compared
from gradverify.baseline.compared import Compared, SpecCompared
from gradverify.baseline.keep import id_of
from gradverify.baseline.model import Baseline
from gradverify.baseline.read import read_baseline
from gradverify.commands.said import project_here, said_file
from gradverify.config import Config
from gradverify.report.differences import render_causes
from gradverify.run.baselined import Found
from gradverify.run.work import test_of
from gradverify.verdict.verdict import SpecResult


@final
@dataclass(frozen=True, slots=True)
class Held:
    """A baseline, its file, and the oracles that take part, None for all."""

    path: Path
    baseline: Baseline
    asked: tuple[str, ...] | None
    today: date
    found: Found = field(default_factory=Found)

    def compared(self, result: SpecResult) -> SpecCompared:
        """Return how a result differs from the baseline."""
        against = Against(self.today, self.asked, digest=self.found.digest(result))
        return compared(result, self.baseline.specs.get(id_of(result.id)), against)

    def whole(self, result: SpecResult) -> Compared:
        """Return which baseline it is, and the command that accepts the test of a result."""
        test = test_of(result.id)
        file = said_file(self.path, project_here())
        update = shlex.join(("gradverify", "baseline", "update", *file, test))
        return Compared(str(self.path), update=update)

    def told_known(self, result: SpecResult, compared: SpecCompared) -> str:
        """Return what keeps a result from passing, and that it is known."""
        causes = render_causes(compared.known) or result.status
        return f"{result.id}: known to the baseline {self.path}: {causes}"


def held(config: Config, path: Path, folder: Path) -> Held:
    """Return the baseline of a file, by its path from the current folder, or else from `folder`.

    Raises:
        BaselineError: if the file is not there, or not whole and in order.
    """
    if not path.exists() and (folder / path).exists():
        path = folder / path
    return Held(path, read_baseline(path), config.oracles, date.today())
