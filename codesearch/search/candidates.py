"""Collects candidates: words, vectors and definitions each propose, within the selection, with a quota a granularity.

Knows how many to ask for and in which mode. Proposers are asked for more than the quota, and what they propose is cut
to it by scores of our own, so that the candidates depend on the chunks of the index and not on its history.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from codesearch.search.constants import (
    DEFINITION_QUOTA,
    DENSE_QUOTA,
    LEXICAL_OVERFETCH,
    LEXICAL_QUOTA,
    MAX_EQUAL,
    MAX_OVERFETCH,
    MAX_SCORED,
    N_SAMPLED,
    PREFILTER_CONTAINERS,
    PREFILTER_RESCORED,
    SCORE_DIGITS,
)
from codesearch.search.selection import Eligible
from codesearch.search.stopwatch import Stopwatch
from codesearch.search.word_scores import WordScorer
from codesearch.storage.rows import ChunkRow, Selection
from codesearch.storage.snapshot import Snapshot
from codesearch.types import Mode
from indexers.types import GRANULARITIES, FloatArray, Granularity

Ids = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the proposers are asked for."""

    mode: Mode
    words: WordScorer
    """Has the terms to ask for."""
    names: tuple[str, ...]
    """Lower-cased names whose definitions are candidates."""
    vector: FloatArray | None
    """`[dim]`, unit length; None where no encoder is to be had or the mode has no use for it."""
    limit: int
    """Results that are asked for; many results need more leaves than the quota."""
    n_prefiltered: int
    """Chunks that words choose in mode prefilter."""


def collect(snapshot: Snapshot, wanted: Wanted, eligible: Eligible, watch: Stopwatch) -> Ids:
    """Ask every proposer that the mode has; return the distinct ids of all that they found, ascending."""
    if wanted.mode == "prefilter" and wanted.vector is not None:
        return _prefilter(snapshot, wanted, eligible, watch)
    found: list[Ids] = [np.zeros(0, dtype=np.int64)]
    if wanted.mode != "dense" or wanted.vector is None:
        found.append(_find_lexical(snapshot, wanted.words, eligible.selection, at_least(LEXICAL_QUOTA, wanted.limit)))
        watch.record("lexical", eligible.n_chunks, len(found[-1]))
    if wanted.vector is not None:
        found.append(_find_dense(snapshot, wanted.vector, eligible.selection, at_least(DENSE_QUOTA, wanted.limit)))
        watch.record("dense", eligible.n_chunks, len(found[-1]))
    if wanted.mode != "dense":
        found.append(find_definitions(snapshot, wanted.names, eligible))
        watch.record("definitions", eligible.n_chunks, len(found[-1]))
    if eligible.quoted_ids is not None:
        found.append(eligible.quoted_ids)
    ids = np.unique(np.concatenate(found))
    watch.record("union", sum(len(part) for part in found), len(ids))
    return ids


def at_least(quota: Mapping[Granularity, int], limit: int) -> dict[Granularity, int]:
    """Return the quota with as many leaves as results are asked for, if those are more."""
    return {name: max(n, limit) if name == "leaf" else n for name, n in quota.items()}


def find_definitions(snapshot: Snapshot, names: Sequence[str], eligible: Eligible) -> Ids:
    """Return eligible chunks that define any of `names`; too many definitions of one name distinguish nothing."""
    found = snapshot.chunks_defining(names) if names else {}
    if not found:
        return np.zeros(0, dtype=np.int64)
    if eligible.has_limits():
        kept = eligible.keep(snapshot, np.unique(np.concatenate(list(found.values()))))
        found = {name: ids[np.isin(ids, kept)] for name, ids in found.items()}
    few = [ids for ids in found.values() if len(ids) <= DEFINITION_QUOTA]
    return np.unique(np.concatenate(few)) if few else np.zeros(0, dtype=np.int64)


def find_contexts(snapshot: Snapshot, rows: Sequence[ChunkRow]) -> list[ChunkRow]:
    """Return the file chunks that are not among `rows` of all their files."""
    known = {row.file_id for row in rows if row.granularity == "file"}
    files = [snapshot.file(file_id) for file_id in sorted({row.file_id for row in rows} - known)]
    # The file's own chunk is its last.
    return snapshot.chunks([file.first_chunk + file.n_chunks - 1 for file in files])


def keep_best(snapshot: Snapshot, ids: Ids, scores: Floats, quota: int) -> Ids:
    """Return the `quota` of `ids` with the highest scores; of those that tie at the edge the first by path and line."""
    if len(ids) <= quota:
        return ids
    rounded = np.round(scores, SCORE_DIGITS)
    edge = _edge(scores, quota)
    above, tied = ids[rounded > edge], ids[rounded == edge]
    return np.concatenate([above, _by_path(snapshot, tied)[: quota - len(above)]])


