"""Collects candidates: words, vectors and definitions each propose, within the selection, with a quota a granularity.

Knows how many to ask for and in which mode; the scores of the proposers are not kept, since each candidate is scored
anew in full.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from codesearch.search.constants import (
    DEFINITION_QUOTA,
    DENSE_QUOTA,
    LEXICAL_QUOTA,
    PREFILTER_QUOTA,
    PREFILTER_RESCORED,
    QUOTED_QUOTA,
)
from codesearch.search.selection import Eligible
from codesearch.search.stopwatch import Stopwatch
from codesearch.storage.rows import ChunkRow, Selection
from codesearch.storage.snapshot import Snapshot
from codesearch.types import Mode
from indexers.types import GRANULARITIES, FloatArray, Granularity

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the proposers are asked for."""

    mode: Mode
    terms: tuple[str, ...]
    names: tuple[str, ...]
    """Lower-cased names whose definitions are candidates."""
    vector: FloatArray | None
    """`[dim]`, unit length; None where no encoder is to be had or the mode has no use for it."""
    limit: int
    """Results that are asked for; many results need more leaves than the quota."""


def collect(snapshot: Snapshot, wanted: Wanted, eligible: Eligible, watch: Stopwatch) -> Ids:
    """Ask every proposer that the mode has; return the distinct ids of all that they found, ascending."""
    if wanted.mode == "prefilter" and wanted.vector is not None:
        return _prefilter(snapshot, wanted.terms, wanted.vector, eligible, watch)
    found: list[Ids] = [np.zeros(0, dtype=np.int64)]
    if wanted.mode != "dense" or wanted.vector is None:
        found.append(_find_lexical(snapshot, wanted.terms, eligible.selection, at_least(LEXICAL_QUOTA, wanted.limit)))
        watch.record("lexical", eligible.n_chunks, len(found[-1]))
    if wanted.vector is not None:
        found.append(_find_dense(snapshot, wanted.vector, eligible.selection, at_least(DENSE_QUOTA, wanted.limit)))
        watch.record("dense", eligible.n_chunks, len(found[-1]))
    if wanted.mode != "dense":
        found.append(find_definitions(snapshot, wanted.names, eligible))
        watch.record("definitions", eligible.n_chunks, len(found[-1]))
    if eligible.quoted_ids is not None:
        found.append(eligible.quoted_ids[: max(QUOTED_QUOTA, wanted.limit)])
    ids = np.unique(np.concatenate(found))
    watch.record("union", sum(len(part) for part in found), len(ids))
    return ids


def at_least(quota: Mapping[Granularity, int], limit: int) -> dict[Granularity, int]:
    """Return the quota with as many leaves as results are asked for, if those are more."""
    return {name: max(n, limit) if name == "leaf" else n for name, n in quota.items()}


def find_definitions(snapshot: Snapshot, names: Sequence[str], eligible: Eligible) -> Ids:
    """Return eligible chunks that define any of `names`; a name with too many definitions distinguishes nothing."""
    found = snapshot.chunks_defining(names) if names else {}
    parts = [ids for ids in found.values() if len(ids) <= DEFINITION_QUOTA]
    if not parts:
        return np.zeros(0, dtype=np.int64)
    return eligible.keep(snapshot, np.unique(np.concatenate(parts)))


def find_contexts(snapshot: Snapshot, rows: Sequence[ChunkRow]) -> list[ChunkRow]:
    """Return the file chunks that are not among `rows` of all their files."""
    known = {row.file_id for row in rows if row.granularity == "file"}
    files = [snapshot.file(file_id) for file_id in sorted({row.file_id for row in rows} - known)]
    # The file's own chunk is its last.
    return snapshot.chunks([file.first_chunk + file.n_chunks - 1 for file in files])


def _find_lexical(
    snapshot: Snapshot, terms: Sequence[str], selection: Selection, quota: Mapping[Granularity, int]
) -> Ids:
    if not terms:
        return np.zeros(0, dtype=np.int64)
    found = [snapshot.find_lexical(terms, name, selection, quota[name]) for name in GRANULARITIES]
    return np.asarray(np.concatenate(found), dtype=np.int64)


def _find_dense(snapshot: Snapshot, vector: FloatArray, selection: Selection, quota: Mapping[Granularity, int]) -> Ids:
    found = [snapshot.find_dense(vector, (name,), selection, quota[name]).ids for name in GRANULARITIES]
    return np.asarray(np.concatenate(found), dtype=np.int64)


def _prefilter(
    snapshot: Snapshot, terms: Sequence[str], vector: FloatArray, eligible: Eligible, watch: Stopwatch
) -> Ids:
    """BM25 chooses, the coarse vectors choose among those, nothing else proposes."""
    chosen = _find_lexical(snapshot, terms, eligible.selection, PREFILTER_QUOTA)
    if len(chosen) == 0 and eligible.quoted_ids is not None:
        chosen = eligible.quoted_ids[: sum(PREFILTER_QUOTA.values())]
    watch.record("lexical", eligible.n_chunks, len(chosen))
    ids = np.sort(snapshot.find_dense_among(vector, chosen, PREFILTER_RESCORED).ids)
    watch.record("dense", len(chosen), len(ids))
    return np.asarray(ids, dtype=np.int64)
