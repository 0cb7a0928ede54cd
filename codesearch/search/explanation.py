"""Explains the scores of what is shown: every part of the sums and products that ranking made of it.

Computes anew, for a few rows, what ranking computed for all and did not keep. Changes no score.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from codesearch.search.diversity import Choice
from codesearch.search.priors import Asked, explain_priors
from codesearch.search.query import Shape
from codesearch.search.ranking import (
    Context,
    Evidence,
    Ranked,
    best_cosine,
    by_words,
    dense_shares,
    find_context,
    own_evidence,
    standing,
)
from codesearch.search.weights import Weights
from codesearch.search.word_scores import WordScorer
from codesearch.storage.rows import ChunkRow
from codesearch.storage.snapshot import Snapshot
from codesearch.types import Container, Explanation, FusedParts, TermPart
from indexers.terms import hash_term


@dataclass(frozen=True, slots=True)
class Findings:
    """What one query found out about its candidates."""

    shape: Shape
    asked: Asked
    known: Sequence[ChunkRow]
    """Whose priors were found: the candidates, then what gives them context."""
    evidence: Evidence
    ranked: Ranked
    words: WordScorer
    weights: Weights
    """Those of the query's shape."""


def explain(snapshot: Snapshot, found: Findings, choices: Sequence[Choice]) -> list[Explanation]:
    """Return how each choice came to its score."""
    if not choices:
        return []
    rows = [found.evidence.rows[choice.place] for choice in choices]
    fused = _explain_fused(found, [choice.place for choice in choices])
    reasons = explain_priors(rows, found.known, found.asked, found.weights)
    terms = [_list_terms(snapshot, row, found.words) for row in rows]
    coverage = found.words.score_rows(rows).coverage.tolist()
    return [
        Explanation(
            shape=found.shape,
            fused=fused[i],
            prior=reasons[i].prior,
            size=reasons[i].size,
            demotions=reasons[i].demotions,
            lift=choice.lift,
            stands_for=_find_container(found.evidence.rows, choice),
            decay=choice.decay,
            nth=choice.nth,
            coverage=coverage[i],
            terms=terms[i],
        )
        for i, choice in enumerate(choices)
    ]


def _explain_fused(found: Findings, places: Sequence[int]) -> list[FusedParts]:
    evidence, weights = found.evidence, found.weights.fusion
    words, cosine = evidence.words, evidence.cosine
    has_context = evidence.in_context
    own = own_evidence(evidence, weights.sure_cosine)
    nothing = np.zeros(len(own))
    context = find_context(own, evidence.rows, weights) if has_context else Context(nothing, nothing)
    shares = by_words(evidence)
    dense = dense_shares(evidence)
    best = None if cosine is None else best_cosine(cosine, weights.sure_cosine)
    standings = None if cosine is None else standing(cosine, weights.sure_cosine)
    return [
        FusedParts(
            value=float(found.ranked.fused[place]),
            own=float(own[place]),
            dense_share=float(dense[place]),
            bm25=None if words is None else float(words.bm25[place]),
            bound=None if words is None else words.bound,
            words=None if words is None else float(shares[place]),
            cosine=None if cosine is None or np.isnan(cosine[place]) else float(cosine[place]),
            best_cosine=best,
            standing=None if standings is None else float(standings[place]),
            file=float(context.file[place]),
            file_context=weights.file_context if has_context else 0.0,
            further=float(context.further[place]),
            coherence=weights.coherence if has_context else 0.0,
        )
        for place in places
    ]


def _find_container(rows: Sequence[ChunkRow], choice: Choice) -> Container | None:
    if choice.container is None:
        return None
    row = rows[choice.container]
    return Container(row.kind, row.qualified_name or row.symbol, row.start_line, row.end_line)


def _list_terms(snapshot: Snapshot, row: ChunkRow, words: WordScorer) -> tuple[TermPart, ...]:
    [bag] = snapshot.bags([row.id])
    here = frozenset(bag["term"].tolist())
    terms = words.terms
    return tuple(
        TermPart(term, share, is_known=term in terms.known, is_here=hash_term(term) in here)
        for term, share in terms.shares.items()
    )
