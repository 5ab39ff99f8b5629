"""What `init --ci` writes: a workflow for GitHub, a job for GitLab."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

from gradverify.commands.origin import NOWHERE, Origin
from gradverify.commands.piece import Piece, new_piece

GITHUB_FILE: Final = Path(".github/workflows/gradverify.yml")
GITLAB_FILE: Final = Path(".gitlab/gradverify.yml")
GITLAB_MAIN: Final = Path(".gitlab-ci.yml")

WORKFLOW: Final = """\
# Written by `gradverify init`, and yours from here on.
name: gradverify
on:
  pull_request:
  push:
    branches: [main, master]
permissions:
  contents: read
jobs:
  gradients:
    runs-on: ubuntu-latest
    timeout-minutes: 30
    permissions:
      contents: read
      security-events: write # for upload-sarif alone
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0
        with:
          persist-credentials: false
      - uses: {action}
        with:
          {extras}
          {install}
          cache: true # results of unchanged specs
          upload-sarif: true # findings under Security, Code scanning
"""
JOB: Final = """\
# Written by `gradverify init`, and yours from here on.
gradverify:
  image: python:3.12
  variables:
    PIP_EXTRA_INDEX_URL: https://download.pytorch.org/whl/cpu # has torch without CUDA
  script:
    - python -m pip install --quiet {targets}
    - mkdir -p gradverify-report
    - >-
      gradverify run{require}
      --report junit=gradverify-report/report.xml
      --report json=gradverify-report/report.json
      --report markdown=gradverify-report/report.md
  artifacts:
    when: always
    paths: [gradverify-report/]
    reports:
      junit: gradverify-report/report.xml
  cache: # results of unchanged specs
    key: gradverify-$CI_COMMIT_REF_SLUG
    fallback_keys: [gradverify-$CI_DEFAULT_BRANCH]
    paths: [.gradverify_cache/]
    when: always
"""
INCLUDE: Final = f"""\
include:
  - local: {GITLAB_FILE.as_posix()}
"""


@final
@dataclass(frozen=True, slots=True)
class Project:
    """What CI has to know of a project.

    `frameworks` are those that gradverify is to ask; `is_package` says that pip can install the
    project itself.
    """

    origin: Origin
    frameworks: tuple[str, ...]
    is_package: bool


def github_pieces(folder: Path, project: Project) -> tuple[Piece, ...]:
    """Return the workflow."""
    about = "runs the specs on each push and pull request"
    return (new_piece(folder / GITHUB_FILE, about, github_workflow(project)),)


def gitlab_pieces(folder: Path, project: Project) -> tuple[Piece, ...]:
    """Return the job, and the file that includes it where GitLab has none yet."""
    about = "runs the specs in each pipeline"
    job = new_piece(folder / GITLAB_FILE, about, gitlab_job(project))
    return (job, new_piece(folder / GITLAB_MAIN, f"includes {GITLAB_FILE.as_posix()}", INCLUDE))


def github_workflow(project: Project) -> str:
    """Return a workflow that uses the action, as YAML."""
    names = ",".join(project.frameworks)
    asked = f"extras: {names}\n          require: {names} # fail where one of them is missing"
    return WORKFLOW.format(
        action=project.origin.action,
        extras=asked if names else "# extras: torch,jax # frameworks to install and to ask",
        install="install: ." if project.is_package else "# install: . # your own package",
    )


def github_rest(folder: Path) -> Iterator[str]:
    """Yield what is still to be done by hand to the workflow, if there is one."""
    file = folder / GITHUB_FILE
    if NOWHERE in _text(file):
        yield f"First: in {file}, replace {NOWHERE} by the owner of gradverify's repository"


def gitlab_job(project: Project) -> str:
    """Return a job, as YAML."""
    requirement = f"'{project.origin.requirement(project.frameworks)}'"
    return JOB.format(
        targets=f"{requirement} ." if project.is_package else requirement,
        require=f" --require {','.join(project.frameworks)}" if project.frameworks else "",
    )


def gitlab_rest(folder: Path) -> Iterator[str]:
    """Yield what is still to be done by hand where GitLab's main file does not know of the job."""
    if _text(folder / GITLAB_FILE) and "gradverify" not in _text(folder / GITLAB_MAIN):
        yield f"First: add to {folder / GITLAB_MAIN}\n\n{INCLUDE}"


def _text(file: Path) -> str:
    return file.read_text("utf-8", errors="replace") if file.is_file() else ""
