"""Options that several commands have."""

from typing import Final

import click

KEYWORD: Final = click.option(
    "-k", "keyword", default="", help="Only specs whose id contains this text, case ignored."
)
MAX_MEMORY: Final = click.option(
    "--max-memory", metavar="SIZE", help="Memory that a spec may take (2GiB if not given)."
)
