"""Which rows of the vectors some chunks own, from the few columns that say so and are read without their checksums."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from codesearch.storage.catalog import Catalog
from codesearch.storage.checksums import mismatch
from codesearch.storage.coarse import rows_mask
from codesearch.storage.rows import IntArray

_SELECT = 'SELECT "row", n_rows FROM chunks WHERE id IN (SELECT value FROM json_each(?)) AND "row" IS NOT NULL'


def mask_owned_rows(catalog: Catalog, chunk_ids: Iterable[int], n_total: int) -> npt.NDArray[np.bool_]:
    """Return bool `[n_total]`, true where one of the chunks has a vector; raises CorruptIndexError."""
    try:
        spans: IntArray = np.array(catalog.rows_of(_SELECT, chunk_ids), dtype=np.int64).reshape(-1, 2)
    except (TypeError, ValueError, OverflowError) as error:
        raise mismatch(f"the rows of a chunk in {catalog.path}", catalog.mend) from error
    first, n_rows = spans[:, 0], spans[:, 1]
    if ((first < 0) | (n_rows < 0) | (first > n_total) | (n_rows > n_total - first)).any():
        raise mismatch(f"the rows of a chunk in {catalog.path}", catalog.mend)
    return rows_mask(n_total, first, n_rows)
