"""Which catalogue rows one file becomes, and how they go away again. Knows no vectors, no tantivy, no commits."""

import json
import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from codesearch.storage.catalog import Catalog
from codesearch.storage.checksums import bag_checksum, chunk_checksum, file_checksum, hash_text, mismatch
from codesearch.storage.rows import FileRow, Generation, TermDocument
from codesearch.storage.schema import CHUNK_COLUMNS, FILE_COLUMNS
from codesearch.storage.table_sums import (
    DEAD_DOCUMENTS,
    DEFINITIONS,
    MARKS,
    SECRETS,
    SKIPPED,
    add_to_sum,
    read_summed,
    replace_sum,
    take_from_sum,
)
from indexers.types import Chunk, EncodedFile, FileStat, ParsedFile, Skipped, SkipReason

TEXT_LEVEL = 1
"""zlib's fastest: source shrinks to a third, the best level would save a further tenth for four times the time."""

_SIGNED = 1 << 63
_WRAP = 1 << 64

_WRITE_FILE = f"INSERT OR REPLACE INTO files ({FILE_COLUMNS}, checksum) VALUES ({', '.join('?' * 16)})"
_INSERT_CHUNK = f"INSERT INTO chunks ({CHUNK_COLUMNS}, checksum) VALUES ({', '.join('?' * 18)})"


def make_file_row(file: EncodedFile, generation: Generation, first_row: int) -> FileRow:
    """Give a file the next ids, and its vectors the rows from `first_row` on."""
    parsed = file.parsed
    return FileRow(
        id=generation.next_file_id,
        path=parsed.path,
        language=parsed.language,
        stat=parsed.stat,
        content_hash=parsed.text.content_hash,
        encoding=parsed.text.encoding,
        note=parsed.note,
        first_chunk=generation.next_chunk_id,
        n_chunks=len(parsed.chunks),
        n_leaves=sum(chunk.granularity == "leaf" for chunk in parsed.chunks),
        first_row=first_row,
        n_rows=len(file.vectors),
    )


def insert_file(catalog: Catalog, row: FileRow, file: EncodedFile) -> None:
    """Insert everything the catalogue keeps of a file."""
    parsed = file.parsed
    write_file_row(catalog, row)
    data = zlib.compress(parsed.text.data, TEXT_LEVEL)
    catalog.run("INSERT INTO texts VALUES (?, ?, ?)", (row.id, data, hash_text(row.id, data)))
    catalog.run_many(_INSERT_CHUNK, list(_chunk_values(row, file)))
    bags = [(i, bag, bag_checksum(i, bag)) for i, bag in enumerate(parsed.bags, start=row.first_chunk)]
    catalog.run_many("INSERT INTO bags VALUES (?, ?, ?)", bags)
    definitions = _definitions(row.first_chunk, parsed)
    catalog.run_many("INSERT INTO definitions VALUES (?, ?)", definitions)
    add_to_sum(catalog, DEFINITIONS, definitions)
    if parsed.text.secrets:
        secrets = [(row.id, secret.line, secret.kind) for secret in parsed.text.secrets]
        catalog.run_many("INSERT INTO secrets VALUES (?, ?, ?)", secrets)
        add_to_sum(catalog, SECRETS, secrets)


def write_file_row(catalog: Catalog, row: FileRow) -> None:
    """Insert or replace one row of `files`."""
    values = (
        row.id,
        row.path,
        row.language,
        *_stat_values(row.stat),
        row.content_hash,
        row.encoding,
        row.note,
        row.first_chunk,
        row.n_chunks,
        row.n_leaves,
        row.first_row,
        row.n_rows,
    )
    catalog.run(_WRITE_FILE, (*values, file_checksum(values)))


def write_rows(catalog: Catalog, row: FileRow, file: EncodedFile) -> None:
    """Tell a file that is there, and its chunks, which rows their vectors have."""
    write_file_row(catalog, row)
    span = (row.first_chunk, row.first_chunk + row.n_chunks - 1)
    chunks = catalog.rows(f"SELECT {CHUNK_COLUMNS}, checksum FROM chunks WHERE id BETWEEN ? AND ? ORDER BY id", span)
    if not len(chunks) == len(file.n_rows) == row.n_chunks:
        raise mismatch(f"the list of chunks of {row.path} in {catalog.path}", catalog.mend)
    changes: list[tuple[int | None, int, int, int]] = []
    for values, first_row, n_rows in zip(chunks, file.first_row, file.n_rows, strict=True):
        check_chunk(values, catalog)
        own = row.first_row + first_row if n_rows else None
        changes.append((own, n_rows, chunk_checksum((*values[:15], own, n_rows)), values[0]))
    catalog.run_many('UPDATE chunks SET "row" = ?, n_rows = ?, checksum = ? WHERE id = ?', changes)


