"""The vector cache keeps what it is given, stays within its bound, and never stands in the way."""

import contextlib
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from codesearch.storage.vector_cache import DAY_S, CacheOptions, SqliteVectorCache
from tests.storage.cached import key_of, raw, vectors_of

ROOT = Path(__file__).parents[2]


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.day = 100

    def __call__(self) -> float:
        return float(self.day * DAY_S)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "vectors.db"


def test_vectors_come_back_rounded_to_float16_and_unknown_keys_are_absent(path: Path) -> None:
    kept = vectors_of(range(1_200))
    with SqliteVectorCache(path) as cache:
        cache.put_many(kept)
        found = cache.get_many([*kept, key_of(9_999)])
    assert found.keys() == kept.keys()
    for key, vector in kept.items():
        assert found[key].dtype == np.float32
        np.testing.assert_array_equal(found[key], vector.astype(np.float16).astype(np.float32))


def test_vectors_outlive_the_process_that_put_them(path: Path) -> None:
    with SqliteVectorCache(path) as cache:
        cache.put_many(vectors_of(range(3)))
    with SqliteVectorCache(path) as cache:
        assert len(cache.get_many([key_of(0), key_of(2)])) == 2


def test_a_batch_is_there_for_others_at_once_without_closing(path: Path) -> None:
    with SqliteVectorCache(path) as writer, SqliteVectorCache(path) as reader:
        writer.put_many(vectors_of(range(5)))
        assert len(reader.get_many([key_of(n) for n in range(5)])) == 5


def test_nothing_asked_and_nothing_put_is_nothing_done(path: Path) -> None:
    with SqliteVectorCache(path) as cache:
        cache.put_many({})
        assert cache.get_many([]) == {}


def test_a_key_that_is_put_again_has_its_last_vector(path: Path) -> None:
    with SqliteVectorCache(path) as cache:
        cache.put_many({key_of(1): np.array([1, 0], np.float32)})
        cache.put_many({key_of(1): np.array([0, 1], np.float32)})
        assert cache.get_many([key_of(1)])[key_of(1)].tolist() == [0, 1]


def test_the_file_is_readable_by_its_owner_alone(path: Path) -> None:
    with SqliteVectorCache(path) as cache:
        cache.put_many(vectors_of(range(3)))
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == {"vectors.db": 0o600, "vectors.db-wal": 0o600, "vectors.db-shm": 0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "damage", ["zeroblob(20)", "substr(value, 1, 7)", "x''", "'text'", "randomblob(length(value))"]
)
def test_a_damaged_row_is_a_miss_and_is_mended_by_the_next_put(path: Path, damage: str) -> None:
    kept = vectors_of(range(3))
    with SqliteVectorCache(path) as cache:
        cache.put_many(kept)
        with raw(path) as connection:
            connection.execute(f"UPDATE vectors SET value = {damage} WHERE key = ?", [key_of(1)])
        assert cache.get_many(list(kept)).keys() == {key_of(0), key_of(2)}
        cache.put_many({key_of(1): kept[key_of(1)]})
        assert len(cache.get_many(list(kept))) == 3


def test_a_sound_value_under_another_key_is_a_miss(path: Path) -> None:
    with SqliteVectorCache(path) as cache:
        cache.put_many(vectors_of(range(2)))
        with raw(path) as connection:
            connection.execute(
                "UPDATE vectors SET value = (SELECT value FROM vectors WHERE key = ?) WHERE key = ?",
                [key_of(0), key_of(1)],
            )
        assert cache.get_many([key_of(0), key_of(1)]).keys() == {key_of(0)}


def test_the_bound_holds_and_the_newest_stay(path: Path) -> None:
    bound = 256 * 1024
    with SqliteVectorCache(path, CacheOptions(max_bytes=bound)) as cache:
        for start in range(0, 2_000, 100):
            cache.put_many(vectors_of(range(start, start + 100), dim=256))
        found = cache.get_many([key_of(n) for n in range(2_000)])
    assert 150 < len(found) < 600
    assert {key_of(n) for n in range(1_900, 2_000)} <= found.keys()
    assert path.stat().st_size < 2 * bound


