"""The values a caller of `Index` gives and gets. Knows no storage and does no work."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Literal

from indexers.types import GRANULARITIES, Granularity, Kind, Secret, Skipped

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
    """Whether to give the stages of the answer and the explanation of each result."""
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
    """Factor for what the code is (definition, path, size, tests, generated), times the lift by a container that it
    stands for and the decay of each further result of its file; 1 is neutral. `score` is `fused` times this."""


@dataclass(frozen=True, slots=True)
class TermPart:
    """One term of the query, as the tokenizer cuts and stems it, and whether a result has it."""

    term: str
    share: float
    """Of the query's weight; those of all terms are 1 together."""
    is_known: bool
    """Whether any chunk of the index has it; what nobody says is not counted against anybody."""
    is_here: bool
    """Whether the result has it, be it in its path or its documentation."""


@dataclass(frozen=True, slots=True)
class FusedParts:
    """Words, vectors and the rest of the file as one number.

    value = (own + file_context * file + coherence * further) / (1 + file_context + coherence)
    own   = (1 - dense_share) * words + dense_share * standing

    What the mode did not compute is None and counts 0.
    """

    value: float
    own: float
    """Evidence of the chunk itself, 0 to 1."""
    dense_share: float
    """0 where the chunk has no vector or none were compared, 1 where words have no say."""
    bm25: float | None
    bound: float | None
    """No BM25F score of this query reaches it; 0 where the index has none of its terms."""
    words: float | None
    """`bm25` as a share of `bound`; 0 where that is 0."""
    cosine: float | None
    best_cosine: float | None
    """The best cosine of all candidates, or the least that is taken for a sure match."""
    standing: float | None
    """`cosine` as a share of `best_cosine`, at least 0."""
    file: float
    """Evidence of the file as a whole."""
    file_context: float
    """Weight of `file`."""
    further: float
    """Evidence of the next best parts of the file."""
    coherence: float
    """Weight of `further`."""


@dataclass(frozen=True, slots=True)
class PriorParts:
    """What names say for a chunk: value = 1 + definition + stem + folders + symbol, each of which is weighted."""

    value: float
    definition: float
    """For defining a name that was asked for."""
    name: str
    """That name as the chunk spells it, empty where it defines none."""
    stem: float
    """For the query's words in the file's name."""
    folders: float
    symbol: float


@dataclass(frozen=True, slots=True)
class Demotion:
    """A factor for what repeats the words of code without being it."""

    cause: str
    """The kind of file, such as `test` or `documentation`, or `test by name`."""
    factor: float
    is_asked: bool
    """Whether the query speaks of such files, which softens the factor."""


@dataclass(frozen=True, slots=True)
class Container:
    """A class or file of the same path that a result stands for."""

    kind: Kind
    qualified_name: str
    start_line: int
    end_line: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a result came to its score: score = fused * prior * size * demotion * lift * decay."""

    shape: str
    """What the query was taken for: symbol, qualified, path, words, action, message or snippet."""
    fused: FusedParts
    prior: PriorParts
    size: float
    """Factor for the size of the file, 1 and up."""
    demotions: tuple[Demotion, ...]
    """The factor `demotion` is their product, 1 where there are none."""
    lift: float
    """Factor, 1 and up, that the score owes to `stands_for`."""
    stands_for: Container | None
    """The best of the classes and files that are not shown because this part explains their match."""
    decay: float
    """Factor for better results of the same file, 1 for its best."""
    nth: int
    """Which result of its file it is, from 1."""
    coverage: float
    """Share of the weight of the known terms that are here."""
    terms: tuple[TermPart, ...]

    @property
    def demotion(self) -> float:
        """The product of all demotions."""
        return prod(demotion.factor for demotion in self.demotions)


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
    explanation: Explanation | None = None
    """Filled when `SearchOptions.explain` is set, but for a query of filters alone, which compares nothing."""


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
    n_files_without_vectors: int = 0
    """Files that words alone find so far; a first build goes on giving them vectors."""
    written_by: str = ""
    """Who is at work on what is incomplete: process, machine, since when; empty where it is complete, or nobody is."""


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
class Freshness:
    """Whether an index was brought up to date before it answered."""

    is_updated: bool
    problem: str = ""
    """Why it was not; the answer is then that of the index as it was."""


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
    fresh: Freshness | None = None
    """What came of an update before the question, where one was asked for."""


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
    """Parser processes; None means one a core, as far as memory allows."""
    granularities: tuple[Granularity, ...] | None = None
    """What gets vectors; words find every chunk. Another set than the index has makes the index anew."""
    coarse_dim: int | None = None
    """Prefix of the vectors that is compared first."""
    is_consented: bool = False
    """Whether a model may be downloaded, and the root's text be sent to where the encoder runs, now and later."""
    is_offline: bool = False
    """Talk to no other machine."""
    may_ask: bool = False
    """Whether the caller asks the user on a ConsentError: a new index may then want a model that is not here yet.
    With `is_consented`, the user was asked, and is not told again what the question said."""
    patience_s: float = 0.0
    """How long to wait for another process that writes the index."""
    is_hurried: bool = False
    """Whether a search waits for the end: a server that is away is then not waited for."""


BuildStage = Literal["wait", "walk", "download", "index", "encode", "commit", "compact"]
"""Another process may have to end first (`wait`), a model to be fetched (`download`). A first build of an encoder that
takes its time reads everything (`index`), then gives it vectors (`encode`). After the commit the index may be rid of
what updates left dead (`compact`)."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A moment of a running build or update."""

    stage: BuildStage
    files_done: int
    files_total: int | None
    n_chunks: int
    bytes_done: int
    elapsed_s: float
    bytes_total: int | None = None
    """Text that stage `encode` has to give vectors, or size of what stage `download` fetches; else None."""
    n_encoded: int = 0
    """Vectors computed so far, rather than found or shared."""
    stage_s: float = 0.0
    """Time in this stage."""
    notice: str = ""
    """What a person should read once: which encoder a new index gets and why, what is sent where. The same in all that
    follow, but for what is added behind it."""


OnProgress = Callable[[Progress], None]
"""Called at most ten times a second while a build runs; raising from it stops the build."""


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
    """What went wrong beside the way and cost only time or room, such as a damaged vector cache."""
    n_filled: int = 0
    """Files that got their vectors after their words, those of earlier runs included."""


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
    granularities: tuple[Granularity, ...] = GRANULARITIES
    """What gets vectors; words find every chunk."""


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
    written_by: str = ""
    """Who is at work on what is incomplete or has no first commit yet, as `IndexState` has it."""
