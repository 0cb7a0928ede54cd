"""The whole public API: open, build, update, search, similar, similar_to, status, close.

`build` is imported when it is asked for: a search needs neither parsers nor a writer.
Thin: it finds the index, keeps the newest generation open, and adds to an answer what only the working tree knows.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from codesearch.building.estimate import Estimate, GranularityEstimate
from codesearch.building.staleness import count_stale, is_stale
from codesearch.compatibility import check_versions
from codesearch.config import home_folder
from codesearch.encoders.own import Load
from codesearch.encoders.query_encoder import QueryEncoder
from codesearch.errors import (
    AmbiguousRootError,
    CodesearchError,
    ConfigError,
    ConsentError,
    CorruptIndexError,
    FormatError,
    LockedError,
    NoIndexError,
    QueryError,
    StorageError,
)
from codesearch.registry import folder_size, locate
from codesearch.remedies import naming_root
from codesearch.replacement import finish_replacement
from codesearch.search import engine
from codesearch.storage.lock import find_writer
from codesearch.storage.rows import FileRow
from codesearch.storage.scrub import Scrub
from codesearch.storage.snapshot import Snapshot
from codesearch.storage.steps import WriterSeams
from codesearch.types import (
    BuildOptions,
    Container,
    Degradation,
    Demotion,
    Explanation,
    Filters,
    Freshness,
    FusedParts,
    IndexState,
    IndexStatus,
    OnProgress,
    PriorParts,
    Progress,
    ScoreParts,
    SearchOptions,
    SearchResponse,
    SearchResult,
    SecretPlace,
    Stage,
    TermPart,
    UpdateReport,
)
from indexers.encoders.registry import load_encoder
from indexers.errors import CancelledError, EncoderError, GitTimeoutError, IndexersError, ParserError, WalkError
from indexers.types import FileStat, Secret, Skipped, SkipReason

__all__ = [
    "AmbiguousRootError",
    "BuildOptions",
    "CancelledError",
    "CodesearchError",
    "ConfigError",
    "ConsentError",
    "Container",
    "CorruptIndexError",
    "Degradation",
    "Demotion",
    "EncoderError",
    "Estimate",
    "Explanation",
    "FileStat",
    "Filters",
    "FormatError",
    "Freshness",
    "FusedParts",
    "GitTimeoutError",
    "GranularityEstimate",
    "Index",
    "IndexState",
    "IndexStatus",
    "IndexersError",
    "LockedError",
    "NoIndexError",
    "OnProgress",
    "ParserError",
    "PriorParts",
    "Progress",
    "QueryError",
    "ScoreParts",
    "SearchOptions",
    "SearchResponse",
    "SearchResult",
    "Secret",
    "SecretPlace",
    "SkipReason",
    "Skipped",
    "Stage",
    "StorageError",
    "TermPart",
    "UpdateReport",
    "WalkError",
]


class Index:
    """One indexed root. Not safe for use by two threads at once; any number of processes may read and one may write."""

    def __init__(self, root: Path, folder: Path, home: Path, load: Load = load_encoder) -> None:
        self.root = root
        """The indexed folder, absolute."""
        self.folder = folder
        """Where the index lies."""
        self.home = home
        """Where all indexes lie."""
        self._scrub = Scrub(folder)
        self._snapshot = self._open_snapshot()
        self._snapshot.rest()
        self._encoder = QueryEncoder(root, home, load)

    @classmethod
    def open(cls, path: Path, home: Path | None = None) -> Self:
        """Open the index of the nearest indexed folder at or above `path`; a root that moved takes its index along.

        Raises NoIndexError, AmbiguousRootError where several moved roots could be meant, LockedError where the index
        has to be moved and is being written, FormatError for an index of other versions, CorruptIndexError,
        StorageError.
        """
        home = home_folder(home)
        located = locate(path, home)
        return cls(located.root, located.folder, home)

    @classmethod
    def build(
        cls,
        root: Path,
        options: BuildOptions = BuildOptions(),
        *,
        home: Path | None = None,
        on_progress: OnProgress | None = None,
    ) -> UpdateReport:
        """Create the index of `root`, or bring it up to date.

        Raises WalkError for a root that is missing or too broad, LockedError while another process writes,
        ConfigError for settings that cannot be read, ConsentError where a download or the sending of text has to be
        allowed first, FormatError for an index of other versions or whose encoder gives other vectors by now,
        EncoderError, ParserError where no parser process starts, CorruptIndexError, StorageError; in every case the
        earlier index stands.
        """
        from codesearch.build import build

        root = root.expanduser().resolve()
        with naming_root(root):
            return build(root, home_folder(home), options, on_progress)

    @classmethod
    def estimate(
        cls,
        root: Path,
        options: BuildOptions = BuildOptions(),
        *,
        home: Path | None = None,
        on_progress: OnProgress | None = None,
    ) -> Estimate:
        """Say what a build with these options would have to encode, and how long that takes. Changes nothing.

        Raises what `build` raises.
        """
        from codesearch.building.estimating import estimate

        root = root.expanduser().resolve()
        with naming_root(root):
            return estimate(root, home_folder(home), options, on_progress)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def update(
        self,
        options: BuildOptions = BuildOptions(),
        on_progress: OnProgress | None = None,
    ) -> UpdateReport:
        """Bring the index up to date with its root; later searches see the result. Raises what `build` raises."""
        from codesearch.build import BuildSeams, build

        seams = BuildSeams(writer=WriterSeams(whole=self._scrub.whole))
        with naming_root(self.root):
            return build(self.root, self.home, options, on_progress, seams)

    def freshen(self, options: BuildOptions = BuildOptions(), on_progress: OnProgress | None = None) -> Freshness:
        """Bring the index up to date where that can be done, else say why not; searches go on in any case."""
        try:
            self.update(replace(options, is_hurried=True), on_progress)
        except CancelledError:
            raise
        except (CodesearchError, IndexersError) as error:
            return Freshness(is_updated=False, problem=str(error))
        return Freshness(is_updated=True)

    def search(self, query: str, options: SearchOptions = SearchOptions()) -> SearchResponse:
        """Answer a question or a name, from the newest generation.

        `took_ms` is the time of the engine, without finding out which results are stale. Raises QueryError for a
        query or filter that makes no sense, NoIndexError where the index was removed meanwhile, FormatError,
        CorruptIndexError, StorageError.
        """

        def run() -> engine.SearchOutcome:
            encoder = self._encoder.find(self._snapshot) if engine.needs_vector(query, options) else None
            return engine.search(self._snapshot, encoder, query, options)

        return self._answer(query, options, run)

    def similar(self, text: str, options: SearchOptions = SearchOptions()) -> SearchResponse:
        """Find code like the given code. Raises QueryError for an empty text, else what `search` raises."""

        def run() -> engine.SearchOutcome:
            encoder = self._encoder.find(self._snapshot) if options.mode != "lexical" else None
            return engine.similar(self._snapshot, encoder, text, options)

        return self._answer(text, options, run)

    def similar_to(self, path: str, line: int, options: SearchOptions = SearchOptions()) -> SearchResponse:
        """Find code like the function, section or block around an indexed line, itself left out.

        `path` is relative to the root, `/` between parts; `line` counts from 1 in the text as it was indexed. Raises
        QueryError where the index has no such file or the line no code, else what `search` raises.
        """
        with self._held():
            text = _read_leaf(self._snapshot, path, line)
        more = self.similar(text, replace(options, limit=options.limit + 1))
        others = [r for r in more.results if r.path != path or not r.start_line <= line <= r.end_line]
        return replace(more, results=tuple(others[: max(options.limit, 0)]))

    def status(self) -> IndexStatus:
        """Return what the index holds, how it was made, what was left out and why, and how many files changed since.

        Walks the tree, so that `state.stale_files` is a number wherever the root can be read. Raises NoIndexError
        where the index was removed meanwhile, FormatError, CorruptIndexError, StorageError.
        """
        with self._held():
            return self._describe()

    def _describe(self) -> IndexStatus:
        snapshot, info = self._snapshot, self._snapshot.info
        counts = snapshot.counts()
        return IndexStatus(
            state=replace(self._state(), stale_files=count_stale(self._snapshot, self.root)),
            folder=self.folder,
            format_version=info.format_version,
            size_bytes=folder_size(self.folder),
            created_at=info.created_at,
            updated_at=info.updated_at,
            n_files=info.n_files,
            chunks_by_kind=dict(counts.chunks_by_kind),
            files_by_language=dict(counts.files_by_language),
            n_windowed=counts.n_windowed,
            n_vectors=snapshot.n_live_rows(),
            encoder=info.encoder_name,
            encoder_identity=info.encoder_identity,
            encoder_summary=info.encoder_summary,
            dim=info.dim,
            coarse_dim=info.coarse_dim,
            skipped=tuple(snapshot.skipped()),
            secrets=tuple(snapshot.secrets()),
            notes=tuple((file.path, note) for file in snapshot.files() if (note := _note_of(file))),
            max_file_bytes=info.max_file_bytes,
            granularities=info.granularities,
        )

    def finish_check(self) -> None:
        """Wait until all that answers of the newest generation rest on was compared with its checksums.

        Searches do not wait for that, but for a moment the first: until it is found, what is damaged may cost one of
        their candidates. Raises CorruptIndexError, and what opening raises where the index changed since.
        """
        with self._held():
            pass
        self._scrub.wait()
        with naming_root(self.root):
            self._scrub.require_sound()

    def close(self) -> None:
        """Let go of the index; a closed index answers nothing."""
        self._scrub.close()
        self._snapshot.close()

    def _answer(self, query: str, options: SearchOptions, run: Callable[[], engine.SearchOutcome]) -> SearchResponse:
        with self._held():
            self._scrub.require_sound()
            started = time.perf_counter()
            outcome = run()
            took_ms = (time.perf_counter() - started) * 1000
            self._scrub.note_answer()
            self._scrub.require_sound()
            return SearchResponse(
                query=query,
                results=self._mark(outcome.results),
                took_ms=took_ms,
                index=self._state(),
                degraded=outcome.degraded and (self._encoder.missing or outcome.degraded),
                stages=outcome.stages if options.explain else (),
            )

    def _mark(self, results: Sequence[SearchResult]) -> tuple[SearchResult, ...]:
        """Say of each result whether its file changed since, looking at each file once."""
        stale = {path: is_stale(self._snapshot, self.root, path) for path in {result.path for result in results}}
        return tuple(replace(result, stale=stale[result.path]) for result in results)

    def _open_snapshot(self) -> Snapshot:
        with naming_root(self.root):
            try:
                snapshot = Snapshot.open(self.folder, self._scrub.whole)
            except NoIndexError:
                finish_replacement(self.folder)  # of a process that is between its two renames, or died there
                snapshot = Snapshot.open(self.folder, self._scrub.whole)
        try:
            check_versions(snapshot.info)
        except BaseException:
            snapshot.close()
            raise
        self._scrub.follow(snapshot.derived_files, snapshot.mend)
        return snapshot

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Have the newest generation while something is answered; between answers nothing holds on to it."""
        if not self._snapshot.is_current():
            newest = self._open_snapshot()
            self._snapshot.close()
            self._snapshot = newest
        try:
            with naming_root(self.root):
                yield
        finally:
            self._snapshot.rest()

    def _state(self) -> IndexState:
        info = self._snapshot.info
        return IndexState(
            root=self.root,
            generation=info.generation,
            n_chunks=info.n_chunks,
            complete=info.complete,
            files_done=info.files_done,
            files_todo=info.files_todo,
            stale_files=None,
            checked_at=info.checked_at,
            n_files_without_vectors=info.n_files_without_vectors,
            written_by="" if info.complete else find_writer(self.folder),
        )


