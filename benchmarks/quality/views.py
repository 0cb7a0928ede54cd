"""Open snapshots of which less, or something else, is seen: one granularity fewer, fewer dimensions, other vectors.

A view shares every file with the snapshot that it was made of, is used while that one is open and is never closed.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from codesearch.storage.rows import ChunkRow, DenseHits, IntArray, Selection
from codesearch.storage.snapshot import Snapshot
from indexers.types import GRANULARITIES, FloatArray, Granularity

READ_AT_ONCE = 4096
"""Vectors read in one call: 4 MB."""


@dataclass(frozen=True, slots=True)
class Vectors:
    """One vector a chunk, by ascending chunk id."""

    ids: IntArray
    granularities: npt.NDArray[np.int8]
    """Position in `GRANULARITIES`, `[n]`."""
    rows: FloatArray
    """float32 `[n, dim]`, of unit length."""


class PartialView(Snapshot):
    """A snapshot whose chunks of other granularities do not exist."""

    def __init__(self, snapshot: Snapshot, granularities: Collection[Granularity]) -> None:
        self.__dict__.update(snapshot.__dict__)
        self._seen = frozenset(granularities)

    def find_lexical(
        self, terms: Mapping[str, float], granularity: Granularity, selection: Selection, limit: int
    ) -> IntArray:
        """Return what words propose, nothing of a granularity that is not seen."""
        is_seen = granularity in self._seen
        return super().find_lexical(terms, granularity, selection, limit if is_seen else 0)

    def find_dense(
        self, vector: FloatArray, granularities: Collection[Granularity], selection: Selection, limit: int
    ) -> DenseHits:
        """Return the most similar chunks that are seen."""
        seen = self._seen.intersection(granularities)
        return super().find_dense(vector, seen, selection, limit if seen else 0)

    def chunks(self, ids: IntArray | Sequence[int]) -> list[ChunkRow]:
        """Return the chunks of these ids that are seen."""
        return [row for row in super().chunks(ids) if row.granularity in self._seen]


class VectorView(Snapshot):
    """A snapshot whose vectors are given, and compared in full by their first dimensions: there is no coarse stage."""

    def __init__(self, snapshot: Snapshot, vectors: Vectors, dim: int) -> None:
        self.__dict__.update(snapshot.__dict__)
        self._given = vectors
        self._dim = dim
        self._lengths = np.linalg.norm(vectors.rows[:, :dim], axis=1)
        self._asked = np.zeros(0, dtype=np.float32)
        self._similar = np.zeros(0, dtype=np.float32)

    def find_dense(
        self, vector: FloatArray, granularities: Collection[Granularity], selection: Selection, limit: int
    ) -> DenseHits:
        """Return the most similar chunks; of a selection, kinds are not looked at."""
        wanted = [GRANULARITIES.index(name) for name in granularities]
        places = np.flatnonzero(np.isin(self._given.granularities, wanted))
        if selection.file_ids is not None or selection.chunk_ids is not None:
            places = places[self._is_selected(self._given.ids[places], selection)]
        similar = self._compare(vector)[places]
        if len(places) > limit:
            best = similar >= np.partition(similar, len(similar) - limit)[len(similar) - limit]
            places, similar = places[best], similar[best]
        order = np.lexsort((self._given.ids[places], -similar))[:limit]
        return DenseHits(self._given.ids[places[order]], similar[order])

    def cosines(self, vector: FloatArray, chunks: Sequence[ChunkRow]) -> FloatArray:
        """Return the cosine of each chunk over the dimensions that are looked at."""
        ids = np.array([chunk.id for chunk in chunks], dtype=np.int64)
        return self._compare(vector)[np.searchsorted(self._given.ids, ids)]

    def _compare(self, vector: FloatArray) -> FloatArray:
        """Return the cosine of every chunk; a query asks for it several times with the same vector."""
        if vector is not self._asked:
            asked = vector[: self._dim]
            lengths = np.maximum(self._lengths * np.linalg.norm(asked), np.finfo(np.float32).tiny)
            self._similar = np.asarray(self._given.rows[:, : self._dim] @ asked / lengths, dtype=np.float32)
            self._asked = vector
        return self._similar


class StoredVectors(Snapshot):
    """A snapshot that gives its vectors away."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.__dict__.update(snapshot.__dict__)

    def read_vectors(self, chunks: Sequence[ChunkRow]) -> FloatArray:
        """Return the vector of each chunk as stored, float32 `[n, dim]`; zeros for a chunk without."""
        vectors = np.zeros((len(chunks), self.info.dim), dtype=np.float32)
        owned = [(place, chunk.row) for place, chunk in enumerate(chunks) if chunk.row is not None]
        for start in range(0, len(owned), READ_AT_ONCE):
            batch = owned[start : start + READ_AT_ONCE]
            rows = np.array([row for _, row in batch], dtype=np.int64)
            vectors[[place for place, _ in batch]] = self._vectors.read(rows)
        return vectors