def read_file_row(values: tuple[Any, ...], catalog: Catalog) -> FileRow:
    """Check and unpack a row of `FILE_COLUMNS` with its checksum behind."""
    try:
        is_whole = file_checksum(values) == values[15]
    except (TypeError, struct.error) as error:
        raise mismatch(f"file {values[0]} of {catalog.path}", catalog.mend) from error
    if not is_whole:
        raise mismatch(f"file {values[0]} of {catalog.path}", catalog.mend)
    stat = FileStat(values[3], values[4], values[5], values[6] % _WRAP)
    return FileRow(values[0], values[1], values[2], stat, *values[7:15])


def read_file_rows(catalog: Catalog) -> list[FileRow]:
    """Read all files, checked, by id."""
    rows = catalog.rows(f"SELECT {FILE_COLUMNS}, checksum FROM files ORDER BY id")
    return [read_file_row(values, catalog) for values in rows]


def write_spans(catalog: Catalog, files: Iterable[FileRow]) -> None:
    """Write which ids and rows each file has, for readers to look up without reading the files."""
    spans = [(row.id, row.first_chunk, row.n_chunks, row.first_row, row.n_rows) for row in files]
    catalog.write_array("file_spans", np.array(sorted(spans), dtype="<i8").reshape(-1, 5))


def delete_file(catalog: Catalog, row: FileRow) -> None:
    """Delete everything the catalogue keeps of a file, and note its documents as dead."""
    span = (row.first_chunk, row.first_chunk + row.n_chunks - 1)
    chunks = catalog.rows("SELECT id, symbol, qualified_name, names FROM chunks WHERE id BETWEEN ? AND ?", span)
    gone = [
        (name, chunk_id)
        for chunk_id, symbol, qualified_name, names in chunks
        for name in definition_names(symbol, qualified_name, unpack_names(names))
    ]
    catalog.run_many("DELETE FROM definitions WHERE name = ? AND chunk_id = ?", gone)
    take_from_sum(catalog, DEFINITIONS, gone)
    catalog.run("DELETE FROM chunks WHERE id BETWEEN ? AND ?", span)
    catalog.run("DELETE FROM bags WHERE chunk_id BETWEEN ? AND ?", span)
    catalog.run("DELETE FROM texts WHERE file_id = ?", (row.id,))
    secrets = catalog.rows("SELECT file_id, line, kind FROM secrets WHERE file_id = ?", (row.id,))
    catalog.run("DELETE FROM secrets WHERE file_id = ?", (row.id,))
    take_from_sum(catalog, SECRETS, secrets)
    catalog.run("INSERT INTO dead_documents VALUES (?)", (row.id,))
    add_to_sum(catalog, DEAD_DOCUMENTS, [(row.id,)])
    catalog.run("DELETE FROM files WHERE id = ?", (row.id,))


def read_skipped(catalog: Catalog) -> list[Skipped]:
    """Read the list of skipped files, in the order it was given."""
    rows = read_summed(catalog, SKIPPED)
    return [Skipped(path, SkipReason(reason), detail, _read_stat(stat)) for _, path, reason, detail, *stat in rows]


