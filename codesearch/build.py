"""What changed since the last commit -> pipeline -> the next commit. One tree, one index, one writer.

A first build commits as it goes, so that it can be searched and resumed; an update is one switch.
Knows neither queries nor terminals: it reports `Progress` and returns an `UpdateReport`.
"""

import os
import shutil
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from codesearch.changes import Changes, Known, compare
from codesearch.compatibility import check_versions
from codesearch.encoders import choose, open_own, resolve
from codesearch.errors import CodesearchError, FormatError, LockedError
from codesearch.probe import probe
from codesearch.registry import folder_place, has_index, index_folder, prepare_home, read_committed
from codesearch.replacement import finish_replacement, rebuild_folder, replace_index
from codesearch.settings import Settings
from codesearch.storage.lock import WriterLock
from codesearch.storage.rows import NewIndex
from codesearch.storage.vector_cache import SqliteVectorCache
from codesearch.storage.writer import Writer
from codesearch.types import BuildOptions, BuildStage, Progress, UpdateReport
from indexers.encoders.registry import load_encoder
from indexers.errors import EncoderError, WalkError
from indexers.git import git_identity
from indexers.parsers import ParserOptions, ParserPool
from indexers.pipeline import EncodingPipeline
from indexers.template import TEMPLATE_VERSION
from indexers.tokenizer import TOKENIZER_VERSION
from indexers.types import EncodedFile, Encoder, Skipped
from indexers.walker import DEFAULT_MAX_FILE_BYTES, WalkOptions, walk

OnProgress = Callable[[Progress], None]


FIRST_COMMIT_S = 2.0
"""How long a first build may run before what it has becomes searchable."""

COMMIT_SHARE = 0.5
"""A later commit waits for this share of the time since the start: a commit costs more the more is there."""

PROGRESS_INTERVAL_S = 0.1


def build(
    root: Path,
    home: Path,
    options: BuildOptions,
    on_progress: OnProgress | None = None,
    first_commit_s: float = FIRST_COMMIT_S,
) -> UpdateReport:
    """Create or update the index of `root`. Raises CodesearchError and IndexersError; the old index then stands."""
    _check_name(root)
    prepare_home(home)
    folder = index_folder(home, root)
    finish_replacement(folder)
    if not options.rebuild or not folder.is_dir():
        return _Build(root, folder, home, options).run(on_progress, first_commit_s)
    options = _inherit(options, folder)
    fresh = rebuild_folder(folder)
    with closing(WriterLock(folder)):
        shutil.rmtree(fresh, ignore_errors=True)
        report = _Build(root, fresh, home, options).run(on_progress, first_commit_s)
        replace_index(folder)
    return report


class _Reporter:
    """Tells how a run is going, at most ten times a second."""

    def __init__(self, on_progress: OnProgress | None) -> None:
        self.started = time.monotonic()
        self.bytes_read = 0
        self.n_chunks = 0
        self._on_progress = on_progress
        self._reported = 0.0

    def count(self, file: EncodedFile) -> None:
        """Note a file that was read."""
        self.bytes_read += len(file.parsed.text.data)
        self.n_chunks += len(file.parsed.chunks)

    def report(self, stage: BuildStage, done: int, total: int | None) -> None:
        """Report where the run is; moments that follow too soon within a stage are left out."""
        now = time.monotonic()
        if self._on_progress is None or (stage == "index" and now - self._reported < PROGRESS_INTERVAL_S):
            return
        self._reported = now
        self._on_progress(Progress(stage, done, total, self.n_chunks, self.bytes_read, now - self.started))


@dataclass(frozen=True, slots=True)
class _Tools:
    """What a run works with, from file to index."""

    pool: ParserPool
    pipeline: EncodingPipeline
    writer: Writer


