"""Reads everything that a generation holds and says what does not match. Mends nothing."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np

from codesearch.errors import CorruptIndexError
from codesearch.storage.catalog import Catalog
from codesearch.storage.checksums import find_damaged_blocks
from codesearch.storage.derived import read_derived_files
from codesearch.storage.ingest import definition_names
from codesearch.storage.records import Records
from codesearch.storage.row_flags import FLAGS_DTYPE
from codesearch.storage.rows import FileRow, Generation
from codesearch.storage.statistics import check_terms
from codesearch.storage.vectors import VectorReader


def find_damage(folder: Path) -> list[str]:
    """Return what does not match its checksums, one sentence each; nobody may write to the folder meanwhile.

    Raises CorruptIndexError where the catalogue itself cannot be read.
    """
    with closing(Catalog.open_reader(folder)) as catalog:
        catalog.begin("DEFERRED")
        generation = catalog.read_generation()
        if not catalog.is_sound():
            return [f"{catalog.path} is damaged in its structure; {catalog.mend}"]
        problems = [problem for check in _checks(folder, catalog, generation) if (problem := _run(check))]
        damaged = {file.name: len(find_damaged_blocks(folder, file)) for file in read_derived_files(catalog)}
        return problems + [
            f"{folder / name} is damaged in {n_blocks} blocks; {catalog.mend}"
            for name, n_blocks in damaged.items()
            if n_blocks
        ]


def _run(check: Callable[[], object]) -> str:
    try:
        check()
    except CorruptIndexError as error:
        return str(error)
    return ""


def _checks(folder: Path, catalog: Catalog, generation: Generation) -> Iterator[Callable[[], object]]:
    records = Records(catalog)
    yield partial(check_terms, catalog)
    yield partial(catalog.read_array, "row_flags", FLAGS_DTYPE)
    yield partial(catalog.read_array, "file_spans", "<i8")
    yield partial(catalog.read_array, "coarse_rows", "<u4")
    yield partial(_check_vectors, folder, catalog, generation)
    yield records.files
    if not _run(records.files):
        for file in records.files():
            yield partial(_check_file, records, catalog, file)


def _check_vectors(folder: Path, catalog: Catalog, generation: Generation) -> None:
    info = generation.info
    with closing(VectorReader(folder / generation.vectors_name, info.dim, info.n_rows, catalog.mend)) as vectors:
        for block in vectors.read_blocks(0, info.n_rows):
            if not np.isfinite(block).all():
                raise CorruptIndexError(f"{folder / generation.vectors_name} holds no numbers; {catalog.mend}")


def _check_file(records: Records, catalog: Catalog, file: FileRow) -> None:
    records.text(file.id)
    ids = range(file.first_chunk, file.first_chunk + file.n_chunks)
    chunks = records.chunks(ids)
    if len(chunks) != file.n_chunks:
        raise records.mismatch(f"the list of chunks of {file.path}")
    records.bags(ids)
    wanted = {
        (n, chunk.id) for chunk in chunks for n in definition_names(chunk.symbol, chunk.qualified_name, chunk.names)
    }
    sql = (
        "SELECT name, chunk_id FROM definitions "
        "WHERE name IN (SELECT value FROM json_each(?)) AND chunk_id BETWEEN ? AND ?"
    )
    names = json.dumps(sorted({name for name, _ in wanted}))
    if set(catalog.rows(sql, (names, file.first_chunk, file.first_chunk + file.n_chunks - 1))) != wanted:
        raise records.mismatch(f"the list of definitions of {file.path}")
