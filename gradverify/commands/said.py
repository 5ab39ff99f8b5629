"""What of a command has to be said again: all that the project's own configuration does not say."""

from pathlib import Path

from gradverify.config import BASELINE, Config, config_of


def said(config: Config, project: Config) -> tuple[str, ...]:
    """Return the options by which `run` holds the same specs against the same, on a command line.

    They are those that differ from the settings of the project alone, so that whoever has neither
    this command line nor this environment is told them.
    """
    oracles = () if config.oracles is None else ("--oracles", ",".join(config.oracles))
    baseline = () if config.baseline is None else ("--baseline", config.baseline)
    return (
        *(oracles if config.oracles != project.oracles else ()),
        *(baseline if config.baseline != project.baseline else ()),
    )


def said_file(path: Path, project: Config) -> tuple[str, ...]:
    """Return a baseline's file, unless it is where `baseline update` looks for it by itself."""
    return () if path == Path(project.baseline or BASELINE) else (str(path),)


def project_here() -> Config:
    """Return the settings of the project alone, in the current folder.

    Raises:
        ConfigError: for an unknown key, or a value that its key does not take.
    """
    return config_of(Path.cwd())
