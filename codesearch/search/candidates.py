"""Collects candidates: words, vectors and definitions each propose, within the selection, with a quota a granularity.

Knows how many to ask for and in which mode. Proposers are asked for more than the quota, and what they propose is cut
to it by scores of our own, so that the candidates depend on the chunks of the index and not on its history.
"""

from collections.abc import Mapping, Sequence
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
    edge = np.partition(rounded, len(ids) - quota)[len(ids) - quota]
    above, tied = ids[rounded > edge], ids[rounded == edge]
    if len(above) + len(tied) > quota:
        # The chunks of one file have consecutive ids in an order that its text decides.
        rows = sorted(snapshot.chunks(tied), key=lambda row: (row.path, row.id))
        tied = np.array([row.id for row in rows[: quota - len(above)]], dtype=np.int64)
    return np.concatenate([above, tied])


def _find_lexical(snapshot: Snapshot, words: WordScorer, selection: Selection, quota: Mapping[Granularity, int]) -> Ids:
    if not words.terms.known:
        return np.zeros(0, dtype=np.int64)
    return np.concatenate([_best_by_words(snapshot, words, name, selection, quota[name]) for name in GRANULARITIES])


def _best_by_words(
    snapshot: Snapshot, words: WordScorer, granularity: Granularity, selection: Selection, quota: int
) -> Ids:
    n_asked = LEXICAL_OVERFETCH[granularity] * quota
    while quota > 0:
        ids = snapshot.find_lexical(words.terms.known, granularity, selection, n_asked)
        scores = words.score(ids, granularity)
        if len(ids) < n_asked or n_asked >= _most_asked(scores, quota):
            return keep_best(snapshot, ids, scores, quota)
        n_asked *= 2
    return np.zeros(0, dtype=np.int64)


def _most_asked(scores: Floats, quota: int) -> int:
    """Return for how many proposals to go on asking, by how the last quarter of them compares with the quota's edge.

    For none where it is below: more proposals would be too.
    """
    rounded = np.round(scores, SCORE_DIGITS)
    edge = np.partition(rounded, len(rounded) - quota)[len(rounded) - quota]
    best = rounded[len(rounded) * 3 // 4 :].max()
    if best < edge:
        return 0
    return MAX_EQUAL if best == edge else MAX_OVERFETCH * quota


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
