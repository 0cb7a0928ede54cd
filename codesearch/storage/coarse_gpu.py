"""A copy of the coarse base on the GPU, where `faiss` has one: it proposes, the base on the processor decides.

A flat index on a GPU knows no selectors, gives so many hits at most, and rounds the query to half precision. What it
proposes is therefore scored again, and taken only if nothing that it did not propose can be as good. Knows places
within the base, not rows.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from codesearch.storage.rows import IntArray
from indexers.types import FloatArray

MIN_GPU_ROWS = 200_000
"""Up to here a search on the processor takes under 5 ms at 256 dimensions: not worth a copy."""

SEARCHES_BEFORE_COPY = 30
"""Some ten queries: starting CUDA and copying takes about a second, which a single query would never earn back."""

MAX_GPU_HITS = 2048
"""What FAISS selects on a GPU at most."""

MIN_PROPOSED = 2
"""How many times the expected number of hits is asked for: rows that are not allowed may crowd at the top."""

MARGIN = 16
"""How many hits are asked for beyond that: what follows the last one wanted must be clearly worse."""

GPU_ROUNDING = 1e-3
"""Twice what rounding a unit vector to half precision (2**-11 of each number) can change of an inner product."""

COPIED_ROWS = 65_536
"""Rows that are on their way at once: 64 MiB at 256 dimensions."""

SCRATCH_BYTES = 64 << 20
"""Working memory on the GPU for one query; FAISS would keep 1.5 GB, which an encoder can make better use of."""

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class PlaceHits:
    """Places within the base, int64, and their similarity, float32, in no order."""

    places: IntArray
    scores: FloatArray


def copy_to_gpu(base: Any) -> Any | None:
    """Return a float16 copy of a FAISS index on the first GPU; None where there is none, no room, or little to gain."""
    import faiss

    untyped: Any = faiss
    if base.ntotal < MIN_GPU_ROWS or not hasattr(faiss, "StandardGpuResources") or untyped.get_num_gpus() == 0:
        return None
    try:
        resources = untyped.StandardGpuResources()
        resources.setTempMemory(SCRATCH_BYTES)
        config = untyped.GpuIndexFlatConfig()
        config.useFloat16 = True
        copy = untyped.GpuIndexFlatIP(resources, base.d, config)
        for start in range(0, base.ntotal, COPIED_ROWS):
            copy.add(base.reconstruct_n(start, min(COPIED_ROWS, base.ntotal - start)))
    except (RuntimeError, MemoryError):
        return None
    return copy


def find_on_gpu(copy: Any, base: Any, query: FloatArray, mask: BoolArray, limit: int) -> PlaceHits | None:
    """Return allowed places among which are the `limit` best, as FAISS scores them on the processor.

    None where that is not certain: few places are allowed, or too many are equally good. Raises RuntimeError where the
    GPU fails.
    """
    n_allowed = int(np.count_nonzero(mask))
    n_asked = min(len(mask), int(MIN_PROPOSED * (limit + MARGIN) * len(mask) / n_allowed), MAX_GPU_HITS)
    if n_asked * n_allowed < limit * len(mask):
        return None
    proposed = copy.search(query[None, :], n_asked)
    worst, places = float(proposed[0][0][-1]), proposed[1][0]
    kept = places[(places >= 0) & mask[places]]
    if len(kept) < limit:
        return None
    scores = base.reconstruct_batch(kept) @ query
    if n_asked < len(mask) and np.partition(scores, len(scores) - limit)[len(scores) - limit] <= worst + GPU_ROUNDING:
        return None
    return PlaceHits(kept, scores)
