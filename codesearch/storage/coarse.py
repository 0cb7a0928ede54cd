"""The FAISS side: similarity over the re-normalised prefix of `coarse_dim` dimensions, row by row.

An immutable base file holds the rows that lived when it was made; rows added since are scanned exactly. Both sides
compare the same float16 values, so a rebuild changes no score. Knows rows and masks, not chunks.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from codesearch.errors import CorruptIndexError
from codesearch.storage.coarse_gpu import SEARCHES_BEFORE_COPY, copy_to_gpu, find_on_gpu
from codesearch.storage.platform import name_of_open_file
from codesearch.storage.rows import IntArray
from codesearch.storage.vectors import VectorReader
from indexers.types import FloatArray

MOSTLY_ALLOWED = 0.4
"""From this share on, FAISS is faster without a selector (it then compares rows in bulk), dropping hits afterwards."""

OVERFETCH = 2
"""How many times the expected number of hits is asked for then: rows that are not allowed may crowd at the top."""

TIES_EXPECTED = 16
TIES_GROWTH = 8
MAX_TIES = 8192
"""How many hits beyond the last one wanted are fetched to see whether they are equal: copies of a file, empty ones.

Among more copies than the last, which ones are returned is not determined.
"""

BoolArray = npt.NDArray[np.bool_]

Accelerate = Callable[[Any], Any | None]
"""Copies a FAISS index to where it is searched faster; None where there is no such place."""


def take_prefix(vectors: FloatArray, coarse_dim: int) -> FloatArray:
    """Cut `[n, dim]` to `[n, coarse_dim]`, each row of unit length, rounded to float16 and back; zero rows stay."""
    prefix = vectors[:, :coarse_dim]
    norms = np.linalg.norm(prefix, axis=1, keepdims=True)
    scaled = prefix / np.maximum(norms, np.finfo(np.float32).tiny)
    halves: npt.NDArray[np.float16] = scaled.astype(np.float16)
    return halves.astype(np.float32)


@dataclass(frozen=True, slots=True)
class RowHits:
    """Row numbers, int64, best first, and their similarity, float32; equal scores by row."""

    rows: IntArray
    scores: FloatArray

    @classmethod
    def none(cls) -> "RowHits":
        """Return no hits."""
        return cls(np.zeros(0, np.int64), np.zeros(0, np.float32))


class CoarseReader:
    """A pinned base with the rows behind it; the base may be unlinked while this lives."""

    def __init__(
        self,
        base: Path | None,
        base_rows: IntArray,
        vectors: VectorReader,
        coarse_dim: int,
        accelerate: Accelerate = copy_to_gpu,
    ) -> None:
        """Pin `base`, which holds the rows `base_rows` in order; the tail starts behind the last of them.

        FAISS opens it when it is first asked, or at once where a file that was unlinked has no name.
        """
        self._vectors = vectors
        self._coarse_dim = coarse_dim
        self._base_rows = base_rows
        self._tail_start = int(base_rows[-1]) + 1 if len(base_rows) else 0
        self._path = base
        self._fd = -1 if base is None else os.open(base, os.O_RDONLY)
        self._index: Any = None
        self._accelerate = accelerate
        self._copy: Any | None = None
        self._n_searches = 0
        self._tail = np.zeros((0, coarse_dim), np.float32)
        if base is not None and name_of_open_file(self._fd) is None:
            self._open_index()

    def find(self, vector: FloatArray, allowed: BoolArray, limit: int) -> RowHits:
        """Return the `limit` allowed rows most similar to the full-dimension `vector`; `allowed` is `[n_rows]`."""
        query = take_prefix_of_query(vector, self._coarse_dim)
        base = self._find_in_base(query, allowed, limit)
        tail = self._find_in_tail(query, allowed, limit)
        return best_hits(np.concatenate([base.rows, tail.rows]), np.concatenate([base.scores, tail.scores]), limit)

    def _find_in_base(self, query: FloatArray, allowed: BoolArray, limit: int) -> RowHits:
        """Ask for more than `limit` until what is left out scores less: FAISS keeps any of those that are equal."""
        mask = allowed[self._base_rows]
        n_allowed = int(np.count_nonzero(mask))
        if n_allowed == 0:
            return RowHits.none()
        limit = min(limit, n_allowed)
        if (found := self._find_in_copy(query, mask, limit)) is not None:
            return found
        n_more = TIES_EXPECTED
        while True:
            hits = self._search_allowed(query, min(limit + n_more, n_allowed), mask, n_allowed)
            scores = _round(hits.scores)
            if limit + n_more >= n_allowed or scores[-1] < scores[limit - 1] or n_more >= MAX_TIES:
                return best_hits(hits.rows, hits.scores, limit)
            n_more *= TIES_GROWTH

    def _find_in_copy(self, query: FloatArray, mask: BoolArray, limit: int) -> RowHits | None:
        """Ask the copy on the GPU, if there is one and it can tell; one that fails is not asked again."""
        self._n_searches += 1
        if self._n_searches == SEARCHES_BEFORE_COPY:
            self._copy = self._accelerate(self._open_index())
        if self._copy is None:
            return None
        try:
            found = find_on_gpu(self._copy, self._open_index(), query, mask, limit)
        except RuntimeError:
            self._copy = None
            return None
        return None if found is None else best_hits(self._base_rows[found.places], found.scores, limit)

    def _search_allowed(self, query: FloatArray, limit: int, mask: BoolArray, n_allowed: int) -> RowHits:
        if n_allowed > len(mask) * MOSTLY_ALLOWED:
            n_asked = min(len(mask), int(OVERFETCH * limit * len(mask) / n_allowed))
            hits = self._search(query, n_asked, mask, None)
            if len(hits.rows) >= limit:
                return RowHits(hits.rows[:limit], hits.scores[:limit])
        return self._search(query, limit, mask, _select(mask))

    def _search(self, query: FloatArray, n_asked: int, mask: BoolArray, parameters: Any) -> RowHits:
        with _one_thread():
            found = self._open_index().search(query[None, :], n_asked, params=parameters)
        scores, places = found[0][0], found[1][0]
        kept = (places >= 0) & mask[places]
        return RowHits(self._base_rows[places[kept]], scores[kept])

    def _find_in_tail(self, query: FloatArray, allowed: BoolArray, limit: int) -> RowHits:
        places = np.flatnonzero(allowed[self._tail_start :])
        if len(places) == 0:
            return RowHits.none()
        tail = self._open_tail(int(places[-1]) + 1)
        scores = tail @ query
        return best_hits(places + self._tail_start, scores[places], limit)

    def _open_index(self) -> Any:
        if self._index is None:
            import faiss

            assert self._path is not None
            name = name_of_open_file(self._fd) or self._path
            try:
                self._index = faiss.read_index(str(name), faiss.IO_FLAG_MMAP_IFC)
            except (RuntimeError, MemoryError) as error:
                raise CorruptIndexError(f"{self._path} cannot be read ({error}); {self._vectors.mend}") from error
            if self._index.ntotal != len(self._base_rows) or self._index.d != self._coarse_dim:
                raise CorruptIndexError(f"{self._path} does not belong to this catalogue; {self._vectors.mend}")
        return self._index

    def _open_tail(self, n_rows: int) -> FloatArray:
        """Return the prefixes of that many rows behind the base, and of more where they were wanted before."""
        tail = self._tail
        if len(tail) < n_rows:
            blocks = self._vectors.read_blocks(self._tail_start + len(tail), self._tail_start + n_rows)
            self._tail = tail = np.concatenate([tail, *(take_prefix(block, self._coarse_dim) for block in blocks)])
        return tail

    def close(self) -> None:
        """Give the base back."""
        self._index = self._copy = None
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep OpenMP to this thread: one query is not split, and helpers that wait cost it 8 ms on a busy machine."""
    import faiss

    n_threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(n_threads)


