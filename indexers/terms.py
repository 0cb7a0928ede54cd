"""Term bags: the packed form in which a chunk's terms are counted, stored and scored.

A bag is a run of `BAG_DTYPE` entries sorted by (term, field). Knows nothing of text or of how terms are made.
"""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import chain, pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from indexers.types import FIELDS, Field, Terms

BAG_DTYPE = np.dtype([("term", "<u8"), ("field", "u1"), ("count", "<u2")])
"""64 bits of a term's hash: a million distinct terms collide with a chance of 1 in 40 million."""

MAX_COUNT = 0xFFFF

FIELD_CODES: dict[Field, int] = {name: code for code, name in enumerate(FIELDS)}

BagArray = npt.NDArray[Any]


@lru_cache(maxsize=1 << 17)
def hash_term(term: str) -> int:
    """Return the first 64 bits, little-endian, of the term's BLAKE2b hash."""
    return int.from_bytes(blake2b(term.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def pack_bag(terms: Terms) -> bytes:
    """Count the terms of one leaf; counts above 65,535 stay there."""
    return pack_bags([terms], [])[0]


def pack_bags(leaves: Sequence[Terms], runs: Sequence[tuple[int, int]]) -> list[bytes]:
    """Count the terms of a file's leaves, and of its containers given as (first leaf, number of leaves).

    Returns the bags of the leaves, then of the containers. A container's counts are the sums of its leaves', but
    for the path, which all of them share and which counts once.
    """
    entries, starts = _count_leaves(leaves)
    bags = [entries[start:end].tobytes() for start, end in pairwise(starts)]
    bags += [_sum_entries(entries[starts[first] : starts[first + n]]).tobytes() for first, n in runs]
    return bags


def unpack_bag(bag: bytes) -> BagArray:
    """View packed bytes as `BAG_DTYPE` entries, `[n]`, without a copy."""
    return np.frombuffer(bag, dtype=BAG_DTYPE)


def measure_bags(bags: Sequence[BagArray]) -> npt.NDArray[np.int64]:
    """Return how many terms each field of each bag has, `[bags, fields]`."""
    n_fields = len(FIELDS)
    # Joined as bytes: numpy checks the fields of every structured array that it concatenates.
    entries = unpack_bag(b"".join([bag.data for bag in bags]))
    cells = np.repeat(np.arange(0, len(bags) * n_fields, n_fields), [len(bag) for bag in bags]) + entries["field"]
    lengths = np.bincount(cells, weights=entries["count"], minlength=len(bags) * n_fields)
    return lengths.astype(np.int64).reshape(len(bags), n_fields)


def _count_leaves(leaves: Sequence[Terms]) -> tuple[BagArray, list[int]]:
    """Return the entries of all leaves, sorted by (leaf, term, field), and where each leaf's begin, plus the end."""
    groups = [
        (number, FIELD_CODES[field], words) for number, leaf in enumerate(leaves) for field, words in leaf.items()
    ]
    sizes = [len(words) for _, _, words in groups]
    words = chain.from_iterable(words for _, _, words in groups)
    terms = np.fromiter(map(hash_term, words), dtype=np.uint64, count=sum(sizes))
    owners = np.repeat(np.array([number for number, _, _ in groups], dtype=np.int64), sizes)
    fields = np.repeat(np.array([code for _, code, _ in groups], dtype=np.uint8), sizes)
    order = np.lexsort((fields, terms, owners))
    terms, owners, fields = terms[order], owners[order], fields[order]
    first = _starts_of_runs(owners, terms, fields)
    entries = np.empty(len(first), dtype=BAG_DTYPE)
    entries["term"], entries["field"] = terms[first], fields[first]
    entries["count"] = np.minimum(np.diff(first, append=len(terms)), MAX_COUNT)
    return entries, np.searchsorted(owners[first], np.arange(len(leaves) + 1)).tolist()


def _sum_entries(entries: BagArray) -> BagArray:
    order = np.lexsort((entries["field"], entries["term"]))
    entries = entries[order]
    first = _starts_of_runs(entries["term"], entries["field"])
    summed: BagArray = entries[first].copy()
    if len(first):
        counts = entries["count"].astype(np.int64)
        is_path = summed["field"] == FIELD_CODES["path"]
        total = np.where(is_path, np.maximum.reduceat(counts, first), np.add.reduceat(counts, first))
        summed["count"] = np.minimum(total, MAX_COUNT)
    return summed


def _starts_of_runs(*keys: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Return where a new combination of the sorted keys begins."""
    is_start = np.zeros(len(keys[0]), dtype=bool)
    is_start[:1] = True
    for key in keys:
        is_start[1:] |= key[1:] != key[:-1]
    return np.flatnonzero(is_start)
