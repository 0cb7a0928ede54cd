"""Which terms of a query are scored and how much each counts. Knows the tokenizer and the live statistics."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from codesearch.search.bm25f import TermWeights, inverse_frequencies, weigh_terms
from codesearch.search.constants import MAX_TERMS, MAX_TERMS_READ
from codesearch.search.literal import split_variables
from codesearch.search.query import Query, content_words, is_said
from codesearch.search.stopwords import FILLERS
from codesearch.search.weights import WordWeights
from codesearch.storage.snapshot import Snapshot
from indexers.terms import hash_term
from indexers.tokenizer import tokenize
from indexers.types import FloatArray, Granularity


@dataclass(frozen=True, slots=True)
class QueryTerms:
    """The terms that decide, with their weights and the statistics they were weighed by."""

    shares: Mapping[str, float]
    """Each term's share of the query's weight, 1 together, in the order of the query."""
    scored: TermWeights
    """Those that some chunk contains: what nobody says must not make what somebody says look weak."""
    known: Mapping[str, float]
    """The scored ones by name."""
    mean_lengths: Mapping[Granularity, FloatArray]
    """Of each field, `[fields]`."""


def choose_terms(snapshot: Snapshot, query: Query, weights: WordWeights) -> QueryTerms:
    """Tokenise the query and keep the weightiest terms."""
    own = own_weights(query, weights)
    hashes = {term: hash_term(term) for term in own}
    statistics = snapshot.statistics(list(hashes.values()))
    df = [statistics.df.get(hashes[term], 0) for term in own]
    idf = inverse_frequencies(df, statistics.n_leaves)
    weighed = dict(zip(own, (idf * list(own.values())).tolist(), strict=True))
    heaviest = set(sorted(weighed, key=lambda term: (-weighed[term], term))[:MAX_TERMS])
    kept = {term: weight for term, weight in weighed.items() if term in heaviest}
    known = {term: kept[term] for term, n in zip(own, df, strict=True) if n and term in heaviest}
    total = sum(kept.values())
    shares = {term: weight / total for term, weight in kept.items()}
    return QueryTerms(
        shares, weigh_terms({hashes[term]: weight for term, weight in known.items()}), known, statistics.mean_lengths
    )


def own_weights(query: Query, weights: WordWeights) -> dict[str, float]:
    """Return each distinct term's weight before rarity: 1, or less for what says little."""
    if query.shape == "message":
        fixed, variable = split_variables(query.text)
        return dict.fromkeys(tokenize(variable), weights.variable) | dict.fromkeys(tokenize(fixed), 1.0)
    found: dict[str, float] = {}
    is_prose = is_said(query)
    for word in content_words(query.text) if is_prose else [query.text]:
        weight = weights.filler if is_prose and word.lower() in FILLERS else 1.0
        for term in tokenize(word):
            found[term] = max(weight, found.get(term, 0.0))
        if len(found) >= MAX_TERMS_READ:
            break
    return found


def recall(terms: Iterable[str], shares: Mapping[str, float]) -> float:
    """Return the share of the query's weight that distinct `terms` cover, 0 to 1."""
    return sum([shares[term] for term in terms if term in shares])
