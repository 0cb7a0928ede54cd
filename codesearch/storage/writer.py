"""The one writer of an index folder: adds and removes files, then switches to the next generation in one commit.

Order of a commit: vectors synced, lexical committed, coarse base and checksums written, then the catalogue's own
commit, which is the switch. What lies beyond the last switch is ignored by readers and reclaimed by the next writer.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Self

import numpy as np

from codesearch.errors import CodesearchError, StorageError
from codesearch.storage.catalog import Catalog, require_catalog
from codesearch.storage.coarse_base import read_due, write_new_base
from codesearch.storage.compaction import is_due, move_rows, renumber_rows
from codesearch.storage.creation import first_generation, open_for_creation
from codesearch.storage.derived import read_derived_files, reclaim, sum_derived, write_derived_files
from codesearch.storage.ingest import (
    delete_file,
    insert_file,
    make_documents,
    make_file_row,
    read_documents,
    read_file_rows,
    read_marks,
    read_skipped,
    write_file_row,
    write_marks,
    write_rows,
    write_skipped,
    write_spans,
)
from codesearch.storage.lexical import list_files
from codesearch.storage.lexical_changes import LexicalChanges
from codesearch.storage.lock import WriterLock
from codesearch.storage.platform import make_private_folder, sync_folder
from codesearch.storage.records import read_parsed
from codesearch.storage.row_flags import FLAGS_DTYPE, FlagArray, RowFlags
from codesearch.storage.rows import NO_ROW, FileRow, Generation, IndexInfo, KnownFile, NewIndex
from codesearch.storage.statistics import add_tally, n_chunks_of
from codesearch.storage.steps import WriterSeams, disk_errors
from codesearch.storage.tally import Tally
from codesearch.storage.thresholds import BaseThresholds
from codesearch.storage.vectors import VectorAppender, VectorReader
from codesearch.storage.whole_files import WholeFiles, require_whole
from indexers.types import EncodedFile, FileStat, FloatArray, ParsedFile, Skipped

__all__ = ["KnownFile", "NewIndex", "Writer", "WriterSeams"]


class Writer:
    """The folder's lock is held for its life. Leaving without `commit` leaves the generation that was there."""

    def __init__(self, folder: Path, lock: WriterLock | None, catalog: Catalog, seams: WriterSeams) -> None:
        """Use `open` or `create`."""
        self._folder = folder
        self._lock = lock
        self._catalog = catalog
        self._on_step = seams.on_step
        self._thresholds = seams.thresholds
        self._whole = WholeFiles() if seams.whole is None else seams.whole
        self._failed = False
        self._kept: tuple[str | None, ...] | None = None
        """The files of the committed generation; None before the first commit of an index that is made anew."""
        self._lexical: LexicalChanges
        self._generation: Generation
        self._vectors: VectorAppender
        self._flags: RowFlags
        self._files: dict[str, FileRow]

    @classmethod
    def open(cls, folder: Path, seams: WriterSeams = WriterSeams(), held: WriterLock | None = None) -> Self:
        """Open an index; raises NoIndexError, LockedError, FormatError, CorruptIndexError, StorageError.

        A lock that the caller holds already, `held`, stays the caller's.
        """
        require_catalog(folder)
        return cls._start(folder, None, seams, held)

    @classmethod
    def create(
        cls, folder: Path, new: NewIndex, seams: WriterSeams = WriterSeams(), held: WriterLock | None = None
    ) -> Self:
        """Make an index; one that is there already stays readable until the first commit replaces it."""
        with disk_errors(folder):
            make_private_folder(folder)
            sync_folder(folder.parent)
        return cls._start(folder, new, seams, held)

    @classmethod
    def _start(cls, folder: Path, new: NewIndex | None, seams: WriterSeams, held: WriterLock | None) -> Self:
        own = WriterLock(folder) if held is None else None
        catalog: Catalog | None = None
        try:
            seams.on_step("locked")
            if new is None:
                catalog = Catalog.open_writer(folder)
                catalog.begin("IMMEDIATE")
                generation = catalog.read_generation()
            else:
                catalog = open_for_creation(folder)
                generation = first_generation(folder, catalog, new)
            writer = cls(folder, own, catalog, seams)
            with disk_errors(folder):
                writer._load(generation)
                if new is None:
                    writer._kept = generation.file_names
                    reclaim(folder, generation.file_names)
        except BaseException:
            if catalog is not None:
                catalog.close()
            if own is not None:
                own.close()
            raise
        return writer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def info(self) -> IndexInfo:
        """The generation that the next commit continues from."""
        return self._generation.info

    def known_files(self) -> dict[str, KnownFile]:
        """Return what the index knows of each path, changes since the last commit included."""
        return {row.path: KnownFile(row.id, row.stat, row.content_hash) for row in self._files.values()}

    def known_skipped(self) -> list[Skipped]:
        """Return the files that the last walk left out."""
        return read_skipped(self._catalog)

    def known_marks(self) -> frozenset[str]:
        """Return the paths that the last walk found marked as written by a person, whatever their bytes look like."""
        return read_marks(self._catalog)

    def files_without_vectors(self) -> list[str]:
        """Return the paths of the files that were added by their words alone, in the order in which they were added."""
        return [row.path for row in self._files.values() if not row.has_vectors]

    def read_parsed(self, path: str) -> ParsedFile:
        """Return a file as it was parsed, without its bags; KeyError where it is not known."""
        return read_parsed(self._catalog, self._files[path])

    def add(self, file: EncodedFile) -> None:
        """Add a file, or replace the one of the same path."""
        self._add(file, self._vectors.n_rows)

    def add_words(self, parsed: ParsedFile) -> None:
        """Add a file that gets its vectors later, or replace the one of the same path."""
        n_chunks = len(parsed.chunks)
        no_vectors: FloatArray = np.empty((0, self.info.dim), dtype=np.float32)
        self._add(EncodedFile(parsed, no_vectors, (0,) * n_chunks, (0,) * n_chunks), NO_ROW)

    def add_vectors(self, file: EncodedFile) -> None:
        """Give a file that has none its vectors, words stay as they are; KeyError where it is not known."""
        row = self._files[file.parsed.path]
        with self._changing():
            row = replace(row, first_row=self._vectors.append(file.vectors), n_rows=len(file.vectors))
            self._flags.extend(file.parsed.chunks, file.first_row, file.n_rows, row.n_rows)
            write_rows(self._catalog, row, file)
            self._files[row.path] = row
            self._on_step("file written")

    def _add(self, file: EncodedFile, first_row: int) -> None:
        with self._changing():
            if file.parsed.path in self._files:
                self._remove(self._files.pop(file.parsed.path))
            self._vectors.append(file.vectors)
            self._flags.extend(file.parsed.chunks, file.first_row, file.n_rows, len(file.vectors))
            row = make_file_row(file, self._generation, first_row)
            self._generation = replace(
                self._generation, next_file_id=row.id + 1, next_chunk_id=row.first_chunk + row.n_chunks
            )
            insert_file(self._catalog, row, file)
            documents = make_documents(row, file)
            self._lexical.add(documents)
            self._tally.count(documents, 1)
            self._files[row.path] = row
            self._on_step("file written")

    def remove(self, path: str) -> None:
        """Remove a file; KeyError where it is not known."""
        row = self._files[path]
        with self._changing():
            self._remove(row)
            del self._files[path]

    def restat(self, path: str, stat: FileStat) -> None:
        """Note that a file was touched and its content is the same; KeyError where it is not known."""
        row = replace(self._files[path], stat=stat)
        with self._changing():
            write_file_row(self._catalog, row)
            self._files[path] = row

    def set_skipped(self, skipped: Sequence[Skipped]) -> None:
        """Replace the list of skipped files."""
        if list(skipped) != self.known_skipped():
            with self._changing():
                write_skipped(self._catalog, skipped)

    def set_marks(self, paths: frozenset[str]) -> None:
        """Replace the paths of `known_marks`."""
        if paths != self.known_marks():
            with self._changing():
                write_marks(self._catalog, paths)

    def set_root(self, root: Path, place: str | None) -> None:
        """Note where the root stands now, and its device and inode."""
        self._set_info(replace(self.info, root=root, root_place=place))

    def read_probe(self) -> FloatArray:
        """Return the encoder's known answers, float32 `[n, dim]`."""
        return self._catalog.read_array("probe", "<f4").reshape(-1, self.info.dim)

    def write_probe(self, vectors: FloatArray, engine: str) -> None:
        """Keep the encoder's known answers, float32 `[n, dim]`, and the engine that gave them."""
        with self._changing():
            self._catalog.write_array("probe", vectors.astype("<f4"))
        self._set_info(replace(self.info, encoder_engine=engine))

    def set_max_file_bytes(self, max_file_bytes: int) -> None:
        """Change the size above which files are left out."""
        self._set_info(replace(self.info, max_file_bytes=max_file_bytes))

    def cuts(self) -> frozenset[int]:
        """Return where the encoder's vectors may be cut; none where the index was made before that was kept."""
        return frozenset(self._catalog.read_array("cuts", "<u4").tolist())

    def set_coarse_dim(self, coarse_dim: int) -> None:
        """Compare another prefix first: the next commit writes the base anew. ValueError where no vector has it."""
        if not 0 < coarse_dim <= self.info.dim:
            raise ValueError(f"vectors of {self.info.dim} dimensions have no prefix of {coarse_dim}")
        if coarse_dim != self.info.coarse_dim:
            with self._changing():
                self._catalog.write_array("coarse_rows", np.zeros(0, "<u4"))
                self._generation = replace(self._generation, coarse_name=None)
            self._set_info(replace(self.info, coarse_dim=coarse_dim))

    def is_compaction_due(self) -> bool:
        """Return whether so many vectors are dead that it is time to leave them behind.

        Their documents die with them, and tantivy, which merges them away in its own time, keeps no more.
        """
        return is_due(self._flags.values(), self._thresholds)

    def compact(self) -> None:
        """Move the live vectors to a new file and write the lexical side anew; answers stay the same."""
        with self._changing():
            self._lexical.renew(self._files.values())
            live = np.flatnonzero(self._flags.values())
            self._vectors.sync()
            path = self._folder / self._generation.vectors_name
            source = VectorReader(path, self.info.dim, self._vectors.n_rows, self._catalog.mend)
            moved = move_rows(self._folder, source, self.info.dim, live)
            self._vectors.close()
            self._vectors = moved.vectors
            self._on_step("rows moved")
            self._flags.keep(live)
            self._files = {row.path: row for row in renumber_rows(self._catalog, self._files.values(), live)}
            self._catalog.write_array("coarse_rows", np.zeros(0, "<u4"))
            self._generation = replace(self._generation, vectors_name=moved.name, coarse_name=None)

    def derive_anew(self, generation: Generation, kept: tuple[str | None, ...]) -> None:
        """Derive all from a catalogue that holds nothing derived; `kept` are the files of the committed generation."""
        self._load(generation)
        self._kept = kept
        with self._changing():
            self._lexical.renew(self._files.values(), self._tally)

    def commit(self, *, complete: bool, files_todo: int | None, checked_at: str) -> int:
        """Switch to the next generation and return its number; the same number where nothing changed."""
        is_new = self.info.created_at == ""
        is_state_new = (complete, files_todo) != (self.info.complete, self.info.files_todo)
        with self._writing():
            if self._is_changed or is_new or is_state_new:
                self._prepare(complete, files_todo, checked_at)
            self._generation = replace(self._generation, info=replace(self.info, checked_at=checked_at))
            self._catalog.write_generation(self._generation)
            self._on_step("catalogue written")
            self._catalog.run("COMMIT")
            self._on_step("catalogue committed")
            self._kept = self._generation.file_names
            reclaim(self._folder, self._kept)
            self._on_step("stale removed")
            self._catalog.begin("IMMEDIATE")
        self._lexical.start(self._generation)
        self._start_changes()
        return self.info.generation

    def close(self) -> None:
        """Undo what was not committed and give the lock back."""
        try:
            self._lexical.abort()
            with suppress(OSError):
                self._vectors.close()
            with suppress(CodesearchError):
                self._catalog.rollback()
                self._catalog.empty_log()
            self._catalog.close()
            if self._is_changed and self._kept is not None:
                reclaim(self._folder, self._kept)
        finally:
            if self._lock is not None:
                self._lock.close()

    def _load(self, generation: Generation) -> None:
        """Take over the committed state, which has to be whole; cut off and reclaim what a crash left."""
        self._generation = generation
        self._files = {row.path: row for row in read_file_rows(self._catalog)}
        self._flags = RowFlags(self._catalog.read_array("row_flags", FLAGS_DTYPE))
        require_whole(self._folder, read_derived_files(self._catalog), self._whole, self._catalog.mend)
        info = generation.info
        path = self._folder / generation.vectors_name
        self._vectors = VectorAppender(path, info.dim, info.n_rows, self._catalog.mend)
        self._lexical = LexicalChanges(self._folder, self._catalog, generation, self._whole)
        self._start_changes()

    def _start_changes(self) -> None:
        self._tally = Tally()
        self._is_changed = False

    def _set_info(self, info: IndexInfo) -> None:
        if info != self.info:
            with self._changing():
                self._generation = replace(self._generation, info=info)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Note that the next commit makes a new generation."""
        with self._writing():
            self._is_changed = True
            yield

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Refuse to go on after a failure: half a file must not be committed."""
        if self._failed:
            raise StorageError(f"an earlier write to {self._folder} failed; run `codesearch index PATH` again")
        self._failed = True
        with disk_errors(self._folder):
            yield
        self._failed = False

    def _remove(self, row: FileRow) -> None:
        self._tally.count(read_documents(self._catalog, row), -1)
        delete_file(self._catalog, row)
        self._flags.kill(row.first_row, row.n_rows)

    def _prepare(self, complete: bool, files_todo: int | None, checked_at: str) -> None:
        """Write everything the next generation needs but the switch."""
        number = self.info.generation + 1
        n_without = len(self.files_without_vectors())
        assert not (complete and n_without)
        self._vectors.sync()
        self._on_step("vectors appended")
        names = self._commit_lexical()
        self._on_step("lexical committed")
        flags = self._flags.values()
        self._generation = replace(self._generation, info=replace(self.info, n_rows=self._vectors.n_rows))
        self._renew_base(flags, self._thresholds.base if complete else self._thresholds.unfinished_base)
        names += [self._generation.coarse_name] if self._generation.coarse_name else []
        write_derived_files(self._catalog, sum_derived(self._folder, names, read_derived_files(self._catalog)))
        sync_folder(self._folder)
        add_tally(self._catalog, self._tally)
        self._catalog.write_array("row_flags", flags)
        write_spans(self._catalog, self._files.values())
        info = replace(
            self.info,
            generation=number,
            n_files=len(self._files),
            n_chunks=sum(n_chunks_of(self._catalog).values()),
            complete=complete,
            files_done=len(self._files),
            files_todo=files_todo,
            updated_at=checked_at,
            created_at=self.info.created_at or checked_at,
            n_files_without_vectors=n_without,
        )
        self._generation = replace(self._generation, info=info)

    def _renew_base(self, flags: FlagArray, thresholds: BaseThresholds) -> None:
        """Write a coarse base where the one that is there does not do."""
        if (due := read_due(self._catalog, flags, self.info.dim, thresholds)) is not None:
            self._on_step(due)
            self._generation = write_new_base(self._folder, self._catalog, self._generation, flags)
            self._on_step("coarse saved")

    def _commit_lexical(self) -> list[str]:
        """Commit what was added; return the names of the lexical files, relative to the index folder."""
        name = self._lexical.commit()
        self._generation = replace(self._generation, lexical_name=name)
        return [] if name is None else [f"{name}/{file}" for file in list_files(self._folder / name)]
