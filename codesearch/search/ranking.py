"""Ranking: joins BM25F, cosine and priors into one score a candidate. Arrays in, arrays out; reads no storage.

evidence = (1 - d) * bm25 / bound  +  d * standing(cosine)     d: the dense share of the query's shape
fused    = (evidence + context * evidence of its file + coherence * mean of the file's next best parts)
           / (1 + context + coherence)
score    = fused * prior
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from codesearch.search.constants import COHERENCE, COHERENT_PARTS, FILE_CONTEXT
from codesearch.storage.rows import ChunkRow

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class WordScores:
    """What the words of the query say of each candidate; arrays are `[rows]`."""

    bm25: Floats
    bound: float
    """No BM25F score reaches it; 0 where the query has no terms."""
    coverage: Floats
    """Share of the query's weight whose terms the chunk contains, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of each candidate before the priors; every array is `[rows]`."""

    rows: Sequence[ChunkRow]
    words: WordScores | None
    """None where the mode has no use for words."""
    cosine: Floats | None
    """At full dimension, NaN where a chunk has no vector yet."""
    dense_share: float


@dataclass(frozen=True, slots=True)
class Ranked:
    """Scores of all candidates; every array is `[rows]`."""

    explains: Floats
    """How far a chunk by itself explains the match, 0 to 1: the query's words that it has, else its own evidence."""
    fused: Floats
    prior: Floats
    score: Floats


def rank(evidence: Evidence, priors: Floats) -> Ranked:
    """Score every candidate."""
    own = own_evidence(evidence)
    fused = add_context(own, evidence.rows)
    explains = own if evidence.words is None else evidence.words.coverage
    return Ranked(explains, fused, priors, fused * priors)


def own_evidence(evidence: Evidence) -> Floats:
    """Return the weighted sum of both normalised scores, 0 to 1; what is missing counts 0."""
    words, cosine = evidence.words, evidence.cosine
    by_words = np.zeros(len(evidence.rows))
    if words is not None and words.bound > 0:
        by_words = words.bm25 / words.bound
    if cosine is None:
        return by_words
    if words is None:
        return standing(cosine)
    return (1.0 - evidence.dense_share) * by_words + evidence.dense_share * standing(cosine)


def standing(cosine: Floats) -> Floats:
    """Return where each cosine stands between the candidates' median (0) and best (1); below the median and NaN are 0.

    Encoders spread their cosines differently, so that only the order and the relative distance carry over.
    """
    known = cosine[~np.isnan(cosine)]
    if len(known) == 0:
        return np.zeros(len(cosine))
    low, high = float(np.median(known)), float(known.max())
    if high - low < np.finfo(np.float32).eps:
        return np.where(np.isnan(cosine), 0.0, 1.0)
    return np.nan_to_num(np.clip((cosine - low) / (high - low), 0.0, 1.0))


def add_context(own: Floats, rows: Sequence[ChunkRow]) -> Floats:
    """Add to each chunk its file's evidence and that of the file's next best parts."""
    if not rows:
        return own
    files, place = np.unique([row.file_id for row in rows], return_inverse=True)
    granularity = np.array([row.granularity for row in rows])
    of_file = np.zeros(len(files))
    is_file = granularity == "file"
    of_file[place[is_file]] = own[is_file]
    parts = np.where(granularity == "leaf", own, 0.0)
    order = np.lexsort((-parts, place))
    rank_in_file = np.arange(len(rows)) - np.searchsorted(place[order], place[order])
    is_next = (rank_in_file > 0) & (rank_in_file <= COHERENT_PARTS)
    further = np.bincount(place[order][is_next], weights=parts[order][is_next], minlength=len(files)) / COHERENT_PARTS
    joined = own + FILE_CONTEXT * of_file[place] + COHERENCE * further[place]
    return np.asarray(joined / (1.0 + FILE_CONTEXT + COHERENCE), dtype=np.float64)
