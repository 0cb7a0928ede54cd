"""Writes the immutable coarse base, and says whether a new one is due. Reading it is `coarse`'s."""

import os
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from codesearch.storage.catalog import Catalog
from codesearch.storage.coarse import take_prefix
from codesearch.storage.platform import open_private
from codesearch.storage.row_flags import FlagArray
from codesearch.storage.rows import Generation, IntArray
from codesearch.storage.steps import refuse_write
from codesearch.storage.thresholds import BaseDue, BaseThresholds
from codesearch.storage.vectors import VectorReader, record_dtype

WRITE_BYTES = 1 << 20
"""Of a base at once."""


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


def find_due(behind: Behind, dim: int, thresholds: BaseThresholds) -> BaseDue | None:
    """Say what calls for a new base: rows that it lacks or that are dead in it; None where it does well as it is."""
    if behind.n_read > thresholds.tail_bytes // record_dtype(dim).itemsize:
        return "base due: tail bytes"
    if behind.n_tail < thresholds.min_tail_rows:
        return None
    n_allowed = max(thresholds.changed_rows, thresholds.changed_share * behind.n_base)
    if behind.n_dead > n_allowed:
        return "base due: dead rows"
    return "base due: tail rows" if behind.n_tail > n_allowed else None


def read_due(catalog: Catalog, flags: FlagArray, dim: int, thresholds: BaseThresholds) -> BaseDue | None:
    """Say what calls for a new base where the rows have `flags`; raises CorruptIndexError."""
    base = catalog.read_array("coarse_rows", "<u4").astype(np.int64)
    return find_due(find_behind(base, flags), dim, thresholds)


def write_new_base(folder: Path, catalog: Catalog, generation: Generation, flags: FlagArray) -> Generation:
    """Write a base of the live rows; return the generation that has it."""
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
        with os.fdopen(open_private(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") as file:
            # Writing by itself, FAISS prints that a last piece did not fit, and takes that for success.
            writer = faiss.PyCallbackIOWriter(file.write, WRITE_BYTES)  # type: ignore[attr-defined,unused-ignore]
            faiss.write_index(index, writer)
            file.flush()
            os.fsync(file.fileno())
    except (OSError, RuntimeError) as error:
        raise refuse_write(path, error) from error
