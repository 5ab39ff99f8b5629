"""The fixture `gradverify` and its marker, for tests of gradients that are Python code.

pytest imports this module in every project that has gradverify installed, so nothing but pytest
and the standard library is imported here; all else waits for a test that uses the fixture.
"""

import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, final

import pytest

from gradverify.pytest_settings import settings_of

if TYPE_CHECKING:
    from gradverify.report.verified import Report
    from gradverify.watching import Watched

MARKER: Final = "gradverify"
OPTIONS: Final = frozenset({"seed", "explore"})
PACKAGE: Final = Path(__file__).parent
SHORTENED: Final = frozenset({"auto", "short", "long"})
"""Styles of a traceback in which a report stands for itself; others were asked for on purpose."""


@final
class MarkerError(Exception):
    """The marker has an option that it does not take."""

    def __init__(self, found: str) -> None:
        super().__init__(f"@pytest.mark.gradverify takes {', '.join(sorted(OPTIONS))}, not {found}")


@final
@dataclass(frozen=True, slots=True)
class GradverifyFixture:
    """`verify`, `assert_gradients` and `watch` of gradverify, with the options of one test."""

    options: Mapping[str, Any]

    def verify(self, function: Callable[..., Any], inputs: Any, **options: Any) -> "Report":
        """Return the report of `gradverify.verify`; what is given here stands above the test's."""
        from gradverify.api import verify

        return verify(function, inputs, **{**self.options, **options})

    def assert_gradients(
        self, function: Callable[..., Any], inputs: Any, **options: Any
    ) -> "Report":
        """Return the report if all gradients agree, raise GradientMismatch otherwise."""
        __tracebackhide__ = True
        from gradverify.api import assert_gradients

        return assert_gradients(function, inputs, **{**self.options, **options})

    def watch(self, subject: object, *, raises: bool = True) -> AbstractContextManager["Watched"]:
        """Return the block of `gradverify.watch`."""
        from gradverify.watching import watch

        return watch(subject, raises=raises)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    about = "seed and explore of what the fixture gradverify verifies in this test"
    config.addinivalue_line("markers", f"{MARKER}(seed=0, explore=False): {about}")


@pytest.fixture
def gradverify(request: pytest.FixtureRequest) -> GradverifyFixture:
    """Verify gradients: `gradverify.assert_gradients(function, inputs)`.

    The seed is that of --gradverify-seed or GRADVERIFY_SEED, else of the marker, else of the
    configuration, else 0.
    """
    settings = settings_of(request.config)
    options = {"seed": settings.default_seed, **_marked(request)}
    if settings.seed is not None:
        options["seed"] = settings.seed
    return GradverifyFixture(options)


def _marked(request: pytest.FixtureRequest) -> Mapping[str, Any]:
    """Return the options of the nearest marker."""
    marker = request.node.get_closest_marker(MARKER)
    if marker is None:
        return {}
    unknown = [*map(repr, marker.args), *sorted({*marker.kwargs} - OPTIONS)]
    if unknown:
        pytest.fail(str(MarkerError(unknown[0])), pytrace=False)
    return marker.kwargs


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a report of gradverify stand for itself, with the line of the test that asked for it."""
    made = yield
    if call.excinfo is None or item.config.getoption("tbstyle") not in SHORTENED:
        return made
    if _is_ours(call.excinfo):
        shown = call.excinfo.getrepr(style="value")
        shown.addsection(_place(call.excinfo, item.config.rootpath), "")
        made.longrepr = shown
    return made


def _is_ours(raised: pytest.ExceptionInfo[BaseException]) -> bool:
    """Whether `verify` or `assert_gradients` raised an error of gradverify."""
    errors, api = sys.modules.get("gradverify.errors"), sys.modules.get("gradverify.api")
    if errors is None or api is None or not isinstance(raised.value, errors.GradverifyError):
        return False
    return any(str(entry.path) == api.__file__ for entry in raised.traceback)


def _place(raised: pytest.ExceptionInfo[BaseException], root: Path) -> str:
    """Return the user's last line, as file:line."""
    theirs = [entry for entry in raised.traceback if PACKAGE not in Path(entry.path).parents]
    path, line = Path(theirs[-1].path), theirs[-1].lineno + 1
    return f"{path.relative_to(root) if path.is_relative_to(root) else path}:{line}"
