from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pytest

from codesearch.errors import CorruptIndexError
from codesearch.storage.coarse import CoarseReader, best_hits, compare, rows_mask, take_prefix, take_prefix_of_query
from codesearch.storage.coarse_base import Behind, find_behind, find_due, write_base
from codesearch.storage.coarse_gpu import MAX_GPU_HITS, SEARCHES_BEFORE_COPY, copy_to_gpu, find_on_gpu
from codesearch.storage.thresholds import DEFAULT_THRESHOLDS, BaseThresholds
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
    return write_vectors(tmp_path, vectors)


def write_vectors(folder: Path, vectors: FloatArray) -> VectorReader:
    with closing(VectorAppender(folder / "vectors-1.bin", DIM, 0, "mend it")) as appender:
        appender.append(vectors)
        appender.sync()
    return VectorReader(folder / "vectors-1.bin", DIM, len(vectors), "mend it")


@contextmanager
def half_equal(folder: Path, n_base: int) -> Iterator[tuple[CoarseReader, FloatArray]]:
    """Give 500 rows, so many of them in a base, of which every second one is equal, and that vector."""
    vectors = np.random.default_rng(1).standard_normal((500, DIM)).astype(np.float32)
    vectors[np.arange(0, 500, 2)] = vectors[0]
    reader = write_vectors(folder, vectors)
    base = folder / "coarse-1.faiss" if n_base else None
    if base is not None:
        write_base(base, reader, np.arange(n_base), COARSE_DIM)
    with closing(CoarseReader(base, np.arange(n_base), reader, COARSE_DIM)) as coarse:
        yield coarse, vectors[0]


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
    exact = compare(take_prefix(reader.read(np.arange(500)), COARSE_DIM), take_prefix_of_query(query, COARSE_DIM))
    rows = np.flatnonzero(allowed)
    wanted = best_hits(rows, exact[rows], 10)
    assert hits.rows.tolist() == wanted.rows.tolist()
    assert hits.scores.tolist() == wanted.scores.tolist()


@pytest.mark.parametrize("n_base", [0, 250, 500])
@pytest.mark.parametrize("share", [0.2, 1.0])
def test_of_equal_rows_those_that_come_first_are_found(tmp_path: Path, n_base: int, share: float) -> None:
    allowed = np.arange(500) >= 500 * (1 - share)
    with half_equal(tmp_path, n_base) as (coarse, vector):
        hits = coarse.find(vector, allowed, 40)
    assert hits.rows.tolist() == np.flatnonzero(allowed & (np.arange(500) % 2 == 0))[:40].tolist()


@pytest.mark.parametrize("n_base", [0, 250, 500])
def test_of_equal_rows_at_the_edge_those_that_rank_first_are_found(tmp_path: Path, n_base: int) -> None:
    with half_equal(tmp_path, n_base) as (coarse, vector):
        hits = coarse.find(vector, np.ones(500, dtype=bool), 40, np.negative)
    assert hits.rows.tolist() == list(range(420, 500, 2))


def test_equal_vectors_are_equally_similar_wherever_they_stand() -> None:
    random = np.random.default_rng(2)
    vectors, query = random.standard_normal((501, 256)).astype(np.float32), random.standard_normal(256)
    vectors[:] = vectors[0]
    found = {similar for n in (1, 2, 3, 5, 501) for similar in compare(vectors[:n], query.astype(np.float32)).tolist()}
    assert len(found) == 1


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
    assert (find_due(Behind(n_base, n_dead, n_tail, n_tail), 256, DEFAULT_THRESHOLDS.base) is not None) is due


@pytest.mark.parametrize(("n_base", "n_tail", "due"), [(0, 65_535, False), (0, 65_536, True), (100_000, 70_000, False)])
def test_an_unfinished_build_of_short_vectors_makes_no_base_for_little(n_base: int, n_tail: int, due: bool) -> None:
    found = find_due(Behind(n_base, 0, n_tail, n_tail), 256, DEFAULT_THRESHOLDS.unfinished_base)
    assert (found == "base due: tail rows") is due


