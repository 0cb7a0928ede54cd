"""Sums of whole tables whose rows have no checksum of their own, kept beside them: what walks and commits list.

A sum does not depend on the order of the rows, so a commit adds and takes away what it changes. Knows no meaning.
"""

import zlib
from collections.abc import Iterable, Sequence
from typing import Any

from codesearch.storage.catalog import Catalog
from codesearch.storage.checksums import mismatch, text_checksum

SKIPPED = "skipped"
MARKS = "marked_as_source"
SECRETS = "secrets"
DEAD_DOCUMENTS = "dead_documents"
DERIVED_FILES = "derived_files"
DEFINITIONS = "definitions"

SUMMED_TABLES: dict[str, str] = {
    SKIPPED: "rowid, path, reason, detail, size_bytes, mtime_ns, ctime_ns, inode",
    MARKS: "path",
    SECRETS: "file_id, line, kind",
    DEAD_DOCUMENTS: "file_id",
    DERIVED_FILES: "name, size, block_size, block_crcs",
    DEFINITIONS: "name, chunk_id",
}
"""The columns that are summed, by table; the order of skipped files is that of their rowids."""

SLICE_ROWS = 5_000
"""Definitions read at once: some milliseconds in which a thread that answers has to wait."""

Rows = Iterable[Sequence[Any]]


def start_sums(catalog: Catalog) -> None:
    """Write the sums of empty tables."""
    for table in SUMMED_TABLES:
        _write(catalog, table, 0, 0)


def add_to_sum(catalog: Catalog, table: str, rows: Rows) -> None:
    """Note that rows came to a table."""
    _change(catalog, table, rows, 1)


def take_from_sum(catalog: Catalog, table: str, rows: Rows) -> None:
    """Note that rows left a table."""
    _change(catalog, table, rows, -1)


def replace_sum(catalog: Catalog, table: str, rows: Rows) -> None:
    """Note that these are all rows of a table."""
    sums = [_sum_row(row) for row in rows]
    _write(catalog, table, len(sums), sum(sums))


def read_summed(catalog: Catalog, table: str) -> list[tuple[Any, ...]]:
    """Return all rows of a table, its columns as in `SUMMED_TABLES`; raises CorruptIndexError."""
    rows = catalog.rows(f"SELECT {SUMMED_TABLES[table]} FROM {table} ORDER BY 1")
    if _read(catalog, table) != [len(rows), sum(_sum_row(row) for row in rows)]:
        raise mismatch(f"the table {table} of {catalog.path}", catalog.mend)
    return rows


def sums_to(rows: Rows) -> int:
    """Return what rows add to the sum of their table."""
    return sum(_sum_row(row) for row in rows)


def compare_sum(catalog: Catalog, table: str, n_rows: int, checksums: int) -> None:
    """Compare the sum of a table with what its rows should come to; raises CorruptIndexError."""
    if _read(catalog, table) != [n_rows, checksums]:
        raise mismatch(f"the sum of the table {table} of {catalog.path}", catalog.mend)


def check_definitions(catalog: Catalog) -> None:
    """Compare the largest of the tables with its sum, in slices; raises CorruptIndexError."""
    stored = _read(catalog, DEFINITIONS)
    n_rows = total = 0
    last: tuple[Any, ...] = ("", -1)
    sql = "SELECT name, chunk_id FROM definitions WHERE (name, chunk_id) > (?, ?) ORDER BY name, chunk_id LIMIT ?"
    while rows := catalog.rows(sql, (*last, SLICE_ROWS)):
        n_rows += len(rows)
        total += sums_to(rows)
        last = rows[-1]
    if stored != [n_rows, total]:
        raise mismatch(f"the table {DEFINITIONS} of {catalog.path}", catalog.mend)


def _change(catalog: Catalog, table: str, rows: Rows, sign: int) -> None:
    sums = [_sum_row(row) for row in rows]
    if sums:
        n_rows, total = _read(catalog, table)
        _write(catalog, table, n_rows + sign * len(sums), total + sign * sum(sums))


def _sum_row(row: Sequence[Any]) -> int:
    return zlib.crc32("\x1f".join(map(str, row)).encode("utf-8", "surrogatepass"))


def _read(catalog: Catalog, table: str) -> list[int]:
    rows = catalog.rows("SELECT n_rows, checksums, checksum FROM table_sums WHERE name = ?", (table,))
    if len(rows) != 1 or text_checksum(table, str(rows[0][0]), str(rows[0][1])) != rows[0][2]:
        raise mismatch(f"the sum of the table {table} of {catalog.path}", catalog.mend)
    return [int(rows[0][0]), int(rows[0][1])]


def _write(catalog: Catalog, table: str, n_rows: int, checksums: int) -> None:
    row = (table, n_rows, checksums, text_checksum(table, str(n_rows), str(checksums)))
    catalog.run("INSERT OR REPLACE INTO table_sums VALUES (?, ?, ?, ?)", row)
