"""Diversity: from scored candidates to what is shown. Never the same lines twice, few results a file.

A container (class or file) is shown only where no part explains the match, otherwise the best part. Ties break by
score, path, line. Knows scores and spans only.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from codesearch.search.constants import EXPLAINING_SHARE, RESULTS_PER_FILE, SCORE_DIGITS
from codesearch.search.ranking import Ranked
from codesearch.storage.rows import ChunkRow

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def choose(
    rows: Sequence[ChunkRow], ranked: Ranked, is_eligible: Bools, limit: int, *, explaining: float = EXPLAINING_SHARE
) -> list[int]:
    """Return positions in `rows` of what is shown, best first, at most `limit`; only eligible rows are.

    `explaining` is the share of what a container explains that a part must explain to stand for it.
    """
    places = np.flatnonzero(is_eligible).tolist()
    explained = find_explained(rows, ranked.explains, places, explaining)
    ordered = [place for place in order_by_score(rows, ranked.score, places) if place not in explained]
    first: list[int] = []
    further: list[int] = []
    taken: dict[int, list[ChunkRow]] = defaultdict(list)
    for place in ordered:
        row = rows[place]
        if len(first) == limit:
            break
        if any(is_overlapping(row, other) for other in taken[row.file_id]):
            continue
        taken[row.file_id].append(row)
        (first if len(taken[row.file_id]) <= RESULTS_PER_FILE else further).append(place)
    chosen = {*first, *further[: limit - len(first)]}
    return [place for place in ordered if place in chosen]


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
