"""BM25F against a slow, plain implementation of the same formula."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesearch.search.bm25f import (
    count_fields,
    highest_score,
    inverse_frequencies,
    score,
    weigh_terms,
)
from codesearch.search.weights import WEIGHTS
from indexers.terms import hash_term, measure_bags, pack_bag, unpack_bag
from indexers.types import FIELDS, Field

BM25F = WEIGHTS.words
WORDS = ["retry", "request", "parse", "token", "session"]
documents = st.lists(
    st.dictionaries(st.sampled_from(FIELDS), st.lists(st.sampled_from(WORDS), min_size=1, max_size=8)),
    min_size=1,
    max_size=6,
)


def score_slowly(
    document: Mapping[Field, Sequence[str]], weights: Mapping[str, float], means: Sequence[float]
) -> float:
    """Follow the formula term by term."""
    total = 0.0
    for term, weight in weights.items():
        frequency = 0.0
        for code, field in enumerate(FIELDS):
            words = document.get(field, ())
            if words:
                length = len(words) / means[code] if means[code] > 0 else 1.0
                norm = 1 - BM25F.b[code] + BM25F.b[code] * length
                frequency += BM25F.fields[code] * list(words).count(term) / norm
        total += weight * (BM25F.k1 + 1) * frequency / (BM25F.k1 + frequency)
    return total


@settings(max_examples=30)
@given(documents, st.sets(st.sampled_from([*WORDS, "absent"]), min_size=1))
def test_scores_equal_the_plain_formula(docs: list[dict[Field, list[str]]], asked: set[str]) -> None:
    df = {term: sum(any(term in words for words in doc.values()) for doc in docs) for term in asked}
    weights = {t: math.log(1 + (len(docs) - df[t] + 0.5) / (df[t] + 0.5)) for t in asked}
    means = [sum(len(doc.get(field, ())) for doc in docs) / len(docs) for field in FIELDS]
    terms = weigh_terms({hash_term(term): weight for term, weight in weights.items()})
    bags = [unpack_bag(pack_bag(doc)) for doc in docs]
    found = count_fields(bags, measure_bags(bags), terms)
    scores = score(found, terms, np.array([means] * len(docs)), BM25F)
    assert scores == pytest.approx([score_slowly(doc, weights, means) for doc in docs], abs=1e-9)
    assert (scores <= highest_score(terms, BM25F) + 1e-9).all()


def test_a_rare_term_weighs_more_than_a_common_one() -> None:
    idf = inverse_frequencies([1, 50, 100, 120], 100)
    assert (np.diff(idf) <= 0).all()
    assert idf[0] == pytest.approx(math.log(1 + 99.5 / 1.5))
    assert (idf > 0).all()


def test_no_chunks_give_no_scores() -> None:
    terms = weigh_terms({hash_term("a"): 1.0})
    assert score(count_fields([], measure_bags([]), terms), terms, np.zeros((0, 6)), BM25F).shape == (0,)


def test_a_query_without_terms_scores_zero() -> None:
    terms = weigh_terms({})
    bags = [unpack_bag(pack_bag({"body": ["a"]}))]
    found = count_fields(bags, measure_bags(bags), terms)
    assert score(found, terms, np.ones((1, 6)), BM25F).tolist() == [0.0]