def test_what_is_put_at_once_stays_even_beyond_the_bound(path: Path) -> None:
    with SqliteVectorCache(path, CacheOptions(max_bytes=64 * 1024)) as cache:
        cache.put_many(vectors_of(range(10), dim=256))
        cache.put_many(vectors_of(range(1_000), dim=256))
        assert len(cache.get_many([key_of(n) for n in range(1_000)])) == 1_000
        cache.put_many(vectors_of(range(2_000, 2_001), dim=256))
        assert len(cache.get_many([key_of(n) for n in range(1_000)])) < 1_000


def test_what_is_put_again_is_not_dropped_to_make_room_for_itself(path: Path) -> None:
    with SqliteVectorCache(path, CacheOptions(max_bytes=1)) as cache:
        for _ in range(3):
            cache.put_many(vectors_of(range(50), dim=256))
            assert len(cache.get_many([key_of(n) for n in range(50)])) == 50


def test_what_was_used_lately_outlives_what_was_not(path: Path) -> None:
    clock = Clock()
    with SqliteVectorCache(path, CacheOptions(max_bytes=128 * 1024, clock=clock)) as cache:
        cache.put_many(vectors_of(range(100), dim=256))
        clock.day += 1
        cache.get_many([key_of(n) for n in range(20)])
        for start in range(1_000, 1_100, 20):
            cache.put_many(vectors_of(range(start, start + 20), dim=256))
        old = cache.get_many([key_of(n) for n in range(100)])
    assert {key_of(n) for n in range(20)} <= old.keys()
    assert len(old) < 100


def test_uses_are_written_at_closing_even_when_nothing_was_put(path: Path) -> None:
    clock = Clock()
    with SqliteVectorCache(path, CacheOptions(clock=clock)) as cache:
        cache.put_many(vectors_of(range(2)))
    clock.day += 7
    with SqliteVectorCache(path, CacheOptions(clock=clock)) as cache:
        cache.get_many([key_of(1)])
    with raw(path) as connection:
        assert dict(connection.execute("SELECT key, used FROM vectors")) == {key_of(0): 100, key_of(1): 107}


def test_a_lowered_bound_shrinks_the_content_step_by_step(path: Path) -> None:
    with SqliteVectorCache(path) as cache:
        cache.put_many(vectors_of(range(1_000), dim=256))
    with SqliteVectorCache(path, CacheOptions(max_bytes=128 * 1024)) as cache:
        for start in range(2_000, 2_500, 100):
            cache.put_many(vectors_of(range(start, start + 100), dim=256))
        assert cache.get_many([key_of(n) for n in range(1_000)]) == {}


