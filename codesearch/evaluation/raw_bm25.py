"""Raw BM25, the yardstick that no change of ours moves: one bag of words a leaf, no fields, no priors, no fusion.

Formula (Robertson and Zaragoza, 2009), with tf(t) the count of term t in the leaf's text and len its terms:

    idf(t) = ln(1 + (N - df(t) + 0.5) / (df(t) + 0.5))
    score  = sum over the query's terms t, repeats counted, of
             idf(t) * (k1 + 1) * tf(t) / (tf(t) + k1 * (1 - b + b * len / mean len))
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from codesearch.evaluation.metrics import Place
from codesearch.storage.snapshot import Snapshot
from indexers.terms import FIELD_CODES, hash_term
from indexers.tokenizer import tokenize

K1 = 1.2
B = 0.75
"""Both are fixed by the definition of this yardstick and are never fitted."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf as a result."""

    place: Place
    n_characters: int


@dataclass(frozen=True, slots=True)
class _File:
    """The leaves of a file and the terms of their texts."""

    leaves: tuple[Leaf, ...]
    terms: npt.NDArray[np.uint64]
    """Term hashes, leaf after leaf."""
    counts: npt.NDArray[np.int64]
    owners: npt.NDArray[np.int64]
    """Which leaf of the file each term belongs to."""
    lengths: npt.NDArray[np.int64]
    """Terms of each leaf."""


class RawBm25:
    """Leaves of one index at a time, by their terms. Files that did not change are read once."""

    def __init__(self) -> None:
        self._files: dict[tuple[str, int], _File] = {}
        self._leaves: list[Leaf] = []
        self._terms = np.zeros(0, dtype=np.uint64)
        self._counts = np.zeros(0)
        self._owners = np.zeros(0, dtype=np.int64)
        self._norms = np.zeros(0)

    def read(self, folder: Path) -> None:
        """Take the current generation of the index in `folder`."""
        with Snapshot.open(folder) as snapshot:
            index_id = snapshot.info.index_id
            keys = [(index_id, file.id) for file in snapshot.files()]
            self._files = {
                key: self._files[key] if key in self._files else _read_file(snapshot, key[1]) for key in keys
            }
        files = list(self._files.values())
        self._leaves = [leaf for file in files for leaf in file.leaves]
        first = np.cumsum([0, *(len(file.leaves) for file in files)])
        terms = _join([file.terms for file in files], np.uint64)
        order = np.argsort(terms, kind="stable")
        owners = [file.owners + start for file, start in zip(files, first, strict=False)]
        self._terms = terms[order]
        self._owners = _join(owners, np.int64)[order]
        self._counts = _join([file.counts for file in files], np.int64)[order].astype(np.float64)
        lengths = _join([file.lengths for file in files], np.int64)
        mean = lengths.mean() if lengths.sum() else 1.0
        self._norms = K1 * (1 - B + B * lengths / mean)

    def rank(self, query: str, limit: int) -> list[Leaf]:
        """Return the best leaf of each of the best files; ties by path and line."""
        scores = self._score(query)
        found = np.flatnonzero(scores)
        best: dict[str, tuple[float, int]] = {}
        for leaf in found[np.argsort(-scores[found], kind="stable")].tolist():
            best.setdefault(self._leaves[leaf].place.path, (-float(scores[leaf]), leaf))
        ranked = sorted(best.items(), key=lambda entry: (entry[1][0], entry[0]))
        return [self._leaves[leaf] for _, (_, leaf) in ranked[:limit]]

    def _score(self, query: str) -> npt.NDArray[np.float64]:
        scores = np.zeros(len(self._leaves))
        for term, n_asked in Counter(tokenize(query)).items():
            key = np.uint64(hash_term(term))
            start, end = np.searchsorted(self._terms, key, "left"), np.searchsorted(self._terms, key, "right")
            owners, counts = self._owners[start:end], self._counts[start:end]
            idf = np.log1p((len(self._leaves) - len(owners) + 0.5) / (len(owners) + 0.5))
            scores[owners] += n_asked * idf * (K1 + 1) * counts / (counts + self._norms[owners])
        return scores


def _read_file(snapshot: Snapshot, file_id: int) -> _File:
    rows = [row for row in snapshot.chunks_of_file(file_id) if row.granularity == "leaf"]
    text = snapshot.text(file_id)
    bags = [bag[bag["field"] == FIELD_CODES["body"]] for bag in snapshot.bags([row.id for row in rows])]
    return _File(
        leaves=tuple(
            Leaf(
                Place(row.path, row.start_line, row.end_line),
                len(text[row.start_byte : row.end_byte].decode("utf-8", "replace")),
            )
            for row in rows
        ),
        terms=_join([bag["term"] for bag in bags], np.uint64),
        counts=_join([bag["count"] for bag in bags], np.int64),
        owners=np.repeat(np.arange(len(bags)), [len(bag) for bag in bags]),
        lengths=np.array([bag["count"].sum(dtype=np.int64) for bag in bags], dtype=np.int64),
    )


def _join(parts: list[npt.NDArray[Any]], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    return np.concatenate([np.zeros(0, dtype=dtype), *parts]).astype(dtype)
