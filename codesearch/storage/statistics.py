"""BM25F's statistics in the catalogue: document frequencies and field lengths, checked when read.

Adds a commit's `Tally` to what is stored and reads what a query needs. Knows no formula.
"""

import json
from collections.abc import Sequence

import numpy as np

from codesearch.storage.catalog import Catalog
from codesearch.storage.checksums import mismatch, term_checksum, text_checksum
from codesearch.storage.rows import IntArray, LexicalStatistics
from codesearch.storage.tally import Tally
from indexers.types import FIELDS, GRANULARITIES, FloatArray, Granularity

LOOKUP_TERMS = 10_000
"""Terms looked up in one statement while a commit is added; bounds its JSON parameter to 200 KB."""


def add_tally(catalog: Catalog, tally: Tally) -> None:
    """Add what a commit changes."""
    terms, changes = tally.term_changes()
    signed = terms.view(np.int64)
    for start in range(0, len(signed), LOOKUP_TERMS):
        _add_terms(catalog, signed[start : start + LOOKUP_TERMS], changes[start : start + LOOKUP_TERMS])
    totals = _read_totals(catalog)
    for granularity in GRANULARITIES:
        n_chunks, lengths = totals[granularity]
        packed = json.dumps([int(n) for n in lengths + tally.lengths[granularity]])
        n_chunks += tally.n_chunks[granularity]
        checksum = text_checksum(granularity, str(n_chunks), packed)
        row = (granularity, n_chunks, packed, checksum)
        catalog.run("INSERT OR REPLACE INTO statistics VALUES (?, ?, ?, ?)", row)


def n_chunks_of(catalog: Catalog) -> dict[Granularity, int]:
    """Read how many chunks each granularity has."""
    return {granularity: n_chunks for granularity, (n_chunks, _) in _read_totals(catalog).items()}


def read_statistics(catalog: Catalog, term_hashes: Sequence[int]) -> LexicalStatistics:
    """Read the document frequencies of the terms, and all mean lengths."""
    signed = np.array(term_hashes, dtype=np.uint64).view(np.int64)
    found = _read_df(catalog, signed)
    totals = _read_totals(catalog)
    return LexicalStatistics(
        n_leaves=totals["leaf"][0],
        df={int(term): found.get(int(key), 0) for term, key in zip(term_hashes, signed, strict=True)},
        mean_lengths={g: _mean(n_chunks, lengths) for g, (n_chunks, lengths) in totals.items()},
    )


def check_terms(catalog: Catalog) -> None:
    """Check every stored term and all totals; raises CorruptIndexError."""
    _read_totals(catalog)
    for key, df, checksum in catalog.rows("SELECT hash, df, checksum FROM terms"):
        _check_term(catalog, key, df, checksum)


def _check_term(catalog: Catalog, key: int, df: object, checksum: int) -> int:
    if not isinstance(df, int) or term_checksum(key, df) != checksum:
        raise mismatch(f"the frequency of a term in {catalog.path}", catalog.mend)
    return df


def _mean(n_chunks: int, lengths: IntArray) -> FloatArray:
    return (lengths / max(1, n_chunks)).astype(np.float32)


def _add_terms(catalog: Catalog, signed: IntArray, changes: IntArray) -> None:
    stored = _read_df(catalog, signed)
    rows: list[tuple[int, int, int]] = []
    gone: list[tuple[int]] = []
    for key, change in zip(signed.tolist(), changes.tolist(), strict=True):
        df = stored.get(key, 0) + change
        if df > 0:
            rows.append((key, df, term_checksum(key, df)))
        else:
            gone.append((key,))
    catalog.run_many("INSERT OR REPLACE INTO terms VALUES (?, ?, ?)", rows)
    catalog.run_many("DELETE FROM terms WHERE hash = ?", gone)


def _read_df(catalog: Catalog, signed: IntArray) -> dict[int, int]:
    sql = "SELECT hash, df, checksum FROM terms WHERE hash IN (SELECT value FROM json_each(?))"
    rows = catalog.rows_of(sql, signed.tolist())
    return {key: _check_term(catalog, key, df, checksum) for key, df, checksum in rows}


def _read_totals(catalog: Catalog) -> dict[Granularity, tuple[int, IntArray]]:
    totals: dict[Granularity, tuple[int, IntArray]] = {g: (0, np.zeros(len(FIELDS), np.int64)) for g in GRANULARITIES}
    for granularity, n_chunks, packed, checksum in catalog.rows("SELECT * FROM statistics"):
        if text_checksum(str(granularity), str(n_chunks), str(packed)) != checksum:
            raise mismatch(f"the statistics of {catalog.path}", catalog.mend)
        totals[granularity] = (int(n_chunks), np.array(json.loads(packed), dtype=np.int64))
    return totals
