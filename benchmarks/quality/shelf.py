"""The vectors of every chunk of an index: as stored, or encoded again by the table before it was rounded to int8.

Files that did not change between two generations are read once.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from benchmarks.quality.views import StoredVectors, Vectors
from codesearch.storage.rows import ChunkRow
from codesearch.storage.snapshot import Snapshot
from indexers.encoders.embedded import MODEL_PATH, EmbeddedEncoder
from indexers.encoders.model_file import read_model
from indexers.template import join_name
from indexers.types import GRANULARITIES, AdditiveEncoder, FloatArray, SumArray

ROUNDING = 0.51
"""Steps that a whole number may be off the value that it was rounded from, with the errors of float32."""

ReadFile = Callable[[Snapshot, Sequence[ChunkRow]], FloatArray]
"""Returns the vectors of the chunks of one file, float32 `[n, dim]`."""


class FloatEncoder(EmbeddedEncoder):
    """The embedded encoder with the rows that training left, before they were rounded."""

    def __init__(self, rows: FloatArray, path: Path = MODEL_PATH) -> None:
        super().__init__(path)
        self._rows = rows

    def sum_documents(self, inputs: Sequence[str]) -> SumArray:
        """Return the sum of `ln(1 + tf) * row` over each text's sub-tokens, float64 `[len(inputs), dim]`."""
        sums = np.zeros((len(inputs), self._rows.shape[1]))
        for place, text in enumerate(inputs):
            counts = self._count(text)
            tokens = np.fromiter(counts, np.intp, len(counts))
            repeats = np.fromiter(counts.values(), np.float64, len(counts))
            sums[place] = np.log1p(repeats) @ self._rows[tokens].astype(np.float64)
        return sums

    def normalise(self, sums: SumArray) -> FloatArray:
        """Scale rows to unit length, float32; a row without direction stays zero."""
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        return np.asarray(sums / np.maximum(lengths, np.finfo(np.float64).tiny), dtype=np.float32)


def load_float(path: Path, model_path: Path = MODEL_PATH) -> FloatEncoder | None:
    """Return the encoder before rounding; None where the file is missing or the model was not made of it."""
    if not path.exists():
        return None
    rows = np.load(path)
    model = read_model(model_path)
    if rows.shape != model.table.shape:
        return None
    is_close = np.abs(rows / model.scales[:, None] - model.table) <= ROUNDING
    return FloatEncoder(rows, model_path) if is_close.all() else None


def read_stored(snapshot: Snapshot, chunks: Sequence[ChunkRow]) -> FloatArray:
    """Return the vectors that the index has."""
    return StoredVectors(snapshot).read_vectors(chunks)


def encode_again(encoder: AdditiveEncoder) -> ReadFile:
    """Return a reader that encodes leaves anew and adds them up; chunks that share a vector go on sharing it."""

    def read(snapshot: Snapshot, chunks: Sequence[ChunkRow]) -> FloatArray:
        data = snapshot.text(chunks[0].file_id)
        leaves = [chunk for chunk in chunks if chunk.granularity == "leaf"]
        texts = [data[leaf.start_byte : leaf.end_byte].decode("utf-8", "replace") for leaf in leaves]
        sums = encoder.sum_documents(
            [join_name(leaf.qualified_name, text) for leaf, text in zip(leaves, texts, strict=True)]
        )
        by_row: dict[int | None, SumArray] = {}
        for chunk in chunks:
            first = chunk.first_leaf_id - leaves[0].id
            by_row.setdefault(chunk.row, sums[first : first + chunk.n_leaves].sum(axis=0))
        return encoder.normalise(np.stack([by_row[chunk.row] for chunk in chunks]))

    return read


class VectorShelf:
    """All vectors of one index at a time."""

    def __init__(self, read_file: ReadFile) -> None:
        self._read_file = read_file
        self._files: dict[tuple[str, int], Vectors] = {}

    def read(self, snapshot: Snapshot) -> Vectors:
        """Return the vectors of this generation."""
        index_id = snapshot.info.index_id
        keys = [(index_id, file.id) for file in sorted(snapshot.files(), key=lambda file: file.first_chunk)]
        known = self._files
        self._files = {key: known[key] if key in known else self._read(snapshot, key[1]) for key in keys}
        files = list(self._files.values())
        return Vectors(
            ids=np.concatenate([np.zeros(0, dtype=np.int64), *(file.ids for file in files)]),
            granularities=np.concatenate([np.zeros(0, dtype=np.int8), *(file.granularities for file in files)]),
            rows=np.concatenate([np.zeros((0, snapshot.info.dim), dtype=np.float32), *(file.rows for file in files)]),
        )

    def _read(self, snapshot: Snapshot, file_id: int) -> Vectors:
        chunks = snapshot.chunks_of_file(file_id)
        granularities = [GRANULARITIES.index(chunk.granularity) for chunk in chunks]
        ids = np.array([chunk.id for chunk in chunks], dtype=np.int64)
        nothing = np.zeros((0, snapshot.info.dim), dtype=np.float32)
        rows = self._read_file(snapshot, chunks) if chunks else nothing
        return Vectors(ids, np.array(granularities, dtype=np.int8), rows)
