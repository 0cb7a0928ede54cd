"""BM25F's statistics in the catalogue: document frequencies and field lengths, checked when read.

Adds a commit's `Tally` to what is stored and reads what a query needs. Knows no formula.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from codesearch.storage.catalog import Catalog
from codesearch.storage.checksums import mismatch, term_checksum, text_checksum
from codesearch.storage.rows import IntArray, LexicalStatistics
from codesearch.storage.tally import Tally
from indexers.types import FIELDS, GRANULARITIES, FloatArray, Granularity

LOOKUP_TERMS = 10_000
"""Terms looked up in one statement while a commit is added; bounds its JSON parameter to 200 KB."""


@dataclass(frozen=True, slots=True)
class _TermTotals:
    """What tells that terms are missing: how many there are, and the sum of their checksums."""

    n_terms: int
    checksums: int


def start_statistics(catalog: Catalog) -> None:
    """Write the statistics of an index without chunks."""
    for granularity in GRANULARITIES:
        _write_totals(catalog, granularity, 0, np.zeros(len(FIELDS), np.int64))
    catalog.run("INSERT INTO term_totals VALUES (0, 0, ?)", (text_checksum("0", "0"),))


def add_tally(catalog: Catalog, tally: Tally) -> None:
    """Add what a commit changes."""
    terms, changes = tally.term_changes()
    signed = terms.view(np.int64)
    found = _read_term_totals(catalog)
    n_terms, checksums = found.n_terms, found.checksums
    for start in range(0, len(signed), LOOKUP_TERMS):
        added = _add_terms(catalog, signed[start : start + LOOKUP_TERMS], changes[start : start + LOOKUP_TERMS])
        n_terms += added.n_terms
        checksums += added.checksums
    row = (n_terms, checksums, text_checksum(str(n_terms), str(checksums)))
    catalog.run("UPDATE term_totals SET n_terms = ?, checksums = ?, checksum = ?", row)
    for granularity, (n_chunks, lengths) in _read_totals(catalog).items():
        n_now = n_chunks + tally.n_chunks[granularity]
        _write_totals(catalog, granularity, n_now, lengths + tally.lengths[granularity])


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
    rows = catalog.rows("SELECT hash, df, checksum FROM terms")
    for key, df, checksum in rows:
        _check_term(catalog, key, df, checksum)
    if _TermTotals(len(rows), sum(checksum for _, _, checksum in rows)) != _read_term_totals(catalog):
        raise mismatch(f"the list of terms of {catalog.path}", catalog.mend)


def compare_statistics(catalog: Catalog, tally: Tally) -> None:
    """Compare all that is stored with a count of all chunks; raises CorruptIndexError."""
    check_terms(catalog)
    terms, counts = tally.term_changes()
    order = np.argsort(terms.view(np.int64))
    counted = np.stack([terms.view(np.int64)[order], counts[order]], axis=1)
    stored = np.array(catalog.rows("SELECT hash, df FROM terms ORDER BY hash"), dtype=np.int64).reshape(-1, 2)
    if not np.array_equal(counted, stored):
        raise mismatch(f"the list of terms of {catalog.path}", catalog.mend)
    for granularity, (n_chunks, lengths) in _read_totals(catalog).items():
        if n_chunks != tally.n_chunks[granularity] or not np.array_equal(lengths, tally.lengths[granularity]):
            raise mismatch(f"the statistics of {catalog.path}", catalog.mend)


def _check_term(catalog: Catalog, key: int, df: object, checksum: int) -> int:
    if not isinstance(df, int) or term_checksum(key, df) != checksum:
        raise mismatch(f"the frequency of a term in {catalog.path}", catalog.mend)
    return df


def _mean(n_chunks: int, lengths: IntArray) -> FloatArray:
    return (lengths / max(1, n_chunks)).astype(np.float32)


def _add_terms(catalog: Catalog, signed: IntArray, changes: IntArray) -> _TermTotals:
    """Add to the frequencies of some terms; return what that adds to the totals."""
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
    before = sum(term_checksum(key, df) for key, df in stored.items())
    return _TermTotals(len(rows) - len(stored), sum(checksum for _, _, checksum in rows) - before)


def _read_df(catalog: Catalog, signed: IntArray) -> dict[int, int]:
    sql = "SELECT hash, df, checksum FROM terms WHERE hash IN (SELECT value FROM json_each(?))"
    rows = catalog.rows_of(sql, signed.tolist())
    return {key: _check_term(catalog, key, df, checksum) for key, df, checksum in rows}


def _read_totals(catalog: Catalog) -> dict[Granularity, tuple[int, IntArray]]:
    totals: dict[Granularity, tuple[int, IntArray]] = {}
    for granularity, n_chunks, packed, checksum in catalog.rows("SELECT * FROM statistics"):
        if text_checksum(str(granularity), str(n_chunks), str(packed)) != checksum:
            raise mismatch(f"the statistics of {catalog.path}", catalog.mend)
        totals[granularity] = (int(n_chunks), np.array(json.loads(packed), dtype=np.int64))
    if totals.keys() != set(GRANULARITIES):
        raise mismatch(f"the statistics of {catalog.path}", catalog.mend)
    return totals


def _write_totals(catalog: Catalog, granularity: Granularity, n_chunks: int, lengths: IntArray) -> None:
    packed = json.dumps(lengths.tolist())
    row = (granularity, n_chunks, packed, text_checksum(granularity, str(n_chunks), packed))
    catalog.run("INSERT OR REPLACE INTO statistics VALUES (?, ?, ?, ?)", row)


def _read_term_totals(catalog: Catalog) -> _TermTotals:
    rows = catalog.rows("SELECT n_terms, checksums, checksum FROM term_totals")
    if len(rows) != 1 or text_checksum(str(rows[0][0]), str(rows[0][1])) != rows[0][2]:
        raise mismatch(f"the number of terms of {catalog.path}", catalog.mend)
    return _TermTotals(int(rows[0][0]), int(rows[0][1]))
