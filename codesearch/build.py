"""What changed since the last commit -> pipeline -> the next commit. One tree, one index, one writer.

A first build commits as it goes, so that it can be searched and resumed; an update is one switch.
Knows neither queries nor terminals: it reports `Progress` and returns an `UpdateReport`.
"""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path

from indexers.walker import DEFAULT_MAX_FILE_BYTES, Walked, WalkOptions, walk

from codesearch.errors import FormatError
from codesearch.registry import index_folder, prepare_home
from codesearch.storage.vector_cache import SqliteVectorCache
from codesearch.storage.writer import KnownFile, NewIndex, Writer
from codesearch.types import BuildOptions, Progress, UpdateReport
from indexers.encoders.registry import load_encoder
from indexers.git import git_identity
from indexers.parsers import ParserOptions, ParserPool
from indexers.pipeline import EncodingPipeline
from indexers.template import TEMPLATE_VERSION
from indexers.tokenizer import TOKENIZER_VERSION
from indexers.types import EncodedFile, Encoder, FileStat, Skipped, SourceFile

OnProgress = Callable[[Progress], None]

COMMIT_INTERVAL_S = 2.0
"""How long a first build may run before what it has becomes searchable."""

PROGRESS_INTERVAL_S = 0.1

UNSETTLED_NS = 20_000_000
"""A file touched this shortly before the walk may change again within one tick of its clock: it is hashed next time."""


@dataclass(slots=True)
class _Changes:
    """What an update has to do."""

    to_read: list[SourceFile] = field(default_factory=list)
    added: int = 0
    unchanged: int = 0
    removed: list[str] = field(default_factory=list)
    restats: dict[str, FileStat] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)


def build(root: Path, home: Path, options: BuildOptions, on_progress: OnProgress | None = None) -> UpdateReport:
    """Create or update the index of `root`. Raises CodesearchError and IndexersError; the old index then stands."""
    prepare_home(home)
    folder = index_folder(home, root)
    if not options.rebuild:
        return _Build(root, folder, home, options, on_progress).run()
    fresh = folder.with_name(folder.name + ".rebuild")
    shutil.rmtree(fresh, ignore_errors=True)
    report = _Build(root, fresh, home, options, on_progress).run()
    _replace_folder(folder, fresh)
    return report


def _replace_folder(folder: Path, fresh: Path) -> None:
    leaving = folder.with_name(f".leaving-{folder.name}")
    shutil.rmtree(leaving, ignore_errors=True)
    if folder.exists():
        folder.rename(leaving)
    fresh.rename(folder)
    shutil.rmtree(leaving, ignore_errors=True)


