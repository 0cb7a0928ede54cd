"""Asks every query of every case of every method, and scores the answers.

Indexes lie in a home of the caller's choice, never the user's own. Yields as it goes: a front end counts and draws.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from codesearch.evaluation.baselines import Hit, Method, Ranker
from codesearch.evaluation.cases import Case
from codesearch.evaluation.judged import JudgedQuery
from codesearch.evaluation.metrics import Scores, Target, is_covered, score
from codesearch.index import Index
from codesearch.types import BuildOptions

WARM_UP = "warm up"
"""Asked once of each method whenever the index has changed: what is opened and loaded then is no query's time."""

RIGHT_LINES = 40
RIGHT_TIMES = 3
"""The right place is shown by a result of at most so many lines, or so many times the definition's."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """An index of a case's tree, with what is asked of it."""

    index: Index
    queries: tuple[JudgedQuery, ...]
    took_s: float
    """Seconds that building or updating the index took."""
    is_update: bool


@dataclass(frozen=True, slots=True)
class RightPlace:
    """Recall@1 and reciprocal rank where only results count that overlap the definition and are short enough."""

    recall_1: float
    mrr: float


@dataclass(frozen=True, slots=True)
class Scored:
    """What one method answered to one query, judged."""

    method: str
    judged: JudgedQuery
    scores: Scores
    file_scores: Scores
    """The same with files as targets, whatever lines are wanted."""
    right_place: RightPlace | None
    """None where no target has lines."""
    tokens_to_hit: int | None
    """Tokens to read up to the first result that covers a target, that result included; None where none does."""
    took_ms: float


@dataclass(frozen=True, slots=True)
class Step:
    """One prepared index with all that was answered to its queries."""

    took_s: float
    is_update: bool
    scored: tuple[Scored, ...]


def run_cases(
    cases: Iterable[Case], home: Path, methods: Sequence[Method], options: BuildOptions = BuildOptions()
) -> Iterator[Step]:
    """Yield for each case what every method answered."""
    for prepared in prepare(cases, home, options):
        rankers = {method.name: method.prepare(prepared.index) for method in methods}
        for ranker in rankers.values():
            ranker(WARM_UP)
        scored = tuple(_ask(name, ranker, judged) for judged in prepared.queries for name, ranker in rankers.items())
        yield Step(prepared.took_s, prepared.is_update, scored)


def prepare(cases: Iterable[Case], home: Path, options: BuildOptions = BuildOptions()) -> Iterator[Prepared]:
    """Build the index of each case's tree, or bring it up to date where the folder is that of the case before.

    An update reads a handful of files: it starts one parser process, whatever the options say.
    """
    index: Index | None = None
    try:
        for case in cases:
            started = time.perf_counter()
            is_update = index is not None and index.root == case.root.resolve()
            if index is not None and is_update:
                index.update(replace(options, n_workers=1))
            else:
                if index is not None:
                    index.close()
                Index.build(case.root, options, home=home)
                index = Index.open(case.root, home)
            yield Prepared(index, case.queries, time.perf_counter() - started, is_update)
    finally:
        if index is not None:
            index.close()


def judge(method: str, judged: JudgedQuery, hits: Sequence[Hit], took_ms: float = 0.0) -> Scored:
    """Return the figures of one answer."""
    targets = judged.targets
    files = tuple(dict.fromkeys(Target(target.path) for target in targets))
    places = [hit.place for hit in hits]
    return Scored(
        method=method,
        judged=judged,
        scores=score(places, targets),
        file_scores=score(places, files),
        right_place=_judge_place(hits, targets),
        tokens_to_hit=_count_tokens(hits, targets),
        took_ms=took_ms,
    )


def is_right_place(hit: Hit, target: Target) -> bool:
    """Tell whether a result shows the lines of a target and little else."""
    if target.start_line is None or target.end_line is None or not is_covered(target, hit.place):
        return False
    n_lines = hit.place.end_line - hit.place.start_line + 1
    return n_lines <= max(RIGHT_LINES, RIGHT_TIMES * (target.end_line - target.start_line + 1))


def _ask(name: str, ranker: Ranker, judged: JudgedQuery) -> Scored:
    started = time.perf_counter()
    hits = ranker(judged.query)
    return judge(name, judged, hits, (time.perf_counter() - started) * 1000)


def _judge_place(hits: Sequence[Hit], targets: Sequence[Target]) -> RightPlace | None:
    spans = [target for target in targets if target.start_line is not None and target.end_line is not None]
    if not spans:
        return None
    ranks = [next((rank for rank, hit in enumerate(hits, 1) if is_right_place(hit, span)), None) for span in spans]
    found = [rank for rank in ranks if rank is not None]
    return RightPlace(recall_1=found.count(1) / len(spans), mrr=1 / min(found) if found else 0.0)


def _count_tokens(hits: Sequence[Hit], targets: Sequence[Target]) -> int | None:
    n_tokens = 0
    for hit in hits:
        n_tokens += hit.n_tokens
        if any(is_covered(target, hit.place) for target in targets):
            return n_tokens
    return None
