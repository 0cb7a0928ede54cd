"""The vector cache tells encoders of one identity apart by their known answers, and keeps these whatever goes."""

from pathlib import Path

import numpy as np
import pytest

from codesearch.storage.vector_cache import CacheOptions, SqliteVectorCache, count_answers, find_known
from indexers.types import FloatArray
from tests.storage.cached import key_of, raw, vectors_of

OLDER = """
CREATE TABLE vectors(key BLOB NOT NULL UNIQUE, used INTEGER NOT NULL, value BLOB NOT NULL);
CREATE INDEX vectors_by_use ON vectors(used);
INSERT INTO vectors VALUES(zeroblob(16), 1, zeroblob(8));
PRAGMA user_version = 1;
"""


def test_a_file_of_an_older_schema_is_begun_anew_without_a_word(path: Path) -> None:
    path.parent.mkdir()
    with raw(path) as connection:
        connection.executescript(OLDER)
    assert find_known(path, [bytes(16)]) == frozenset()
    with SqliteVectorCache(path) as cache:
        assert cache.number_answers("model", answers_of(1), np.array_equal) == 0
        assert cache.get_many([bytes(16)]) == {}
        assert cache.warnings == ()
    assert [file.name for file in path.parent.iterdir()] == ["vectors.db"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "vectors.db"


def answers_of(seed: int) -> FloatArray:
    return np.random.default_rng(seed).standard_normal((4, 8)).astype(np.float32)


def test_known_answers_of_one_identity_are_numbered_as_they_come_and_found_again(path: Path) -> None:
    for wanted, seed, identity in [(0, 1, "a"), (1, 2, "a"), (0, 1, "a"), (1, 2, "a"), (2, 3, "a"), (0, 3, "b")]:
        with SqliteVectorCache(path) as cache:
            assert cache.number_answers(identity, answers_of(seed), np.array_equal) == wanted
    assert (count_answers(path, "a"), count_answers(path, "b"), count_answers(path, "c")) == (3, 1, 1)


def test_known_answers_of_another_shape_are_others(path: Path) -> None:
    with SqliteVectorCache(path) as cache:
        assert cache.number_answers("a", answers_of(1), np.array_equal) == 0
        assert cache.number_answers("a", answers_of(1)[:, :4], np.array_equal) == 1


def test_known_answers_stay_whatever_goes(path: Path) -> None:
    with SqliteVectorCache(path, CacheOptions(max_bytes=1)) as cache:
        cache.number_answers("a", answers_of(1), np.array_equal)
        cache.number_answers("a", answers_of(2), np.array_equal)
        for start in range(0, 1_000, 100):
            cache.put_many(vectors_of(range(start, start + 100), dim=256))
        assert cache.number_answers("a", answers_of(2), np.array_equal) == 1


def test_without_a_cache_nobody_tells_encoders_apart(path: Path) -> None:
    path.mkdir(parents=True)
    with SqliteVectorCache(path) as cache:
        assert cache.number_answers("a", answers_of(1), np.array_equal) is None


def test_numbers_outlive_a_file_that_is_damaged_while_they_are_in_use(path: Path) -> None:
    with SqliteVectorCache(path) as cache:
        cache.number_answers("a", answers_of(1), np.array_equal)
        cache.number_answers("a", answers_of(2), np.array_equal)
        with raw(path) as connection:
            connection.execute("DROP TABLE vectors")
        cache.get_many([key_of(1)])
        cache.put_many(vectors_of(range(1)))
        assert len(cache.get_many([key_of(0)])) == 1
        assert cache.number_answers("a", answers_of(2), np.array_equal) == 1


def test_a_file_in_which_another_process_numbers_otherwise_is_not_used(path: Path, tmp_path: Path) -> None:
    fresh = tmp_path / "fresh.db"
    with SqliteVectorCache(fresh) as other:
        other.number_answers("a", answers_of(9), np.array_equal)
        other.put_many(vectors_of(range(4)))
    with SqliteVectorCache(path) as cache:
        cache.number_answers("a", answers_of(1), np.array_equal)
        with raw(path) as connection:
            connection.execute("DROP TABLE vectors")
        fresh.replace(path)
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink()
        for _ in range(2):
            assert cache.get_many([key_of(3)]) == {}
