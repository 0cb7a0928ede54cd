"""Makes the index of `fixtures/indexes/shapes` kept for a format: `python -m tests.storage.make_format_fixture`.

Builds at a root that tells nothing of the machine, and leaves out what only says who wrote. Uses nothing of the program
but its front door, so that an older program can be asked as well.
"""

import shutil
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from codesearch.index import Index
from codesearch.storage.schema import FORMAT_VERSION

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "indexes"

ROOT = Path("/srv/shapes")
"""Where the sources lie while they are indexed."""


def make_fixture(root: Path, target: Path) -> None:
    """Copy the sources to `root`, index them, and keep the index."""
    shutil.copytree(FIXTURES / "shapes", root)
    try:
        with tempfile.TemporaryDirectory() as home:
            Index.build(root, home=Path(home))
            [folder] = [path for path in (Path(home) / "indexes").iterdir() if path.is_dir()]
            with closing(sqlite3.connect(folder / "catalog.db")) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(folder, target, ignore=shutil.ignore_patterns("*.lock", "*-wal", "*-shm"))
    finally:
        shutil.rmtree(root)


if __name__ == "__main__":
    made = FIXTURES / f"format-{FORMAT_VERSION}"
    make_fixture(ROOT, made)
    sys.stdout.write(f"{made}\n")