def _select(mask: BoolArray) -> Any:
    """Return search parameters that admit the places where `mask` is true."""
    import faiss

    untyped: Any = faiss  # the constructors are wrapped at run time, which the package's own stubs do not know
    return untyped.SearchParameters(sel=untyped.IDSelectorBitmap(np.packbits(mask, bitorder="little")))


def take_prefix_of_query(vector: FloatArray, coarse_dim: int) -> FloatArray:
    """Cut a query `[dim]` to `[coarse_dim]` of unit length, float32 and not rounded."""
    prefix = np.ascontiguousarray(vector[:coarse_dim], dtype=np.float32)
    norm = float(np.linalg.norm(prefix))
    return prefix / np.float32(norm) if norm > 0 else prefix


def best_hits(rows: IntArray, scores: FloatArray, limit: int) -> RowHits:
    """Return the `limit` best, highest score first, equal scores by row.

    Scores are rounded to 1e-6: equal vectors differ by less between FAISS and the scan, and must stay equal.
    """
    scores = _round(scores)
    if len(rows) > limit:
        cut = np.partition(scores, len(scores) - limit)[len(scores) - limit]
        kept = np.flatnonzero(scores >= cut)
        rows, scores = rows[kept], scores[kept]
    order = np.lexsort((rows, -scores))[:limit]
    return RowHits(rows[order], scores[order])


def _round(scores: FloatArray) -> FloatArray:
    rounded: FloatArray = np.round(scores, 6)
    return rounded


def rows_mask(n_total: int, first: IntArray, n_rows: IntArray) -> BoolArray:
    """Return bool `[n_total]`, true within each span of `n_rows[i]` rows from `first[i]` on."""
    mask = np.zeros(n_total, dtype=bool)
    starts = np.cumsum(n_rows) - n_rows
    mask[np.repeat(first - starts, n_rows) + np.arange(int(n_rows.sum()))] = True
    return mask
