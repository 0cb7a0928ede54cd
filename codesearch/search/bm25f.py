"""BM25F: scores chunks by their term bags and the live statistics of the index. Pure functions on arrays.

Formula (Robertson & Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009, section 3.6), with
tf(t,f) the count of term t in field f, len(f) the field's length in terms and mean(f) its mean length:

    tf'(t)  = sum over f of  w(f) * tf(t,f) / (1 - b(f) + b(f) * len(f) / mean(f))
    idf(t)  = ln(1 + (N - df(t) + 0.5) / (df(t) + 0.5))
    score   = sum over t of  weight(t) * idf(t) * (k1 + 1) * tf'(t) / (k1 + tf'(t))

Saturation comes after the weighted sum over fields, so a word in the symbol and in the body is not counted as two.
N and df count leaves; the mean lengths are those of the chunk's own granularity.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from codesearch.search.weights import WordWeights
from indexers.terms import BAG_DTYPE, BagArray
from indexers.types import FIELDS

Floats = npt.NDArray[np.float64]

IntArray = npt.NDArray[np.int64]

N_FIELDS = len(FIELDS)


@dataclass(frozen=True, slots=True)
class TermWeights:
    """The distinct terms of a query, ready for scoring."""

    hashes: npt.NDArray[np.uint64]
    """`[terms]`, sorted."""
    weights: Floats
    """`[terms]`, above 0: idf times the word's own weight."""


@dataclass(frozen=True, slots=True)
class FieldCounts:
    """What the bags of some chunks say about a query's terms."""

    counts: Floats
    """`[chunks, terms, fields]`: how often."""
    lengths: Floats
    """`[chunks, fields]`: terms of the field in all."""


def inverse_frequencies(df: Sequence[int], n_leaves: int) -> Floats:
    """Return idf, float64 `[terms]`, above 0, from the leaves that contain each term and the leaves in all."""
    n_with = np.asarray(df, dtype=np.float64)
    return np.asarray(np.log1p((np.maximum(n_leaves - n_with, 0.0) + 0.5) / (n_with + 0.5)), dtype=np.float64)


def weigh_terms(weights: Mapping[int, float]) -> TermWeights:
    """Sort distinct terms by hash; a weight is idf times the word's own weight."""
    order = sorted(weights)
    return TermWeights(np.array(order, dtype=np.uint64), np.array([weights[term] for term in order], dtype=np.float64))


def count_fields(bags: Sequence[BagArray], lengths: IntArray, terms: TermWeights) -> FieldCounts:
    """Count the query's terms by field in each bag; `lengths` is `[chunks, fields]`, of all terms."""
    # Joined as bytes: numpy checks the fields of every structured array that it concatenates.
    entries = np.frombuffer(b"".join([bag.data for bag in bags]), dtype=BAG_DTYPE)
    ends = np.cumsum([len(bag) for bag in bags], dtype=np.int64)
    counts = np.zeros((len(bags), len(terms.hashes), N_FIELDS))
    column = np.ascontiguousarray(entries["term"])
    for position, term in enumerate(terms.hashes):
        hit = np.flatnonzero(column == term)
        found = entries[hit]
        counts[np.searchsorted(ends, hit, side="right"), position, found["field"]] = found["count"]
    return FieldCounts(counts, lengths.astype(np.float64))


def score(found: FieldCounts, terms: TermWeights, mean_lengths: Floats, weights: WordWeights) -> Floats:
    """Return BM25F, float64 `[chunks]`, 0 and up. `mean_lengths` is `[chunks, fields]`, of each chunk's granularity."""
    frequencies = normalise(found, mean_lengths, weights)
    saturated = frequencies * (weights.k1 + 1.0) / (frequencies + weights.k1)
    return np.asarray(saturated @ terms.weights, dtype=np.float64)


def coverage(found: FieldCounts, terms: TermWeights) -> Floats:
    """Return the share of the query's weight whose terms a chunk contains at all, float64 `[chunks]`, 0 to 1."""
    total = terms.weights.sum()
    covered = found.counts.any(axis=2) @ terms.weights
    return np.asarray(covered / total if total > 0 else covered, dtype=np.float64)


def normalise(found: FieldCounts, mean_lengths: Floats, weights: WordWeights) -> Floats:
    """Return tf', float64 `[chunks, terms]`: counts weighted and normalised for length by field, before saturation."""
    b = np.asarray(weights.b)
    relative = np.divide(found.lengths, mean_lengths, out=np.ones(mean_lengths.shape), where=mean_lengths > 0)
    per_count = np.asarray(weights.fields) / (1.0 - b + b * relative)
    return np.asarray(np.einsum("ctf,cf->ct", found.counts, per_count), dtype=np.float64)


def highest_score(terms: TermWeights, weights: WordWeights) -> float:
    """Return the bound that no chunk's score reaches: every term saturated."""
    return float((weights.k1 + 1.0) * terms.weights.sum())
