from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from codesearch.storage.coarse import CoarseReader, best_hits, rows_mask, take_prefix, take_prefix_of_query
from codesearch.storage.coarse_base import is_due, write_base
from codesearch.storage.vectors import VectorAppender, VectorReader
from indexers.types import FloatArray

DIM = 12
COARSE_DIM = 6


@pytest.fixture
def vectors() -> FloatArray:
    made = np.random.default_rng(3).standard_normal((500, DIM)).astype(np.float32)
    made[17] = made[400]
    made[33, :COARSE_DIM] = 0
    return made


@pytest.fixture
def reader(tmp_path: Path, vectors: FloatArray) -> VectorReader:
    with closing(VectorAppender(tmp_path / "vectors-1.bin", DIM, 0, "mend it")) as appender:
        appender.append(vectors)
        appender.sync()
    return VectorReader(tmp_path / "vectors-1.bin", DIM, len(vectors), "mend it")


@pytest.mark.parametrize("n_base", [0, 1, 300, 500])
@pytest.mark.parametrize("n_allowed", [0, 1, 20, 300, 500])
def test_base_and_tail_together_equal_an_exact_scan(
    tmp_path: Path, reader: VectorReader, vectors: FloatArray, n_base: int, n_allowed: int
) -> None:
    random = np.random.default_rng(n_base + n_allowed)
    live = np.sort(random.permutation(500)[:450])
    base_rows = live[live < n_base]
    base = tmp_path / "coarse-1.faiss" if len(base_rows) else None
    if base is not None:
        write_base(base, reader, base_rows, COARSE_DIM)
    allowed = np.zeros(500, dtype=bool)
    allowed[random.permutation(live)[:n_allowed]] = True
    query = vectors[400] + 0.1
    with closing(CoarseReader(base, base_rows, reader, COARSE_DIM)) as coarse:
        hits = coarse.find(query, allowed, 10)
    exact = take_prefix(reader.read(np.arange(500)), COARSE_DIM) @ take_prefix_of_query(query, COARSE_DIM)
    rows = np.flatnonzero(allowed)
    wanted = best_hits(rows, exact[rows], 10)
    assert hits.rows.tolist() == wanted.rows.tolist()
    assert hits.scores == pytest.approx(wanted.scores, abs=1e-6)


@pytest.mark.parametrize("n_base", [0, 250, 500])
@pytest.mark.parametrize("share", [0.2, 1.0])
def test_of_equal_rows_those_that_come_first_are_found(tmp_path: Path, n_base: int, share: float) -> None:
    vectors = np.random.default_rng(1).standard_normal((500, DIM)).astype(np.float32)
    vectors[np.arange(0, 500, 2)] = vectors[0]
    with closing(VectorAppender(tmp_path / "vectors-1.bin", DIM, 0, "mend it")) as appender:
        appender.append(vectors)
        appender.sync()
    reader = VectorReader(tmp_path / "vectors-1.bin", DIM, len(vectors), "mend it")
    base = tmp_path / "coarse-1.faiss" if n_base else None
    if base is not None:
        write_base(base, reader, np.arange(n_base), COARSE_DIM)
    allowed = np.arange(500) >= 500 * (1 - share)
    with closing(CoarseReader(base, np.arange(n_base), reader, COARSE_DIM)) as coarse:
        hits = coarse.find(vectors[0], allowed, 40)
    assert hits.rows.tolist() == np.flatnonzero(allowed & (np.arange(500) % 2 == 0))[:40].tolist()


def test_a_prefix_has_unit_length_and_nothing_stays_nothing() -> None:
    prefix = take_prefix(np.array([[3, 4, 9], [0, 0, 5]], dtype=np.float32), 2)
    assert prefix.tolist() == [pytest.approx([0.6, 0.8], abs=1e-3), [0, 0]]


def test_equal_scores_are_ordered_by_row() -> None:
    hits = best_hits(np.array([9, 4, 7, 1]), np.array([1, 2, 1, 1], dtype=np.float32), 3)
    assert hits.rows.tolist() == [4, 1, 7]


@pytest.mark.parametrize(
    ("n_base", "n_dead", "n_tail", "due"),
    [
        (0, 0, 4096, False),
        (0, 0, 4097, True),
        (10_000, 0, 4096, False),
        (10_000, 4097, 0, True),
        (200_000, 9_999, 9_999, False),
        (200_000, 10_001, 0, True),
        (200_000, 0, 10_001, True),
    ],
)
def test_a_new_base_is_due_at_five_percent_but_not_for_little(n_base: int, n_dead: int, n_tail: int, due: bool) -> None:
    assert is_due(n_base, n_dead, n_tail, 0.05) is due


def test_spans_become_a_mask() -> None:
    mask = rows_mask(8, np.array([1, 5, 5, 7]), np.array([2, 1, 2, 0]))
    assert np.flatnonzero(mask).tolist() == [1, 2, 5, 6]
