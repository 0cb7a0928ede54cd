"""The values that storage gives and takes: rows of the catalogue, limits of a search, its raw hits.

Knows no file and does no work.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from indexers.types import GRANULARITIES, EncoderDescription, FileStat, FloatArray, Granularity, Kind

IntArray = npt.NDArray[np.int64]

NO_ROW = -1
"""First row of a file whose vectors are not there yet."""


@dataclass(frozen=True, slots=True)
class NewIndex:
    """What is fixed when an index is made."""

    root: Path
    git_identity: str | None
    encoder: EncoderDescription
    coarse_dim: int
    max_file_bytes: int
    template_version: int
    tokenizer_version: int
    root_place: str | None = None
    """Device and inode of the root, which a renaming keeps."""
    granularities: tuple[Granularity, ...] = GRANULARITIES
    """What gets vectors; words find every chunk."""


@dataclass(frozen=True, slots=True)
class Revision:
    """Which commit of which index: an index that was made anew counts its generations from 1 again."""

    index_id: str
    generation: int
    checked_at: str | None
    """All that changes where a commit found nothing to do."""


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """One generation of an index: whose it is, how far it is, and how it was made."""

    root: Path
    index_id: str
    git_identity: str | None
    generation: int
    format_version: int
    n_files: int
    n_chunks: int
    complete: bool
    files_done: int
    files_todo: int | None
    checked_at: str | None
    created_at: str
    updated_at: str
    max_file_bytes: int
    encoder_name: str
    encoder_identity: str
    encoder_engine: str
    encoder_summary: str
    dim: int
    coarse_dim: int
    n_rows: int
    """Rows of the vector file, dead ones counted."""
    template_version: int
    tokenizer_version: int
    root_place: str | None = None
    granularities: tuple[Granularity, ...] = GRANULARITIES
    """What gets vectors; words find every chunk."""
    n_files_without_vectors: int = 0
    """Files that words alone find so far; 0 when complete."""

    @property
    def revision(self) -> Revision:
        """What tells this commit from every other one."""
        return Revision(self.index_id, self.generation, self.checked_at)


@dataclass(frozen=True, slots=True)
class Generation:
    """What the table `meta` says: the index's own words, which files belong to it, and which ids come next."""

    info: IndexInfo
    vectors_name: str
    lexical_name: str | None
    coarse_name: str | None
    next_file_id: int
    """Ids of files and chunks are never used twice."""
    next_chunk_id: int

    @property
    def file_names(self) -> tuple[str | None, ...]:
        """The files and folders that belong to it beside the catalogue."""
        return (self.vectors_name, self.lexical_name, self.coarse_name)


@dataclass(frozen=True, slots=True)
class TermDocument:
    """What the lexical side and the statistics learn of one chunk."""

    chunk_id: int
    file_id: int
    granularity: Granularity
    kind: Kind
    bag: bytes
    """Packed `indexers.terms.BAG_DTYPE` entries."""


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What an update compares a file of the tree with."""

    file_id: int
    stat: FileStat
    content_hash: bytes


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file of the index; its chunks and its vector rows are consecutive."""

    id: int
    path: str
    language: str
    stat: FileStat
    content_hash: bytes
    encoding: str
    note: str
    first_chunk: int
    n_chunks: int
    n_leaves: int
    first_row: int
    n_rows: int

    @property
    def has_vectors(self) -> bool:
        """Whether its vectors are there, be it none that it needs."""
        return self.first_row != NO_ROW


@dataclass(frozen=True, slots=True)
class ChunkRow:
    """A chunk of the index. `row` is None while its vector is not there yet, and where it is not to have one."""

    id: int
    file_id: int
    path: str
    language: str
    kind: Kind
    granularity: Granularity
    symbol: str
    qualified_name: str
    signature: str
    documentation: str
    names: tuple[str, ...]
    start_byte: int
    end_byte: int
    start_line: int
    end_line: int
    first_leaf_id: int
    n_leaves: int
    row: int | None
    n_rows: int


@dataclass(frozen=True, slots=True)
class Selection:
    """Limits on candidates, applied before every top-k; None means no limit."""

    file_ids: IntArray | None = None
    """Sorted int64."""
    kinds: frozenset[Kind] | None = None
    chunk_ids: IntArray | None = None
    """Sorted int64: the complete answer of a quoted text, say."""

    def is_empty(self) -> bool:
        """Return whether nothing can be selected."""
        limits = (self.file_ids, self.kinds, self.chunk_ids)
        return any(limit is not None and len(limit) == 0 for limit in limits)


@dataclass(frozen=True, slots=True)
class DenseHits:
    """Chunk ids, int64 `[n]`, best first, with their coarse similarity, float32 `[n]`; equal scores by id."""

    ids: IntArray
    scores: FloatArray


@dataclass(frozen=True, slots=True)
class LexicalStatistics:
    """What BM25F needs to know of the whole index."""

    n_leaves: int
    df: dict[int, int]
    """Leaves that contain the term, by term hash; 0 for terms nobody uses."""
    mean_lengths: dict[Granularity, FloatArray]
    """Mean number of terms in each field, float32 `[6]` in the order of `indexers.types.FIELDS`."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Chunks and files by what they are."""

    chunks_by_kind: dict[Kind, int]
    files_by_language: dict[str, int]
    n_windowed: int
    """Chunks with more than one vector."""
