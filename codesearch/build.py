"""What changed since the last commit -> pipeline -> the next commit. One tree, one index, one writer.

A first build commits as it goes, so that it can be searched and resumed; of an encoder that takes its time it reads all
words first, vectors come after. An update is one switch. Knows neither queries nor terminals.
"""

import shlex
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from codesearch.building.cache_room import cache_warning
from codesearch.building.changes import Changes, Known, compare
from codesearch.building.clearance import Fetching, clear
from codesearch.building.encoding import Encoding, Supply
from codesearch.building.filling import FILL_COMMIT_S, Filling, fill
from codesearch.building.order import Order, check_cut, check_name, cuts_of, read_order
from codesearch.building.reporter import Reporter
from codesearch.building.upkeep import compact_where_due, mend
from codesearch.compatibility import check_versions
from codesearch.encoders.own import Load, load_own, own_spec
from codesearch.encoders.speeds import Speed, record_speed
from codesearch.errors import CorruptIndexError, StorageError
from codesearch.registry import folder_place, has_index, index_folder, prepare_home, read_committed
from codesearch.replacement import end_replacement, rebuild_folder, replace_index
from codesearch.storage.lock import Patience, WriterLock
from codesearch.storage.rows import NewIndex
from codesearch.storage.steps import WriterSeams
from codesearch.storage.vector_cache import CACHE_FILE, CacheOptions, SqliteVectorCache
from codesearch.storage.writer import Writer
from codesearch.types import BuildOptions, OnProgress, UpdateReport
from indexers.encoders.registry import load_encoder, patiently
from indexers.encoders.spec import EMBEDDED
from indexers.errors import EncoderError
from indexers.git import git_identity
from indexers.parsers import ParserOptions, ParserPool
from indexers.template import TEMPLATE_VERSION
from indexers.tokenizer import TOKENIZER_VERSION
from indexers.types import EncodedFile, Encoder, ParsedFile, Skipped
from indexers.walker import WalkOptions, walk

FIRST_COMMIT_S = 2.0
"""How long a first build may run before what it has becomes searchable."""

COMMIT_SHARE = 0.5
"""A later commit waits for this share of the time since the start: a commit costs more the more is there."""

MEASURED_S = 2.0
MEASURED_TOKENS = 1_000
"""An encoder that worked for less, or read less, says little of its speed: five functions, a small slice."""


OpenPool = Callable[[Path, ParserOptions], ParserPool]
"""Starts the parser processes for a root."""


@dataclass(frozen=True, slots=True)
class BuildSeams:
    """What a test may put in the place of the real thing."""

    load: Load = load_encoder
    first_commit_s: float = FIRST_COMMIT_S
    fill_commit_s: float = FILL_COMMIT_S
    measured_s: float = MEASURED_S
    measured_tokens: int = MEASURED_TOKENS
    fetching: Fetching = field(default_factory=Fetching)
    writer: WriterSeams = field(default_factory=WriterSeams)
    open_pool: OpenPool = ParserPool


def build(
    root: Path,
    home: Path,
    options: BuildOptions,
    on_progress: OnProgress | None = None,
    seams: BuildSeams = BuildSeams(),
) -> UpdateReport:
    """Create or update the index of `root`. Raises CodesearchError and IndexersError; the old index then stands.

    Another encoder or other granularities than the index's make it anew: beside the old one, which answers meanwhile.
    Nothing is decided before the lock is there: who held it may have made the index, or made it anew.
    """
    check_name(root)
    prepare_home(home)
    folder = index_folder(home, root)
    reporter = Reporter(on_progress)
    with closing(WriterLock(folder, Patience(options.patience_s, reporter.note_owner))) as lock:
        end_replacement(folder)
        order = read_order(root, home, folder, options)
        if not order.is_new:
            with _begun(folder), _explained(partial(_describe_words, folder)):
                return _update(_Build(order, folder, lock, seams), reporter)
        fresh = rebuild_folder(folder)
        shutil.rmtree(fresh, ignore_errors=True)
        with _begun(fresh):
            report = _Build(order, fresh, lock, seams).run(reporter)
        replace_index(folder, seams.writer.on_step)
        return report


def _update(update: "_Build", reporter: Reporter) -> UpdateReport:
    """Update an index; where it is found damaged, repair it and start over."""
    try:
        return update.run(reporter)
    except CorruptIndexError as error:
        reporter.tell("the index is damaged and is repaired first")
        warning = update.mend(error)
    report = update.run(reporter)
    return replace(report, warnings=(warning, *report.warnings))


@contextmanager
def _begun(folder: Path) -> Iterator[None]:
    """Leave no folder behind that is without a first commit in the end."""
    try:
        yield
    finally:
        if not has_index(folder):
            shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class _Tools:
    """What a run works with, from file to index."""

    pool: ParserPool
    encoding: Encoding
    writer: Writer
    reporter: Reporter


