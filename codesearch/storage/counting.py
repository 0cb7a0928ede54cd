"""Counts what an index holds, from rows that are checked where they can be, and against what the commit said."""

from collections import Counter

import numpy as np

from codesearch.storage.catalog import Catalog
from codesearch.storage.coarse import rows_mask
from codesearch.storage.records import Records
from codesearch.storage.row_flags import CONTINUES, FlagArray
from codesearch.storage.rows import Counts, IntArray
from indexers.types import KINDS


def count_all(catalog: Catalog, records: Records, flags: FlagArray, n_chunks: int) -> Counts:
    """Count chunks by kind, files by language, and chunks with several vectors; raises CorruptIndexError.

    Kinds and windows come from SQLite's own indexes, which have no checksums: what they say has to come to `n_chunks`
    and to the rows whose `flags` continue a chunk.
    """
    by_kind = dict(catalog.rows("SELECT kind, count(*) FROM chunks GROUP BY kind"))
    if not by_kind.keys() <= set(KINDS) or sum(by_kind.values()) != n_chunks:
        raise records.mismatch("the number of chunks of each kind")
    by_language = Counter(file.language for file in records.files())
    ids = [row[0] for row in catalog.rows("SELECT id FROM chunks WHERE n_rows > 1")]
    windowed = [
        (chunk.row, chunk.n_rows) for chunk in records.chunks(ids) if chunk.row is not None and chunk.n_rows > 1
    ]
    spans: IntArray = np.array(windowed, dtype=np.int64).reshape(-1, 2)
    continued = rows_mask(len(flags), spans[:, 0] + 1, spans[:, 1] - 1)
    if not np.array_equal(continued, (flags & np.uint16(CONTINUES)) != 0):
        raise records.mismatch("the list of chunks with several vectors")
    return Counts(by_kind, dict(by_language), len(windowed))