def _note_of(file: FileRow) -> str:
    decoded = "decoded as latin-1: it is not valid UTF-8" if file.encoding == "latin-1" else ""
    return "; ".join(note for note in (file.note, decoded) if note)


def _read_leaf(snapshot: Snapshot, path: str, line: int) -> str:
    """Return the stored text of the smallest chunk that holds the line."""
    file = snapshot.file_at(path) if _is_utf8(path) else None
    if file is None:
        remedy = "run codesearch index to read what is new, or codesearch status --skipped to see why it was left out"
        raise QueryError(f"{path} is not in the index; {remedy}")
    leaves = [
        chunk
        for chunk in snapshot.chunks_of_file(file.id)
        if chunk.granularity == "leaf" and chunk.start_line <= line <= chunk.end_line
    ]
    if not leaves:
        raise QueryError(f"{path} has no code at line {line} in the index; name a line that is not blank")
    leaf = min(leaves, key=lambda chunk: (chunk.end_byte - chunk.start_byte, chunk.start_byte))
    return snapshot.text(file.id)[leaf.start_byte : leaf.end_byte].decode("utf-8", "replace")


def _is_utf8(path: str) -> bool:
    """Tell whether a name can be in an index: names that are not valid UTF-8 are skipped."""
    return path == path.encode("utf-8", "replace").decode("utf-8")