@pytest.mark.parametrize(
    ("thresholds", "n_bytes"),
    [(DEFAULT_THRESHOLDS.base, 16 << 20), (DEFAULT_THRESHOLDS.unfinished_base, 64 << 20)],
)
def test_a_tail_is_bounded_by_the_bytes_that_a_first_search_reads(thresholds: BaseThresholds, n_bytes: int) -> None:
    n_rows = n_bytes // (2 * 2560 + 4)
    assert find_due(Behind(1_000_000, 0, n_rows, n_rows), 2560, thresholds) is None
    assert find_due(Behind(1_000_000, 0, n_rows + 1, n_rows + 1), 2560, thresholds) == "base due: tail bytes"


def test_dead_rows_that_a_first_search_reads_count_as_well() -> None:
    assert find_due(Behind(1_000_000, 0, 1, 4_000), 2560, DEFAULT_THRESHOLDS.base) == "base due: tail bytes"


def test_dead_rows_at_the_end_make_no_base_again_and_again() -> None:
    flags = np.array([1] * 3 + [0] * 5, dtype=np.uint16)
    assert find_behind(np.arange(3), flags) == Behind(3, 0, 0, 0)
    assert find_behind(np.arange(1), flags) == Behind(1, 0, 2, 2)


def test_rows_that_died_behind_the_last_live_one_are_not_read(
    tmp_path: Path, reader: VectorReader, vectors: FloatArray
) -> None:
    (tmp_path / "vectors-1.bin").write_bytes((tmp_path / "vectors-1.bin").read_bytes()[:-1] + b"?")
    allowed = np.arange(500) < 499
    with closing(CoarseReader(None, np.zeros(0, np.int64), reader, COARSE_DIM)) as coarse:
        assert coarse.find(vectors[3], allowed & (np.arange(500) < 9), 1).rows.tolist() == [3]
        assert coarse.find(vectors[400], allowed, 2).rows.tolist() == [17, 400]
        with pytest.raises(CorruptIndexError):
            coarse.find(vectors[400], ~allowed, 1)


def test_spans_become_a_mask() -> None:
    mask = rows_mask(8, np.array([1, 5, 5, 7]), np.array([2, 1, 2, 0]))
    assert np.flatnonzero(mask).tolist() == [1, 2, 5, 6]


class StandIn:
    """What a GPU does, without one: a flat index without selectors that gives no more hits than a GPU would."""

    def __init__(self, base: Any) -> None:
        self._flat: Any = faiss.IndexFlatIP(base.d)
        self._flat.add(base.reconstruct_n(0, base.ntotal))
        self.n_searches = 0

    def search(self, queries: FloatArray, n_hits: int) -> Any:
        assert n_hits <= MAX_GPU_HITS
        self.n_searches += 1
        return self._flat.search(queries.astype(np.float16).astype(np.float32), n_hits)


class FailingStandIn(StandIn):
    def search(self, queries: FloatArray, n_hits: int) -> Any:
        super().search(queries, n_hits)
        raise RuntimeError("CUDA error 2: out of memory")


class Accelerator:
    """Copies to a stand-in, and remembers it."""

    def __init__(self, make: Callable[[Any], StandIn] = StandIn) -> None:
        self._make = make
        self.copies: list[StandIn] = []

    def __call__(self, base: Any) -> StandIn:
        self.copies.append(self._make(base))
        return self.copies[-1]


def warm_up(coarse: CoarseReader) -> None:
    for _ in range(SEARCHES_BEFORE_COPY - 1):
        coarse.find(np.ones(DIM, dtype=np.float32), np.ones(500, dtype=bool), 1)


