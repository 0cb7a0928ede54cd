"""The vector file: float16 rows with a CRC32 each, appended by one writer, read at offsets by many.

Record `r` lies at `r * (2 * dim + 4)`: `dim` little-endian float16, then the uint32 `vector_checksum` of `r` and them.
How many records are valid is the catalogue's to say; what lies behind them is a crash's leftover.
"""

import os
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from codesearch.errors import CorruptIndexError, StorageError
from codesearch.storage.checksums import mismatch, vector_checksum
from codesearch.storage.platform import open_for_reading, open_private
from codesearch.storage.rows import IntArray
from indexers.types import FloatArray

BLOCK_ROWS = 4096
"""Rows read at once by whoever reads them all: 4 MB at 512 dimensions, 20 MB at 2,560."""

WRITE_BUFFER_BYTES = 1 << 20


def vectors_name(number: int) -> str:
    """Return the name of the vector file that compaction `number` made."""
    return f"vectors-{number}.bin"


def record_dtype(dim: int) -> np.dtype[Any]:
    """Return the packed type of one record."""
    return np.dtype([("vector", "<f2", (dim,)), ("crc", "<u4")])


class VectorAppender:
    """The one writer of a vector file. Appended rows are durable after `sync`."""

    def __init__(self, path: Path, dim: int, n_rows: int, mend: str) -> None:
        """Cut the file back to its `n_rows` committed rows and continue there."""
        self._dtype = record_dtype(dim)
        fd = open_private(path, os.O_RDWR | os.O_CREAT)
        self._file = os.fdopen(fd, "r+b", buffering=WRITE_BUFFER_BYTES)
        size = os.fstat(fd).st_size
        committed = n_rows * self._dtype.itemsize
        if size < committed:
            self._file.close()
            raise CorruptIndexError(f"{path} has {size} bytes instead of {committed}; {mend}")
        self._file.truncate(committed)
        self._file.seek(committed)
        self.n_rows = n_rows

    def append(self, vectors: FloatArray) -> int:
        """Append float32 `[n, dim]` rows; return the number of the first."""
        first = self.n_rows
        records = np.zeros(len(vectors), dtype=self._dtype)
        records["vector"] = vectors
        halves = np.ascontiguousarray(records["vector"])
        records["crc"] = _sum_rows(range(first, first + len(halves)), halves)
        self._file.write(records.tobytes())
        self.n_rows += len(vectors)
        return first

    def sync(self) -> None:
        """Bring every appended row to the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file; what the buffer still holds was not synced and may be lost."""
        self._file.close()


class VectorReader:
    """Reads checked rows of one vector file."""

    def __init__(self, path: Path, dim: int, n_rows: int, mend: str) -> None:
        self._path = path
        self.mend = mend
        self._dtype = record_dtype(dim)
        self.n_rows = n_rows
        try:
            size = path.stat().st_size
            self._file = open_for_reading(path)
        except FileNotFoundError as error:
            raise CorruptIndexError(f"{path} is missing; {mend}") from error
        if size < n_rows * self._dtype.itemsize:
            self._file.close()
            raise CorruptIndexError(f"{path} has {size} bytes instead of {n_rows * self._dtype.itemsize}; {mend}")
        self._is_closed = False

    def read(self, rows: IntArray) -> FloatArray:
        """Return float32 `[len(rows), dim]` of the rows as stored."""
        size = self._dtype.itemsize
        offsets = [int(row) * size for row in rows]
        if self._is_closed:
            raise StorageError(f"{self._path} was closed; open the index again to read it")
        self._file.advise(offsets, size)
        records = np.empty(len(rows), dtype=self._dtype)
        raw = records.view(np.uint8).reshape(len(rows), size)
        for target, offset in zip(raw, offsets, strict=True):
            self._read_into(target, offset)
        return self._checked(records, rows)

    def read_blocks(self, first: int, end: int) -> Iterator[FloatArray]:
        """Yield float32 `[n, dim]` blocks of the rows from `first` up to `end`, in order."""
        size = self._dtype.itemsize
        for start in range(first, end, BLOCK_ROWS):
            stop = min(start + BLOCK_ROWS, end)
            records = np.empty(stop - start, dtype=self._dtype)
            self._read_into(records.view(np.uint8), start * size)
            yield self._checked(records, np.arange(start, stop, dtype=np.int64))

    def _read_into(self, target: npt.NDArray[np.uint8], offset: int) -> None:
        try:
            n_read = self._file.read_into(target, offset)
        except OSError as error:
            raise StorageError(
                f"{self._path} cannot be read ({error}); check the disk's health and try again"
            ) from error
        if n_read != len(target):
            raise CorruptIndexError(f"{self._path} ends before byte {offset + len(target)}; {self.mend}")

    def _checked(self, records: npt.NDArray[Any], rows: IntArray) -> FloatArray:
        halves = np.ascontiguousarray(records["vector"])
        wrong = np.flatnonzero(_sum_rows(rows.tolist(), halves) != records["crc"])
        if len(wrong):
            raise mismatch(f"vector {int(rows[wrong[0]])} of {self._path}", self.mend)
        return halves.astype(np.float32)

    def close(self) -> None:
        """Give the file back."""
        self._is_closed = True
        self._file.close()


def read_suspects(path: Path, dim: int, n_rows: int) -> Iterator[tuple[FloatArray, npt.NDArray[np.bool_]]]:
    """Yield the rows of a file that may be damaged, short or gone, in blocks: float32 `[n, dim]`, and bool `[n]`.

    The second says which rows are there, match their checksum and are numbers.
    """
    dtype = record_dtype(dim)
    with path.open("rb") if path.exists() else BytesIO() as file:
        for start in range(0, n_rows, BLOCK_ROWS):
            records = np.zeros(min(BLOCK_ROWS, n_rows - start), dtype=dtype)
            data = file.read(records.nbytes)
            n_whole = len(data) // dtype.itemsize
            records[:n_whole] = np.frombuffer(data, dtype=dtype, count=n_whole)
            halves = np.ascontiguousarray(records["vector"])
            is_whole = _sum_rows(range(start, start + len(halves)), halves) == records["crc"]
            yield halves.astype(np.float32), is_whole & np.isfinite(halves).all(axis=1) & _first(n_whole, len(halves))


def _first(n: int, n_total: int) -> npt.NDArray[np.bool_]:
    is_first: npt.NDArray[np.bool_] = np.arange(n_total) < n
    return is_first


def _sum_rows(rows: Sequence[int], halves: npt.NDArray[np.float16]) -> npt.NDArray[np.uint32]:
    """Return the checksum of each vector of `halves`, float16 `[n, dim]`, at its row; uint32 `[n]`."""
    size = halves.shape[1] * halves.itemsize
    data = memoryview(halves.tobytes())
    sums = (vector_checksum(row, data[i * size : (i + 1) * size]) for i, row in enumerate(rows))
    return np.fromiter(sums, dtype=np.uint32, count=len(rows))