class _Build:
    """One run over one tree."""

    def __init__(self, root: Path, folder: Path, home: Path, options: BuildOptions) -> None:
        self._root = root
        self._folder = folder
        self._home = home
        self._options = options
        self._settings = Settings()
        self._known: frozenset[str] = frozenset()

    def run(self, on_progress: OnProgress | None, first_commit_s: float) -> UpdateReport:
        """Walk, compare, encode, commit."""
        reporter = _Reporter(on_progress)
        reporter.report("walk", 0, None)
        try:
            with ParserPool(self._root, ParserOptions(self._options.n_workers)) as pool:
                if not has_index(self._folder):
                    pool.warm_up()
                return self._run_with(pool, reporter, first_commit_s)
        finally:
            self._remove_unborn()

    def _run_with(self, pool: ParserPool, reporter: _Reporter, first_commit_s: float) -> UpdateReport:
        with self._open_writer() as writer, closing(SqliteVectorCache(self._home / "vectors.db")) as cache:
            tools = _Tools(pool, EncodingPipeline(self._encoder_of(writer), cache), writer)
            report = self._update(tools, reporter, first_commit_s)
            return replace(report, warnings=cache.warnings)

    def _update(self, tools: _Tools, reporter: _Reporter, first_commit_s: float) -> UpdateReport:
        writer = tools.writer
        walked_ns = time.time_ns()
        walked = walk(self._root, WalkOptions(writer.info.max_file_bytes, self._options.force))
        known = Known(writer.known_files(), writer.known_skipped(), writer.known_marks())
        self._known = frozenset(known.files)
        changes = compare(self._root, walked, known, walked_ns)
        self._apply(changes, tools, reporter, first_commit_s)
        reporter.report("commit", len(changes.to_read), len(changes.to_read))
        changes.skipped.sort(key=lambda skip: skip.path)
        writer.set_skipped(changes.skipped)
        writer.set_marks(walked.marked)
        generation = writer.commit(complete=True, files_todo=0, checked_at=_now())
        return UpdateReport(
            added=changes.added,
            changed=changes.changed,
            removed=len(changes.removed),
            unchanged=changes.unchanged,
            n_chunks=writer.info.n_chunks,
            bytes_read=reporter.bytes_read,
            n_encoded=tools.pipeline.counts.n_encoded,
            skipped=tuple(changes.skipped),
            generation=generation,
            took_s=time.monotonic() - reporter.started,
        )

    def _open_writer(self) -> Writer:
        limit = self._options.max_file_bytes
        if not has_index(self._folder):
            encoder = load_encoder(choose(self._options.encoder, self._settings).spec)
            writer = Writer.create(self._folder, self._new_index(encoder, limit or DEFAULT_MAX_FILE_BYTES))
            writer.write_probe(probe(encoder), encoder.describe().engine)
            return writer
        writer = Writer.open(self._folder)
        try:
            check_versions(writer.info)
            writer.set_root(self._root, folder_place(self._root))
            if limit is not None:
                writer.set_max_file_bytes(limit)
        except BaseException:
            writer.close()
            raise
        return writer

    def _encoder_of(self, writer: Writer) -> Encoder:
        """Return the index's encoder; raises FormatError where another is asked for, or where it has changed."""
        own, wanted = writer.info.encoder_name, self._options.encoder
        if wanted is not None and resolve(wanted, self._settings).name != own:
            remedy = f"run codesearch index {self._root} --rebuild --encoder {wanted}"
            raise FormatError(f"{self._root} is indexed with encoder {own}; {remedy}")
        encoder = open_own(writer.info, self._settings, writer.read_probe)
        engine = encoder.describe().engine
        if engine != writer.info.encoder_engine:
            writer.write_probe(writer.read_probe(), engine)
        return encoder

    def _remove_unborn(self) -> None:
        """Remove the folder of a first build that ended before its first commit, unless another process is at it."""
        if has_index(self._folder) or not self._folder.is_dir():
            return
        with suppress(LockedError), closing(WriterLock(self._folder)):
            shutil.rmtree(self._folder, ignore_errors=True)

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
            root_place=folder_place(self._root),
        )

    def _apply(self, changes: Changes, tools: _Tools, reporter: _Reporter, first_commit_s: float) -> None:
        writer = tools.writer
        for path in changes.removed:
            writer.remove(path)
        for path, stat in changes.restats.items():
            writer.restat(path, stat)
        is_first = not writer.info.complete
        committed = time.monotonic()
        total = len(changes.to_read)
        parsed = tools.pool.parse(changes.to_read, writer.info.max_file_bytes)
        for done, outcome in enumerate(tools.pipeline.encode(parsed), start=1):
            self._take(outcome, changes, writer, reporter)
            reporter.report("index", done, total)
            now = time.monotonic()
            if is_first and now - committed >= max(first_commit_s, COMMIT_SHARE * (now - reporter.started)):
                writer.commit(complete=False, files_todo=total - done, checked_at=_now())
                committed = time.monotonic()

    def _take(self, outcome: EncodedFile | Skipped, changes: Changes, writer: Writer, reporter: _Reporter) -> None:
        if isinstance(outcome, EncodedFile):
            writer.add(outcome)
            reporter.count(outcome)
            is_known = outcome.parsed.path in self._known
            changes.changed += is_known
            changes.added += not is_known
            return
        changes.skipped.append(outcome)
        if outcome.path in self._known:
            writer.remove(outcome.path)


def _inherit(options: BuildOptions, folder: Path) -> BuildOptions:
    """Fill what was not asked for with the choices of the index that is replaced, as far as it can be read."""
    try:
        own = read_committed(folder)
    except CodesearchError:
        own = None
    if own is None:
        return options
    return replace(
        options,
        encoder=options.encoder or _own_encoder(own.encoder_name),
        max_file_bytes=options.max_file_bytes or own.max_file_bytes,
    )


def _own_encoder(name: str) -> str | None:
    """Return the name if it still means something."""
    try:
        return resolve(name, Settings()).name
    except EncoderError:
        return None


def _check_name(root: Path) -> None:
    try:
        str(root).encode("utf-8")
    except UnicodeEncodeError as error:
        printable = os.fsencode(root).decode("utf-8", "backslashreplace")
        raise WalkError(f"{printable} cannot be indexed: its name is not valid UTF-8; rename it") from error


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
