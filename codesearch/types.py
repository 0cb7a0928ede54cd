"""The values a caller of `Index` gives and gets. Knows no storage and does no work."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from indexers.types import Kind, Secret, Skipped

Mode = Literal["hybrid", "lexical", "dense", "prefilter"]
MODES: tuple[Mode, ...] = ("hybrid", "lexical", "dense", "prefilter")


@dataclass(frozen=True, slots=True)
class Filters:
    """Limits on candidates, applied before every top-k. Empty means no limit; within one field any match will do."""

    within: str = ""
    """A folder or file, relative to the root, that all results lie in; empty for the whole root."""
    paths: tuple[str, ...] = ()
    """Globs or folder prefixes, relative to the root, `/` between parts."""
    excluded_paths: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    excluded_languages: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()
    excluded_kinds: tuple[Kind, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """How to search. Filters written inside the query text are added to `filters`."""

    limit: int = 10
    mode: Mode = "hybrid"
    filters: Filters = field(default_factory=Filters)
    explain: bool = False
    prefilter: int = 2000
    """How many chunks words choose in mode prefilter, for the vectors to rank."""


@dataclass(frozen=True, slots=True)
class ScoreParts:
    """What a result's score is made of; None where the mode did not compute the part."""

    bm25: float | None
    """BM25F over the live statistics, 0 and up."""
    cosine: float | None
    """Cosine at full dimension, -1 to 1."""
    fused: float
    prior: float
    """Factor for what the code is (definition, path, size, tests, generated), times the decay of each further result of
    its file; 1 is neutral. `score` is `fused` times this."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """One answer. `path` is relative to the indexed root; lines are 1-based and inclusive."""

    path: str
    start_line: int
    end_line: int
    kind: Kind
    symbol: str
    qualified_name: str
    signature: str
    documentation: str
    language: str
    score: float
    scores: ScoreParts
    content: str
    stale: bool
    """True where the file on disk is gone or has other bytes than were indexed, be it elsewhere than in these lines.

    Found out for each result: by stat, and by content hash where the stat differs.
    """


@dataclass(frozen=True, slots=True)
class IndexState:
    """Which index answered, and how far it can be trusted."""

    root: Path
    generation: int
    n_chunks: int
    complete: bool
    files_done: int
    files_todo: int | None
    """Files a first build still has to do; 0 when complete, None when not known."""
    stale_files: int | None
    """Files known to differ from the index; None where nobody looked."""
    checked_at: str | None
    """When the tree was last compared with the index, ISO 8601 in UTC."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a query: how many went in, how many came out, how long it took."""

    name: str
    n_in: int
    n_out: int
    took_ms: float


@dataclass(frozen=True, slots=True)
class Degradation:
    """Why an answer is less than was asked for, and what mends it."""

    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class SearchResponse:
    """Ranked results, best first, with the state of the index that gave them."""

    query: str
    results: tuple[SearchResult, ...]
    took_ms: float
    index: IndexState
    degraded: Degradation | None = None
    stages: tuple[Stage, ...] = ()
    """Filled when `SearchOptions.explain` is set."""


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """What a build may read and how it encodes. None keeps the index's own choice, or the default for a new one."""

    encoder: str | None = None
    max_file_bytes: int | None = None
    force: bool = False
    """Allow the file system's root and the home directory."""
    rebuild: bool = False
    """Make the index anew beside the old one and put it in its place when it is done."""
    n_workers: int | None = None
    """Parser processes; None means one a core."""


BuildStage = Literal["walk", "index", "commit"]


@dataclass(frozen=True, slots=True)
class Progress:
    """A moment of a running build or update."""

    stage: BuildStage
    files_done: int
    files_total: int | None
    n_chunks: int
    bytes_done: int
    elapsed_s: float


@dataclass(frozen=True, slots=True)
class UpdateReport:
    """What a build or update did."""

    added: int
    changed: int
    removed: int
    unchanged: int
    n_chunks: int
    """Chunks in the index now."""
    bytes_read: int
    n_encoded: int
    """Vectors computed rather than found or shared."""
    skipped: tuple[Skipped, ...]
    generation: int
    took_s: float
    warnings: tuple[str, ...] = ()
    """What went wrong beside the way and cost only time, such as a damaged vector cache."""


@dataclass(frozen=True, slots=True)
class SecretPlace:
    """Where a secret was masked."""

    path: str
    secret: Secret


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """Everything `codesearch status` shows."""

    state: IndexState
    folder: Path
    format_version: int
    size_bytes: int
    created_at: str
    updated_at: str
    n_files: int
    chunks_by_kind: dict[Kind, int]
    files_by_language: dict[str, int]
    n_windowed: int
    """Chunks that exceeded the encoder's length and have several vectors."""
    n_vectors: int
    encoder: str
    encoder_identity: str
    encoder_summary: str
    dim: int
    coarse_dim: int
    skipped: tuple[Skipped, ...]
    secrets: tuple[SecretPlace, ...]
    notes: tuple[tuple[str, str], ...]
    """(path, why it was cut coarsely or decoded as latin-1)."""
    max_file_bytes: int
    """Larger files are left out, in later updates too."""


@dataclass(frozen=True, slots=True)
class RootEntry:
    """One line of `codesearch list`."""

    root: Path
    folder: Path
    size_bytes: int
    updated_at: str | None
    encoder: str | None
    n_files: int | None
    n_chunks: int | None
    complete: bool | None
    is_missing: bool
    """The root no longer exists."""
    problem: str = ""
    """Why the index cannot be read, else empty."""