def _by_path(snapshot: Snapshot, ids: Ids) -> Ids:
    """Sort by path and place: the chunks of one file have consecutive ids in an order that its text decides."""
    return ids[np.lexsort((ids, snapshot.ranks.of_chunks(ids)))]


def _find_lexical(snapshot: Snapshot, words: WordScorer, selection: Selection, quota: Mapping[Granularity, int]) -> Ids:
    if not words.terms.known:
        return np.zeros(0, dtype=np.int64)
    return np.concatenate([_best_by_words(snapshot, words, name, selection, quota[name]) for name in GRANULARITIES])


def _best_by_words(
    snapshot: Snapshot, words: WordScorer, granularity: Granularity, selection: Selection, quota: int
) -> Ids:
    if quota <= 0:
        return np.zeros(0, dtype=np.int64)

    def ask(n_asked: int) -> Ids:
        return snapshot.find_lexical(words.terms.known, granularity, selection, n_asked)

    n_asked = LEXICAL_OVERFETCH[granularity] * quota
    while True:
        ids = ask(n_asked)
        scores = words.score(ids, granularity)
        if len(ids) < n_asked:
            return keep_best(snapshot, ids, scores, quota)
        edge, last = _edge(scores, quota), _best_of_last(scores)
        if last == edge and n_asked >= min(MAX_OVERFETCH * quota, MAX_SCORED):
            equal = _by_path(snapshot, np.setdiff1d(_ask_for_equal(ask, words, granularity, edge), ids))
            ids = np.concatenate([ids, _take(equal, words, granularity, edge, quota)])
            return keep_best(snapshot, ids, words.score(ids, granularity), quota)
        if last < edge or n_asked >= MAX_OVERFETCH * quota:  # below the edge, more proposals would be too
            return keep_best(snapshot, ids, scores, quota)
        n_asked *= 2


def _edge(scores: Floats, quota: int) -> float:
    """Return the lowest score within the quota."""
    return float(np.partition(np.round(scores, SCORE_DIGITS), len(scores) - quota)[len(scores) - quota])


def _best_of_last(scores: Floats) -> float:
    """Return the best score among the last quarter of the proposals."""
    return float(np.round(scores[len(scores) * 3 // 4 :], SCORE_DIGITS).max())


def _ask_for_equal(ask: Callable[[int], Ids], words: WordScorer, granularity: Granularity, edge: float) -> Ids:
    """Return so many proposals that the last of them are below the edge; few are scored to find out."""
    n_asked = MAX_SCORED
    while True:
        n_asked = min(n_asked * 2, MAX_EQUAL)
        ids = ask(n_asked)
        last = np.round(words.score(ids[-N_SAMPLED:], granularity), SCORE_DIGITS)
        if len(ids) < n_asked or n_asked == MAX_EQUAL or last.max() < edge:
            return ids


def _take(ids: Ids, words: WordScorer, granularity: Granularity, edge: float, quota: int) -> Ids:
    """Return the first of `ids`, up to where there are as many as the quota that are not below the edge."""
    n_found = 0
    for start in range(0, len(ids), quota):
        scores = words.score(ids[start : start + quota], granularity)
        n_found += int(np.count_nonzero(np.round(scores, SCORE_DIGITS) >= edge))
        if n_found >= quota:
            return ids[: start + quota]
    return ids


def _find_dense(snapshot: Snapshot, vector: FloatArray, selection: Selection, quota: Mapping[Granularity, int]) -> Ids:
    found = (snapshot.find_dense(vector, (name,), selection, quota[name]).ids for name in GRANULARITIES)
    return np.concatenate(list(found))


def _prefilter(snapshot: Snapshot, wanted: Wanted, eligible: Eligible, watch: Stopwatch) -> Ids:
    """BM25 chooses, the coarse vectors choose among those, nothing else proposes; quoted text chooses in full."""
    if eligible.quoted_ids is not None:
        return np.sort(eligible.quoted_ids)
    vector = wanted.vector
    assert vector is not None
    chosen = _find_lexical(snapshot, wanted.words, eligible.selection, prefilter_quota(wanted.n_prefiltered))
    watch.record("lexical", eligible.n_chunks, len(chosen))
    n_rescored = max(PREFILTER_RESCORED, wanted.limit)
    ids = snapshot.find_dense_among(vector, chosen, n_rescored).ids
    watch.record("dense", len(chosen), len(ids))
    return np.sort(ids)


def prefilter_quota(n_chunks: int) -> dict[Granularity, int]:
    """Return how many of each granularity words choose in mode prefilter, `n_chunks` together."""
    n_containers = int(n_chunks * PREFILTER_CONTAINERS)
    return {"leaf": n_chunks - 2 * n_containers, "class": n_containers, "file": n_containers}
