"""Diversity: from scored candidates to what is shown. Never the same lines twice, few results a file.

A container (class or file) is shown only where no part explains the match, otherwise the best part. Ties break by
score, path, line. Knows scores and spans only.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from codesearch.search.constants import SCORE_DIGITS
from codesearch.search.ranking import Ranked
from codesearch.search.weights import DiversityWeights
from codesearch.storage.rows import ChunkRow

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Choice:
    """One row to show."""

    place: int
    """Position among the candidates."""
    decay: float
    """Factor that its score owes to better results of the same file, 1 for the best."""


def choose(
    rows: Sequence[ChunkRow], ranked: Ranked, is_eligible: Bools, limit: int, weights: DiversityWeights
) -> list[Choice]:
    """Return what is shown, best first, at most `limit`; only eligible rows are."""
    places = np.flatnonzero(is_eligible).tolist()
    explained = find_explained(rows, ranked.explains, places, weights.explaining_share)
    ordered = order_by_score(rows, ranked.score, [place for place in places if place not in explained])
    taken: dict[int, list[ChunkRow]] = defaultdict(list)
    decays = np.zeros(len(rows))
    for place in ordered:
        row = rows[place]
        others = taken[row.file_id]
        if len(others) < limit and not any(is_overlapping(row, other) for other in others):
            decays[place] = weights.repeat_decay ** len(others)
            others.append(row)
    shown = [place for place in ordered if decays[place] > 0]
    best = order_by_score(rows, ranked.score * decays, shown)[:limit]
    return [Choice(place, float(decays[place])) for place in best]


def order_by_score(rows: Sequence[ChunkRow], score: Floats, places: Sequence[int]) -> list[int]:
    """Return `places` by falling score, then path, then line, then the smaller span first."""
    rounded = np.round(score, SCORE_DIGITS).tolist()
    return sorted(places, key=lambda i: (-rounded[i], rows[i].path, rows[i].start_line, rows[i].end_line))


def find_explained(rows: Sequence[ChunkRow], explains: Floats, places: Sequence[int], share: float) -> set[int]:
    """Return the containers among `places` with a part there that explains at least `share` of what they explain."""
    leaves: dict[int, list[int]] = defaultdict(list)
    for place in places:
        if rows[place].granularity == "leaf":
            leaves[rows[place].file_id].append(place)
    explained: set[int] = set()
    for place in places:
        row = rows[place]
        if row.granularity != "leaf":
            ids = range(row.first_leaf_id, row.first_leaf_id + row.n_leaves)
            best = max((explains[leaf] for leaf in leaves[row.file_id] if rows[leaf].id in ids), default=-1.0)
            if best >= share * explains[place]:
                explained.add(place)
    return explained


def is_overlapping(one: ChunkRow, other: ChunkRow) -> bool:
    """Say whether two chunks of one file share a line."""
    return one.start_line <= other.end_line and other.start_line <= one.end_line
