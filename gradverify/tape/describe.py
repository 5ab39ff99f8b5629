"""A script as a plain list: what `gradverify explain SPEC` shows below the program."""

from gradverify.tape.errors import duration
from gradverify.tape.script import Repeat, Script


def render_script(script: Script) -> str:
    """Return the entries, one a line as it begins, and what loops are expected to take."""
    width = len(str(len(script.entries)))
    lines = ["tape"]
    for entry in script.entries:
        loop = entry.act if isinstance(entry.act, Repeat) else None
        about = f"  # {loop.times} steps, {_about(loop.seconds)}" if loop else ""
        lines.append(f"  {entry.position:>{width}}  {entry.mark.text.strip().lstrip('- ')}{about}")
    return "\n".join(lines)


def _about(seconds: float) -> str:
    return "under a second" if seconds < 1 else f"about {duration(seconds)}"
