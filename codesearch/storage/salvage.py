"""Takes what is whole out of a damaged index, inside the writer's transaction: the truth alone, nothing derived.

A file whose row, text, chunks or term bags are damaged goes; one whose vectors are goes on by its words. Until the
switch the files of the old generation stay as they are. Knows no commits and encodes nothing.
"""

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from codesearch.errors import CodesearchError, CorruptIndexError
from codesearch.storage.catalog import Catalog
from codesearch.storage.checksums import chunk_checksum
from codesearch.storage.compaction import renumber_rows
from codesearch.storage.derived import unused_vectors_number
from codesearch.storage.examined import Examined
from codesearch.storage.file_checks import check_file
from codesearch.storage.ingest import definition_names, read_file_row, write_file_row
from codesearch.storage.records import Records
from codesearch.storage.row_flags import FLAGS_DTYPE, FlagArray
from codesearch.storage.rows import NO_ROW, FileRow, Generation
from codesearch.storage.saved_lists import SavedLists, may_hold_mark, read_lists, remake_tables, write_lists
from codesearch.storage.schema import CHUNK_COLUMNS, FILE_COLUMNS
from codesearch.storage.steps import OnStep
from codesearch.storage.table_sums import DEFINITIONS, add_to_sum
from codesearch.storage.vectors import VectorAppender, read_suspects, vectors_name


@dataclass(frozen=True, slots=True)
class Salvage:
    """What is left, and what is not."""

    generation: Generation
    """Without anything derived."""
    dropped: tuple[str, ...]
    """Paths of files that are in the index no more, as far as they can be read."""
    n_dropped: int
    """How many there are: of some nothing may be left that could be read."""
    stripped: tuple[str, ...]
    """Paths of files that lost their vectors."""
    lost: tuple[str, ...]
    """Lists that are empty now."""


@dataclass(slots=True)
class _Sorting:
    """Files, sorted by what is left of them."""

    lists: SavedLists
    is_whole: npt.NDArray[np.bool_]
    """Of each row of the vectors."""
    flags: FlagArray
    """Whose the rows are, of files that keep theirs."""
    kept: list[FileRow] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    stripped: list[str] = field(default_factory=list)


def salvage(folder: Path, catalog: Catalog, generation: Generation, on_step: OnStep) -> Salvage:
    """Leave nothing in the catalogue but what is whole. Raises CorruptIndexError where its structure forbids that."""
    info = generation.info
    lists, is_whole = read_lists(catalog), _find_whole(folder / generation.vectors_name, generation)
    sorting = _Sorting(lists, is_whole, np.zeros(info.n_rows, dtype=FLAGS_DTYPE))
    files = list(_read_files(catalog, sorting.dropped))
    remake_tables(catalog)
    for file in files:
        write_file_row(catalog, file)
    examined = Examined(folder, catalog, generation, Records(catalog), files)
    for file in files:
        _sort(examined, file, sorting)
    _delete_others(catalog, sorting.kept)
    if not is_whole.all():
        generation = _move_rows(folder, catalog, generation, sorting)
        on_step("rows moved")
    write_lists(catalog, lists, {file.id for file in sorting.kept})
    catalog.write_array("row_flags", sorting.flags)
    generation = replace(generation, lexical_name=None, coarse_name=None, info=replace(info, n_rows=len(sorting.flags)))
    n_dropped = max(len(sorting.dropped), info.n_files - len(sorting.kept))
    return Salvage(generation, tuple(sorting.dropped), n_dropped, tuple(sorting.stripped), lists.lost)


def _read_files(catalog: Catalog, dropped: list[str]) -> Iterable[FileRow]:
    """Read every row alone: one that SQLite cannot decode must not hide the others; its indexes may be damaged."""
    for (file_id,) in catalog.rows("SELECT id FROM files NOT INDEXED ORDER BY id"):
        try:
            sql = f"SELECT {FILE_COLUMNS}, checksum FROM files NOT INDEXED WHERE id = ?"
            yield read_file_row(catalog.rows(sql, (file_id,))[0], catalog)
        except CorruptIndexError:
            dropped.append(_name(catalog, file_id))


def _name(catalog: Catalog, file_id: int) -> str:
    try:
        path = catalog.rows("SELECT path FROM files NOT INDEXED WHERE id = ?", (file_id,))[0][0]
    except CodesearchError:
        path = None
    return path if isinstance(path, str) else f"file {file_id}, whose name cannot be read"


