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
"""How many hits beyond the last one wanted are fetched to see whether they are equal: copies of a file, empty ones."""

ROUNDING = 2e-6
"""What FAISS's own scores may differ by from those of `compare`, with some room; scores are told apart from 1e-6 on."""

BoolArray = npt.NDArray[np.bool_]

Rank = Callable[[IntArray], IntArray]
"""Says of rows in which order those that are equal come; asked only where not all of them are wanted."""

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
        try:
            if base is not None and name_of_open_file(self._fd) is None:
                self._open_index()
        except BaseException:
            self.close()
            raise

    def find(self, vector: FloatArray, allowed: BoolArray, limit: int, rank: Rank = np.asarray) -> RowHits:
        """Return the `limit` allowed rows most similar to the full-dimension `vector`; `allowed` is `[n_rows]`.

        Of equal ones at the edge those that `rank` puts first are returned, however many there are.
        """
        query = take_prefix_of_query(vector, self._coarse_dim)
        base = self._find_in_base(query, allowed, limit)
        tail = self._find_in_tail(query, allowed)
        rows, scores = np.concatenate([base.rows, tail.rows]), np.concatenate([base.scores, tail.scores])
        return best_hits(rows, scores, limit, rank)

    def _find_in_base(self, query: FloatArray, allowed: BoolArray, limit: int) -> RowHits:
        """Return at least the `limit` best, and all that are equal to the last: FAISS keeps any of those."""
        mask = allowed[self._base_rows]
        n_allowed = int(np.count_nonzero(mask))
        if n_allowed == 0:
            return RowHits.none()
        limit = min(limit, n_allowed)
        places = self._find_in_copy(query, mask, limit)
        if places is None:
            n_asked = min(limit + TIES_EXPECTED, n_allowed)
            hits = self._search_allowed(query, n_asked, mask, n_allowed)
            places = hits.rows
            if n_asked < n_allowed and hits.scores[-1] > hits.scores[limit - 1] - ROUNDING:
                places = self._search_above(query, float(hits.scores[limit - 1]) - ROUNDING, mask)
        return RowHits(self._base_rows[places], compare(self._open_index().reconstruct_batch(places), query))

    def _find_in_copy(self, query: FloatArray, mask: BoolArray, limit: int) -> IntArray | None:
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
        return None if found is None else found.places

    def _search_allowed(self, query: FloatArray, limit: int, mask: BoolArray, n_allowed: int) -> RowHits:
        """Return allowed places within the base, in the stead of rows, best first."""
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
        return RowHits(places[kept], scores[kept])

    def _search_above(self, query: FloatArray, score: float, mask: BoolArray) -> IntArray:
        """Return all allowed places that score more."""
        with _one_thread():
            _, _, places = self._open_index().range_search(query[None, :], score, params=_select(mask))
        found: IntArray = places
        return found

    def _find_in_tail(self, query: FloatArray, allowed: BoolArray) -> RowHits:
        places = np.flatnonzero(allowed[self._tail_start :])
        if len(places) == 0:
            return RowHits.none()
        tail = self._open_tail(int(places[-1]) + 1)
        return RowHits(places + self._tail_start, compare(tail, query)[places])

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


def compare(vectors: FloatArray, query: FloatArray) -> FloatArray:
    """Return the inner product of each row of `[n, dim]` with the query, float32 `[n]`.

    A row's product depends on nothing but the row: a matrix product would add it up by its place among the others.
    """
    similar: FloatArray = np.einsum("ij,j->i", vectors, query)
    return similar


def best_hits(rows: IntArray, scores: FloatArray, limit: int, rank: Rank = np.asarray) -> RowHits:
    """Return the `limit` best, highest score first, equal scores by row; at the edge `rank` decides which of them.

    Scores are told apart from 1e-6 on.
    """
    scores = np.round(scores, 6)
    if len(rows) > limit:
        cut = np.partition(scores, len(scores) - limit)[len(scores) - limit]
        above, tied = np.flatnonzero(scores > cut), np.flatnonzero(scores == cut)
        if len(above) + len(tied) > limit:
            tied = tied[np.lexsort((rows[tied], rank(rows[tied])))][: limit - len(above)]
        kept = np.concatenate([above, tied])
        rows, scores = rows[kept], scores[kept]
    order = np.lexsort((rows, -scores))
    return RowHits(rows[order], scores[order])


def rows_mask(n_total: int, first: IntArray, n_rows: IntArray) -> BoolArray:
    """Return bool `[n_total]`, true within each span of `n_rows[i]` rows from `first[i]` on."""
    mask = np.zeros(n_total, dtype=bool)
    starts = np.cumsum(n_rows) - n_rows
    mask[np.repeat(first - starts, n_rows) + np.arange(int(n_rows.sum()))] = True
    return mask
