"""What many scored answers come to: figures of each method, over all queries, by category and by language.

Pure values and their JSON. A method's figures over a set are means over its queries.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

from codesearch.evaluation.metrics import Scores, Target, mean_scores
from codesearch.evaluation.runner import RightPlace, Scored, Step

BUDGETS = (1000, 2000, 4000, 8000)
"""Tokens of results that a person or an agent may be ready to read."""

DIGITS = 4

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Figures:
    """How good one method's answers to some queries are; every share and mean between 0 and 1."""

    n_queries: int
    scores: Scores
    """By the rule of the judgements: a target with lines wants its lines."""
    file_scores: Scores
    """Where any part of the target's file will do."""
    right_place: RightPlace | None
    """Over the queries whose targets have lines; None where there is no such query."""
    recall_at_tokens: tuple[float, ...]
    """Share of queries of which a target is shown within each of `BUDGETS`."""
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True, slots=True)
class MethodReport:
    """One method's figures over a set."""

    method: str
    overall: Figures
    by_category: dict[str, Figures]
    by_language: dict[str, Figures]


@dataclass(frozen=True, slots=True)
class SetReport:
    """What a set of queries came to."""

    name: str
    index_s: float
    """Seconds that building the index took."""
    update_s: float | None
    """Median seconds of the updates between queries; None where the tree stayed as it was."""
    methods: tuple[MethodReport, ...]
    scored: tuple[Scored, ...]

    @property
    def n_queries(self) -> int:
        """Queries that were asked of each method."""
        return self.methods[0].overall.n_queries if self.methods else 0


def summarise_steps(name: str, steps: Iterable[Step]) -> SetReport:
    """Average over all that was answered; methods in the order in which they were asked."""
    taken = list(steps)
    scored = tuple(one for step in taken for one in step.scored)
    updates = [step.took_s for step in taken if step.is_update]
    return SetReport(
        name=name,
        index_s=sum(step.took_s for step in taken if not step.is_update),
        update_s=median(updates) if updates else None,
        methods=tuple(_report(method, group) for method, group in _group(scored, lambda one: one.method).items()),
        scored=scored,
    )


def summarise_scored(scored: Sequence[Scored]) -> Figures:
    """Average the figures of one method's answers, of which there is at least one."""
    places = [one.right_place for one in scored if one.right_place is not None]
    tokens = [math.inf if one.tokens_to_hit is None else one.tokens_to_hit for one in scored]
    times = sorted(one.took_ms for one in scored)
    return Figures(
        n_queries=len(scored),
        scores=mean_scores([one.scores for one in scored]),
        file_scores=mean_scores([one.file_scores for one in scored]),
        right_place=_mean_places(places) if places else None,
        recall_at_tokens=tuple(fmean(n_tokens <= budget for n_tokens in tokens) for budget in BUDGETS),
        p50_ms=percentile(times, 0.5),
        p95_ms=percentile(times, 0.95),
    )


def _mean_places(places: Sequence[RightPlace]) -> RightPlace:
    return RightPlace(fmean(one.recall_1 for one in places), fmean(one.mrr for one in places))


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the smallest of the ordered values that at least this share of them does not pass."""
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]


def set_to_json(report: SetReport) -> Json:
    """Return a set's figures, and each query with what each method made of it."""
    return {
        "name": report.name,
        "queries": report.n_queries,
        "index_s": round(report.index_s, 3),
        "update_s": None if report.update_s is None else round(report.update_s, 3),
        "methods": {
            one.method: {
                "overall": figures_to_json(one.overall),
                "by_category": _by_name(one.by_category),
                "by_language": _by_name(one.by_language),
            }
            for one in report.methods
        },
        "answers": [_answer_to_json(group) for group in _by_query(report)],
    }


def figures_to_json(figures: Figures) -> Json:
    """Return figures under the names of the field, rounded."""
    place = figures.right_place
    return {
        "queries": figures.n_queries,
        "ndcg_10": round(figures.scores.ndcg_10, DIGITS),
        "mrr": round(figures.scores.mrr, DIGITS),
        "recall_1": round(figures.scores.recall_1, DIGITS),
        "recall_5": round(figures.scores.recall_5, DIGITS),
        "file_ndcg_10": round(figures.file_scores.ndcg_10, DIGITS),
        "file_mrr": round(figures.file_scores.mrr, DIGITS),
        "right_place_recall_1": None if place is None else round(place.recall_1, DIGITS),
        "right_place_mrr": None if place is None else round(place.mrr, DIGITS),
        "recall_at_tokens": {
            str(budget): round(share, DIGITS) for budget, share in zip(BUDGETS, figures.recall_at_tokens, strict=True)
        },
        "p50_ms": round(figures.p50_ms, 2),
        "p95_ms": round(figures.p95_ms, 2),
    }


def _report(method: str, scored: Sequence[Scored]) -> MethodReport:
    return MethodReport(
        method=method,
        overall=summarise_scored(scored),
        by_category=_figures_by(scored, lambda one: one.judged.category),
        by_language=_figures_by(scored, lambda one: one.judged.language),
    )


def _figures_by(scored: Sequence[Scored], key: Callable[[Scored], str]) -> dict[str, Figures]:
    return {name: summarise_scored(group) for name, group in sorted(_group(scored, key).items())}


def _group(scored: Iterable[Scored], key: Callable[[Scored], str]) -> dict[str, list[Scored]]:
    groups: dict[str, list[Scored]] = {}
    for one in scored:
        groups.setdefault(key(one), []).append(one)
    return groups


def _by_query(report: SetReport) -> list[Sequence[Scored]]:
    """Return the answers of all methods to each query: they stand side by side."""
    n_methods = len(report.methods)
    return [report.scored[start : start + n_methods] for start in range(0, len(report.scored), max(n_methods, 1))]


def _answer_to_json(scored: Sequence[Scored]) -> Json:
    judged = scored[0].judged
    return {
        "query": judged.query,
        "category": judged.category,
        "language": judged.language,
        "targets": [_target_to_json(target) for target in judged.targets],
        "methods": {
            one.method: {
                "ndcg_10": round(one.scores.ndcg_10, DIGITS),
                "file_ndcg_10": round(one.file_scores.ndcg_10, DIGITS),
                "reciprocal_rank": round(one.scores.mrr, DIGITS),
                "right_place_reciprocal_rank": None if one.right_place is None else round(one.right_place.mrr, DIGITS),
                "tokens_to_hit": one.tokens_to_hit,
                "took_ms": round(one.took_ms, 2),
            }
            for one in scored
        },
    }


def _target_to_json(target: Target) -> Json:
    return {"path": target.path, "start_line": target.start_line, "end_line": target.end_line}


def _by_name(figures: dict[str, Figures]) -> Json:
    return {name: figures_to_json(one) for name, one in figures.items()}
