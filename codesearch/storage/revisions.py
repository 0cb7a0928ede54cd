"""Which commit a folder shows just now, whatever takes the place of what meanwhile. Knows no rows."""

import time
from contextlib import closing, suppress
from pathlib import Path

from codesearch.errors import CodesearchError, NoIndexError
from codesearch.storage.catalog import Catalog
from codesearch.storage.rows import Revision

MISSING_ATTEMPTS = 10
MISSING_PAUSE_S = 0.001
"""A rebuild renames two folders: between them, for some microseconds, there is none."""


def open_catalog(folder: Path) -> Catalog:
    """Open the catalogue, waiting out the moment in which a rebuilt folder takes the place of the old one."""
    for _ in range(MISSING_ATTEMPTS):
        with suppress(NoIndexError):
            return Catalog.open_reader(folder)
        time.sleep(MISSING_PAUSE_S)
    return Catalog.open_reader(folder)


def has_moved(folder: Path, catalog: Catalog, revision: Revision | None) -> bool:
    """Return whether the folder holds another commit than the one being opened, of which the revision may be known."""
    return not catalog.is_in_place() or (revision is not None and current_revision(folder) != revision)


def current_revision(folder: Path) -> Revision | None:
    """Read what is committed through a connection of its own; None where no index is, or where it leaves just now."""
    try:
        with closing(Catalog.open_reader(folder)) as catalog:
            try:
                return catalog.read_revision()
            except CodesearchError:
                if catalog.is_in_place():
                    raise
                return None
    except NoIndexError:
        return None
