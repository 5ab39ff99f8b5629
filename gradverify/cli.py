"""Door 1: the command line. It reads options; `commands/` does the work."""

import os
import sys
from pathlib import Path
from typing import Any, Final, NoReturn

import click

from gradverify import __version__
from gradverify.commands.baseline_group import baseline
from gradverify.commands.click_options import KEYWORD, MAX_MEMORY
from gradverify.errors import GradverifyError, UsageError

EPILOG: Final = """\b
Exit codes: 0 all as expected; 1 somebody is wrong, a finding is missing or unexpected,
something is worse than its baseline, or nothing could be decided; 2 a spec is wrong, an
oracle broke, or a report could not be written; 4 usage; 5 nothing selected or nothing
compared; 130 interrupted.
"""
PATHS: Final = click.argument("paths", nargs=-1)
VERBOSE: Final = click.option(
    "-v", "verbose", is_flag=True, help="Show each comparison, and why it allows what it does."
)
FORMAT: Final = click.option(
    "--format",
    type=click.Choice(["text", "json", "github", "markdown"]),
    help="What is written to stdout; github also fills the summary of the step.",
)
REPORT: Final = click.option(
    "--report",
    multiple=True,
    metavar="KIND=PATH",
    help="Also write a file: json, junit, sarif or markdown. May be given several times.",
)


@click.group(epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="gradverify")
def cli() -> None:
    """Say which gradient is wrong, where and why."""


@cli.command(epilog=EPILOG)
@PATHS
@KEYWORD
@click.option("--oracles", metavar="A,B", help="Ask only these oracles (`doctor` names them).")
@click.option("--require", metavar="A,B", help="Exit with 2 if one of these is not installed.")
@click.option("--seed", type=click.IntRange(min=0), help="Seed of all random inputs.")
@click.option("-x", "fail_fast", is_flag=True, help="Stop after the first spec that fails.")
@click.option("--lf", "last_failed", is_flag=True, help="Only specs that failed in the last run.")
@click.option("-n", "processes", metavar="N|auto", help="Run specs in so many processes.")
@click.option("--timeout", type=float, metavar="SECONDS", help="Give up on a spec after this time.")
@click.option(
    "--executor", metavar="WHERE", help="Run specs on dask://HOST:PORT or MODULE:FACTORY."
)
@click.option(
    "--shard", metavar="I/N", help="Run the I-th of N parts; `merge` joins their reports."
)
@click.option("--baseline", metavar="FILE", help="Fail on what is new or worse than in this file.")
@click.option("--watch", is_flag=True, help="Run again whenever a file changes, until Ctrl-C.")
@click.option("--no-cache", is_flag=True, help="Run also what has not changed since the last run.")
@VERBOSE
@FORMAT
@REPORT
@MAX_MEMORY
@click.option(
    "--color", type=click.Choice(["auto", "always", "never"]), help="Colours in the text."
)
@click.option("--allow-import", is_flag=True, help="Import the code that specs name, and run it.")
def run(**given: Any) -> int:  # one argument an option, all of which go to RunRequest
    """Run specs, and say who is wrong.

    PATHS are files, folders or ids as `list` prints them, FILE::TITLE; without any, those of
    the configuration, or else specs/. Of a Python file, named by itself or as FILE::TEST, the
    tests with the mark `gradverify` run.
    """
    from gradverify.commands.run import RunRequest, run_specs

    return run_specs(RunRequest(**given))


@cli.command(epilog=EPILOG)
@click.argument("reports", nargs=-1, required=True, metavar="REPORT...")
@FORMAT
@REPORT
@VERBOSE
def merge(**given: Any) -> int:  # as of run
    """Join the JSON reports of shards.

    The exit code is that of the whole run. REPORT is what `run --shard I/N --report json=PATH`
    wrote. A shard without a report is broken.
    """
    from gradverify.commands.merge import MergeRequest, merge_reports

    return merge_reports(MergeRequest(**given))


cli.add_command(baseline)


