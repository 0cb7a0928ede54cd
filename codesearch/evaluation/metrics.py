"""How good ranked results are against judged targets: nDCG@k, recall@k and the reciprocal rank.

Pure functions over small values; knows no index and no search. One rule holds throughout: a target's rank is the
position of the first result that covers it, secondary targets count as relevant, and gain is binary. So one result
that covers two targets gains once, while the ideal still has a place for each of them.
"""

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean


@dataclass(frozen=True, slots=True)
class Target:
    """What a judge wants to see: a file, or lines of it, 1-based and inclusive. Half a span is no span."""

    path: str
    start_line: int | None = None
    end_line: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a result is: a path and its lines, 1-based and inclusive."""

    path: str
    start_line: int
    end_line: int


@dataclass(frozen=True, slots=True)
class Scores:
    """The figures of one query, or their means; each between 0 and 1."""

    recall_1: float
    recall_5: float
    mrr: float
    """Reciprocal rank of one query; of several, its mean."""
    ndcg_10: float


@dataclass(frozen=True, slots=True)
class ScoredQuery:
    """The figures of one query, with what they are grouped by."""

    repository: str
    category: str
    scores: Scores


@dataclass(frozen=True, slots=True)
class Summary:
    """Means over many queries."""

    n_queries: int
    overall: Scores
    """The mean over the repositories' means, so that a repository with many queries weighs no more than another."""
    by_category: dict[str, Scores]
    by_repository: dict[str, Scores]


def is_same_path(a: str, b: str) -> bool:
    """Tell whether two paths are equal or one ends in the whole of the other; either slash separates."""
    parts_a, parts_b = a.replace("\\", "/"), b.replace("\\", "/")
    return f"/{parts_a}".endswith(f"/{parts_b}") or f"/{parts_b}".endswith(f"/{parts_a}")


def is_covered(target: Target, place: Place) -> bool:
    """Tell whether a result shows a target: the same file and, where the target has lines, at least one of them."""
    if not is_same_path(target.path, place.path):
        return False
    if target.start_line is None or target.end_line is None:
        return True
    return place.start_line <= target.end_line and target.start_line <= place.end_line


def rank_of(target: Target, places: Sequence[Place]) -> int | None:
    """Return the 1-based position of the first result that covers the target, or None."""
    return next((rank for rank, place in enumerate(places, 1) if is_covered(target, place)), None)


def ndcg_at_k(places: Sequence[Place], targets: Sequence[Target], k: int = 10) -> float:
    """Return the normalised discounted cumulative gain, 0 to 1; 0 where there is no target.

    DCG@k = sum of gain(i) / log2(i + 1) over the ranks i = 1 … k (Järvelin and Kekäläinen, 2002); the ideal has a
    gain of 1 at each of the first min(k, number of targets) ranks.
    """
    if not targets:
        return 0.0
    gained = {rank for target in targets if (rank := rank_of(target, places[:k])) is not None}
    ideal = range(1, min(k, len(targets)) + 1)
    return _discounted(gained) / _discounted(ideal)


def recall_at_k(places: Sequence[Place], targets: Sequence[Target], k: int) -> float:
    """Return the share of targets that the first k results cover, 0 to 1; 0 where there is no target."""
    if not targets:
        return 0.0
    return sum(rank_of(target, places[:k]) is not None for target in targets) / len(targets)


def reciprocal_rank(places: Sequence[Place], targets: Sequence[Target]) -> float:
    """Return 1 / the rank of the first result that covers any target, or 0."""
    ranks = [rank for target in targets if (rank := rank_of(target, places)) is not None]
    return 1 / min(ranks) if ranks else 0.0


def score(places: Sequence[Place], targets: Sequence[Target]) -> Scores:
    """Return all figures of one query."""
    return Scores(
        recall_1=recall_at_k(places, targets, 1),
        recall_5=recall_at_k(places, targets, 5),
        mrr=reciprocal_rank(places, targets),
        ndcg_10=ndcg_at_k(places, targets, 10),
    )


def mean_scores(scores: Collection[Scores]) -> Scores:
    """Return the mean of each figure; zeros where there is nothing to average."""
    if not scores:
        return Scores(0.0, 0.0, 0.0, 0.0)
    return Scores(
        recall_1=fmean(one.recall_1 for one in scores),
        recall_5=fmean(one.recall_5 for one in scores),
        mrr=fmean(one.mrr for one in scores),
        ndcg_10=fmean(one.ndcg_10 for one in scores),
    )


def summarise(scored: Sequence[ScoredQuery]) -> Summary:
    """Average the figures over all repositories, by category and by repository."""
    by_repository = _means_by(scored, lambda one: one.repository)
    return Summary(
        n_queries=len(scored),
        overall=mean_scores(by_repository.values()),
        by_category=_means_by(scored, lambda one: one.category),
        by_repository=by_repository,
    )


def _discounted(ranks: Iterable[int]) -> float:
    return sum(1 / math.log2(rank + 1) for rank in ranks)


def _means_by(scored: Sequence[ScoredQuery], key: Callable[[ScoredQuery], str]) -> dict[str, Scores]:
    names = sorted({key(one) for one in scored})
    return {name: mean_scores([one.scores for one in scored if key(one) == name]) for name in names}
