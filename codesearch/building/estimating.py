"""How much a build would have to encode, how long that would take and what it would fill: counted, nothing encoded.

Reads and parses everything that a build would; writes nothing, fetches nothing and sends nothing of it to another
machine. A server on this one may be asked to count what could be too long for its model.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import time_ns

from codesearch.building.cache_room import cache_warning
from codesearch.building.changes import Known, compare
from codesearch.building.estimate import Estimate, GranularityEstimate
from codesearch.building.guess import GuessingEncoder
from codesearch.building.order import Order, check_name, read_order
from codesearch.building.reporter import Reporter
from codesearch.compatibility import check_versions
from codesearch.encoders.consent import is_allowed
from codesearch.encoders.own import Load, other_vectors, own_spec
from codesearch.encoders.speeds import find_speed, read_speeds
from codesearch.registry import has_index, index_folder
from codesearch.storage.cache_rows import cache_row_bytes
from codesearch.storage.rows import IndexInfo, KnownFile
from codesearch.storage.snapshot import Snapshot
from codesearch.storage.vector_cache import CACHE_FILE, count_answers, find_known
from codesearch.storage.vectors import record_dtype
from codesearch.types import BuildOptions, OnProgress
from indexers.encoders.cards import BY_NAME
from indexers.encoders.registry import load_encoder
from indexers.encoders.spec import EncoderSpec
from indexers.errors import EncoderError
from indexers.parsers import ParserOptions, ParserPool
from indexers.plan import FilePlan, Planner, in_order_of_encoding
from indexers.template import identity_of_answers, vector_key
from indexers.types import (
    GRANULARITIES,
    AdditiveEncoder,
    Encoder,
    EncoderDescription,
    Granularity,
    ParsedFile,
    Skipped,
    Walked,
)
from indexers.walker import WalkOptions, walk

LEAVES: tuple[Granularity, ...] = ("leaf",)

HALF_BYTES = 2
"""Prefixes are kept as float16."""


def estimate(
    root: Path,
    home: Path,
    options: BuildOptions,
    on_progress: OnProgress | None = None,
    load: Load = load_encoder,
) -> Estimate:
    """Return what a build with these options would have to do. Raises CodesearchError and IndexersError."""
    check_name(root)
    folder = index_folder(home, root)
    order = read_order(root, home, folder, options)
    reporter = Reporter(on_progress)
    with _open_standing(order, folder) as standing:
        spec = own_spec(standing.info, order.settings) if standing else order.choose_encoder().spec
        encoder = _find_encoder(order, spec, load)
        if standing and encoder.describe().identity not in {"", standing.info.encoder_identity}:
            raise other_vectors(standing.info)
        sizing = _Sizing(order, encoder, standing)
        walked_ns = time_ns()
        walked = walk(root, WalkOptions(sizing.max_file_bytes, options.force))
        unchanged = _find_unchanged(root, walked, walked_ns, standing)
        with ParserPool(root, ParserOptions(options.n_workers)) as pool:
            for done, outcome in enumerate(pool.parse(walked.files, sizing.max_file_bytes), start=1):
                if not isinstance(outcome, Skipped):
                    sizing.add(outcome, is_done=outcome.path in unchanged)
                    reporter.count(outcome)
                reporter.report("index", done, len(walked.files))
        return sizing.sum_up()


@dataclass(slots=True)
class _Amount:
    """What one granularity comes to."""

    n_chunks: int = 0
    n_texts: int = 0
    n_tokens: int = 0


class _Sizing:
    """Adds up files."""

    def __init__(self, order: Order, encoder: Encoder, standing: Snapshot | None) -> None:
        own = None if standing is None else standing.info
        self.max_file_bytes = order.options.max_file_bytes or (own.max_file_bytes if own else order.max_file_bytes())
        self._order = order
        self._encoder = encoder
        self._description = description = encoder.describe()
        n_encoders = count_answers(order.home / CACHE_FILE, description.identity)
        self._identities = [identity_of_answers(description.identity, number) for number in range(n_encoders)]
        self._coarse_dim = _find_coarse_dim(order, description, own)
        self._granularities = own.granularities if own else order.granularities()
        self._planner = Planner(encoder, LEAVES if isinstance(encoder, AdditiveEncoder) else self._granularities)
        self._amounts: dict[Granularity, _Amount] = {name: _Amount() for name in GRANULARITIES}
        self._seen: set[bytes] = set()
        self._n_rows = self._n_files = self._n_bytes = 0
        self._n_texts = self._n_tokens = 0

    def add(self, parsed: ParsedFile, *, is_done: bool) -> None:
        """Count a file, of which the index may have all vectors."""
        self._n_files += 1
        self._n_bytes += len(parsed.text.data)
        for chunk in parsed.chunks:
            self._amounts[chunk.granularity].n_chunks += 1
        plan = self._plan(parsed)
        tokens = self._planner.count_tokens(plan.inputs)
        for name, n_tokens in zip(plan.granularities, tokens, strict=True):
            self._amounts[name].n_texts += 1
            self._amounts[name].n_tokens += n_tokens
        if not is_done:
            self._add_missing(plan.inputs, tokens)

    def sum_up(self) -> Estimate:
        """Return the estimate."""
        home, encoder = self._order.home, self._description
        is_at_hand = not isinstance(self._encoder, GuessingEncoder)
        speed = find_speed(home, encoder.identity, encoder.engine)
        if not is_at_hand:
            speed = next((known for known in read_speeds(home).values() if known.name == encoder.name), None)
        dim = encoder.dim or None
        warning = cache_warning(self._n_rows, encoder.dim, self._order.settings.cache_bytes) if self._is_kept else None
        return Estimate(
            root=self._order.root,
            encoder=encoder.name,
            dim=dim,
            n_files=self._n_files,
            n_bytes=self._n_bytes,
            granularities=tuple(
                GranularityEstimate(name, amount.n_chunks, amount.n_texts, amount.n_tokens)
                for name, amount in self._amounts.items()
            ),
            n_texts_to_encode=self._n_texts,
            n_tokens_to_encode=self._n_tokens,
            is_counted=encoder.counts_exactly,
            is_at_hand=is_at_hand,
            tokens_per_s=None if speed is None else speed.tokens_per_s,
            vector_bytes=None if dim is None else self._n_rows * record_dtype(dim).itemsize,
            coarse_bytes=None if dim is None else self._n_rows * self._coarse_dim * HALF_BYTES,
            cache_bytes=None if dim is None else self._n_texts * cache_row_bytes(dim) * self._is_kept,
            warnings=() if warning is None else (warning,),
        )

    @property
    def _is_kept(self) -> bool:
        """Whether vectors go into the cache, and it is known how long they are."""
        return self._description.is_cached and self._description.dim > 0

    def _plan(self, parsed: ParsedFile) -> FilePlan:
        """Return what the encoder reads of a file; of one whose vectors add up, the leaves."""
        plan = self._planner.plan(parsed.chunks, parsed.text.data)
        if isinstance(self._encoder, AdditiveEncoder):
            order = in_order_of_encoding(parsed.chunks, self._granularities)
            self._n_rows += sum(part is None for _, part in order)
        else:
            self._n_rows += len(plan.inputs)
        return plan

    def _add_missing(self, texts: tuple[str, ...], tokens: list[int]) -> None:
        if not self._description.is_cached:
            self._n_texts += len(texts)
            self._n_tokens += sum(tokens)
            return
        keys = {text: [vector_key(identity, text) for identity in self._identities] for text in texts}
        new = {text: n for text, n in zip(texts, tokens, strict=True) if keys[text][0] not in self._seen}
        known = find_known(self._order.home / CACHE_FILE, [key for text in new for key in keys[text]])
        missing = [n for text, n in new.items() if known.isdisjoint(keys[text])]
        self._seen.update(keys[text][0] for text in new)
        self._n_texts += len(missing)
        self._n_tokens += sum(missing)


def _find_coarse_dim(order: Order, encoder: EncoderDescription, own: IndexInfo | None) -> int:
    """Return the prefix that is compared first, 0 where nobody knows; raises EncoderError as a build would."""
    if own is not None and order.options.coarse_dim is None:
        return own.coarse_dim
    return order.coarse_dim(encoder) if encoder.dim else 0


@contextmanager
def _open_standing(order: Order, folder: Path) -> Iterator[Snapshot | None]:
    """Open the index that a build would go on with; None where it would make one."""
    if order.is_new or not has_index(folder):
        yield None
        return
    with Snapshot.open(folder) as snapshot:
        check_versions(snapshot.info)
        yield snapshot


def _find_encoder(order: Order, spec: EncoderSpec, load: Load) -> Encoder:
    """Return the encoder, or what guesses for it where it is not here or must not be sent anything yet."""
    if not order.options.is_consented and not is_allowed(order.home, order.root, spec, order.settings):
        return GuessingEncoder(spec)
    try:
        encoder = load(spec)
        encoder.describe()
    except EncoderError:
        if spec.name in BY_NAME:
            return GuessingEncoder(spec)
        raise
    return encoder


def _find_unchanged(root: Path, walked: Walked, walked_ns: int, standing: Snapshot | None) -> frozenset[str]:
    """Return the files of which the index has all vectors."""
    if standing is None:
        return frozenset()
    rows = {row.path: row for row in standing.files()}
    files = {path: KnownFile(row.id, row.stat, row.content_hash) for path, row in rows.items()}
    changes = compare(root, walked, Known(files, standing.skipped(), walked.marked), walked_ns)
    changed = {file.path for file in changes.to_read}
    return frozenset(path for path, row in rows.items() if row.has_vectors and path not in changed)
