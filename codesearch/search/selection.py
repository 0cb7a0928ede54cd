"""Turns filters and quoted text into the exact set of candidates, before any top-k.

Reads the catalogue's file list and, for quoted text, the stored texts; scores nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from codesearch.search.path_filter import match_paths
from codesearch.storage.rows import ChunkRow, FileRow, Selection
from codesearch.storage.snapshot import Snapshot
from codesearch.types import Filters
from indexers.types import KINDS, Kind

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Eligible:
    """The exact set of candidates."""

    selection: Selection
    quoted_ids: Ids | None
    """With quoted text, every eligible chunk by path and line, else None."""
    n_chunks: int
    """Chunks that the files or the quoted text leave; kinds are not counted out unless text is quoted."""

    def keep(self, snapshot: Snapshot, ids: Ids) -> Ids:
        """Return those of `ids` that are eligible, in the same order."""
        kept = np.asarray(ids, dtype=np.int64)
        if self.selection.chunk_ids is not None:
            return kept[np.isin(kept, self.selection.chunk_ids)]
        if not self.has_limits():
            return kept
        rows = snapshot.chunks(kept)
        files = None if self.selection.file_ids is None else frozenset(self.selection.file_ids.tolist())
        allowed = [row.id for row in rows if (files is None or row.file_id in files) and self.has_kind(row.kind)]
        return np.array(allowed, dtype=np.int64)

    def has_limits(self) -> bool:
        """Say whether anything is not eligible."""
        limits = (self.selection.file_ids, self.selection.kinds, self.selection.chunk_ids)
        return any(limit is not None for limit in limits)

    def has_kind(self, kind: Kind) -> bool:
        """Say whether chunks of this kind are eligible."""
        return self.selection.kinds is None or kind in self.selection.kinds


def select(snapshot: Snapshot, filters: Filters, quoted: Sequence[str]) -> Eligible:
    """Return what `filters` and `quoted` leave.

    Raises:
        QueryError: a path filter is not a glob.
    """
    files = _allowed_files(snapshot, filters)
    kinds = _allowed_kinds(filters)
    file_ids = None if files is None else np.array(sorted(file.id for file in files), dtype=np.int64)
    if not quoted:
        n_chunks = snapshot.info.n_chunks if files is None else sum(file.n_chunks for file in files)
        return Eligible(Selection(file_ids=file_ids, kinds=kinds), None, n_chunks)
    found = find_quoted(snapshot, snapshot.files() if files is None else files, quoted)
    ids = [chunk.id for chunk in found if kinds is None or chunk.kind in kinds]
    chunk_ids = np.array(sorted(ids), dtype=np.int64)
    selection = Selection(file_ids=file_ids, kinds=kinds, chunk_ids=chunk_ids)
    return Eligible(selection, np.array(ids, dtype=np.int64), len(ids))


def list_chunks(snapshot: Snapshot, filters: Filters, limit: int) -> list[ChunkRow]:
    """Return at most `limit` chunks that `filters` leave, by path and line; files, unless kinds are asked for.

    No line is in two of them: of a class inside a class, the outer one is listed.
    """
    files = _allowed_files(snapshot, filters)
    kinds: frozenset[Kind] = _allowed_kinds(filters) or frozenset({"file"})
    found: list[ChunkRow] = []
    for file in snapshot.files() if files is None else files:
        if len(found) >= limit:
            break
        chunks = [chunk for chunk in snapshot.chunks_of_file(file.id) if chunk.kind in kinds]
        last_line = 0
        for chunk in sorted(chunks, key=lambda chunk: (chunk.start_line, -chunk.end_line)):
            if chunk.start_line > last_line:
                found.append(chunk)
                last_line = chunk.end_line
    return found[:limit]


def find_quoted(snapshot: Snapshot, files: Sequence[FileRow], quoted: Sequence[str]) -> list[ChunkRow]:
    """Return all chunks of `files` whose span contains each quoted text, byte for byte, by path and line.

    Every stored text is read: an index of words could not promise to find a part of a word, or punctuation.
    """
    needles = [text.encode("utf-8", "surrogatepass") for text in quoted]
    found: list[ChunkRow] = []
    for file in sorted(files, key=lambda file: file.path):
        data = snapshot.text(file.id)
        if all(needle in data for needle in needles):
            found += _chunks_containing(snapshot, file.id, data, needles)
    return found


def _allowed_files(snapshot: Snapshot, filters: Filters) -> list[FileRow] | None:
    """Return the files within the filters, None where no filter speaks of files."""
    if not (
        filters.within or filters.paths or filters.excluded_paths or filters.languages or filters.excluded_languages
    ):
        return None
    files = [
        file
        for file in snapshot.files()
        if _is_within(file.path, filters.within)
        and (not filters.languages or file.language in filters.languages)
        and file.language not in filters.excluded_languages
    ]
    paths = [file.path for file in files]
    wanted = match_paths(paths, filters.paths) if filters.paths else [True] * len(paths)
    unwanted = match_paths(paths, filters.excluded_paths)
    return [file for file, yes, no in zip(files, wanted, unwanted, strict=True) if yes and not no]


def _is_within(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")


def _allowed_kinds(filters: Filters) -> frozenset[Kind] | None:
    if not (filters.kinds or filters.excluded_kinds):
        return None
    return frozenset(filters.kinds or KINDS) - frozenset(filters.excluded_kinds)


def _chunks_containing(snapshot: Snapshot, file_id: int, data: bytes, needles: Sequence[bytes]) -> list[ChunkRow]:
    """Return the chunks of one file in which each needle occurs at least once as a whole."""
    chunks = snapshot.chunks_of_file(file_id)
    starts = np.array([chunk.start_byte for chunk in chunks], dtype=np.int64)
    ends = np.array([chunk.end_byte for chunk in chunks], dtype=np.int64)
    inside = np.ones(len(chunks), dtype=bool)
    for needle in needles:
        # A lookahead finds occurrences that overlap: `aa` twice in `aaa`.
        occurrences = [match.start() for match in re.finditer(b"(?=" + re.escape(needle) + b")", data)]
        places = np.array([*occurrences, len(data) + 1], dtype=np.int64)
        next_place = places[np.searchsorted(places[:-1], starts)]
        inside &= next_place + len(needle) <= ends
    return [chunk for chunk, is_inside in zip(chunks, inside.tolist(), strict=True) if is_inside]
