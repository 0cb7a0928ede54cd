"""The vector cache: one SQLite file that spares encoding the same input twice, shared by all roots and processes.

Disposable: whatever is wrong with it is a miss and one of its `warnings`, never an error, and a damaged file is set
aside and begun anew. Bounded: what was used longest ago goes first; the known answers that tell encoders of one
identity apart stay. Knows keys and vectors, not what they stand for.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote
from zlib import crc32

import numpy as np

from codesearch.settings.settings import DEFAULT_CACHE_BYTES
from codesearch.storage.platform import PRIVATE_FILE, PRIVATE_FOLDER
from indexers.types import FloatArray

SCHEMA_VERSION = 2
"""2 keeps known answers; vectors of before, of which nobody knows who made them, are dropped."""

CACHE_FILE = "vectors.db"
"""Under the home."""

BUSY_TIMEOUT_S = 10.0
"""Longer than any transaction here takes; whoever still waits then goes on without the cache."""

KEYS_PER_QUERY = 500
"""Under SQLite's oldest limit of 999 parameters."""

MAX_PENDING_TOUCHES = 10_000
"""Uses noted in memory before they are written; lost with the process, which costs nothing but order."""

MAX_WARNINGS = 8
"""Different things that are remembered to have gone wrong; whoever has so many needs no more."""

EVICTIONS_PER_ROW = 4
"""Old rows that one new row may push out: keeps transactions short, yet shrinks a cache whose bound was lowered."""

DAY_S = 86_400

_SCHEMA = """
CREATE TABLE vectors(key BLOB NOT NULL UNIQUE, used INTEGER NOT NULL, value BLOB NOT NULL);
CREATE INDEX vectors_by_use ON vectors(used);
CREATE TABLE answers(identity TEXT, number INTEGER, vectors BLOB NOT NULL, PRIMARY KEY(identity, number));
"""

_DAMAGE = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_MISMATCH})
"""Primary codes that mean: these bytes are no cache of ours. All else (busy, full, read-only) may pass by itself."""


AreSame = Callable[[FloatArray, FloatArray], bool]
"""Tells whether two sets of known answers are of one encoder."""


@dataclass(frozen=True, slots=True)
class CacheOptions:
    """How large the cache may grow, what time it is, and how long to wait for another process."""

    max_bytes: int = DEFAULT_CACHE_BYTES
    clock: Callable[[], float] = time.time
    busy_timeout_s: float = BUSY_TIMEOUT_S