def _find_whole(path: Path, generation: Generation) -> npt.NDArray[np.bool_]:
    parts = [is_whole for _, is_whole in read_suspects(path, generation.info.dim, generation.info.n_rows)]
    return np.concatenate([np.zeros(0, dtype=bool), *parts])


def _sort(examined: Examined, file: FileRow, sorting: _Sorting) -> None:
    """Keep a file, keep its words, or keep nothing of it."""
    catalog, records, lists = examined.catalog, examined.records, sorting.lists
    span = slice(file.first_row, file.first_row + file.n_rows) if file.has_vectors else slice(0, 0)
    is_damaged = any(check_file(examined, file, sorting.flags))
    if is_damaged or (lists.secrets is None and may_hold_mark(records.text(file.id))):
        sorting.flags[span] = 0
        sorting.dropped.append(file.path)
        return
    if file.has_vectors and (lists.probe is None or not sorting.is_whole[span].all()):
        sorting.flags[span] = 0
        sorting.stripped.append(file.path)
        file = _forget_rows(catalog, file)
    sorting.kept.append(file)
    chunks = records.chunks(range(file.first_chunk, file.first_chunk + file.n_chunks))
    definitions = [
        (name, chunk.id)
        for chunk in chunks
        for name in definition_names(chunk.symbol, chunk.qualified_name, chunk.names)
    ]
    catalog.run_many("INSERT INTO definitions VALUES (?, ?)", definitions)
    add_to_sum(catalog, DEFINITIONS, definitions)


def _forget_rows(catalog: Catalog, file: FileRow) -> FileRow:
    span = (file.first_chunk, file.first_chunk + file.n_chunks - 1)
    chunks = catalog.rows(f"SELECT {CHUNK_COLUMNS} FROM chunks WHERE id BETWEEN ? AND ?", span)
    changes = [(chunk_checksum((*values[:15], None, 0)), values[0]) for values in chunks]
    catalog.run_many('UPDATE chunks SET "row" = NULL, n_rows = 0, checksum = ? WHERE id = ?', changes)
    row = replace(file, first_row=NO_ROW, n_rows=0)
    write_file_row(catalog, row)
    return row


def _delete_others(catalog: Catalog, kept: Sequence[FileRow]) -> None:
    """Delete what belongs to no file that is kept: rows of those that are not, rows of nobody."""
    ids = {file.id for file in kept}
    gone = [row for row in catalog.rows("SELECT id FROM files") if row[0] not in ids]
    catalog.run_many("DELETE FROM files WHERE id = ?", gone)
    catalog.run("DELETE FROM texts WHERE file_id NOT IN (SELECT id FROM files)")
    ends = [(file.first_chunk, file.first_chunk + file.n_chunks) for file in kept]
    for table, column in (("chunks", "id"), ("bags", "chunk_id")):
        catalog.run_many(f"DELETE FROM {table} WHERE {column} >= ? AND {column} < ?", _gaps(ends))
        last = max((end for _, end in ends), default=0)
        catalog.run(f"DELETE FROM {table} WHERE {column} >= ?", (last,))


def _gaps(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return what lies before and between half-open spans."""
    gaps: list[tuple[int, int]] = []
    behind = -(1 << 63)
    for first, end in sorted(spans):
        if behind < first:
            gaps.append((behind, first))
        behind = max(behind, end)
    return gaps


def _move_rows(folder: Path, catalog: Catalog, generation: Generation, sorting: _Sorting) -> Generation:
    """Copy the live rows to a new file, block by block."""
    info, name = generation.info, vectors_name(unused_vectors_number(folder))
    is_live = sorting.flags != 0
    first = 0
    with closing(VectorAppender(folder / name, info.dim, 0, catalog.mend)) as moved:
        for vectors, _ in read_suspects(folder / generation.vectors_name, info.dim, info.n_rows):
            moved.append(vectors[is_live[first : first + len(vectors)]])
            first += len(vectors)
        moved.sync()
    live = np.flatnonzero(is_live)
    sorting.kept = renumber_rows(catalog, sorting.kept, live)
    sorting.flags = sorting.flags[live]
    return replace(generation, vectors_name=name)
