"""Reads the catalogue's rows of one generation, checked: files, chunks, term bags, texts, definitions.

Remembers what was read last. Knows no vectors and no candidates.
"""

import json
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from codesearch.errors import CorruptIndexError
from codesearch.storage.catalog import Catalog
from codesearch.storage.checksums import hash_text, mismatch
from codesearch.storage.ingest import check_bag, check_chunk, read_file_row, read_skipped, unpack_names
from codesearch.storage.lru import Lru
from codesearch.storage.rows import ChunkRow, FileRow, IntArray
from codesearch.storage.schema import CHUNK_COLUMNS, FILE_COLUMNS
from codesearch.storage.table_sums import SECRETS, read_summed
from codesearch.types import SecretPlace
from indexers.terms import BagArray, measure_bags, unpack_bag
from indexers.types import FIELDS, Chunk, ParsedFile, Secret, Skipped, SourceText

CHUNKS_KEPT = 16_384
"""Some 15 MB: the candidates of the last dozens of queries."""

BAGS_KEPT = 8_192
"""Some 10 MB, a file's bag being ten times a function's."""

TEXTS_KEPT = 256
"""The results of the last dozens of queries; some 3 MB, source files being of 10 KB on average."""

_AMONG = "IN (SELECT value FROM json_each(?))"
_SELECT_CHUNKS = f"SELECT {CHUNK_COLUMNS}, checksum FROM chunks WHERE id {_AMONG}"
_SELECT_FILES = f"SELECT {FILE_COLUMNS}, checksum FROM files"


