"""One generation of an index, open for reading and pinned: updates, rebuilds and reclaims do not change its answers.

Finds candidates (tantivy proposes, FAISS and an exact scan compare), reads rows, computes cosines at full dimension.
Knows no query language, no fusion and no ranking.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from codesearch.errors import CodesearchError, CorruptIndexError, StorageError
from codesearch.storage.catalog import Catalog
from codesearch.storage.checksums import check_lengths
from codesearch.storage.chunk_rows import mask_owned_rows
from codesearch.storage.coarse import CoarseReader, RowHits, best_hits, compare, rows_mask
from codesearch.storage.counting import count_all
from codesearch.storage.derived import read_derived_files
from codesearch.storage.lexical import LexicalReader
from codesearch.storage.path_ranks import PathRanks
from codesearch.storage.records import Records
from codesearch.storage.revisions import current_revision, has_moved, open_catalog
from codesearch.storage.row_flags import CONTINUES, FLAGS_DTYPE, mask_of
from codesearch.storage.rows import (
    ChunkRow,
    Counts,
    DenseHits,
    FileRow,
    Generation,
    IndexInfo,
    IntArray,
    KnownFile,
    LexicalStatistics,
    Revision,
    Selection,
)
from codesearch.storage.scrub import require_parsed_parts
from codesearch.storage.statistics import read_statistics
from codesearch.storage.steps import disk_read_errors
from codesearch.storage.vectors import VectorReader
from codesearch.storage.whole_files import WholeFiles
from codesearch.types import SecretPlace
from indexers.terms import BagArray, hash_term
from indexers.types import GRANULARITIES, FloatArray, Granularity, Skipped

__all__ = [
    "ChunkRow",
    "Counts",
    "DenseHits",
    "FileRow",
    "IndexInfo",
    "IntArray",
    "KnownFile",
    "LexicalStatistics",
    "Selection",
    "Snapshot",
]

MAX_ATTEMPTS = 50
"""Openings that a writer may outrun; each takes a hundredth of the shortest commit."""

MAX_LISTED_IDS = 1024
"""Above so many ids tantivy is asked for more hits instead, and the others are dropped here: lists cost it more."""

FETCH_GROWTH = 4
"""How many more hits are asked for when too many were dead or not selected."""

CHECKED_HITS = 32
"""Leaves looked at to confirm that a term is gone: of those, the last update may have left some dead."""

NO_IDS: IntArray = np.zeros(0, dtype=np.int64)


class Snapshot:
    """One generation. Use `open`; close it, or use it as a context manager."""

    info: IndexInfo

    def __init__(self, folder: Path, catalog: Catalog, generation: Generation, whole: WholeFiles) -> None:
        """Open every file of the generation that the catalogue's transaction sees."""
        self.info = info = generation.info
        self._folder = folder
        self._catalog = catalog
        self._records = Records(catalog)
        self.derived_files = read_derived_files(catalog)
        check_lengths(folder, self.derived_files, catalog.mend)
        require_parsed_parts(folder, self.derived_files, whole, catalog.mend)
        lexical = generation.lexical_name
        self._lexical = None if lexical is None else LexicalReader(folder / lexical, catalog.mend, self.derived_files)
        self._flags = catalog.read_array("row_flags", FLAGS_DTYPE)
        self._spans: IntArray = catalog.read_array("file_spans", "<i8").reshape(-1, 5)
        if (len(self._flags), len(self._spans)) != (info.n_rows, info.n_files):
            raise self._records.mismatch("the number of rows or files")
        with_rows = self._spans[self._spans[:, 4] > 0]
        self._row_spans: IntArray = with_rows[np.argsort(with_rows[:, 3])]
        self.ranks = PathRanks(catalog, self._spans, self._row_spans)
        base = None if generation.coarse_name is None else folder / generation.coarse_name
        base_rows = catalog.read_array("coarse_rows", "<u4").astype(np.int64)
        with ExitStack() as opened:
            self._vectors = VectorReader(folder / generation.vectors_name, info.dim, info.n_rows, catalog.mend)
            opened.callback(self._vectors.close)
            self._coarse = CoarseReader(base, base_rows, self._vectors, info.coarse_dim)
            opened.pop_all()

    @classmethod
    def open(cls, folder: Path, whole: WholeFiles | None = None) -> Self:
        """Open the current generation; `whole` are the files that need no check any more.

        Raises NoIndexError, FormatError, CorruptIndexError, StorageError.
        """
        for _ in range(MAX_ATTEMPTS):
            catalog = open_catalog(folder)
            try:
                snapshot = cls._open_once(folder, catalog, WholeFiles() if whole is None else whole)
            except BaseException:
                catalog.close()
                raise
            if snapshot is not None:
                return snapshot
            catalog.close()
        raise StorageError(f"{folder} changes faster than it can be opened; try again in a moment")

    @classmethod
    def _open_once(cls, folder: Path, catalog: Catalog, whole: WholeFiles) -> Self | None:
        """Open what the catalogue shows now; None where a writer has moved on meanwhile."""
        revision: Revision | None = None
        try:
            catalog.begin("DEFERRED")
            generation = catalog.read_generation()
            revision = generation.info.revision
            snapshot = cls(folder, catalog, generation, whole)
        except (CodesearchError, OSError, ValueError) as error:
            if has_moved(folder, catalog, revision):
                return None
            if isinstance(error, CodesearchError):
                raise
            if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
                with disk_read_errors(folder):
                    raise
            raise CorruptIndexError(f"{folder} cannot be opened ({error}); {catalog.mend}") from error
        with ExitStack() as opened:
            opened.callback(snapshot._release)
            if has_moved(folder, catalog, revision):
                return None
            opened.pop_all()
        return snapshot

    @property
    def mend(self) -> str:
        """What the user does about damage."""
        return self._catalog.mend

    def is_current(self) -> bool:
        """Return whether this is still the newest generation of the index that the folder holds."""
        if not self._catalog.is_reading():
            return self._take_hold()
        return current_revision(self._folder) == self.info.revision

    def rest(self) -> None:
        """Let go of the commit between answers, so that the log can be emptied; `is_current` takes hold again."""
        self._catalog.rollback()

    def _take_hold(self) -> bool:
        """Read on where nothing was committed meanwhile."""
        is_same = False
        try:
            self._catalog.begin("DEFERRED")
            is_same = self._catalog.read_revision() == self.info.revision and self._catalog.is_in_place()
        except CodesearchError:
            if self._catalog.is_in_place():
                raise
        finally:
            if not is_same:  # or the next answer would come from whatever commit this saw
                self._catalog.rollback()
        return is_same

    def close(self) -> None:
        """Give every file back."""
        self._release()
        self._catalog.close()

    def _release(self) -> None:
        self._coarse.close()
        self._vectors.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def n_live_rows(self) -> int:
        """Count the vectors that some chunk owns; `info.n_rows` counts those of removed files too."""
        return int(np.count_nonzero(self._flags))

    # Candidates

    def find_lexical(
        self, terms: Mapping[str, float], granularity: Granularity, selection: Selection, limit: int
    ) -> IntArray:
        """Return at most `limit` live chunk ids of the granularity and selection that contain a term, best first.

        `terms` says how much each counts where it occurs, above 0.
        """
        self._catalog.require_open()
        wanted = {hash_term(term): weight for term, weight in terms.items()}
        if not wanted or limit <= 0 or self._lexical is None or selection.is_empty():
            return NO_IDS
        limits = [
            self._lexical.among(field, ids.tolist())
            for field, ids in (("file", selection.file_ids), ("id", selection.chunk_ids))
            if ids is not None and len(ids) <= MAX_LISTED_IDS
        ]
        if selection.kinds is not None:
            limits.append(self._lexical.of_kinds(selection.kinds))
        n_asked = limit
        while True:
            ids = np.array(self._lexical.find(wanted, granularity, limits, n_asked), dtype=np.int64)
            kept = ids[self._is_selected(ids, selection)]
            if len(kept) >= limit or len(ids) < n_asked:
                return kept[:limit]
            n_asked *= FETCH_GROWTH

    def find_dense(
        self, vector: FloatArray, granularities: Collection[Granularity], selection: Selection, limit: int
    ) -> DenseHits:
        """Return at most `limit` live chunks most similar to `vector`, float32 `[dim]`, over the coarse dimensions.

        Of equal ones at the edge the first by path and place in their file are returned.
        """
        allowed = self._allowed_rows(granularities, selection)
        n_allowed = int(np.count_nonzero(allowed))
        n_asked = limit
        while True:
            hits = RowHits.none()
            if n_allowed and limit > 0:
                hits = self._coarse.find(vector, allowed, n_asked, self.ranks.of_rows)
            best = self._best_chunks(hits, granularities, selection)
            if len(best) >= limit or len(hits.rows) < n_asked:
                break
            n_asked *= FETCH_GROWTH
        ids, scores = np.array(list(best), dtype=np.int64), np.array(list(best.values()), dtype=np.float32)
        chosen = best_hits(ids, scores, max(limit, 0), self.ranks.of_chunks)
        return DenseHits(chosen.rows, chosen.scores)

    def find_dense_among(self, vector: FloatArray, chunk_ids: IntArray, limit: int) -> DenseHits:
        """Return the `limit` of these chunks that are most similar over the coarse dimensions."""
        return self.find_dense(vector, GRANULARITIES, Selection(chunk_ids=np.unique(chunk_ids)), limit)

    def cosines(self, vector: FloatArray, chunks: Sequence[ChunkRow]) -> FloatArray:
        """Return the cosine at full dimension of each chunk, best window, float32 `[n]`; NaN without a vector."""
        cosines = np.full(len(chunks), np.nan, dtype=np.float32)
        owned = [(i, c.row, c.n_rows) for i, c in enumerate(chunks) if c.row is not None and c.n_rows]
        if not owned:
            return cosines
        windows = np.concatenate([np.arange(row, row + n, dtype=np.int64) for _, row, n in owned])
        rows, places = np.unique(windows, return_inverse=True)
        vectors = self._vectors.read(rows)
        norms = np.linalg.norm(vectors, axis=1) * np.linalg.norm(vector)
        similar = compare(vectors, vector) / np.maximum(norms, np.finfo(np.float32).tiny)
        starts = np.cumsum([0] + [n for _, _, n in owned[:-1]])
        cosines[[i for i, _, _ in owned]] = np.maximum.reduceat(similar[places.reshape(-1)], starts)
        return cosines

    # Rows

    def files(self) -> Sequence[FileRow]:
        """Return all files, sorted by path; remembered."""
        files = self._records.files()
        if len(files) != self.info.n_files:
            raise self._records.mismatch("the list of files")
        return files

    def file(self, file_id: int) -> FileRow:
        """Return one file; KeyError where it is not live."""
        return self._records.file(file_id)

    def file_at(self, path: str) -> FileRow | None:
        """Return the file at a path, None where there is none."""
        return self._records.file_at(path)

    def text(self, file_id: int) -> bytes:
        """Return a file's stored text, its hash checked; KeyError where it is not live."""
        return self._records.text(file_id)

    def chunks(self, ids: IntArray | Sequence[int]) -> list[ChunkRow]:
        """Return chunks in the order asked, leaving out ids that are not live."""
        return self._records.chunks(ids)

    def chunks_of_file(self, file_id: int) -> list[ChunkRow]:
        """Return a file's chunks, leaves first; KeyError where the file is not live."""
        file = self.file(file_id)
        return self._records.chunks(range(file.first_chunk, file.first_chunk + file.n_chunks))

    def bags(self, ids: IntArray | Sequence[int]) -> list[BagArray]:
        """Return the term bags of live chunks, in the order asked."""
        return self._records.bags(ids)

    def field_lengths(self, ids: IntArray | Sequence[int]) -> IntArray:
        """Return how many terms each field of live chunks has, `[chunks, fields]`, in the order asked; remembered."""
        return self._records.field_lengths(ids)

    def statistics(self, term_hashes: Sequence[int]) -> LexicalStatistics:
        """Return the document frequencies of the terms, and what BM25F needs beside them.

        Raises CorruptIndexError where the catalogue misses a term that a live leaf contains.
        """
        statistics = read_statistics(self._catalog, term_hashes)
        for term_hash, df in statistics.df.items():
            if df == 0 and self._lexical is not None and self._lexical.has_term(term_hash, "leaf"):
                ids = self._lexical.find({term_hash: 1.0}, "leaf", (), CHECKED_HITS)
                if self._is_selected(np.array(ids, dtype=np.int64), Selection()).any():
                    raise self._records.mismatch("the list of terms")
        return statistics

    def chunks_defining(self, names: Sequence[str]) -> dict[str, IntArray]:
        """Return the chunks that define each name, by lowercased name; names nobody defines are left out."""
        return self._records.chunks_defining(names)

    def skipped(self) -> list[Skipped]:
        """Return the files of the tree that were left out."""
        return self._records.skipped()

    def secrets(self) -> list[SecretPlace]:
        """Return where secrets were masked."""
        return self._records.secrets()

    def probe(self) -> FloatArray:
        """Return the encoder's known answers, float32 `[n, dim]`."""
        return self._catalog.read_array("probe", "<f4").reshape(-1, self.info.dim)

    def counts(self) -> Counts:
        """Count chunks by kind, files by language, and chunks with several vectors."""
        return count_all(self._catalog, self._records, self._flags, self.info.n_chunks)

    def _is_selected(self, ids: IntArray, selection: Selection) -> npt.NDArray[np.bool_]:
        """Say of each chunk id whether it is live and within the files and ids of the selection."""
        if len(self._spans) == 0:
            return np.zeros(len(ids), dtype=bool)
        places = np.maximum(np.searchsorted(self._spans[:, 1], ids, side="right") - 1, 0)
        first, n_chunks = self._spans[places, 1], self._spans[places, 2]
        kept: npt.NDArray[np.bool_] = (ids >= first) & (ids < first + n_chunks)
        if selection.file_ids is not None:
            kept &= np.isin(self._spans[places, 0], selection.file_ids)
        if selection.chunk_ids is not None:
            kept &= np.isin(ids, selection.chunk_ids)
        return kept

    def _allowed_rows(self, granularities: Collection[Granularity], selection: Selection) -> npt.NDArray[np.bool_]:
        """Return the live rows that some chunk of the selection may own, bool `[n_rows]`."""
        allowed = mask_of(self._flags, granularities, selection.kinds)
        if selection.file_ids is not None:
            spans = self._row_spans[np.isin(self._row_spans[:, 0], selection.file_ids)]
            allowed &= rows_mask(len(allowed), spans[:, 3], spans[:, 4])
        if selection.chunk_ids is not None:
            allowed &= mask_owned_rows(self._catalog, selection.chunk_ids, len(allowed))
        return allowed

    def _best_chunks(
        self, hits: RowHits, granularities: Collection[Granularity], selection: Selection
    ) -> dict[int, float]:
        """Return the best similarity of each chunk of the selection that owns one of the rows."""
        owners = self._owners(hits.rows)
        listed = None if selection.chunk_ids is None else set(selection.chunk_ids.tolist())
        best: dict[int, float] = {}
        for row, score in zip(hits.rows.tolist(), hits.scores.tolist(), strict=True):
            for owner in owners.get(row, ()):
                is_kind = selection.kinds is None or owner.kind in selection.kinds
                if is_kind and owner.granularity in granularities and (listed is None or owner.id in listed):
                    best.setdefault(owner.id, score)
        return best

    def _owners(self, rows: IntArray) -> dict[int, list[ChunkRow]]:
        """Return the chunks that own each row, checked: what a damaged one says of its kind would cost it its place."""
        sql = 'SELECT "row", id FROM chunks WHERE "row" IN (SELECT value FROM json_each(?))'
        owned: list[tuple[int, int]] = [(row, i) for row, i in self._catalog.rows_of(sql, rows.tolist())]
        for row in rows[(self._flags[rows] & np.uint16(CONTINUES)) != 0].tolist():
            file = self._row_spans[np.searchsorted(self._row_spans[:, 3], row, side="right") - 1]
            windowed = self._catalog.rows(
                'SELECT id FROM chunks WHERE "row" >= ? AND "row" < ? AND "row" + n_rows > ?', (int(file[3]), row, row)
            )
            owned += [(row, i) for (i,) in windowed]
        chunks = {chunk.id: chunk for chunk in self._records.chunks([i for _, i in owned])}
        owners: dict[int, list[ChunkRow]] = {}
        for row, i in owned:
            if i not in chunks:
                raise self._records.mismatch(f"chunk {i}")
            owners.setdefault(row, []).append(chunks[i])
        return owners
