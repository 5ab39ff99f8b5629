"""What the command line asked for, laid over the configuration."""

from pathlib import Path

from gradverify.config import Config, config_here, with_values
from gradverify.spec.discover import find_spec_files


def config_with_memory(max_memory: str | None) -> Config:
    """Return the configuration, with a limit of memory from the command line if there is one.

    Raises:
        ConfigError: if the limit is not a size.
    """
    given = {} if max_memory is None else {"max-memory": max_memory}
    return with_values(config_here(), given, "the command line")


def spec_files(paths: tuple[str, ...], config: Config) -> tuple[Path, ...]:
    """Return the spec files in `paths`, or where the configuration says."""
    return find_spec_files(paths or config.paths)
