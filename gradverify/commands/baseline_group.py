"""The command line of `gradverify baseline`: it reads options, and imports nothing heavy."""

from collections.abc import Callable
from functools import reduce
from typing import Any, Final, TypeVar

import click

from gradverify.commands.click_options import KEYWORD, MAX_MEMORY

Command = TypeVar("Command", bound=Callable[..., object])

ARGUMENTS: Final = click.argument("arguments", nargs=-1, metavar="[FILE] [PATHS]...")
SELECTION: Final = (
    KEYWORD,
    click.option("--oracles", metavar="A,B", help="Ask only these; what others said stays."),
    click.option("--seed", type=click.IntRange(min=0), help="Seed of all random inputs."),
    click.option("-n", "processes", metavar="N|auto", help="Run specs in so many processes."),
    click.option("--timeout", type=float, metavar="SECONDS", help="Give up on a spec after it."),
    MAX_MEMORY,
    click.option("--allow-import", is_flag=True, help="Import the code that specs name."),
)


def _selecting(command: Command) -> Command:
    return reduce(lambda found, option: option(found), reversed(SELECTION), command)


@click.group()
def baseline() -> None:
    """Write down what specs come to.

    `run --baseline FILE` fails on what is new or worse. FILE is gradverify-baseline.jsonl if none
    is given, and PATHS are as for `run`.
    """


@baseline.command("update")
@ARGUMENTS
@_selecting
@click.option("--expires", metavar="DATE", help="Accept findings until this day: 2027-03-31.")
@click.option("--reason", metavar="TEXT", help="Why findings are accepted.")
def update(arguments: tuple[str, ...], **given: Any) -> int:
    """Run specs, and write down what they come to.

    Findings that specs do not expect are accepted from then on. Broken specs are not recorded.
    """
    from gradverify.commands.baseline import request_of, update_baseline

    return update_baseline(request_of(arguments, given))


@baseline.command("show")
@click.argument("file", required=False)
@KEYWORD
def show(file: str | None, keyword: str) -> int:
    """Print what a baseline has."""
    from gradverify.commands.baseline_show import show_baseline

    return show_baseline(file, keyword)


@baseline.command("prune")
@ARGUMENTS
@_selecting
@click.option("--dry-run", is_flag=True, help="Only say what is gone.")
def prune(arguments: tuple[str, ...], **given: Any) -> int:
    """Run specs, and remove what the baseline has and they do not."""
    from gradverify.commands.baseline import prune_baseline, request_of

    return prune_baseline(request_of(arguments, given))
