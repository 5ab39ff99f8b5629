"""`gradverify new`: a first spec, with comments, that passes."""

from pathlib import Path
from typing import Final, final

import click

from gradverify.errors import UsageError
from gradverify.files import write_new

SUFFIXES: Final = (".grad.yaml", ".grad.yml")
FIRST_SPEC: Final = """\
# A spec: one function, and what is claimed about it. `gradverify run` compares all claims
# with each other and with finite differences; `gradverify ops` lists what `ops` may use.
gradverify: 1
title: A mean over 3 (x + 2)^2

inputs:
  x: ones(2, 2)              # or numbers, [[1, 2], [3, 4]]; or randn(2, 2), drawn from `seed`

ops:                         # one statement a line; every named value gets a gradient
  - y = x + 2
  - z = 3 * y * y

loss: mean(z)                # what is differentiated: a name or an expression

expect:                      # what you say is right, meant exactly
  values:
    loss: 27
  grads:
    x: 1.5 * (x + 2)         # numbers, or an expression in the values above

# recorded:                  # what a document printed, compared to the digits it shows
#   grads:
#     x: [[4.5000, 4.5000], [4.5000, 4.5000]]
"""


@final
class SpecSuffixError(UsageError):
    """A spec would not be found under this name."""

    def __init__(self, path: str) -> None:
        stem = path.removesuffix(".yaml").removesuffix(".yml")
        super().__init__(f"{path} does not end in .grad.yaml; did you mean {stem}.grad.yaml?")


def write_first_spec(path: str) -> int:
    """Write the first spec to a file that must not exist yet.

    Raises:
        SpecSuffixError: if the name is not that of a spec.
        CannotWriteError: if the file exists or cannot be written.
    """
    if not path.endswith(SUFFIXES):
        raise SpecSuffixError(path)
    write_new(Path(path), FIRST_SPEC)
    click.echo(f"Wrote {path}. Next: gradverify run {path}")
    return 0
