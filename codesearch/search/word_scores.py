"""Scores chunks by the words of one query. What was scored to choose candidates is not scored again to rank them.

Knows the terms and the bags of a snapshot; the formula is in `bm25f`.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from codesearch.search import bm25f
from codesearch.search.ranking import WordScores
from codesearch.search.terms import QueryTerms
from codesearch.search.weights import WordWeights
from codesearch.storage.rows import ChunkRow
from codesearch.storage.snapshot import Snapshot
from indexers.types import GRANULARITIES, Granularity

Floats = npt.NDArray[np.float64]

BATCH = 2048
"""Chunks that are counted at once, in some 50 MB: as many as a quoted text may leave."""


class WordScorer:
    """Computes BM25F and coverage for one query, once for each chunk."""

    def __init__(self, snapshot: Snapshot, terms: QueryTerms, weights: WordWeights) -> None:
        self.terms = terms
        """What is asked for."""
        self._snapshot = snapshot
        self._weights = weights
        self._mean_lengths = np.array([terms.mean_lengths[name] for name in GRANULARITIES], dtype=np.float64)
        self._bm25: dict[int, float] = {}
        self._coverage: dict[int, float] = {}

    def score(self, ids: npt.NDArray[np.int64], granularity: Granularity) -> Floats:
        """Return BM25F of live chunks of one granularity, `[n]`."""
        listed = ids.tolist()
        self._add(listed, [granularity] * len(listed))
        return np.array([self._bm25[i] for i in listed], dtype=np.float64)

    def score_rows(self, rows: Sequence[ChunkRow]) -> WordScores:
        """Return the scores of any chunks, `[n]` each."""
        ids = [row.id for row in rows]
        self._add(ids, [row.granularity for row in rows])
        return WordScores(
            bm25=np.array([self._bm25[i] for i in ids], dtype=np.float64),
            bound=bm25f.highest_score(self.terms.scored, self._weights),
            coverage=np.array([self._coverage[i] for i in ids], dtype=np.float64),
        )

    def _add(self, ids: Sequence[int], granularities: Sequence[Granularity]) -> None:
        missing = {i: name for i, name in zip(ids, granularities, strict=True) if i not in self._bm25}
        listed = list(missing)
        for start in range(0, len(listed), BATCH):
            batch = listed[start : start + BATCH]
            lengths = self._snapshot.field_lengths(batch)
            found = bm25f.count_fields(self._snapshot.bags(batch), lengths, self.terms.scored)
            mean_lengths = self._mean_lengths[[GRANULARITIES.index(missing[i]) for i in batch]]
            scores = bm25f.score(found, self.terms.scored, mean_lengths, self._weights)
            self._bm25.update(zip(batch, scores.tolist(), strict=True))
            coverage = bm25f.coverage(found, self.terms.scored)
            self._coverage.update(zip(batch, coverage.tolist(), strict=True))
