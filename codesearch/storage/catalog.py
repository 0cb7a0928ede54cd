"""The catalogue's connection: how SQLite is opened for one writer and many readers, and what its errors mean.

Also reads and writes the tables of single values: `meta`, `arrays`. Knows no chunks and no ranking.
"""

import json
import os
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from dataclasses import MISSING, asdict, fields
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import numpy.typing as npt

from codesearch.errors import (
    CodesearchError,
    CorruptIndexError,
    FormatError,
    LockedError,
    NoIndexError,
    StorageError,
)
from codesearch.storage.catalog_file import CatalogFile, size_of
from codesearch.storage.checksums import (
    array_checksum,
    mismatch,
    rebuild_command,
    repair_command,
    text_checksum,
)
from codesearch.storage.platform import open_private
from codesearch.storage.rows import Generation, IndexInfo, Revision
from codesearch.storage.schema import APPLICATION_ID, FORMAT_VERSION, TABLES

CATALOG_NAME = "catalog.db"
CATALOG_LOG = f"{CATALOG_NAME}-wal"
"""What was committed and is not in the catalogue's own file yet."""

WRITER_WAIT_S = 5.0
READER_WAIT_S = 5.0
"""How long SQLite waits for a lock before it gives up. Under WAL nobody waits for the writer; what is left are the
moment in which a log is read again after a crash, and the last connection's farewell. Trials give readers less."""

FAREWELL_S = 1.0
SMALL_LOG_BYTES = 4 << 20
"""How long a writer waits for readers to leave a log that is not small, so that it can be emptied: as long as it is
there, who opens an index alone has to read through it first, 1 ms a megabyte, and who comes then waits for that one."""

WRITER_CACHE_KIB = 32 * 1024
WAL_LIMIT_BYTES = 16 << 20
"""A log that grew in a first build is cut back to this when it is used again."""

_DISK_CODES = {
    sqlite3.SQLITE_FULL: "the disk is full; free some space and try again",
    sqlite3.SQLITE_READONLY: "it is read-only; make the folder writable",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check that the folder is readable and writable",
    sqlite3.SQLITE_PERM: "permission denied; check who owns the folder",
    sqlite3.SQLITE_IOERR: "the disk reported an error; check its space and health and try again",
    sqlite3.SQLITE_NOMEM: "memory ran out; close something and try again",
}

_NOT_UTF8 = "Could not decode to UTF-8"
"""How Python's module begins to say that a text is none; it has no code for that."""

_PATH_FIELDS = {"root"}
_INT_FIELDS = {f.name for f in fields(IndexInfo) if f.type in (int, int | None)}
_LIST_FIELDS = {"granularities"}
_NOT_STORED = {"format_version"}


