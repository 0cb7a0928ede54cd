"""One uint16 a vector row: is it live, and of which granularities and kinds are the chunks that own it.

The live bitmap, the quota of each granularity and the filter of kinds in one array.
"""

from array import array
from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt

from codesearch.storage.rows import IntArray
from indexers.types import GRANULARITIES, KINDS, Chunk, Granularity, Kind

GRANULARITY_BITS: dict[Granularity, int] = {name: 1 << i for i, name in enumerate(GRANULARITIES)}
KIND_BITS: dict[Kind, int] = {name: 1 << (len(GRANULARITIES) + i) for i, name in enumerate(KINDS)}
CONTINUES = 1 << (len(GRANULARITIES) + len(KINDS))
"""Set on a row that is not the first of one of its chunks: the chunk was windowed."""

FLAGS_DTYPE = np.dtype("<u2")
"""0 is a dead row; a row that several chunks share carries the bits of all."""

FlagArray = npt.NDArray[np.uint16]


class RowFlags:
    """The flags of all rows of a vector file, growing and dying."""

    def __init__(self, committed: FlagArray) -> None:
        self._flags = array("H", committed.astype(np.uint16).tobytes())

    def extend(self, chunks: Sequence[Chunk], first_row: Sequence[int], n_rows: Sequence[int], n_total: int) -> None:
        """Append the flags of one file's `n_total` rows."""
        flags = [0] * n_total
        for chunk, first, n in zip(chunks, first_row, n_rows, strict=True):
            bits = GRANULARITY_BITS[chunk.granularity] | KIND_BITS[chunk.kind]
            for row in range(first, first + n):
                flags[row] |= bits if row == first else bits | CONTINUES
        self._flags.extend(flags)

    def kill(self, first: int, n: int) -> None:
        """Mark rows as dead."""
        self._flags[first : first + n] = array("H", bytes(2 * n))

    def keep(self, rows: IntArray) -> None:
        """Drop all other rows; those that stay move up."""
        self._flags = array("H", self.values()[rows].astype(np.uint16).tobytes())

    def values(self) -> FlagArray:
        """Return a copy, uint16 `[rows]`."""
        return np.array(self._flags, dtype=FLAGS_DTYPE)


def mask_of(
    flags: FlagArray, granularities: Collection[Granularity], kinds: Collection[Kind] | None
) -> npt.NDArray[np.bool_]:
    """Return the live rows, bool `[rows]`, that some chunk of the granularities, and some of the kinds, owns."""
    wanted = sum(GRANULARITY_BITS[name] for name in set(granularities))
    mask: npt.NDArray[np.bool_] = (flags & np.uint16(wanted)) != 0
    if kinds is not None:
        mask &= (flags & np.uint16(sum(KIND_BITS[name] for name in set(kinds)))) != 0
    return mask
