"""Writes the immutable coarse base, and says when a new one is due. Reading it is `coarse`'s."""

import os
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np

from codesearch.errors import StorageError
from codesearch.storage.catalog import Catalog
from codesearch.storage.coarse import take_prefix
from codesearch.storage.platform import open_private, sync_file
from codesearch.storage.row_flags import FlagArray
from codesearch.storage.rows import Generation, IntArray
from codesearch.storage.vectors import VectorReader

MIN_CHANGED_ROWS = 4096
"""Up to here a scan of the rows since the base, or skipping its dead, costs under a millisecond."""

MAX_CHANGED_SHARE = 0.05
"""A base is made again when this share of it is dead, or is waiting behind it."""

MAX_CHANGED_SHARE_UNFINISHED = 1.0
"""While a first build is not complete the base may double, so that many commits cost no more than two builds."""

MIN_ROWS_UNFINISHED = 65_536
"""Up to here a first build does without a base: a scan takes some 50 ms, and a base would last for seconds."""


def coarse_name(generation: int) -> str:
    """Return the name of the base file that `generation` wrote."""
    return f"coarse-{generation}.faiss"


def is_due(n_base: int, n_dead: int, n_tail: int, max_share: float) -> bool:
    """Say whether so many dead rows of the base, or live rows behind it, call for a new base."""
    limit = max(MIN_CHANGED_ROWS, max_share * n_base)
    return n_dead > limit or n_tail > limit


def renew_base(
    folder: Path, catalog: Catalog, generation: Generation, flags: FlagArray, *, is_finished: bool
) -> Generation:
    """Write a base of the live rows if one is due; return the generation with the base it has then."""
    base = catalog.read_array("coarse_rows", "<u4").astype(np.int64)
    end = int(base[-1]) + 1 if len(base) else 0
    n_tail = int(np.count_nonzero(flags[end:]))
    n_dead = int(np.count_nonzero(flags[base] == 0))
    if not is_finished and n_tail < MIN_ROWS_UNFINISHED:
        return generation
    max_share = MAX_CHANGED_SHARE if is_finished else MAX_CHANGED_SHARE_UNFINISHED
    if not is_due(len(base), n_dead, n_tail, max_share):
        return generation
    live = np.flatnonzero(flags)
    name = coarse_name(generation.info.generation + 1) if len(live) else None
    if name is not None:
        info = generation.info
        with closing(VectorReader(folder / generation.vectors_name, info.dim, info.n_rows, catalog.mend)) as vectors:
            write_base(folder / name, vectors, live, info.coarse_dim)
    catalog.write_array("coarse_rows", live.astype("<u4"))
    return replace(generation, coarse_name=name)


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
