"""`python -m gradverify`, and the command `gradverify`."""

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line; an interrupt ends it quietly, even while it is being imported."""
    try:
        from gradverify.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
