"""Writes the golden files below `fixtures/golden` anew: `python -m tests.quality.regenerate`."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.quality.goldens import GOLDEN, all_goldens, write_goldens
from tests.quality.shelf import Shelf


def main() -> None:
    """Build the indexes in a temporary folder, write what changed and say so."""
    with TemporaryDirectory() as folder:
        shelf = Shelf(Path(folder))
        try:
            changed = write_goldens(all_goldens(shelf))
        finally:
            shelf.close()
    for name in changed:
        sys.stdout.write(f"{GOLDEN / name}\n")
    sys.stdout.write(f"{len(changed)} golden files changed\n")


if __name__ == "__main__":
    main()
