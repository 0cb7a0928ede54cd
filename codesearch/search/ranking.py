"""Ranking: joins BM25F, cosine and priors into one score a candidate. Arrays in, arrays out; reads no storage.

evidence = (1 - d) * bm25 / bound  +  d * standing(cosine)     d: the dense share of the query's shape
fused    = (evidence + context * evidence of its file + coherence * the file's next best parts)
           / (1 + context + coherence)
score    = fused * prior
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from codesearch.search.weights import FusionWeights
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
    """At full dimension, NaN where a chunk has no vector, or none yet."""
    dense_share: float
    in_context: bool = True
    """Whether the evidence of a file counts for its parts."""


@dataclass(frozen=True, slots=True)
class Context:
    """Evidence of the file around each candidate, 0 to 1; arrays are `[rows]`."""

    file: Floats
    """Of the file as a whole."""
    further: Floats
    """Of the file's next best parts."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """Scores of all candidates; every array is `[rows]`."""

    explains: Floats
    """How far a chunk by itself explains the match, 0 to 1: the query's words that it has, else its own evidence."""
    fused: Floats
    prior: Floats
    score: Floats


def rank(evidence: Evidence, priors: Floats, weights: FusionWeights) -> Ranked:
    """Score every candidate."""
    own = own_evidence(evidence, weights.sure_cosine)
    fused = add_context(own, evidence.rows, weights) if evidence.in_context else own
    explains = own if evidence.words is None else evidence.words.coverage
    return Ranked(explains, fused, priors, fused * priors)


def own_evidence(evidence: Evidence, sure_cosine: float) -> Floats:
    """Return the weighted sum of both normalised scores, 0 to 1; a chunk without a vector rests on its words."""
    shares = dense_shares(evidence)
    by_vectors = np.zeros(len(evidence.rows)) if evidence.cosine is None else standing(evidence.cosine, sure_cosine)
    return (1.0 - shares) * by_words(evidence) + shares * by_vectors


def dense_shares(evidence: Evidence) -> Floats:
    """Return the share that each row's cosine really has: none where there is none, all where words have no say."""
    if evidence.cosine is None:
        return np.zeros(len(evidence.rows))
    if evidence.words is None:
        return np.ones(len(evidence.rows))
    return np.where(np.isnan(evidence.cosine), 0.0, evidence.dense_share)


def by_words(evidence: Evidence) -> Floats:
    """Return BM25F as a share of its bound, 0 to 1."""
    words = evidence.words
    return words.bm25 / words.bound if words is not None and words.bound > 0 else np.zeros(len(evidence.rows))


def standing(cosine: Floats, sure_cosine: float) -> Floats:
    """Return each cosine as a share of the best, or of `sure_cosine` if none is as high; negative ones and NaN are 0.

    Encoders spread their cosines differently, so that only relative values carry over. The best candidate is the one
    value that does not depend on where the candidates end.
    """
    return np.nan_to_num(np.clip(cosine / best_cosine(cosine, sure_cosine), 0.0, 1.0))


def best_cosine(cosine: Floats, sure_cosine: float) -> float:
    """Return what cosines are measured by: the best of all, or `sure_cosine` if none is as high."""
    return max(sure_cosine, float(np.nanmax(cosine, initial=0.0)))


def add_context(own: Floats, rows: Sequence[ChunkRow], weights: FusionWeights) -> Floats:
    """Add to each chunk its file's evidence and that of the file's next best parts."""
    if not rows:
        return own
    context = find_context(own, rows, weights)
    joined = own + weights.file_context * context.file + weights.coherence * context.further
    return np.asarray(joined / (1.0 + weights.file_context + weights.coherence), dtype=np.float64)


def find_context(own: Floats, rows: Sequence[ChunkRow], weights: FusionWeights) -> Context:
    """Return what the file of each of one or more rows adds to it, not yet weighted."""
    files, place = np.unique([row.file_id for row in rows], return_inverse=True)
    is_file = np.array([row.granularity == "file" for row in rows])
    is_leaf = np.array([row.granularity == "leaf" for row in rows])
    of_file = np.zeros(len(files))
    of_file[place[is_file]] = own[is_file]
    further = _next_best_parts(np.where(is_leaf, own, 0.0), place, len(files), weights)
    return Context(of_file[place], further[place])


def _next_best_parts(own: Floats, place: npt.NDArray[np.int64], n_files: int, weights: FusionWeights) -> Floats:
    """Return for each file the mean of its next best parts, each from `coherent_from` of the best of all (0) up (1)."""
    bar = weights.coherent_from * float(own.max())
    parts = np.maximum(own - bar, 0.0) / (1.0 - weights.coherent_from)
    order = np.lexsort((-parts, place))
    rank_in_file = np.arange(len(own)) - np.searchsorted(place[order], place[order])
    is_next = (rank_in_file > 0) & (rank_in_file <= weights.coherent_parts)
    evidence = parts[order][is_next]
    return np.bincount(place[order][is_next], weights=evidence, minlength=n_files) / weights.coherent_parts