@cli.command("list")
@PATHS
@KEYWORD
@click.option("--by-document", is_flag=True, help="Print a Markdown table: the specs of each cell.")
@click.option("-v", "verbose", is_flag=True, help="Show the code that a spec names.")
def list_(*, paths: tuple[str, ...], keyword: str, by_document: bool, verbose: bool) -> int:
    """List specs by id, with their documents."""
    from gradverify.commands.specs import list_specs

    return list_specs(paths, keyword, by_document=by_document, verbose=verbose)


@cli.command()
@PATHS
@MAX_MEMORY
def validate(paths: tuple[str, ...], max_memory: str | None) -> int:
    """Print the faults of specs; run none of them."""
    from gradverify.commands.specs import validate_specs

    return validate_specs(paths, max_memory)


@cli.command()
@click.argument("which", type=click.Choice(["spec", "report"]), default="spec")
def schema(which: str) -> int:
    """Print the schema of a spec or a report."""
    from gradverify.commands.schema import print_schema

    return print_schema(which)


@cli.command()
@click.argument("name", required=False)
def ops(name: str | None) -> int:
    """List the ops, or describe one of them."""
    from gradverify.commands.ops import print_ops

    return print_ops(name)


@cli.command()
@click.argument("subject", metavar="[CODE|SPEC]", required=False)
@MAX_MEMORY
def explain(subject: str | None, max_memory: str | None) -> int:
    """Explain a finding, or show a spec's program.

    CODE is a finding's, such as off-by-factor; without one, all codes are listed. SPEC is a
    file or a folder.
    """
    from gradverify.commands.explain import explain_subject

    return explain_subject(subject, max_memory)


@cli.command()
def doctor() -> int:
    """Say what is installed and which oracles answer."""
    from gradverify.commands.doctor import print_health

    return print_health()


@cli.command()
@click.argument("path")
def new(path: str) -> int:
    """Write a first spec, with comments.

    PATH must end in .grad.yaml, and nothing may be there yet.
    """
    from gradverify.commands.new import write_first_spec

    return write_first_spec(path)


@cli.command()
@click.argument("folder", default=".")
@click.option(
    "--ci",
    multiple=True,
    type=click.Choice(["github", "gitlab"]),
    help="Also write what this service needs to run specs; may be given twice.",
)
@click.option(
    "--action", metavar="OWNER/REPO@REF", help="The action of the workflow, if not this version's."
)
def init(folder: str, ci: tuple[str, ...], action: str | None) -> int:
    """Set a project up: spec, settings, CI.

    FOLDER is the current one if not given. What is there already is left as it is.
    """
    from gradverify.commands.init import InitRequest, set_up

    return set_up(InitRequest(folder, ci, action))


def main() -> NoReturn:
    """Run the command line and end the process with one of the documented exit codes."""
    _replace_closed()
    for stream in (sys.stdout, sys.stderr):
        _write_any_character(stream)
    sys.exit(run_command_line(sys.argv[1:]))


def run_command_line(arguments: list[str]) -> int:
    """Return the exit code of one command line; errors go to stderr as sentences."""
    from gradverify.report.record import BROKEN, INTERRUPTED, USAGE

    try:
        return cli.main(arguments, prog_name="gradverify", standalone_mode=False) or 0
    except click.ClickException as error:
        error.show()
        return USAGE
    except click.Abort:
        return INTERRUPTED
    except UsageError as error:
        click.echo(f"Error: {error}", err=True)
        return USAGE
    except GradverifyError as error:
        click.echo(str(error), err=True)
        return BROKEN
    except OSError as error:
        if error.filename is not None:  # of a file, and not of stdout
            raise
        return _unwritten(error)


def _unwritten(error: OSError) -> int:
    from gradverify.report.record import BROKEN

    # What is left in the buffer would fail once more, with a trace, when Python ends.
    _ = os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    click.echo(f"Error: cannot write to stdout: {(error.strerror or str(error)).lower()}", err=True)
    return BROKEN


def _replace_closed() -> None:
    """Let streams that were closed lead nowhere, before a file of ours gets their number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 - for good
            setattr(sys, name, stream)


def _write_any_character(stream: object) -> None:
    """A stream with a narrow encoding writes escapes for what it lacks, instead of failing."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