def write_skipped(catalog: Catalog, skipped: Iterable[Skipped]) -> None:
    """Replace the list of skipped files."""
    catalog.run("DELETE FROM skipped")
    rows = [(s.path, s.reason.value, s.detail, *_stat_values(s.stat)) for s in skipped]
    catalog.run_many("INSERT INTO skipped VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    replace_sum(catalog, SKIPPED, [(i, *row) for i, row in enumerate(rows, start=1)])


def read_marks(catalog: Catalog) -> frozenset[str]:
    """Read which files are marked as written by a person."""
    return frozenset(row[0] for row in read_summed(catalog, MARKS))


def write_marks(catalog: Catalog, paths: Iterable[str]) -> None:
    """Replace the list of files that are marked as written by a person."""
    catalog.run("DELETE FROM marked_as_source")
    rows = [(path,) for path in sorted(paths)]
    catalog.run_many("INSERT INTO marked_as_source VALUES (?)", rows)
    replace_sum(catalog, MARKS, rows)


def _read_stat(values: Sequence[Any]) -> FileStat | None:
    if values[0] is None:
        return None
    return FileStat(values[0], values[1], values[2], values[3] % _WRAP)


def _stat_values(stat: FileStat | None) -> tuple[int | None, ...]:
    if stat is None:
        return (None, None, None, None)
    inode = stat.inode - _WRAP if stat.inode >= _SIGNED else stat.inode
    return (stat.size_bytes, stat.mtime_ns, stat.ctime_ns, inode)


def read_documents(catalog: Catalog, row: FileRow) -> list[TermDocument]:
    """Read the terms of a file's chunks, checked."""
    span = (row.first_chunk, row.first_chunk + row.n_chunks - 1)
    chunks = catalog.rows(f"SELECT {CHUNK_COLUMNS}, checksum FROM chunks WHERE id BETWEEN ? AND ? ORDER BY id", span)
    bags = catalog.rows("SELECT chunk_id, bag, crc FROM bags WHERE chunk_id BETWEEN ? AND ? ORDER BY chunk_id", span)
    if not len(chunks) == len(bags) == row.n_chunks:
        raise mismatch(f"the list of chunks of {row.path} in {catalog.path}", catalog.mend)
    documents: list[TermDocument] = []
    for values, (chunk_id, bag, crc) in zip(chunks, bags, strict=True):
        check_chunk(values, catalog)
        check_bag(chunk_id, bag, crc, catalog)
        documents.append(TermDocument(chunk_id, row.id, values[3], values[2], bag))
    return documents


def make_documents(row: FileRow, file: EncodedFile) -> list[TermDocument]:
    """Return the terms of a file's chunks under their new ids."""
    return [
        TermDocument(row.first_chunk + i, row.id, chunk.granularity, chunk.kind, bag)
        for i, (chunk, bag) in enumerate(zip(file.parsed.chunks, file.parsed.bags, strict=True))
    ]


def check_chunk(values: tuple[Any, ...], catalog: Catalog) -> None:
    """Check a row of `CHUNK_COLUMNS` with its checksum behind."""
    try:
        is_whole = chunk_checksum(values) == values[17]
    except (TypeError, struct.error) as error:
        raise mismatch(f"chunk {values[0]} in {catalog.path}", catalog.mend) from error
    if not is_whole:
        raise mismatch(f"chunk {values[0]} in {catalog.path}", catalog.mend)


def check_bag(chunk_id: int, bag: object, crc: int, catalog: Catalog) -> None:
    """Check a chunk's packed term bag."""
    if not isinstance(bag, bytes) or bag_checksum(chunk_id, bag) != crc:
        raise mismatch(f"the term bag of chunk {chunk_id} in {catalog.path}", catalog.mend)


def definition_names(symbol: str, qualified_name: str, names: Iterable[str]) -> set[str]:
    """Return the lowercased names under which a chunk is found as a definition."""
    last = qualified_name.replace("::", ".").rsplit(".", 1)[-1]
    return {name.lower() for name in (symbol, qualified_name, last, *names) if name}


def pack_names(names: tuple[str, ...]) -> str:
    """Pack a chunk's further names into one column: a line each, or JSON where a name would not survive that."""
    if all(name and "\n" not in name and name[0] != "[" for name in names):
        return "\n".join(names)
    return json.dumps(names, ensure_ascii=False)


def unpack_names(packed: str) -> tuple[str, ...]:
    """Unpack what `pack_names` packed."""
    if packed.startswith("["):
        return tuple(json.loads(packed))
    return tuple(packed.split("\n")) if packed else ()


def _chunk_values(row: FileRow, file: EncodedFile) -> Iterable[tuple[Any, ...]]:
    for i, chunk in enumerate(file.parsed.chunks):
        values = _values_of(chunk, row, row.first_chunk + i, file.first_row[i], file.n_rows[i])
        yield (*values, chunk_checksum(values))


def _values_of(chunk: Chunk, row: FileRow, chunk_id: int, first_row: int, n_rows: int) -> tuple[Any, ...]:
    return (
        chunk_id,
        row.id,
        chunk.kind,
        chunk.granularity,
        chunk.symbol,
        chunk.qualified_name,
        chunk.signature,
        chunk.documentation,
        pack_names(chunk.names),
        chunk.start_byte,
        chunk.end_byte,
        chunk.start_line,
        chunk.end_line,
        row.first_chunk + chunk.first_leaf,
        chunk.n_leaves,
        row.first_row + first_row if n_rows else None,
        n_rows,
    )


def _definitions(first_chunk: int, parsed: ParsedFile) -> list[tuple[str, int]]:
    return sorted(
        (name, first_chunk + i)
        for i, chunk in enumerate(parsed.chunks)
        for name in definition_names(chunk.symbol, chunk.qualified_name, chunk.names)
    )
