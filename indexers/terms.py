"""Term bags: the packed form in which a chunk's terms are counted, stored and scored.

A bag is a run of `BAG_DTYPE` entries sorted by (term, field). Knows nothing of text or of how terms are made.
"""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
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
    entries: list[tuple[int, int, int]] = []
    for field, words in terms.items():
        code = FIELD_CODES[field]
        entries += [(hash_term(term), code, min(n, MAX_COUNT)) for term, n in Counter(words).items()]
    entries.sort()
    return np.array(entries, dtype=BAG_DTYPE).tobytes()


def sum_bags(bags: Sequence[bytes]) -> bytes:
    """Return a container's bag: the sum of its leaves', with the shared path counted once."""
    entries = unpack_bag(b"".join(bags))
    order = np.lexsort((entries["field"], entries["term"]))
    entries = entries[order]
    if len(entries) == 0:
        return b""
    starts = np.ones(len(entries), dtype=bool)
    starts[1:] = (entries["term"][1:] != entries["term"][:-1]) | (entries["field"][1:] != entries["field"][:-1])
    first = np.flatnonzero(starts)
    summed = entries[first].copy()
    counts = entries["count"].astype(np.int64)
    largest = np.maximum.reduceat(counts, first)
    total = np.add.reduceat(counts, first)
    is_path = summed["field"] == FIELD_CODES["path"]
    summed["count"] = np.minimum(np.where(is_path, largest, total), MAX_COUNT)
    return summed.tobytes()


def unpack_bag(bag: bytes) -> BagArray:
    """View packed bytes as `BAG_DTYPE` entries, `[n]`, without a copy."""
    return np.frombuffer(bag, dtype=BAG_DTYPE)