class _Build:
    """One run over one tree, into one folder."""

    def __init__(self, order: Order, folder: Path, lock: WriterLock, seams: BuildSeams) -> None:
        self._order = order
        self._root = order.root
        self._folder = folder
        self._lock = lock
        self._seams = seams if order.options.is_hurried else replace(seams, load=patiently(seams.load))
        self._known: frozenset[str] = frozenset()
        self._checked_at = ""
        """When the tree was walked: later changes are in no commit of the run, however late it is."""

    def run(self, reporter: Reporter) -> UpdateReport:
        """Walk, compare, encode, commit."""
        reporter.report("walk", 0, None)
        with self._seams.open_pool(self._root, ParserOptions(self._order.options.n_workers)) as pool:
            if not has_index(self._folder):
                pool.warm_up()
            return self._run_with(pool, reporter)

    def mend(self, error: CorruptIndexError) -> str:
        """Repair the index after an update that met damage; return what a person should know."""
        return mend(self._folder, self._lock, error, self._seams.writer)

    def _run_with(self, pool: ParserPool, reporter: Reporter) -> UpdateReport:
        limit = CacheOptions(max_bytes=self._order.settings.cache_bytes)
        with (
            self._opened(reporter) as (writer, supply),
            closing(SqliteVectorCache(self._order.home / CACHE_FILE, limit)) as cache,
        ):
            tools = _Tools(pool, Encoding(supply, writer, cache, reporter.note_slice), writer, reporter)
            try:
                report = self._update(tools)
            finally:
                self._note_speed(tools)
            others = (*cache.warnings, *tools.encoding.notes(), *self._warn_of_cache(writer, supply))
            return replace(report, warnings=report.warnings + others)

    def _warn_of_cache(self, writer: Writer, supply: Supply) -> tuple[str, ...]:
        """Say where the cache has no room for the vectors of this index, which take their time."""
        if not supply.is_patient:
            return ()
        warning = cache_warning(writer.info.n_rows, writer.info.dim, self._order.settings.cache_bytes)
        return () if warning is None else (warning,)

    def _update(self, tools: _Tools) -> UpdateReport:
        writer, reporter = tools.writer, tools.reporter
        walked_ns, self._checked_at = time.time_ns(), _now()
        walked = walk(self._root, WalkOptions(writer.info.max_file_bytes, self._order.options.force))
        known = Known(writer.known_files(), writer.known_skipped(), writer.known_marks())
        self._known = frozenset(known.files)
        changes = compare(self._root, walked, known, walked_ns)
        self._apply(changes, tools)
        reporter.report("commit", len(changes.to_read), len(changes.to_read))
        changes.skipped.sort(key=lambda skip: skip.path)
        writer.set_skipped(changes.skipped)
        writer.set_marks(walked.marked)
        n_without = len(writer.files_without_vectors())
        if n_without:
            writer.commit(complete=False, files_todo=0, checked_at=self._checked_at)
            self._fill(tools)
            reporter.report("commit", len(changes.to_read), len(changes.to_read))
        generation = writer.commit(complete=True, files_todo=0, checked_at=self._checked_at)
        warning = compact_where_due(writer, reporter, self._checked_at)
        return UpdateReport(
            added=changes.added,
            changed=changes.changed,
            removed=len(changes.removed),
            unchanged=changes.unchanged,
            n_chunks=writer.info.n_chunks,
            bytes_read=reporter.bytes_read,
            n_encoded=tools.encoding.counts.n_encoded,
            skipped=tuple(changes.skipped),
            generation=generation if warning else writer.info.generation,
            took_s=time.monotonic() - reporter.started,
            warnings=(warning,) if warning else (),
            n_filled=n_without,
        )

    @contextmanager
    def _opened(self, reporter: Reporter) -> Iterator[tuple[Writer, Supply]]:
        """Open the index, or start one, for which its encoder is loaded as far as that is allowed."""
        if not has_index(self._folder):
            choice = self._order.choose_encoder()
            reporter.notice = choice.notice
            clear(self._order, choice.spec, self._seams.fetching, reporter, choice.reason)
            if renewal := self._order.describe_renewal(choice.spec):
                reporter.tell(renewal)
            encoder = self._seams.load(choice.spec)
            with Writer.create(self._folder, self._new_index(encoder), self._seams.writer, self._lock) as writer:
                yield writer, Supply(lambda: encoder, encoder.describe().is_cached)
            return
        with Writer.open(self._folder, self._seams.writer, self._lock) as writer:
            check_versions(writer.info)
            shutil.rmtree(rebuild_folder(self._folder), ignore_errors=True)  # of a rebuild that was cut off
            writer.set_root(self._root, folder_place(self._root))
            if self._order.options.max_file_bytes is not None:
                writer.set_max_file_bytes(self._order.options.max_file_bytes)
            yield writer, self._supply_own(writer, reporter)

    def _supply_own(self, writer: Writer, reporter: Reporter) -> Supply:
        """Return where the index's encoder comes from; raises FormatError for one that has no meaning any more."""
        order = self._order
        spec = own_spec(writer.info, order.settings)
        cleared = partial(clear, order, spec, self._seams.fetching, reporter)

        def load() -> Encoder:
            cleared()
            return load_own(writer.info, order.settings, self._seams.load)

        if order.options.is_consented:
            cleared()  # what the user allows is recorded and fetched, needed now or not
        wanted = order.options.coarse_dim
        if wanted is not None:
            check_cut(wanted, writer.info.encoder_name, writer.cuts() or cuts_of(load().describe()))
            writer.set_coarse_dim(wanted)
        return Supply(load, is_patient=spec.source != EMBEDDED.source)

    def _new_index(self, encoder: Encoder) -> NewIndex:
        description = encoder.describe()
        return NewIndex(
            root=self._root,
            git_identity=git_identity(self._root),
            encoder=description,
            coarse_dim=self._order.coarse_dim(description),
            max_file_bytes=self._order.max_file_bytes(),
            template_version=TEMPLATE_VERSION,
            tokenizer_version=TOKENIZER_VERSION,
            root_place=folder_place(self._root),
            granularities=self._order.granularities(),
        )

    def _apply(self, changes: Changes, tools: _Tools) -> None:
        writer, reporter = tools.writer, tools.reporter
        for path in changes.removed:
            writer.remove(path)
        for path, stat in changes.restats.items():
            writer.restat(path, stat)
        is_first = not writer.info.complete
        committed = reporter.started
        total = len(changes.to_read)
        if total:
            reporter.report("index", 0, total)
        outcomes: Iterator[ParsedFile | EncodedFile | Skipped]
        outcomes = tools.pool.parse(changes.to_read, writer.info.max_file_bytes)
        if not tools.encoding.is_patient or (total and not is_first):
            outcomes = tools.encoding.pipeline().encode(outcomes)
        for done, outcome in enumerate(outcomes, start=1):
            self._take(outcome, changes, writer, reporter)
            reporter.report("index", done, total)
            now = time.monotonic()
            pause_s = max(self._seams.first_commit_s, COMMIT_SHARE * (now - reporter.started))
            if is_first and now - committed >= pause_s:
                writer.commit(complete=False, files_todo=total - done, checked_at=self._checked_at)
                committed = time.monotonic()

    def _take(
        self, outcome: ParsedFile | EncodedFile | Skipped, changes: Changes, writer: Writer, reporter: Reporter
    ) -> None:
        if isinstance(outcome, Skipped):
            changes.skipped.append(outcome)
            if outcome.path in self._known:
                writer.remove(outcome.path)
            return
        parsed = outcome.parsed if isinstance(outcome, EncodedFile) else outcome
        if isinstance(outcome, EncodedFile):
            writer.add(outcome)
        else:
            writer.add_words(outcome)
        reporter.count(parsed)
        is_known = parsed.path in self._known
        changes.changed += is_known
        changes.added += not is_known

    def _fill(self, tools: _Tools) -> None:
        """Give vectors to what words alone find; raises EncoderError, after what was done is committed."""
        tools.pool.close()  # the encoder may take hours, in which parsers would only hold memory
        with _explained(self._order.describe_standing):
            pipeline, commit_s = tools.encoding.pipeline(), self._seams.fill_commit_s
            fill(Filling(tools.writer, pipeline, tools.reporter, self._checked_at, commit_s))

    def _note_speed(self, tools: _Tools) -> None:
        """Remember how fast the encoder was, where it had enough to do."""
        counts, encoder = tools.encoding.counts, tools.encoding.description
        is_enough = counts.encoding_s >= self._seams.measured_s and counts.n_tokens >= self._seams.measured_tokens
        if encoder is not None and is_enough and counts.n_tokens:
            speed = Speed(counts.n_tokens / counts.encoding_s, _now(), encoder.engine, encoder.name)
            with suppress(StorageError):
                record_speed(self._order.home, encoder.identity, speed)


@contextmanager
def _explained(find_remark: Callable[[], str]) -> Iterator[None]:
    """Where an encoder fails, say what there is without it."""
    try:
        yield
    except EncoderError as error:
        remark = find_remark()
        if not remark:
            raise
        raise EncoderError(f"{error}; {remark}") from error


def _describe_words(folder: Path) -> str:
    """Return what an index can do that lacks vectors; nothing for one that has them all."""
    info = read_committed(folder) if has_index(folder) else None
    if info is None or not info.n_files_without_vectors:
        return ""
    command = f"codesearch index {shlex.quote(str(info.root))}"
    return (
        f"all {info.n_files:,} files can be searched by their words meanwhile, and {command} goes on with the vectors"
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
