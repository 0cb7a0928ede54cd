"""What a vector takes in the cache is what it takes in a real one."""

from pathlib import Path

import numpy as np
import pytest

from codesearch.storage.cache_rows import cache_row_bytes
from codesearch.storage.vector_cache import SqliteVectorCache

N_ROWS = 1_000


@pytest.mark.parametrize("dim", [64, 256, 512, 1024, 1536, 2560, 4096])
def test_a_row_takes_what_it_takes_in_a_cache(tmp_path: Path, dim: int) -> None:
    keys = np.random.default_rng(1).bytes(16 * N_ROWS)
    vectors = {keys[start : start + 16]: np.full(dim, 0.5, np.float32) for start in range(0, len(keys), 16)}
    with SqliteVectorCache(tmp_path / "vectors.db") as cache:
        cache.put_many(vectors)
    size_bytes = (tmp_path / "vectors.db").stat().st_size
    assert cache_row_bytes(dim) * N_ROWS == pytest.approx(size_bytes, rel=0.05)
