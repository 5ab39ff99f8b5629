"""Specs and tests held against a baseline: what is new or worse fails, what it knows does not.

pytest imports this module in every project that has gradverify installed, so nothing but pytest
and the standard library is imported here; all else waits for the first spec or `verify`.
"""

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, final
from warnings import WarningMessage

import pytest

from gradverify.listening import listening
from gradverify.pytest_settings import results_file, settings_of

if TYPE_CHECKING:
    from gradverify.commands.held import Held
    from gradverify.report.regressed import BaselineMismatch
    from gradverify.report.verified import Report

HELD: Final = pytest.StashKey["Held | None"]()
HEARD: Final = pytest.StashKey["BaselineListener"]()


@final
class KnownFindingsWarning(UserWarning):
    """What keeps a test's gradients from being right is known to the baseline."""


def held_of(config: pytest.Config) -> "Held | None":
    """Return the baseline of this session, which is read once, or None where there is none.

    None, too, where `gradverify run` has started the process: it compares by itself.

    Raises:
        UsageError: for a setting that is none, and a file that is no baseline.
    """
    if HELD not in config.stash:
        config.stash[HELD] = _held(config)
    return config.stash[HELD]


def _held(config: pytest.Config) -> "Held | None":
    settings = None if results_file(config) is not None else settings_of(config)
    if settings is None or settings.baseline is None:
        return None
    from gradverify.commands.held import held

    return held(settings, Path(settings.baseline), config.rootpath)


@final
class BaselineListener:
    """Listens to one test."""

    def __init__(self, item: pytest.Item) -> None:
        self._item = item
        self._count = 0
        self._excused: Report | None = None
        self.open: list[BaselineMismatch] = []

    def hear(self, report: "Report") -> None:
        """Hold a report against the baseline."""
        held = held_of(self._item.config)
        if held is None:
            return
        from gradverify.pytest_results import numbered, subject_of
        from gradverify.report.regressed import BaselineMismatch
        from gradverify.run.verified import result_of

        here = subject_of(self._item, self._item.config.invocation_params.dir)
        result = result_of(report.examined, numbered(here, self._count))
        self._count += 1
        compared = held.compared(result)
        if compared.regressions:
            self.open.append(BaselineMismatch(report, result, compared, held.whole(result)))
        elif compared.excused and not _is_to_fail(self._item):
            self._warn(held.told_known(result, compared))
            self._excused = report

    def settle(self, report: "Report") -> bool:
        """Raise what is new or worse, and excuse what is known."""
        __tracebackhide__ = True
        mine = [mismatch for mismatch in self.open if mismatch.report is report]
        if mine:
            self.open.remove(mine[0])
            raise mine[0]
        return self._excused is report

    def _warn(self, text: str) -> None:
        """Tell it among pytest's warnings, once a test; no filter makes an error of it."""
        if self._excused is not None:
            return
        path, line, _ = self._item.location
        place: dict[str, Any] = {"filename": path, "lineno": (line or 0) + 1}
        told = WarningMessage(KnownFindingsWarning(text), KnownFindingsWarning, **place)
        given = {"warning_message": told, "when": "runtest", "nodeid": self._item.nodeid}
        hook = self._item.ihook.pytest_warning_recorded
        hook.call_historic(kwargs={**given, "location": None})


def _is_to_fail(item: pytest.Item) -> bool:
    """Return whether a mark `xfail` holds: what such a test raises is expected, and not excused."""
    markers = item.iter_markers("xfail")
    return any((marker.args or (marker.kwargs.get("condition", True),))[0] for marker in markers)


@final
class AgainstBaseline:
    """The plug-in of a session that compares."""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Listen to a test."""
        item.stash[HEARD] = BaselineListener(item)
        with listening(item.stash[HEARD]):
            return (yield)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Fail a test that has passed, where what it verified is new or worse."""
        done = yield
        heard = item.stash.get(HEARD, None)
        if heard is not None and heard.open:
            pytest.fail("\n\n".join(map(str, heard.open)), pytrace=False)
        return done
