"""Where the gradverify that runs came from: what CI has to install, and which action it can use."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any, Final, final

from gradverify import __version__

NOWHERE: Final = "<owner>"
"""What stands for the owner of the action's repository where nobody knows it: no owner's name."""
REPOSITORY: Final = re.compile(r"https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?/?")


@final
@dataclass(frozen=True, slots=True)
class Origin:
    """`action` is what a workflow `uses:`; `url`, if there is one, is what pip installs from."""

    action: str
    url: str | None

    def requirement(self, extras: Sequence[str]) -> str:
        """Return what pip is given to install this gradverify, with extras."""
        name = f"gradverify[{','.join(extras)}]" if extras else "gradverify"
        return f"{name}=={__version__}" if self.url is None else f"{name} @ {self.url}"


def origin_here() -> Origin:
    """Return where this gradverify came from, as far as its installer kept it."""
    try:
        installed: Distribution = distribution("gradverify")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return origin_of(None, ())
    urls = installed.metadata.get_all("Project-URL") or ()
    return origin_of(installed.read_text("direct_url.json"), urls)


def origin_of(direct_url: str | None, project_urls: Sequence[str]) -> Origin:
    """Return the origin that PEP 610's direct_url.json tells of, or else the project's own URLs."""
    source: dict[str, Any] = json.loads(direct_url) if direct_url else {}
    commit = source.get("vcs_info", {}).get("commit_id")
    if commit is not None:
        url = f"{source['vcs_info']['vcs']}+{source['url']}@{commit}"
        return Origin(_action((source["url"],), commit), url)
    links = [link.partition(", ")[2] for link in project_urls]
    return Origin(_action(links, f"v{__version__}"), None)


def _action(links: Sequence[str], ref: str) -> str:
    found = (REPOSITORY.fullmatch(link) for link in links)
    names = [match[1] for match in found if match is not None]
    return f"{names[0] if names else f'{NOWHERE}/gradverify'}@{ref}"