class Records:
    """Rows of the generation that the catalogue's open transaction sees."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._chunks: Lru[int, ChunkRow] = Lru(CHUNKS_KEPT)
        self._bags: Lru[int, BagArray] = Lru(BAGS_KEPT)
        self._lengths: Lru[int, tuple[int, ...]] = Lru(BAGS_KEPT)
        self._texts: Lru[int, bytes] = Lru(TEXTS_KEPT)
        self._files: dict[int, FileRow] = {}
        self._all_files: tuple[FileRow, ...] | None = None

    def files(self) -> Sequence[FileRow]:
        """Return all files, sorted by path."""
        if self._all_files is None:
            rows = self._catalog.rows(f"{_SELECT_FILES} ORDER BY path")
            self._all_files = tuple(read_file_row(values, self._catalog) for values in rows)
            self._files = {row.id: row for row in self._all_files}
        return self._all_files

    def file(self, file_id: int) -> FileRow:
        """Return one file; KeyError where it is not live."""
        return self._files_by_id([file_id])[file_id]

    def chunks(self, ids: Iterable[int]) -> list[ChunkRow]:
        """Return chunks in the order asked, leaving out ids that are not live."""
        wanted = [int(i) for i in ids]
        found = self._chunks.get_all(wanted)
        missing = [i for i in wanted if i not in found]
        if missing:
            rows = self._catalog.rows_of(_SELECT_CHUNKS, missing)
            files = self._files_by_id({row[1] for row in rows})
            for row in rows:
                found[row[0]] = chunk = self._read_chunk(row, files)
                self._chunks.put(row[0], chunk)
        return [found[i] for i in wanted if i in found]

    def bags(self, ids: Iterable[int]) -> list[BagArray]:
        """Return the term bags of live chunks, in the order asked."""
        wanted = [int(i) for i in ids]
        found = self._bags.get_all(wanted)
        missing = [i for i in wanted if i not in found]
        if missing:
            sql = f"SELECT chunk_id, bag, crc FROM bags WHERE chunk_id {_AMONG}"
            for chunk_id, packed, crc in self._catalog.rows_of(sql, missing):
                check_bag(chunk_id, packed, crc, self._catalog)
                found[chunk_id] = bag = unpack_bag(packed)
                self._bags.put(chunk_id, bag)
        for i in wanted:
            if i not in found:
                raise self.mismatch(f"the missing term bag of chunk {i}")
        return [found[i] for i in wanted]

    def field_lengths(self, ids: Iterable[int]) -> IntArray:
        """Return how many terms each field of live chunks has, `[chunks, fields]`, in the order asked."""
        wanted = [int(i) for i in ids]
        found = self._lengths.get_all(wanted)
        missing = [i for i in wanted if i not in found]
        if missing:
            for i, lengths in zip(missing, measure_bags(self.bags(missing)).tolist(), strict=True):
                found[i] = tuple(lengths)
                self._lengths.put(i, found[i])
        return np.array([found[i] for i in wanted], dtype=np.int64).reshape(-1, len(FIELDS))

    def text(self, file_id: int) -> bytes:
        """Return a file's stored text; KeyError where it is not live."""
        text = self._texts.get(file_id)
        if text is None:
            rows = self._catalog.rows("SELECT data, hash FROM texts WHERE file_id = ?", (file_id,))
            path = self.file(file_id).path
            try:
                if hash_text(file_id, rows[0][0]) != rows[0][1]:
                    raise self.mismatch(f"the text of {path}")
                text = zlib.decompress(rows[0][0])
            except (IndexError, TypeError, zlib.error) as error:
                raise self.mismatch(f"the text of {path}") from error
            self._texts.put(file_id, text)
        return text

    def chunks_defining(self, names: Sequence[str]) -> dict[str, IntArray]:
        """Return the chunks that define each name, any case; names nobody defines are left out."""
        sql = f"SELECT name, chunk_id FROM definitions WHERE name {_AMONG} ORDER BY name, chunk_id"
        ids: dict[str, list[int]] = {}
        for name, chunk_id in self._catalog.rows(sql, (json.dumps([name.lower() for name in names]),)):
            ids.setdefault(name, []).append(chunk_id)
        try:
            return {name: np.array(found, dtype=np.int64) for name, found in ids.items()}
        except (TypeError, ValueError, OverflowError) as error:
            raise self.mismatch("the table definitions") from error

    def skipped(self) -> list[Skipped]:
        """Return the files of the tree that were left out."""
        return read_skipped(self._catalog)

    def secrets(self) -> list[SecretPlace]:
        """Return where secrets were masked, by path and line."""
        rows = read_summed(self._catalog, SECRETS)
        files = self._files_by_id({row[0] for row in rows})
        if any(row[0] not in files for row in rows):
            raise self.mismatch("the list of secrets")
        found = sorted((files[file_id].path, line, kind) for file_id, line, kind in rows)
        return [SecretPlace(path, Secret(line, kind)) for path, line, kind in found]

    def file_at(self, path: str) -> FileRow | None:
        """Return the file at a path, None where there is none."""
        rows = self._catalog.rows(f"{_SELECT_FILES} WHERE path = ?", (path,))
        return read_file_row(rows[0], self._catalog) if rows else None

    def _files_by_id(self, ids: Iterable[int]) -> dict[int, FileRow]:
        missing = [i for i in ids if i not in self._files]
        if missing:
            for values in self._catalog.rows_of(f"{_SELECT_FILES} WHERE id {_AMONG}", missing):
                self._files[values[0]] = read_file_row(values, self._catalog)
        return self._files

    def _read_chunk(self, row: tuple[Any, ...], files: dict[int, FileRow]) -> ChunkRow:
        check_chunk(row, self._catalog)
        if row[1] not in files:
            raise self.mismatch(f"chunk {row[0]}")
        file = files[row[1]]
        names = unpack_names(row[8])
        return ChunkRow(row[0], row[1], file.path, file.language, *row[2:8], names, *row[9:17])  # type: ignore[call-arg]

    def mismatch(self, what: str) -> CorruptIndexError:
        """Return the error for something of this catalogue that is not what was written."""
        return mismatch(f"{what} in {self._catalog.path}", self._catalog.mend)


def read_parsed(catalog: Catalog, file: FileRow) -> ParsedFile:
    """Read a file as it was parsed, checked, without its bags and without where its secrets were."""
    records = Records(catalog)
    rows = records.chunks(range(file.first_chunk, file.first_chunk + file.n_chunks))
    if len(rows) != file.n_chunks:
        raise records.mismatch(f"the list of chunks of {file.path}")
    text = SourceText(records.text(file.id), file.encoding, file.content_hash)  # type: ignore[arg-type]
    chunks = tuple(to_chunk(row, file.first_chunk) for row in rows)
    return ParsedFile(file.path, file.language, file.stat, text, chunks, (), file.note)


def to_chunk(row: ChunkRow, first_chunk: int) -> Chunk:
    """Return the chunk as it was cut, of a file whose first chunk is `first_chunk`."""
    return Chunk(
        kind=row.kind,
        granularity=row.granularity,
        symbol=row.symbol,
        qualified_name=row.qualified_name,
        signature=row.signature,
        documentation=row.documentation,
        names=row.names,
        start_byte=row.start_byte,
        end_byte=row.end_byte,
        start_line=row.start_line,
        end_line=row.end_line,
        first_leaf=row.first_leaf_id - first_chunk,
        n_leaves=row.n_leaves,
    )
