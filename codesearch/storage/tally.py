"""The statistics of BM25F, kept exactly: leaves that contain each term, and field lengths for each granularity.

Sums what a commit adds and takes away in arrays, in bounded memory. Knows bags, not files or ranking.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from codesearch.storage.rows import IntArray, TermDocument
from indexers.terms import BAG_DTYPE, unpack_bag
from indexers.types import FIELDS, GRANULARITIES, Granularity

BATCH_BYTES = 4 << 20
"""Bags are kept packed up to here, then summed with one sort."""

MERGE_BATCHES = 16
"""Sums of batches are merged when so many wait, so a huge commit holds each of its terms a few times at most."""

HashArray = npt.NDArray[np.uint64]


class Tally:
    """What one commit changes. Counts may be negative."""

    def __init__(self) -> None:
        self.n_chunks: dict[Granularity, int] = dict.fromkeys(GRANULARITIES, 0)
        self.lengths: dict[Granularity, IntArray] = {g: np.zeros(len(FIELDS), np.int64) for g in GRANULARITIES}
        self._waiting: dict[tuple[Granularity, int], list[bytes]] = {}
        self._waiting_bytes = 0
        self._sums: list[tuple[HashArray, IntArray]] = []

    def count(self, documents: Iterable[TermDocument], sign: int) -> None:
        """Add (`sign` 1) or take away (-1) chunks."""
        for document in documents:
            self._waiting.setdefault((document.granularity, sign), []).append(document.bag)
            self._waiting_bytes += len(document.bag)
            self.n_chunks[document.granularity] += sign
        if self._waiting_bytes > BATCH_BYTES:
            self._sum_waiting()

    def term_changes(self) -> tuple[HashArray, IntArray]:
        """Return the terms whose document frequency changed, sorted, and by how much."""
        self._sum_waiting()
        self._merge()
        if not self._sums:
            return np.zeros(0, np.uint64), np.zeros(0, np.int64)
        terms, changes = self._sums[0]
        return terms[changes != 0], changes[changes != 0]

    def _sum_waiting(self) -> None:
        for (granularity, sign), bags in self._waiting.items():
            entries = unpack_bag(b"".join(bags))
            lengths = np.bincount(entries["field"], weights=entries["count"], minlength=len(FIELDS))
            self.lengths[granularity] += sign * lengths.astype(np.int64)
            if granularity == "leaf":
                terms, n_leaves = np.unique(_terms_once_a_bag(bags), return_counts=True)
                self._sums.append((terms, sign * n_leaves.astype(np.int64)))
        self._waiting.clear()
        self._waiting_bytes = 0
        if len(self._sums) > MERGE_BATCHES:
            self._merge()

    def _merge(self) -> None:
        if len(self._sums) > 1:
            terms, places = np.unique(np.concatenate([s[0] for s in self._sums]), return_inverse=True)
            changes = np.concatenate([s[1] for s in self._sums])
            summed = np.bincount(places.reshape(-1), weights=changes, minlength=len(terms))
            self._sums = [(terms, np.rint(summed).astype(np.int64))]


def _terms_once_a_bag(bags: list[bytes]) -> HashArray:
    """Return each bag's distinct terms, one after the other; bags are sorted by term."""
    terms = unpack_bag(b"".join(bags))["term"]
    is_first = np.ones(len(terms), dtype=bool)
    is_first[1:] = terms[1:] != terms[:-1]
    starts = np.cumsum([len(bag) // BAG_DTYPE.itemsize for bag in bags[:-1]], dtype=np.int64)
    is_first[starts[starts < len(terms)]] = True
    return np.ascontiguousarray(terms[is_first])
