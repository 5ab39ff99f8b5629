"""The options of the plug-in, its ini keys, and the settings that they come to.

pytest imports this module in every project that has gradverify installed, so nothing but pytest
and the standard library is imported here.
"""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from gradverify.config import Config
    from gradverify.run.options import Options

SETTINGS: Final = (
    ("oracles", "ask only these oracles, a,b"),
    ("require", "fail, and do not skip, where one of these oracles is not installed, a,b"),
    ("seed", "seed of all random inputs"),
    ("max-memory", "most memory for a spec, such as 2GiB"),
    ("baseline", "fail on what is new or worse than in this file, and on nothing else"),
)
ALLOW_IMPORT: Final = "allow-import"
RESULTS: Final = "--gradverify-results"
"""The option by which `gradverify run` is told what the tests of a file verify."""


def add_options(parser: pytest.Parser) -> None:
    """Add an option and an ini key a setting."""
    group = parser.getgroup("gradverify", "gradverify: specs of gradients")
    for name, text in SETTINGS:
        group.addoption(f"--gradverify-{name}", default=None, help=text)
        parser.addini(_ini_key(name), text, default="")
    text = "import the code that specs name, and run it"
    group.addoption(f"--gradverify-{ALLOW_IMPORT}", action="store_true", help=text)
    parser.addini(_ini_key(ALLOW_IMPORT), text, type="bool", default=False)
    group.addoption(RESULTS, default=None, help=argparse.SUPPRESS)


def results_file(config: pytest.Config) -> Path | None:
    """Return where results go, if `gradverify run` has started this process."""
    file = config.getoption(RESULTS)
    return Path(file) if file else None


def options_of(config: pytest.Config) -> "Options":
    """Return the options of every spec's run. Raises UsageError for a setting that is none."""
    from gradverify.commands.requirements import assert_known
    from gradverify.commands.said import project_here, said
    from gradverify.run.options import Options

    settings = settings_of(config)
    assert_known(settings.oracles, settings.require)
    return Options(
        oracles=settings.oracles,
        require=settings.require,
        seed=settings.seed,
        keyword="",
        max_bytes=settings.max_memory,
        default_seed=settings.default_seed,
        allow_import=settings.allow_import,
        said=said(settings, project_here()),
    )


def settings_of(config: pytest.Config) -> "Config":
    """Return [tool.gradverify], then pytest's ini keys, the environment, and pytest's options."""
    from gradverify.config import as_defaults, config_of, with_environment, with_values

    ini = {name: config.getini(_ini_key(name)) for name, _ in SETTINGS}
    given = {name: config.getoption(f"--gradverify-{name}") for name, _ in SETTINGS}
    ini[ALLOW_IMPORT] = config.getini(_ini_key(ALLOW_IMPORT)) or None  # absent, or said to be false
    given[ALLOW_IMPORT] = config.getoption(f"--gradverify-{ALLOW_IMPORT}") or None
    settings = with_values(config_of(config.rootpath), _said(ini), "pytest's configuration")
    settings = with_environment(as_defaults(settings), os.environ)
    return with_values(settings, _said(given), "pytest's command line")


def _ini_key(name: str) -> str:
    return f"gradverify_{name.replace('-', '_')}"


def _said(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in {None, ""}}