class SqliteVectorCache:
    """A `VectorCache` in the file `path`; safe for several threads and processes. Vectors are kept as float16."""

    def __init__(self, path: Path, options: CacheOptions | None = None) -> None:
        self._path = path
        self._options = options or CacheOptions()
        self._lock = threading.Lock()
        self._touched: set[bytes] = set()
        self._warnings: dict[str, int] = {}
        self._numbered: dict[tuple[str, int], bytes] = {}
        self._connection: sqlite3.Connection | None = None
        self._inode = 0
        with self._lock, self._guarded():
            self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What went wrong so far, in the order in which each was first seen; at most `MAX_WARNINGS`."""
        with self._lock:
            return tuple(text if n == 1 else f"{text} ({n} times)" for text, n in self._warnings.items())

    def get_many(self, keys: Sequence[bytes]) -> dict[bytes, FloatArray]:
        """Return the vectors that are known and sound, float32 `[dim]` each, rounded to float16."""
        found: dict[bytes, FloatArray] = {}
        with self._lock, self._guarded() as connection:
            if connection is None:
                return found
            today = self._today()
            for start in range(0, len(keys), KEYS_PER_QUERY):
                part = list(keys[start : start + KEYS_PER_QUERY])
                marks = ",".join("?" * len(part))
                rows = connection.execute(f"SELECT key, used, value FROM vectors WHERE key IN ({marks})", part)
                for key, used, value in rows:
                    vector = _unpack(key, value)
                    if vector is None:
                        continue
                    found[key] = vector
                    if used < today:
                        self._touched.add(key)
            if len(self._touched) > MAX_PENDING_TOUCHES:
                with _transaction(connection):
                    self._write_touches(connection)
        return found

    def put_many(self, vectors: Mapping[bytes, FloatArray]) -> None:
        """Keep the vectors in one durable transaction, and drop what was used longest ago beyond the bound.

        Never of these: where they alone exceed the bound, the next ones push them out.
        """
        today = self._today()
        rows = [(key, today, _pack(key, vector)) for key, vector in vectors.items()]
        with self._lock, self._guarded() as connection:
            if connection is None or not rows:
                return
            with _transaction(connection):
                self._write_touches(connection)
                last = connection.execute("SELECT coalesce(max(rowid), 0) FROM vectors").fetchone()[0]
                # A row that is replaced gets a new number as well: all that are put now come behind `last`.
                connection.executemany("INSERT OR REPLACE INTO vectors VALUES(?, ?, ?)", rows)
                self._evict(connection, last, len(rows))

    def number_answers(self, identity: str, answers: FloatArray, are_same: AreSame) -> int | None:
        """Return the number of the first known answers of an identity that are the same; new ones are kept.

        None where there is no cache that could tell: its vectors may then be of another encoder.
        """
        for _ in range(2):  # a damaged file is begun anew, and then asked again
            with self._lock, self._guarded() as connection:
                if connection is None:
                    return None
                with _transaction(connection):
                    number, data = _find_answers(connection, identity, answers, are_same)
                    connection.execute("INSERT OR IGNORE INTO answers VALUES(?, ?, ?)", [identity, number, data])
                self._numbered[identity, number] = data
                return number
        return None

    def close(self) -> None:
        """Write pending uses and let go of the file."""
        with self._lock:
            with self._guarded() as connection:
                if connection is not None and self._touched:
                    with _transaction(connection):
                        self._write_touches(connection)
            self._disconnect()

    def _today(self) -> int:
        return int(self._options.clock() // DAY_S)

    def _write_touches(self, connection: sqlite3.Connection) -> None:
        today = self._today()
        rows = [(today, key) for key in self._touched]
        connection.executemany("UPDATE vectors SET used = ? WHERE key = ?", rows)
        self._touched.clear()

    def _evict(self, connection: sqlite3.Connection, last: int, n_added: int) -> None:
        """Drop rows up to `last`, used longest ago first, until the pages in use fit the bound, a few for each new."""
        for _ in range(EVICTIONS_PER_ROW):
            if _bytes_in_use(connection) <= self._options.max_bytes:
                return
            connection.execute(
                "DELETE FROM vectors WHERE rowid IN"  # by the index of use: the + keeps SQLite from reading all rows
                " (SELECT rowid FROM vectors WHERE +rowid <= ? ORDER BY used, rowid LIMIT ?)",
                [last, n_added],
            )

    @contextmanager
    def _guarded(self) -> Iterator[sqlite3.Connection | None]:
        """Give the connection, if there is one; turn whatever fails into a warning."""
        try:
            yield self._connection
        except sqlite3.Error as error:
            self._recover(error)
        except OSError as error:
            self._warn(f"vector cache {self._path} cannot be used: {error}; going on without it")

    def _warn(self, text: str) -> None:
        if text in self._warnings or len(self._warnings) < MAX_WARNINGS:
            self._warnings[text] = self._warnings.get(text, 0) + 1

    def _recover(self, error: sqlite3.Error) -> None:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code not in _DAMAGE:
            self._warn(f"vector cache {self._path} cannot be used just now: {error}; going on without it")
            return
        self._touched.clear()
        self._disconnect()
        try:
            aside = self._set_aside()
            self._open()
            self._keep_numbers()
        except (OSError, sqlite3.Error) as again:
            self._disconnect()
            self._warn(f"vector cache {self._path} is damaged ({error}) and cannot be replaced: {again}")
            return
        if aside:
            self._warn(f"vector cache {self._path} was damaged ({error}); set aside as {aside.name}, begun anew")

    def _keep_numbers(self) -> None:
        """Keep in a file that was begun anew what was numbered in the old; let go of one that numbers otherwise."""
        if self._connection is None:
            return
        with _transaction(self._connection):
            for (identity, number), data in self._numbered.items():
                self._connection.execute("INSERT OR IGNORE INTO answers VALUES(?, ?, ?)", [identity, number, data])
                sql = "SELECT vectors FROM answers WHERE identity = ? AND number = ?"
                if self._connection.execute(sql, [identity, number]).fetchone()[0] != data:
                    raise sqlite3.DatabaseError("another process numbers encoders otherwise")

    def _set_aside(self) -> Path | None:
        """Rename the damaged file, unless another process has already put a sound one in its place."""
        with suppress(FileNotFoundError):
            if self._inode and self._path.stat().st_ino != self._inode:
                return None
            aside = self._path.with_name(f"{self._path.name}.damaged")
            self._path.replace(aside)
            for suffix in ("-wal", "-shm"):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
            return aside
        return None

    def _open(self) -> None:
        self._path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        with suppress(FileExistsError):  # never opened but by SQLite: closing it would end the locks of this process
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, PRIVATE_FILE))
        self._path.chmod(PRIVATE_FILE)
        self._inode = self._path.stat().st_ino
        self._connection = sqlite3.connect(
            self._path, timeout=self._options.busy_timeout_s, isolation_level=None, check_same_thread=False
        )
        _prepare(self._connection)

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()


def count_answers(path: Path, identity: str) -> int:
    """Return how many encoders a cache tells apart by their answers under one identity, without making or changing it.

    At least 1: the first has the number 0 before it is seen.
    """
    rows = _read(path, [("SELECT max(number) FROM answers WHERE identity = ?", [identity])])
    return 1 + max((row[0] or 0 for row in rows), default=0)


def find_known(path: Path, keys: Sequence[bytes]) -> frozenset[bytes]:
    """Return which keys a cache has, without making one, changing it or counting as use; none where it is no cache."""
    parts = [keys[start : start + KEYS_PER_QUERY] for start in range(0, len(keys), KEYS_PER_QUERY)]
    queries = [(f"SELECT key FROM vectors WHERE key IN ({','.join('?' * len(part))})", part) for part in parts]
    return frozenset(row[0] for row in _read(path, queries))


def _read(path: Path, queries: Iterable[tuple[str, Sequence[bytes | str]]]) -> list[tuple[Any, ...]]:
    """Return all rows, changing nothing; none where there is no cache of this schema, or none that can be read."""
    if not path.is_file():
        return []
    rows: list[tuple[Any, ...]] = []
    uri = f"file:{quote(str(path))}?mode=ro"
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S)) as connection:
            for sql, parameters in queries if _version_of(connection) == SCHEMA_VERSION else ():
                rows += connection.execute(sql, parameters)
    except sqlite3.Error:
        return []
    return rows


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Write under the lock from the start, so that no reader's lock has to be raised to a writer's midway."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")


def _prepare(connection: sqlite3.Connection) -> None:
    """Create the schema, in the place of an older one too; raise sqlite3.DatabaseError for a file of another."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    with _transaction(connection):
        version = _version_of(connection)
        if 0 < version < SCHEMA_VERSION:
            connection.execute("DROP TABLE IF EXISTS vectors")
            connection.execute("PRAGMA user_version = 0")
            version = 0
        n_tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if version == 0 and n_tables == 0:
            for statement in _SCHEMA.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        elif version != SCHEMA_VERSION:
            raise sqlite3.DatabaseError(f"schema {version} where {SCHEMA_VERSION} is written")


