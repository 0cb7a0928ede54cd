"""Answers one query by every variant, over one open generation of an index.

What belongs to the generation is read once; what belongs to unchanged files, once for all generations.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.quality.shelf import FloatEncoder, VectorShelf, encode_again, read_stored
from benchmarks.quality.variants import Table, Variant
from benchmarks.quality.views import PartialView, Vectors, VectorView
from codesearch.errors import QueryError
from codesearch.evaluation.baselines import CHARACTERS_PER_TOKEN, LIMIT, Hit
from codesearch.evaluation.metrics import Place
from codesearch.evaluation.raw_bm25 import RawBm25
from codesearch.search import engine
from codesearch.storage.rows import ChunkRow
from codesearch.storage.snapshot import Snapshot
from codesearch.types import SearchOptions
from indexers.encoders.registry import load_encoder
from indexers.types import GRANULARITIES, Encoder

CHUNKS_LOOKED_AT = 400
"""Best chunks by their vectors, of which the best of each file counts; ten files are among them all but always."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one variant found."""

    variant: str
    hits: tuple[Hit, ...]
    took_ms: float


class Answerer:
    """All variants over one index at a time: `open` a generation, then `ask`."""

    def __init__(self, variants: Sequence[Variant], float_encoder: FloatEncoder | None = None) -> None:
        self._variants = variants
        self._float = float_encoder
        self._encoder = load_encoder()
        self._bm25 = RawBm25()
        self._shelves = {"stored": VectorShelf(read_stored)}
        if float_encoder is not None:
            self._shelves["float"] = VectorShelf(encode_again(float_encoder))

    def open(self, snapshot: Snapshot, folder: Path) -> "Opened":
        """Take the generation that is current in the index's folder, of which `snapshot` is open."""
        self._bm25.read(folder)
        needed: set[Table] = {v.table for v in self._variants if v.dim is not None}
        needed |= {v.table for v in self._variants if v.engine == "vectors alone"}
        vectors = {table: self._shelves[table].read(snapshot) for table in sorted(needed)}
        views: dict[str, Snapshot] = {}
        for variant in self._variants:
            if variant.dim is not None:
                views[variant.name] = VectorView(snapshot, vectors[variant.table], variant.dim)
            elif variant.seen != GRANULARITIES:
                views[variant.name] = PartialView(snapshot, variant.seen)
        return Opened(self, snapshot, views, vectors)

    def ask(self, opened: "Opened", query: str) -> Iterator[Answer]:
        """Yield every variant's answer. The query is asked once before, so that no variant pays for the first read."""
        self._answer(opened, self._variants[0], query)
        for variant in self._variants:
            started = time.perf_counter()
            hits = self._answer(opened, variant, query)
            yield Answer(variant.name, tuple(hits), (time.perf_counter() - started) * 1000)

    def _answer(self, opened: "Opened", variant: Variant, query: str) -> list[Hit]:
        if variant.engine == "raw BM25":
            leaves = self._bm25.rank(query, LIMIT)
            return [Hit(leaf.place, leaf.n_characters // CHARACTERS_PER_TOKEN) for leaf in leaves]
        encoder: Encoder | None = self._float if variant.table == "float" else self._encoder
        if variant.engine == "vectors alone":
            assert encoder is not None
            return rank_vectors(opened.snapshot, opened.vectors[variant.table], encoder, query)
        view = opened.views.get(variant.name, opened.snapshot)
        return search(view, encoder, variant, query)


@dataclass(frozen=True, slots=True)
class Opened:
    """A generation that is open, as each variant sees it."""

    answerer: Answerer
    snapshot: Snapshot
    views: dict[str, Snapshot]
    vectors: dict[Table, Vectors]

    def ask(self, query: str) -> Iterator[Answer]:
        """Yield every variant's answer."""
        return self.answerer.ask(self, query)


def search(snapshot: Snapshot, encoder: Encoder | None, variant: Variant, query: str) -> list[Hit]:
    """Ask the engine; a query that it refuses finds nothing."""
    try:
        options = SearchOptions(limit=LIMIT, mode=variant.mode)
        outcome = engine.search(snapshot, encoder, query, options, variant.weights)
    except QueryError:
        return []
    return [
        Hit(Place(one.path, one.start_line, one.end_line), len(one.content) // CHARACTERS_PER_TOKEN)
        for one in outcome.results
    ]


def rank_vectors(snapshot: Snapshot, vectors: Vectors, encoder: Encoder, query: str) -> list[Hit]:
    """Rank files by the cosine of their best chunk, of whatever granularity, which is what is shown."""
    asked = encoder.encode_query(query, "search")
    similar = vectors.rows @ asked
    n_dropped = max(len(similar) - CHUNKS_LOOKED_AT, 0)
    kept = np.sort(np.argpartition(similar, n_dropped)[n_dropped:]) if n_dropped else np.arange(len(similar))
    best: dict[int, ChunkRow] = {}
    for row in snapshot.chunks(vectors.ids[kept[np.argsort(-similar[kept], kind="stable")]]):
        best.setdefault(row.file_id, row)
    return [_show(snapshot, row) for row in list(best.values())[:LIMIT]]


def _show(snapshot: Snapshot, row: ChunkRow) -> Hit:
    text = snapshot.text(row.file_id)[row.start_byte : row.end_byte].decode("utf-8", "replace")
    return Hit(Place(row.path, row.start_line, row.end_line), len(text) // CHARACTERS_PER_TOKEN)
