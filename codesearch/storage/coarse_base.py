"""Writes the immutable coarse base, and says when a new one is due. Reading it is `coarse`'s."""

import os
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from codesearch.errors import StorageError
from codesearch.storage.catalog import Catalog
from codesearch.storage.coarse import take_prefix
from codesearch.storage.platform import open_private, sync_file
from codesearch.storage.row_flags import FlagArray
from codesearch.storage.rows import Generation, IntArray
from codesearch.storage.vectors import VectorReader, record_dtype

MIN_CHANGED_ROWS = 4096
"""Up to here a query skips the base's dead, and compares the rows since the base once they are read, in 0.3 ms."""

MAX_CHANGED_SHARE = 0.05
"""A base is made again when this share of it is dead, or is waiting behind it."""

MAX_CHANGED_SHARE_UNFINISHED = 1.0
"""While a first build is not complete the base may double: most commits make no new one."""

MIN_ROWS_UNFINISHED = 65_536
"""Up to here a first build of short vectors does without a base, which would last for seconds: the first search of a
process reads so many rows of 256 dimensions in 0.15 s."""

MAX_TAIL_BYTES = 16 << 20
"""Rows behind the base are read at full dimension by the first search of a process: 55 ms for these 3,274 rows of 2,560
dimensions, warm; 1.1 s for the 65,536 rows that a base of a million would allow without this bound."""

MAX_TAIL_BYTES_UNFINISHED = 64 << 20
"""13,097 rows of 2,560 dimensions, 0.2 to 0.4 s: a base is written more seldom while vectors keep coming."""


def coarse_name(generation: int) -> str:
    """Return the name of the base file that `generation` wrote."""
    return f"coarse-{generation}.faiss"


@dataclass(frozen=True, slots=True)
class Behind:
    """What an index has that its base does not say, in rows."""

    n_base: int
    n_dead: int
    """Of the base."""
    n_tail: int
    """Live behind the base."""
    n_read: int
    """From the base to the last live row, the dead among them: what the first search reads."""


def is_due(behind: Behind, dim: int, *, is_finished: bool) -> bool:
    """Say whether the rows that a base lacks, or that are dead in it, call for a new one."""
    max_read = (MAX_TAIL_BYTES if is_finished else MAX_TAIL_BYTES_UNFINISHED) // record_dtype(dim).itemsize
    if behind.n_read > max_read:
        return True
    if not is_finished and behind.n_tail < MIN_ROWS_UNFINISHED:
        return False
    max_share = MAX_CHANGED_SHARE if is_finished else MAX_CHANGED_SHARE_UNFINISHED
    return max(behind.n_dead, behind.n_tail) > max(MIN_CHANGED_ROWS, max_share * behind.n_base)


def renew_base(
    folder: Path, catalog: Catalog, generation: Generation, flags: FlagArray, *, is_finished: bool
) -> Generation:
    """Write a base of the live rows if one is due; return the generation with the base it has then."""
    behind = find_behind(catalog.read_array("coarse_rows", "<u4").astype(np.int64), flags)
    if not is_due(behind, generation.info.dim, is_finished=is_finished):
        return generation
    live = np.flatnonzero(flags)
    name = coarse_name(generation.info.generation + 1) if len(live) else None
    if name is not None:
        info = generation.info
        with closing(VectorReader(folder / generation.vectors_name, info.dim, info.n_rows, catalog.mend)) as vectors:
            write_base(folder / name, vectors, live, info.coarse_dim)
    catalog.write_array("coarse_rows", live.astype("<u4"))
    return replace(generation, coarse_name=name)


def find_behind(base: IntArray, flags: FlagArray) -> Behind:
    """Count the rows that a base, whose rows are `base` in order, lacks of those with `flags`, and has in vain."""
    end = int(base[-1]) + 1 if len(base) else 0
    tail = np.flatnonzero(flags[end:])
    n_dead = int(np.count_nonzero(flags[base] == 0))
    return Behind(len(base), n_dead, len(tail), int(tail[-1]) + 1 if len(tail) else 0)


def write_base(path: Path, vectors: VectorReader, rows: IntArray, coarse_dim: int) -> None:
    """Write the base of the live `rows`, sorted, and bring it to the disk; reads the vectors in blocks."""
    import faiss

    index = faiss.IndexScalarQuantizer(coarse_dim, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    first = 0
    for block in vectors.read_blocks(0, vectors.n_rows):
        here = rows[np.searchsorted(rows, first) : np.searchsorted(rows, first + len(block))] - first
        if len(here):
            index.add(take_prefix(block[here], coarse_dim))
        first += len(block)
    try:
        path.unlink(missing_ok=True)
        os.close(open_private(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC))
        faiss.write_index(index, str(path))
        sync_file(path)
    except (OSError, RuntimeError) as error:
        raise StorageError(f"{path} cannot be written ({error}); check the disk's space and try again") from error
