"""Checks of the catalogue as a whole: its structure, its schema, its lists, its counts. Yields findings."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial

import numpy.typing as npt

from codesearch.findings import Problem
from codesearch.storage.catalog import CATALOG_NAME, Catalog
from codesearch.storage.examined import Examined
from codesearch.storage.ingest import check_bag, definition_names, unpack_names
from codesearch.storage.row_flags import FLAGS_DTYPE
from codesearch.storage.rows import TermDocument
from codesearch.storage.schema import APPLICATION_ID, TABLES
from codesearch.storage.statistics import compare_statistics
from codesearch.storage.table_sums import (
    DEFINITIONS,
    SUMMED_TABLES,
    check_definitions,
    compare_sum,
    read_summed,
    sums_to,
)
from codesearch.storage.tally import Tally
from indexers.types import GRANULARITIES, KINDS

ARRAYS: dict[str, npt.DTypeLike] = {
    "row_flags": FLAGS_DTYPE,
    "file_spans": "<i8",
    "coarse_rows": "<u4",
    "cuts": "<u4",
    "probe": "<f4",
}

_INDEX_MESSAGES = ("missing from index", "wrong # of entries in index", "non-unique entry in index")
"""How `PRAGMA integrity_check` begins to say that an index, which can be made anew, does not fit its table."""

_SLICE = 2000
"""Chunks read at once: bounds the memory of a check to some 10 MB of bags."""


def check_structure(catalog: Catalog) -> Iterator[Problem]:
    """Let SQLite check the file, and compare its tables with those of this format."""
    messages = [str(row[0]) for row in catalog.rows("PRAGMA integrity_check(20)")]
    if messages != ["ok"]:
        is_index = all(any(part in message for part in _INDEX_MESSAGES) for message in messages)
        mend = catalog.mend if is_index else catalog.mend_structure
        shown = " ".join(messages[0].split())
        yield Problem(f"{catalog.path} is damaged in its structure ({shown})", CATALOG_NAME, mend)
    made = _make_schema()
    if unlike := _read_schema(catalog) ^ made:
        ours = {name for kind, name, *_ in made if kind == "index"}
        is_index = all(kind == "index" and name in ours for kind, name, *_ in unlike)
        what = f"{catalog.path} has other {'indexes' if is_index else 'tables'} than this format"
        yield Problem(what, CATALOG_NAME, catalog.mend if is_index else catalog.mend_structure)
    if catalog.rows("PRAGMA application_id") != [(APPLICATION_ID,)]:
        yield Problem(f"{catalog.path} is marked as a file of another program", CATALOG_NAME, catalog.mend)


def check_lists(examined: Examined) -> Iterator[Problem]:
    """Compare every list and array with its checksum."""
    catalog = examined.catalog
    names = {str(row[0]) for row in catalog.rows("SELECT name FROM arrays")}
    if not {"row_flags", "file_spans"} <= names <= ARRAYS.keys():
        yield examined.problem(f"the arrays of {catalog.path} are not those of this format")
    for name in sorted(names & ARRAYS.keys()):
        yield from examined.attempt(partial(catalog.read_array, name, ARRAYS[name]))
    for table in SUMMED_TABLES:
        read = check_definitions if table == DEFINITIONS else partial(read_summed, table=table)
        yield from examined.attempt(partial(read, catalog))
    if catalog.rows("SELECT count(*) FROM table_sums") != [(len(SUMMED_TABLES),)]:
        yield examined.problem(f"the table table_sums of {catalog.path} has too many or too few rows")


def check_counts(examined: Examined) -> Iterator[Problem]:
    """Compare the numbers of rows with each other and with what the index says of itself."""
    catalog, info = examined.catalog, examined.generation.info
    n_chunks = sum(file.n_chunks for file in examined.files)
    n_without = sum(not file.has_vectors for file in examined.files)
    wanted = {"files": len(examined.files), "texts": len(examined.files), "chunks": n_chunks, "bags": n_chunks}
    for table, n_wanted in wanted.items():
        n_found = catalog.rows(f"SELECT count(*) FROM {table}")[0][0]
        if n_found != n_wanted:
            yield examined.problem(f"the table {table} of {catalog.path} has {n_found} rows instead of {n_wanted}")
    said = (info.n_files, info.files_done, info.n_chunks, info.n_files_without_vectors)
    if said != (len(examined.files), len(examined.files), n_chunks, n_without) or (info.complete and n_without):
        yield examined.problem(f"{catalog.path} counts other files or chunks than it holds")
    ids = [(file.id, file.first_chunk + file.n_chunks) for file in examined.files]
    if any(i >= examined.generation.next_file_id or end > examined.generation.next_chunk_id for i, end in ids):
        yield examined.problem(f"{catalog.path} would give ids a second time")


def check_derivation(examined: Examined) -> Iterator[Problem]:
    """Count terms, lengths and definitions again from the bags and chunks, which have to be whole, and compare."""
    catalog, tally = examined.catalog, Tally()
    definitions: list[tuple[str, int]] = []
    n_definitions = total = 0
    for first in _slices(examined):
        sql = (
            "SELECT c.id, c.file_id, c.granularity, c.kind, c.symbol, c.qualified_name, c.names, b.bag, b.crc "
            "FROM chunks c JOIN bags b ON b.chunk_id = c.id WHERE c.id >= ? AND c.id < ? ORDER BY c.id"
        )
        for chunk_id, file_id, granularity, kind, symbol, qualified, names, bag, crc in catalog.rows(
            sql, (first, first + _SLICE)
        ):
            check_bag(chunk_id, bag, crc, catalog)
            if granularity not in GRANULARITIES or kind not in KINDS:
                yield examined.problem(f"chunk {chunk_id} in {catalog.path} is of no kind")
                return
            tally.count([TermDocument(chunk_id, file_id, granularity, kind, bag)], 1)
            definitions += [(name, chunk_id) for name in definition_names(symbol, qualified, unpack_names(names))]
        n_definitions += len(definitions)
        total += sums_to(definitions)
        definitions.clear()
    yield from examined.attempt(partial(compare_sum, catalog, DEFINITIONS, n_definitions, total))
    yield from examined.attempt(partial(compare_statistics, catalog, tally))


def _slices(examined: Examined) -> Iterator[int]:
    ends = [file.first_chunk + file.n_chunks for file in examined.files]
    return iter(range(0, max(ends, default=0), _SLICE))


def _read_schema(catalog: Catalog) -> set[tuple[object, ...]]:
    return set(catalog.rows("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%'"))


def _make_schema() -> set[tuple[object, ...]]:
    with closing(sqlite3.connect(":memory:")) as connection:
        for statement in TABLES:
            connection.execute(statement)
        return set(connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master"))