@pytest.mark.parametrize("n_base", [1, 300, 500])
@pytest.mark.parametrize("n_allowed", [1, 20, 300, 500])
def test_a_copy_on_a_gpu_finds_what_the_processor_finds(
    tmp_path: Path, reader: VectorReader, vectors: FloatArray, n_base: int, n_allowed: int
) -> None:
    base, base_rows, accelerator = tmp_path / "coarse-1.faiss", np.arange(n_base), Accelerator()
    write_base(base, reader, base_rows, COARSE_DIM)
    allowed = np.zeros(500, dtype=bool)
    allowed[np.random.default_rng(n_allowed).permutation(500)[:n_allowed]] = True
    with (
        closing(CoarseReader(base, base_rows, reader, COARSE_DIM)) as plain,
        closing(CoarseReader(base, base_rows, reader, COARSE_DIM, accelerator)) as coarse,
    ):
        warm_up(coarse)
        for query in vectors[:40]:
            wanted, hits = plain.find(query, allowed, 10), coarse.find(query, allowed, 10)
            assert hits.rows.tolist() == wanted.rows.tolist()
            assert hits.scores == pytest.approx(wanted.scores, abs=2e-6)
    assert len(accelerator.copies) == (1 if allowed[:n_base].any() else 0)


def test_a_gpu_answers_most_queries_once_it_has_the_copy(tmp_path: Path, reader: VectorReader) -> None:
    base, accelerator = tmp_path / "coarse-1.faiss", Accelerator()
    write_base(base, reader, np.arange(500), COARSE_DIM)
    queries = np.random.default_rng(8).standard_normal((40, DIM)).astype(np.float32)
    allowed = np.arange(500) % 3 > 0
    index: Any = faiss.read_index(str(base))
    copy = accelerator(index)
    found = [find_on_gpu(copy, index, take_prefix_of_query(one, COARSE_DIM), allowed, 10) for one in queries]
    assert sum(hits is not None for hits in found) > 30


def test_what_a_gpu_cannot_tell_apart_is_left_to_the_processor(tmp_path: Path) -> None:
    vectors = np.random.default_rng(1).standard_normal((500, DIM)).astype(np.float32)
    vectors[np.arange(0, 500, 2)] = vectors[0]
    with closing(VectorAppender(tmp_path / "vectors-1.bin", DIM, 0, "mend it")) as appender:
        appender.append(vectors)
        appender.sync()
    reader = VectorReader(tmp_path / "vectors-1.bin", DIM, len(vectors), "mend it")
    base = tmp_path / "coarse-1.faiss"
    write_base(base, reader, np.arange(500), COARSE_DIM)
    with closing(CoarseReader(base, np.arange(500), reader, COARSE_DIM, Accelerator())) as coarse:
        warm_up(coarse)
        hits = coarse.find(vectors[0], np.ones(500, dtype=bool), 40)
    assert hits.rows.tolist() == list(range(0, 80, 2))


def test_a_gpu_that_fails_is_not_asked_again_and_the_answer_stays(
    tmp_path: Path, reader: VectorReader, vectors: FloatArray
) -> None:
    base, accelerator = tmp_path / "coarse-1.faiss", Accelerator(FailingStandIn)
    write_base(base, reader, np.arange(500), COARSE_DIM)
    with closing(CoarseReader(base, np.arange(500), reader, COARSE_DIM, accelerator)) as coarse:
        warm_up(coarse)
        found = [coarse.find(vectors[9], np.ones(500, dtype=bool), 1).rows.tolist() for _ in range(3)]
    assert found == [[9]] * 3
    assert [copy.n_searches for copy in accelerator.copies] == [1]


def test_a_single_query_copies_nothing(tmp_path: Path, reader: VectorReader, vectors: FloatArray) -> None:
    base, accelerator = tmp_path / "coarse-1.faiss", Accelerator()
    write_base(base, reader, np.arange(500), COARSE_DIM)
    with closing(CoarseReader(base, np.arange(500), reader, COARSE_DIM, accelerator)) as coarse:
        coarse.find(vectors[9], np.ones(500, dtype=bool), 10)
    assert accelerator.copies == []


def test_a_small_base_stays_where_it_is(tmp_path: Path, reader: VectorReader) -> None:
    write_base(tmp_path / "coarse-1.faiss", reader, np.arange(500), COARSE_DIM)
    index: Any = faiss.read_index(str(tmp_path / "coarse-1.faiss"))
    assert copy_to_gpu(index) is None