class _Build:
    """One run over one tree."""

    def __init__(
        self, root: Path, folder: Path, home: Path, options: BuildOptions, on_progress: OnProgress | None
    ) -> None:
        self._root = root
        self._folder = folder
        self._home = home
        self._options = options
        self._on_progress = on_progress or _ignore
        self._started = time.monotonic()
        self._reported = 0.0
        self._bytes_read = 0
        self._n_chunks = 0
        self._known: frozenset[str] = frozenset()

    def run(self) -> UpdateReport:
        """Walk, compare, encode, commit."""
        walk_options = WalkOptions(self._options.max_file_bytes or DEFAULT_MAX_FILE_BYTES, self._options.force)
        walked_ns = time.time_ns()
        with self._open_writer(walk_options.max_file_bytes) as writer:
            walk_options = replace(walk_options, max_file_bytes=writer.info.max_file_bytes)
            encoder = load_encoder(writer.info.encoder_name)
            self._report("walk", 0, None, force=True)
            walked = walk(self._root, walk_options)
            changes = self._compare(walked, writer, walked_ns)
            with closing(SqliteVectorCache(self._home / "vectors.db")) as cache:
                pipeline = EncodingPipeline(encoder, cache)
                self._apply(changes, writer, pipeline)
            generation = self._finish(changes, writer)
            return UpdateReport(
                added=changes.added,
                changed=len(changes.to_read) - changes.added,
                removed=len(changes.removed),
                unchanged=changes.unchanged,
                n_chunks=writer.info.n_chunks,
                bytes_read=self._bytes_read,
                n_encoded=pipeline.counts.n_encoded,
                skipped=tuple(changes.skipped),
                generation=generation,
                took_s=time.monotonic() - self._started,
            )

    def _open_writer(self, max_file_bytes: int) -> Writer:
        if (self._folder / "catalog.db").exists():
            writer = Writer.open(self._folder)
            wanted = self._options.encoder
            if wanted is not None and wanted != writer.info.encoder_name:
                writer.close()
                raise FormatError(
                    f"{self._root} is indexed with encoder {writer.info.encoder_name}; "
                    f"run codesearch index {self._root} --rebuild --encoder {wanted}"
                )
            return writer
        encoder = load_encoder(self._options.encoder)
        return Writer.create(self._folder, self._new_index(encoder, max_file_bytes))

    def _new_index(self, encoder: Encoder, max_file_bytes: int) -> NewIndex:
        description = encoder.describe()
        return NewIndex(
            root=self._root,
            git_identity=git_identity(self._root),
            encoder=description,
            coarse_dim=description.coarse_dims[0],
            max_file_bytes=max_file_bytes,
            template_version=TEMPLATE_VERSION,
            tokenizer_version=TOKENIZER_VERSION,
        )

    def _compare(self, walked: Walked, writer: Writer, walked_ns: int) -> _Changes:
        """Sort files into unchanged (by stat, else by content hash) and to be read."""
        known = writer.known_files()
        self._known = frozenset(known)
        known_skips = {skip.path: skip for skip in writer.known_skipped() if skip.stat is not None}
        changes = _Changes(skipped=list(walked.skipped))
        for file in walked.files:
            before = known.pop(file.path, None)
            skip = known_skips.get(file.path)
            if before is not None and before.stat == file.stat:
                changes.unchanged += 1
            elif before is None and skip is not None and skip.stat == file.stat:
                changes.skipped.append(skip)
            elif before is not None and _has_same_content(self._root, file, before):
                changes.restats[file.path] = _settled(file.stat, walked_ns)
                changes.unchanged += 1
            else:
                changes.added += before is None
                changes.to_read.append(SourceFile(file.path, _settled(file.stat, walked_ns)))
        changes.removed = list(known)
        return changes

    def _apply(self, changes: _Changes, writer: Writer, pipeline: EncodingPipeline) -> None:
        for path in changes.removed:
            writer.remove(path)
        for path, stat in changes.restats.items():
            writer.restat(path, stat)
        if not changes.to_read:
            return
        commits_early = not writer.info.complete
        committed = time.monotonic()
        for done, outcome in enumerate(self._outcomes(changes, writer, pipeline), start=1):
            self._take(outcome, changes, writer)
            self._report("index", done, len(changes.to_read))
            if commits_early and time.monotonic() - committed > COMMIT_INTERVAL_S:
                writer.commit(complete=False, files_todo=len(changes.to_read) - done, checked_at=_now())
                committed = time.monotonic()

    def _outcomes(
        self, changes: _Changes, writer: Writer, pipeline: EncodingPipeline
    ) -> Iterator[EncodedFile | Skipped]:
        n_workers = self._options.n_workers
        options = ParserOptions(writer.info.max_file_bytes, n_workers)
        with ParserPool(self._root, options) as pool:
            yield from pipeline.encode(pool.parse(changes.to_read))

    def _take(self, outcome: EncodedFile | Skipped, changes: _Changes, writer: Writer) -> None:
        if isinstance(outcome, Skipped):
            changes.skipped.append(outcome)
            if outcome.path in self._known:
                writer.remove(outcome.path)
            return
        self._bytes_read += len(outcome.parsed.text.data)
        self._n_chunks += len(outcome.parsed.chunks)
        writer.add(outcome)

    def _finish(self, changes: _Changes, writer: Writer) -> int:
        self._report("commit", len(changes.to_read), len(changes.to_read), force=True)
        changes.skipped.sort(key=lambda skip: skip.path)
        writer.set_skipped(changes.skipped)
        return writer.commit(complete=True, files_todo=0, checked_at=_now())

    def _report(self, stage: str, done: int, total: int | None, *, force: bool = False) -> None:
        now = time.monotonic()
        if force or now - self._reported >= PROGRESS_INTERVAL_S:
            self._reported = now
            elapsed_s = now - self._started
            self._on_progress(Progress(stage, done, total, self._n_chunks, self._bytes_read, elapsed_s))  # type: ignore[arg-type]


def _has_same_content(root: Path, file: SourceFile, before: KnownFile) -> bool:
    if file.stat.size_bytes != before.stat.size_bytes:
        return False
    try:
        content = (root / file.path).read_bytes()
    except OSError:
        return False
    return blake2b(content, digest_size=16).digest() == before.content_hash


def _settled(stat: FileStat, walked_ns: int) -> FileStat:
    """Return a stat that the next walk will not trust where the file was touched just before this one."""
    is_settled = max(stat.mtime_ns, stat.ctime_ns) < walked_ns - UNSETTLED_NS
    return stat if is_settled else replace(stat, ctime_ns=0)


def _ignore(_: Progress) -> None:
    return


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