def _version_of(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _find_answers(
    connection: sqlite3.Connection, identity: str, answers: FloatArray, are_same: AreSame
) -> tuple[int, bytes]:
    """Return number and bytes of the known answers that are the same, or those that the new ones get."""
    number = -1
    for number, data in connection.execute(
        "SELECT number, vectors FROM answers WHERE identity = ? ORDER BY number", [identity]
    ):
        is_whole = isinstance(data, bytes) and len(data) == answers.size * 4
        if is_whole and are_same(answers, np.frombuffer(data, dtype="<f4").reshape(answers.shape)):
            return number, data
    return number + 1, answers.astype("<f4").tobytes()


def _bytes_in_use(connection: sqlite3.Connection) -> int:
    n_pages, n_free, page_size = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (n_pages - n_free) * page_size


def _pack(key: bytes, vector: FloatArray) -> bytes:
    """Return float16 little-endian values and a CRC32 over key and values."""
    values = np.asarray(vector, dtype="<f2").tobytes()
    return values + crc32(values, crc32(key)).to_bytes(4, "little")


def _unpack(key: bytes, value: object) -> FloatArray | None:
    """Return the vector, or None where key, values and checksum do not belong together."""
    if not isinstance(value, bytes) or len(value) < 6 or len(value) % 2:
        return None
    values, checksum = value[:-4], value[-4:]
    if crc32(values, crc32(key)).to_bytes(4, "little") != checksum:
        return None
    vector: FloatArray = np.frombuffer(values, dtype="<f2").astype(np.float32)
    return vector
