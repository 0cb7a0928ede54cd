"""Which of the extracted pairs may be learned from: no copies of the benchmark, of what measures, or of each other.

Copies are told by the digest of their code, wherever they hide: `_vendor`, `third_party`, or a path that says nothing.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from training.corpus import Repository, pairs_file
from training.pairs import Pair, PairKind

SAID_BY_PEOPLE: frozenset[PairKind] = frozenset({"commit", "comment", "test"})
"""Kinds of which one piece of code may have several: each says something else of it."""


def read_pairs(path: Path) -> Iterator[Pair]:
    """Yield the pairs of one repository."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield Pair(*json.loads(line))


def forbidden_digests(corpus: Path, entries: Iterable[Repository]) -> set[str]:
    """Return the digests of all code that must not be learned from: the benchmark's, and what weights are judged by."""
    digests: set[str] = set()
    for entry in entries:
        path = pairs_file(corpus, entry)
        if entry.role == "excluded" and path.exists():
            digests.update(json.loads(line) for line in path.read_text("utf-8").splitlines())
        elif entry.role != "train" and path.exists():
            digests.update(pair.digest for pair in read_pairs(path))
    return digests


def kept_pairs(corpus: Path, entries: Iterable[Repository], forbidden: set[str]) -> Iterator[tuple[int, Pair]]:
    """Yield (number of the repository, pair): of copies of one text, within a kind, the first alone."""
    seen: set[tuple[str, str, str]] = set()
    for number, entry in enumerate(entries):
        path = pairs_file(corpus, entry)
        for pair in read_pairs(path) if path.exists() else ():
            key = (pair.kind, pair.digest, pair.query if pair.kind in SAID_BY_PEOPLE else "")
            if pair.digest not in forbidden and key not in seen:
                seen.add(key)
                yield number, pair
