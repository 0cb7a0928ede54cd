"""Moves the live vectors to a new file and tells the catalogue their new numbers, inside the writer's transaction.

Knows no commits: until the switch the old file is the one that counts.
"""

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from codesearch.storage.catalog import Catalog
from codesearch.storage.checksums import chunk_checksum
from codesearch.storage.derived import unused_vectors_number
from codesearch.storage.ingest import check_chunk, write_file_row
from codesearch.storage.row_flags import FlagArray
from codesearch.storage.rows import FileRow, IntArray
from codesearch.storage.schema import CHUNK_COLUMNS
from codesearch.storage.thresholds import Thresholds
from codesearch.storage.vectors import VectorAppender, VectorReader, vectors_name


@dataclass(frozen=True, slots=True)
class MovedRows:
    """The vector file that is to take over."""

    name: str
    vectors: VectorAppender
    """Open for what is added next."""


def is_due(flags: FlagArray, thresholds: Thresholds) -> bool:
    """Return whether so many rows are dead, of all that the flags are of, that it is time to leave them behind."""
    n_dead = len(flags) - int(np.count_nonzero(flags))
    return n_dead > thresholds.dead_rows and n_dead >= thresholds.dead_share * len(flags)


def move_rows(folder: Path, source: VectorReader, dim: int, live: IntArray) -> MovedRows:
    """Write the `live` rows, sorted, to a new vector file, and close the old one."""
    name = vectors_name(unused_vectors_number(folder))
    target = VectorAppender(folder / name, dim, 0, source.mend)
    try:
        with closing(source):
            copy_rows(source, target, live)
    except BaseException:
        target.close()
        raise
    return MovedRows(name, target)


def copy_rows(source: VectorReader, target: VectorAppender, rows: IntArray) -> None:
    """Append the rows, sorted, to `target`; float16 values come through float32 unchanged."""
    first = 0
    for block in source.read_blocks(0, source.n_rows):
        here = rows[np.searchsorted(rows, first) : np.searchsorted(rows, first + len(block))] - first
        target.append(block[here])
        first += len(block)


def renumber_rows(catalog: Catalog, files: Iterable[FileRow], live: IntArray) -> list[FileRow]:
    """Give every file and chunk the numbers its rows have once only the `live` ones, sorted, are left."""
    moved: list[FileRow] = []
    for file in files:
        if not file.has_vectors:
            moved.append(file)
            continue
        first, end = np.searchsorted(live, [file.first_row, file.first_row + file.n_rows])
        row = replace(file, first_row=int(first), n_rows=int(end - first))
        write_file_row(catalog, row)
        _renumber_chunks(catalog, file, live)
        moved.append(row)
    return moved


def _renumber_chunks(catalog: Catalog, file: FileRow, live: IntArray) -> None:
    span = (file.first_chunk, file.first_chunk + file.n_chunks - 1)
    changes: list[tuple[int, int, int]] = []
    for values in catalog.rows(f"SELECT {CHUNK_COLUMNS}, checksum FROM chunks WHERE id BETWEEN ? AND ?", span):
        check_chunk(values, catalog)
        if values[15] is not None:
            number = int(np.searchsorted(live, values[15]))
            renumbered = (*values[:15], number, values[16])
            changes.append((number, chunk_checksum(renumbered), values[0]))
    catalog.run_many('UPDATE chunks SET "row" = ?, checksum = ? WHERE id = ?', changes)
