"""Checks of what the catalogue keeps of each file: its row, text, chunks, bags, and where its vectors lie."""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from codesearch.errors import CorruptIndexError
from codesearch.findings import Problem
from codesearch.storage.catalog import CATALOG_NAME, Catalog
from codesearch.storage.examined import Examined
from codesearch.storage.ingest import read_file_row
from codesearch.storage.records import to_chunk
from codesearch.storage.row_flags import FLAGS_DTYPE, FlagArray, RowFlags
from codesearch.storage.rows import ChunkRow, FileRow
from codesearch.storage.schema import FILE_COLUMNS


def read_files(catalog: Catalog, files: list[FileRow]) -> Iterator[Problem]:
    """Put every file whose row is whole into `files`, by id, and yield the others."""
    for values in catalog.rows(f"SELECT {FILE_COLUMNS}, checksum FROM files ORDER BY id"):
        try:
            files.append(read_file_row(values, catalog))
        except CorruptIndexError:
            path = values[1] if isinstance(values[1], str) else None
            yield Problem(f"the row of file {values[0]} in {catalog.path} is damaged", CATALOG_NAME, catalog.mend, path)


def check_spans(examined: Examined) -> Iterator[Problem]:
    """Compare which ids and rows the files have with each other and with the array that searches read."""
    by_chunk, by_row = 0, 0
    for file in sorted(examined.files, key=lambda file: file.first_chunk):
        if file.first_chunk < by_chunk or not 0 <= file.n_leaves <= file.n_chunks:
            yield examined.problem(f"{file.path} has chunks of another file", file.path)
        by_chunk = file.first_chunk + file.n_chunks
    for file in sorted((file for file in examined.files if file.n_rows), key=lambda file: file.first_row):
        if file.first_row < by_row:
            yield examined.problem(f"{file.path} has vectors of another file", file.path)
        by_row = file.first_row + file.n_rows
    spans = [(f.id, f.first_chunk, f.n_chunks, f.first_row, f.n_rows) for f in examined.files]
    try:
        stored = examined.catalog.read_array("file_spans", "<i8")
    except CorruptIndexError:
        return  # `check_lists` says so
    if stored.tolist() != [number for span in spans for number in span]:
        yield examined.problem(f"the array file_spans of {examined.catalog.path} does not fit its files")


def check_file(examined: Examined, file: FileRow, flags: FlagArray) -> Iterator[Problem]:
    """Read a file's text, chunks and bags; note in `flags` which rows it owns."""
    if file.n_rows and not 0 <= file.first_row <= file.first_row + file.n_rows <= len(flags):
        yield examined.problem(f"{file.path} has vectors beyond the last of {examined.catalog.path}", file.path)
        return
    ids = range(file.first_chunk, file.first_chunk + file.n_chunks)
    yield from examined.attempt(partial(examined.records.bags, ids), file.path)
    try:
        chunks = examined.records.chunks(ids)
        text = examined.records.text(file.id)
    except CorruptIndexError as error:
        what, _, mend = str(error).rpartition("; ")
        yield Problem(what, CATALOG_NAME, mend, file.path)
        return
    if len(chunks) != file.n_chunks or any(chunk.file_id != file.id for chunk in chunks):
        yield examined.problem(f"chunks of {file.path} are missing in {examined.catalog.path}", file.path)
        return
    n_lines = text.count(b"\n") + 1
    if any(_is_outside(chunk, file, len(text), n_lines) for chunk in chunks):
        yield examined.problem(f"a chunk of {file.path} lies outside its file", file.path)
        return
    _note_rows(chunks, file, flags)


def check_flags(examined: Examined, wanted: FlagArray) -> Iterator[Problem]:
    """Compare the flags of all rows with those of the chunks that own them."""
    try:
        stored = examined.catalog.read_array("row_flags", FLAGS_DTYPE)
    except CorruptIndexError:
        return  # `check_lists` says so
    if not np.array_equal(stored, wanted):
        yield examined.problem(f"the array row_flags of {examined.catalog.path} does not fit its chunks")


def _is_outside(chunk: ChunkRow, file: FileRow, n_bytes: int, n_lines: int) -> bool:
    if not 0 <= chunk.start_byte <= chunk.end_byte <= n_bytes or not 1 <= chunk.start_line <= n_lines:
        return True
    if not chunk.start_line - 1 <= chunk.end_line <= n_lines:
        return True
    first_leaf = chunk.first_leaf_id - file.first_chunk
    if not 0 <= first_leaf <= first_leaf + chunk.n_leaves <= file.n_leaves:
        return True
    if chunk.row is None:
        return chunk.n_rows != 0
    return not file.first_row <= chunk.row < chunk.row + chunk.n_rows <= file.first_row + file.n_rows


def _note_rows(chunks: Sequence[ChunkRow], file: FileRow, flags: FlagArray) -> None:
    owned = RowFlags(np.zeros(0, dtype=FLAGS_DTYPE))
    first = [0 if chunk.row is None else chunk.row - file.first_row for chunk in chunks]
    owned.extend(
        [to_chunk(chunk, file.first_chunk) for chunk in chunks], first, [c.n_rows for c in chunks], file.n_rows
    )
    if file.n_rows:
        flags[file.first_row : file.first_row + file.n_rows] = owned.values()
