"""Checks of vectors and of what proposes candidates: its blocks, and whether it says what the catalogue says."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np

from codesearch.errors import CorruptIndexError
from codesearch.findings import Problem
from codesearch.storage.checksums import describe_damage
from codesearch.storage.coarse import take_prefix
from codesearch.storage.derived import read_derived_files
from codesearch.storage.examined import Examined
from codesearch.storage.lexical import LexicalReader
from codesearch.storage.rows import FileRow, IntArray
from codesearch.storage.table_sums import DEAD_DOCUMENTS, read_summed
from codesearch.storage.vectors import BLOCK_ROWS, VectorReader
from indexers.types import KINDS


def check_vectors(examined: Examined) -> Iterator[Problem]:
    """Compare every vector with its checksum."""
    info, name = examined.generation.info, examined.generation.vectors_name
    path = examined.folder / name
    try:
        with closing(VectorReader(path, info.dim, info.n_rows, examined.catalog.mend)) as vectors:
            rows = [row for first in range(0, info.n_rows, BLOCK_ROWS) for row in _find_damaged_rows(vectors, first)]
    except (FileNotFoundError, CorruptIndexError) as error:
        yield examined.problem(f"{path} cannot be read ({str(error).partition(';')[0]})", file=name)
        return
    for file, damaged in _by_file(examined.files, np.array(rows, dtype=np.int64)):
        rest = f"and {len(damaged) - 1} more do not match their checksums"
        what = f"vector {damaged[0]} of {path} {rest if len(damaged) > 1 else 'does not match its checksum'}"
        yield examined.problem(what, None if file is None else file.path, name)


def check_blocks(examined: Examined) -> Iterator[Problem]:
    """Compare the blocks of every lexical and coarse file with their checksums."""
    try:
        derived = read_derived_files(examined.catalog)
    except CorruptIndexError:
        return  # `check_lists` says so
    for file in derived:
        if what := describe_damage(examined.folder, file):
            yield examined.problem(what, file=file.name)
    names = {Path(file.name).parts[0] for file in derived}
    wanted = {examined.generation.lexical_name, examined.generation.coarse_name} - {None}
    if names != wanted:
        yield examined.problem(f"the derived files of {examined.catalog.path} are not those of its generation")


def check_candidates(examined: Examined) -> Iterator[Problem]:
    """Compare what whole lexical and coarse files say with the catalogue, which has to be whole."""
    yield from _check_lexical(examined)
    yield from _check_coarse(examined)


def _check_lexical(examined: Examined) -> Iterator[Problem]:
    name, catalog = examined.generation.lexical_name, examined.catalog
    live = catalog.rows("SELECT id, kind FROM chunks ORDER BY id")
    if name is None:
        if live:
            yield examined.problem(f"{examined.folder} has chunks and no words of them")
        return
    try:
        dead_files = [int(row[0]) for row in read_summed(catalog, DEAD_DOCUMENTS)]
        files = read_derived_files(catalog)
    except CorruptIndexError:
        return  # `check_lists` says so
    try:
        reader = LexicalReader(examined.folder / name, catalog.mend, files)
        dead = reader.ids_of_files(dead_files)
        ids = reader.all_ids()
        found = sorted({*ids} - {*dead})
        n_found = len(ids) - len(dead)
        kinds = sorted((i, kind) for kind in KINDS for i in set(reader.ids_of_kind(kind)) - {*dead})
    except CorruptIndexError as error:
        yield examined.problem(str(error).rpartition("; ")[0], file=name)
        return
    if n_found != len(found) or found != [i for i, _ in live]:
        yield examined.problem(f"{examined.folder / name} does not hold the chunks of the catalogue", file=name)
    elif kinds != live:
        yield examined.problem(f"{examined.folder / name} says other kinds than the catalogue", file=name)


def _check_coarse(examined: Examined) -> Iterator[Problem]:
    name, info = examined.generation.coarse_name, examined.generation.info
    mend = examined.catalog.mend
    try:
        rows: IntArray = examined.catalog.read_array("coarse_rows", "<u4").astype(np.int64)
    except CorruptIndexError:
        return  # `check_lists` says so
    if name is None:
        if len(rows):
            yield examined.problem(f"the array coarse_rows of {examined.catalog.path} is of no file")
        return
    path = examined.folder / name
    if not len(rows) or (np.diff(rows) <= 0).any() or rows[-1] >= info.n_rows:
        yield examined.problem(f"the array coarse_rows of {examined.catalog.path} does not fit the vectors")
        return
    try:
        with closing(
            VectorReader(examined.folder / examined.generation.vectors_name, info.dim, info.n_rows, mend)
        ) as v:
            unequal = _count_unequal_rows(path, rows, v, info.coarse_dim)
    except CorruptIndexError:
        return  # `check_vectors` says so
    if unequal:
        yield examined.problem(f"{path} compares {unequal} vectors by other numbers than they have", file=name)


def _count_unequal_rows(path: Path, rows: IntArray, vectors: VectorReader, coarse_dim: int) -> int:
    """Count the rows of a base, `rows` in order, whose numbers are not those of the vectors; all of a foreign base."""
    import faiss

    index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
    if index.ntotal != len(rows) or index.d != coarse_dim:
        return len(rows)
    n_unequal = first = 0
    for block in vectors.read_blocks(0, vectors.n_rows):
        start, end = (int(place) for place in np.searchsorted(rows, (first, first + len(block))))
        if end > start:
            unequal = index.reconstruct_n(start, end - start) != take_prefix(block[rows[start:end] - first], coarse_dim)
            n_unequal += int(np.count_nonzero(unequal.any(axis=1)))
        first += len(block)
    return n_unequal


def _find_damaged_rows(vectors: VectorReader, first: int) -> list[int]:
    """Return the damaged rows of the block that begins at `first`; looks at each only where there are some."""
    end = min(first + BLOCK_ROWS, vectors.n_rows)
    if _is_whole(vectors, first, end):
        return []
    return [row for row in range(first, end) if not _is_whole(vectors, row, row + 1)]


def _is_whole(vectors: VectorReader, first: int, end: int) -> bool:
    try:
        return all(np.isfinite(block).all() for block in vectors.read_blocks(first, end))
    except CorruptIndexError:
        return False


def _by_file(files: Iterable[FileRow], rows: IntArray) -> Iterator[tuple[FileRow | None, list[int]]]:
    """Group sorted rows by whose they are; None for those of files that are gone."""
    is_lost = np.ones(len(rows), dtype=bool)
    for file in files:
        first, end = np.searchsorted(rows, (file.first_row, file.first_row + file.n_rows))
        if first < end:
            is_lost[first:end] = False
            yield file, rows[first:end].tolist()
    if is_lost.any():
        yield None, rows[is_lost].tolist()
