"""Diversity: from scored candidates to what is shown. Never the same lines twice, few results a file.

A container (class or file) is shown only where no part explains the match. Otherwise its best part stands for it, with
the better score of both: the whole decides how good the file is, the part where to look. Ties break by score, path,
line. Knows scores and spans only.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
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
    lift: float
    """Factor, 1 and up, that its score owes to a container that it stands for."""
    decay: float
    """Factor that its score owes to better results of the same file, 1 for the best."""
    nth: int
    """Which result of its file it is, from 1."""
    container: int | None
    """Position of the best container that it stands for."""

    @property
    def factor(self) -> float:
        """What its score owes to others."""
        return self.lift * self.decay


def choose(
    rows: Sequence[ChunkRow], ranked: Ranked, is_eligible: Bools, limit: int, weights: DiversityWeights
) -> list[Choice]:
    """Return what is shown, best first, at most `limit`; only eligible rows are."""
    places = np.flatnonzero(is_eligible).tolist()
    standing = find_standing(rows, ranked, places, weights)
    scores = lift_scores(ranked.score, standing)
    ordered = order_by_score(rows, scores, [place for place in places if place not in standing])
    taken: dict[int, list[ChunkRow]] = defaultdict(list)
    decays = np.zeros(len(rows))
    nth: dict[int, int] = {}
    for place in ordered:
        row = rows[place]
        others = taken[row.file_id]
        if len(others) < limit and not any(is_overlapping(row, other) for other in others):
            decays[place] = weights.repeat_decay ** len(others)
            others.append(row)
            nth[place] = len(others)
    shown = [place for place in ordered if decays[place] > 0]
    best = order_by_score(rows, scores * decays, shown)[:limit]
    lifts = np.divide(scores, ranked.score, out=np.ones(len(rows)), where=ranked.score > 0)
    containers = best_containers(ranked.score, standing)
    return [
        Choice(place, float(lifts[place]), float(decays[place]), nth[place], containers.get(place)) for place in best
    ]


def lift_scores(scores: Floats, standing: Mapping[int, int]) -> Floats:
    """Return the scores, `[rows]`, with each part at least as good as the containers that it stands for."""
    lifted = scores.copy()
    for container, part in standing.items():
        lifted[part] = max(lifted[part], scores[container])
    return lifted


def best_containers(scores: Floats, standing: Mapping[int, int]) -> dict[int, int]:
    """Return part -> the container with the highest score of those that it stands for."""
    best: dict[int, int] = {}
    for container, part in standing.items():
        if part not in best or scores[container] > scores[best[part]]:
            best[part] = container
    return best


def order_by_score(rows: Sequence[ChunkRow], score: Floats, places: Sequence[int]) -> list[int]:
    """Return `places` by falling score, then path, then line, then the smaller span first."""
    rounded = np.round(score, SCORE_DIGITS).tolist()
    return sorted(places, key=lambda i: (-rounded[i], rows[i].path, rows[i].start_line, rows[i].end_line))


def find_standing(
    rows: Sequence[ChunkRow], ranked: Ranked, places: Sequence[int], weights: DiversityWeights
) -> dict[int, int]:
    """Return container -> part for the containers among `places` that have a part there which stands for them.

    That is the best by score of those that explain enough of what the container explains: the more lines the container
    has, the less is enough. A part that scores nothing stands for none that scores: no factor could lift it.
    """
    leaves: dict[int, list[int]] = defaultdict(list)
    for place in order_by_score(rows, ranked.score, places):
        if rows[place].granularity == "leaf":
            leaves[rows[place].file_id].append(place)
    standing: dict[int, int] = {}
    for place in places:
        row = rows[place]
        if row.granularity != "leaf":
            ids = range(row.first_leaf_id, row.first_leaf_id + row.n_leaves)
            is_short = min(1.0, weights.short_lines / (row.end_line - row.start_line + 1))
            enough = weights.explaining_share * is_short * ranked.explains[place]
            parts = (part for part in leaves[row.file_id] if rows[part].id in ids and ranked.explains[part] >= enough)
            part = next((part for part in parts if ranked.score[part] > 0 or ranked.score[place] <= 0), None)
            if part is not None:
                standing[place] = part
    return standing


def is_overlapping(one: ChunkRow, other: ChunkRow) -> bool:
    """Say whether two chunks of one file share a line."""
    return one.start_line <= other.end_line and other.start_line <= one.end_line