class Catalog:
    """One connection to `catalog.db`. Every SQLite error leaves here as one a caller can act on."""

    def __init__(self, path: Path, connection: sqlite3.Connection, file: CatalogFile) -> None:
        self.path = path
        self.mend = repair_command(None)
        """What the user does about values that do not match their checksums."""
        self.mend_structure = rebuild_command(None)
        """What the user does where the catalogue cannot be read, or does not say what it is of."""
        self._file = file
        self._is_closed = False
        self._connection = connection
        self._lock = threading.RLock()

    @classmethod
    def open_reader(cls, folder: Path) -> "Catalog":
        """Open for reading; raises NoIndexError where no catalogue is."""
        path = require_catalog(folder)
        file = CatalogFile(path, "ro")
        try:
            connection = _connect(path, "ro&immutable=1" if file.is_immutable else "ro")
        except StorageError as error:
            if file.has_gone():
                raise NoIndexError(f"{path} was replaced just now; try again") from error
            raise
        catalog = cls(path, connection, file)
        try:
            catalog.run("PRAGMA query_only = ON")
        except CodesearchError:
            catalog.close()
            raise
        return catalog

    @classmethod
    def open_writer(cls, folder: Path) -> "Catalog":
        """Open for writing, making the file where it is missing."""
        path = folder / CATALOG_NAME
        try:
            os.close(open_private(path, os.O_RDWR | os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            pass  # and never opened here: closing it would end the locks of every connection of this process
        except OSError as error:
            raise StorageError(f"{path} cannot be opened ({error}); check that the folder is writable") from error
        catalog = cls(path, _connect(path, "rw"), CatalogFile(path, "rw"))
        try:
            catalog.run("PRAGMA journal_mode = WAL")
            for pragma in (
                "synchronous = FULL",
                f"cache_size = -{WRITER_CACHE_KIB}",
                f"journal_size_limit = {WAL_LIMIT_BYTES}",
            ):
                catalog.run(f"PRAGMA {pragma}")
            catalog.empty_log()  # of a writer that was killed, or that readers kept from it
        except CodesearchError:
            catalog.close()
            raise
        return catalog

    def close(self) -> None:
        """Close the connection; an open transaction is rolled back."""
        with self._lock:
            self._is_closed = True
            try:
                self._connection.close()
            except sqlite3.DatabaseError as error:
                raise self._translate(error) from error

    def interrupt(self) -> None:
        """End what another thread reads through this."""
        self._connection.interrupt()

    def require_open(self) -> None:
        """Raise StorageError where this was closed."""
        if self._is_closed:
            raise self._closed_error()

    def is_in_place(self) -> bool:
        """Return whether the path still names the file that was opened, whose log SQLite looks for by name."""
        return self._file.is_in_place()

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a query and return all its rows."""
        with self._lock:
            try:
                return self._connection.execute(sql, parameters).fetchall()
            except sqlite3.DatabaseError as error:
                if str(error).startswith(_NOT_UTF8):
                    return self._read_damaged_text(sql, parameters)
                raise self._translate(error) from error
            except UnicodeDecodeError as error:  # where the message itself quotes a damaged name
                raise self._unreadable(error) from error

    def _read_damaged_text(self, sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Read rows some of which hold text that is none: their checksums say which, and the others are whole."""
        self._connection.text_factory = _decode_anything
        try:
            return self._connection.execute(sql, parameters).fetchall()
        except sqlite3.DatabaseError as error:
            raise self._translate(error) from error
        finally:
            self._connection.text_factory = str

    def rows_of(self, sql: str, ids: Iterable[int]) -> list[tuple[Any, ...]]:
        """Run a query whose one parameter is a JSON list of ids, for `IN (SELECT value FROM json_each(?))`."""
        return self.rows(sql, (json.dumps([int(i) for i in ids]),))

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Run a statement."""
        self.rows(sql, parameters)

    def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement once for each row."""
        with self._lock:
            try:
                self._connection.executemany(sql, rows)
            except sqlite3.DatabaseError as error:
                raise self._translate(error) from error

    def begin(self, mode: str) -> None:
        """Start a transaction, `IMMEDIATE` to write or `DEFERRED` to read."""
        self.run(f"BEGIN {mode}")

    def rollback(self) -> None:
        """Undo the open transaction, if there is one."""
        if self._connection.in_transaction:
            self.run("ROLLBACK")

    def is_reading(self) -> bool:
        """Return whether a transaction is open."""
        return self._connection.in_transaction

    def empty_log(self) -> None:
        """Bring home what the log holds and empty it, as far as readers leave it in time; none waits for this."""
        wait_s = FAREWELL_S if size_of(self.path.with_name(f"{CATALOG_NAME}-wal")) > SMALL_LOG_BYTES else 0.0
        self.run(f"PRAGMA busy_timeout = {round(wait_s * 1000)}")
        self.run("PRAGMA wal_checkpoint(TRUNCATE)")
        self.run(f"PRAGMA busy_timeout = {round(WRITER_WAIT_S * 1000)}")

    def make_tables(self) -> None:
        """Drop whatever is there and make the tables of this format, inside the open transaction."""
        for kind, name in self.rows("SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"):
            if kind == "table":
                self.run(f'DROP TABLE "{name}"')
        for statement in TABLES:
            self.run(statement)
        self.run(f"PRAGMA user_version = {FORMAT_VERSION}")
        self.run(f"PRAGMA application_id = {APPLICATION_ID}")

    def read_generation(self) -> Generation:
        """Read which generation this is; raises NoIndexError, FormatError, CorruptIndexError."""
        version = self.rows("PRAGMA user_version")[0][0]
        if version == 0:
            if self.rows("SELECT count(*) FROM sqlite_master")[0][0] == 0:
                raise NoIndexError(f"{self.path.parent} holds no finished index; run `codesearch index PATH`")
            raise CorruptIndexError(f"{self.path} is not a catalogue of this program; {self.mend_structure}")
        meta = dict(self.rows("SELECT key, value FROM meta"))
        if isinstance(meta.get("root"), str):
            root = Path(meta["root"])
            self.mend, self.mend_structure = repair_command(root), rebuild_command(root)
        if version != FORMAT_VERSION:
            raise FormatError(_explain_version(self.path.parent, version, self.mend_structure))
        checksum = meta.pop("checksum", "")
        if checksum != str(_meta_checksum(meta)):
            raise mismatch(f"the table meta of {self.path}", self.mend_structure)
        return Generation(
            info=_info_from_meta(meta, version),
            vectors_name=meta["vectors_name"],
            lexical_name=meta["lexical_name"],
            coarse_name=meta["coarse_name"],
            next_file_id=int(meta["next_file_id"]),
            next_chunk_id=int(meta["next_chunk_id"]),
        )

    def write_generation(self, generation: Generation) -> None:
        """Replace the table `meta`."""
        values = {f.name: getattr(generation, f.name) for f in fields(Generation) if f.name != "info"}
        values |= {k: v for k, v in asdict(generation.info).items() if k not in _NOT_STORED}
        meta = {key: None if value is None else _to_text(value) for key, value in values.items()}
        self.run_many(
            "INSERT OR REPLACE INTO meta VALUES (?, ?)", [*meta.items(), ("checksum", str(_meta_checksum(meta)))]
        )

    def read_revision(self) -> Revision:
        """Read which commit this is, unchecked; generation 0 of no index where it cannot be told."""
        if not self.rows("SELECT 1 FROM sqlite_master WHERE name = 'meta'"):
            return Revision("", 0, None)
        found = dict(self.rows("SELECT key, value FROM meta WHERE key IN ('index_id', 'generation', 'checked_at')"))
        number = str(found.get("generation"))
        index_id = str(found.get("index_id", ""))
        return Revision(index_id, int(number) if number.isdecimal() else 0, found.get("checked_at"))

    def is_sound(self) -> bool:
        """Let SQLite check the structure of the whole file; False where it finds damage."""
        try:
            return self.rows("PRAGMA quick_check(1)") == [("ok",)]
        except CorruptIndexError:
            return False

    def read_array(self, name: str, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """Read a named array of one dimension, writable; empty where it was never written."""
        found = self.rows("SELECT data, crc FROM arrays WHERE name = ?", (name,))
        if not found:
            return np.zeros(0, dtype=dtype)
        data, crc = found[0]
        if not isinstance(data, bytes) or array_checksum(name, data) != crc:
            raise mismatch(f"the array {name} of {self.path}", self.mend)
        return np.frombuffer(bytearray(data), dtype=dtype)

    def write_array(self, name: str, values: npt.NDArray[Any]) -> None:
        """Replace a named array."""
        data = values.tobytes()
        self.run("INSERT OR REPLACE INTO arrays VALUES (?, ?, ?)", (name, data, array_checksum(name, data)))

    def _closed_error(self) -> StorageError:
        return StorageError(f"{self.path.parent} was closed; open it again to read it")

    def _translate(self, error: sqlite3.DatabaseError) -> CodesearchError | sqlite3.DatabaseError:
        if self._is_closed:
            return self._closed_error()
        if isinstance(error, sqlite3.ProgrammingError):
            return error
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
        if code == sqlite3.SQLITE_READONLY_ROLLBACK:  # only the very first write of a catalogue has such a journal
            return NoIndexError(f"{self.path.parent} holds no finished index; run `codesearch index PATH`")
        code &= 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return LockedError(f"{self.path} is in use by another process ({error}); try again in a moment")
        if code in _DISK_CODES:
            return StorageError(f"{self.path}: {error}: {_DISK_CODES[code]}")
        return self._unreadable(error)

    def _unreadable(self, error: Exception) -> CorruptIndexError:
        return CorruptIndexError(f"{self.path} cannot be read ({error}); {self.mend_structure}")


def require_catalog(folder: Path) -> Path:
    """Return the catalogue's path; raises NoIndexError where there is none."""
    path = folder / CATALOG_NAME
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise NoIndexError(f"{folder} holds no index; run `codesearch index PATH`") from None
    except OSError as error:
        raise StorageError(f"{path} cannot be opened ({error}); check who owns the folder") from error
    return path


def remove_catalog(folder: Path) -> None:
    """Remove a catalogue that cannot be read, with its logs, so that a new one can be made."""
    for suffix in ("", "-wal", "-shm"):
        (folder / f"{CATALOG_NAME}{suffix}").unlink(missing_ok=True)


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    try:
        return sqlite3.connect(
            f"file:{quote(str(path))}?mode={mode}",
            uri=True,
            isolation_level=None,
            timeout=WRITER_WAIT_S if mode == "rw" else READER_WAIT_S,
            check_same_thread=False,
            cached_statements=64,
        )
    except sqlite3.OperationalError as error:
        raise StorageError(f"{path} cannot be opened ({error}); check that the folder is readable") from error


def _meta_checksum(meta: dict[str, str | None]) -> int:
    return text_checksum(*(f"{key}={value}" for key, value in sorted(meta.items(), key=lambda item: str(item[0]))))


def _decode_anything(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _to_text(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    return str(int(value) if isinstance(value, bool) else value)


def _info_from_meta(meta: dict[str, Any], version: int) -> IndexInfo:
    values: dict[str, Any] = {"format_version": version}
    for field in fields(IndexInfo):
        if field.name in _NOT_STORED:
            continue
        value = meta[field.name] if field.default is MISSING else meta.get(field.name, field.default)
        if value is None:
            values[field.name] = None
        elif field.name in _PATH_FIELDS:
            values[field.name] = Path(value)
        elif field.name in _LIST_FIELDS:
            values[field.name] = value if isinstance(value, tuple) else tuple(value.split(","))
        elif field.name == "complete":
            values[field.name] = value == "1"
        else:
            values[field.name] = int(value) if field.name in _INT_FIELDS else value
    return IndexInfo(**values)


def _explain_version(folder: Path, version: int, mend: str) -> str:
    if version > FORMAT_VERSION:
        return (
            f"the index in {folder} has format {version}, newer than this program's {FORMAT_VERSION}; "
            f"upgrade codesearch, or {mend}"
        )
    return f"the index in {folder} has format {version}, this program's is {FORMAT_VERSION}; {mend}"
