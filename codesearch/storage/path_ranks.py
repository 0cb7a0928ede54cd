"""Which of equal rows and chunks come first: those of the files that are first by path, whatever ids they were given.

Reads the list of paths when it is first asked, which is where more is equal than wanted. Knows no scores.
"""

import numpy as np

from codesearch.storage.catalog import Catalog
from codesearch.storage.checksums import mismatch
from codesearch.storage.rows import IntArray


class PathRanks:
    """Ranks by path in one generation; files are known by their spans, `[n, 5]`: id, chunks from, rows from."""

    def __init__(self, catalog: Catalog, spans: IntArray, row_spans: IntArray) -> None:
        """Take the spans sorted by their first chunk, and those that have rows sorted by their first row."""
        self._catalog = catalog
        self._spans = spans
        self._row_spans = row_spans
        self._ids: IntArray = np.zeros(0, np.int64)
        self._ranks: IntArray = np.zeros(0, np.int64)

    def of_rows(self, rows: IntArray) -> IntArray:
        """Return for each live row the rank of its file."""
        return self._of_files(self._row_spans[np.searchsorted(self._row_spans[:, 3], rows, side="right") - 1, 0])

    def of_chunks(self, ids: IntArray) -> IntArray:
        """Return for each live chunk the rank of its file."""
        return self._of_files(self._spans[np.searchsorted(self._spans[:, 1], ids, side="right") - 1, 0])

    def _of_files(self, ids: IntArray) -> IntArray:
        if len(self._ids) == 0:
            by_path = np.array(self._catalog.rows("SELECT id FROM files ORDER BY path"), dtype=np.int64).reshape(-1)
            self._ranks = np.argsort(by_path)
            self._ids = by_path[self._ranks]
        places = np.minimum(np.searchsorted(self._ids, ids), len(self._ids) - 1)
        if not np.array_equal(self._ids[places], ids):
            raise mismatch(f"the list of paths of {self._catalog.path}", self._catalog.mend)
        return self._ranks[places]