@pytest.mark.parametrize(
    "content", [b"not a database, only some bytes" * 400, b"SQLite format 3\x00" + b"\xff" * 9_000]
)
def test_a_file_that_is_no_database_is_set_aside_with_a_warning(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with SqliteVectorCache(path) as cache:
        cache.put_many(vectors_of(range(3)))
        assert len(cache.get_many([key_of(n) for n in range(3)])) == 3
    assert len(cache.warnings) == 1
    assert "set aside as vectors.db.damaged" in cache.warnings[0]
    assert path.with_name("vectors.db.damaged").read_bytes()[:9] == content[:9]


def test_damage_found_in_the_midst_costs_the_batch_and_nothing_else(path: Path) -> None:
    kept = vectors_of(range(2_000), dim=64)
    with SqliteVectorCache(path) as cache:
        cache.put_many(kept)
    content = bytearray(path.read_bytes())
    content[4096:] = b"\x00" * (len(content) - 4096)
    path.write_bytes(content)
    with SqliteVectorCache(path) as cache:
        assert cache.get_many(list(kept)) == {}
        cache.put_many(kept)
        assert len(cache.get_many(list(kept))) == 2_000
    assert len(cache.warnings) == 1


def test_a_file_of_another_schema_is_set_aside(path: Path) -> None:
    path.parent.mkdir()
    with raw(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    with SqliteVectorCache(path) as cache:
        cache.put_many(vectors_of(range(1)))
        assert cache.get_many([key_of(0)])
    assert "schema 99" in cache.warnings[0]


def test_a_sound_file_that_another_process_put_in_place_is_not_set_aside(path: Path, tmp_path: Path) -> None:
    fresh = tmp_path / "fresh.db"
    with SqliteVectorCache(fresh) as other:
        other.put_many(vectors_of(range(4)))
    with SqliteVectorCache(path) as cache:
        cache.put_many(vectors_of(range(1)))
        with raw(path) as connection:
            connection.execute("DROP TABLE vectors")
        fresh.replace(path)
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink()
        assert cache.get_many([key_of(3)]) == {}
        assert cache.get_many([key_of(3)]).keys() == {key_of(3)}
    assert cache.warnings == ()


def test_a_home_that_cannot_be_made_leaves_a_cache_that_knows_nothing(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where the folder should be")
    with SqliteVectorCache(tmp_path / "home" / "vectors.db") as cache:
        cache.put_many(vectors_of(range(1)))
        assert cache.get_many([key_of(0)]) == {}
    assert len(cache.warnings) == 1


def test_a_write_lock_held_by_another_loses_the_batch_not_the_caller(path: Path) -> None:
    with SqliteVectorCache(path, CacheOptions(busy_timeout_s=0.01)) as cache:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            cache.put_many(vectors_of(range(1)))
            assert cache.get_many([key_of(0)]) == {}
        cache.put_many(vectors_of(range(1)))
        assert cache.get_many([key_of(0)])
    assert len(cache.warnings) == 1
    assert "locked" in cache.warnings[0]


def test_what_goes_wrong_again_and_again_is_told_once(path: Path) -> None:
    with SqliteVectorCache(path, CacheOptions(busy_timeout_s=0.001)) as cache:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            for number in range(3):
                cache.put_many(vectors_of(range(number, number + 1)))
        assert len(cache.warnings) == 1
        assert cache.warnings[0].endswith("going on without it (3 times)")


def test_warnings_are_read_when_no_other_thread_is_adding_to_them(path: Path) -> None:
    readers: list[threading.Thread] = []
    waited: list[bool] = []

    def clock() -> float:
        """Have the warnings read while the cache is at work: this is called from inside `get_many`."""
        readers.append(threading.Thread(target=lambda: cache.warnings))
        readers[-1].start()
        readers[-1].join(0.05)
        waited.append(readers[-1].is_alive())
        return 0.0

    with SqliteVectorCache(path, CacheOptions(clock=clock)) as cache:
        cache.get_many([key_of(1)])
    for reader in readers:
        reader.join()
    assert waited == [True]


def test_a_closed_cache_knows_nothing_and_complains_about_nothing(path: Path) -> None:
    cache = SqliteVectorCache(path)
    cache.put_many(vectors_of(range(1)))
    cache.close()
    cache.put_many(vectors_of(range(1)))
    assert cache.get_many([key_of(0)]) == {}
    assert cache.warnings == ()


WRITE = """
import sys
from pathlib import Path
import numpy as np
from codesearch.storage.vector_cache import SqliteVectorCache
start = int(sys.argv[2])
with SqliteVectorCache(Path(sys.argv[1])) as cache:
    for number in range(start, start + 100):
        cache.put_many({number.to_bytes(16, "little"): np.full(16, number % 7, np.float32)})
sys.exit("; ".join(cache.warnings) or None)
"""


@pytest.mark.slow
def test_two_processes_write_at_the_same_time_and_nothing_is_lost(path: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITE, str(path), str(start)], cwd=ROOT) for start in (0, 50, 100)
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    with SqliteVectorCache(path) as cache:
        found = cache.get_many([key_of(n) for n in range(200)])
    assert len(found) == 200
    assert all((found[key_of(n)] == n % 7).all() for n in range(200))


@pytest.mark.slow
def test_a_cache_opened_twice_in_one_process_keeps_what_it_is_given_while_another_process_comes_and_goes(
    path: Path,
) -> None:
    with SqliteVectorCache(path) as cache:
        cache.put_many(vectors_of(range(1)))
        with SqliteVectorCache(path) as second:
            second.put_many(vectors_of(range(1, 2)))
        for number, start in enumerate(("50", "100"), start=2):
            assert (
                subprocess.run([sys.executable, "-c", WRITE, str(path), start], cwd=ROOT, check=False).returncode == 0
            )
            cache.put_many(vectors_of(range(number, number + 1)))
    wanted = [key_of(n) for n in (0, 1, 2, 3, *range(50, 200))]
    with SqliteVectorCache(path) as cache:
        assert [key for key in wanted if key not in cache.get_many(wanted)] == []
        assert cache.warnings == ()
