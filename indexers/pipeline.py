"""Parsed files in, encoded files out, as a stream in bounded memory.

Plans the inputs of each file, has them encoded slice by slice, and hands vectors back file by file. Of an encoder whose
vectors add up it asks for leaves only: containers are the sums of their leaves. Knows no index.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from indexers.plan import FilePlan, Planner, in_order_of_encoding, inputs_of, leaves_of
from indexers.slices import EncodingCounts, Pace, SlicedEncoder, check_vectors
from indexers.sums import Sums
from indexers.types import (
    GRANULARITIES,
    AdditiveEncoder,
    Chunk,
    EncodedFile,
    Encoder,
    Granularity,
    ParsedFile,
    Skipped,
    VectorCache,
)

OnSlice = Callable[[EncodingCounts], None]
"""Called after each slice, when the cache has it."""

BATCH_BYTES = 1 << 20
"""Source text that waits for its vectors at most: where the cache has nearly all of it, little else would bound it."""

LEAVES_AT_ONCE = 4096
"""Leaves whose sums are held, 8 MB at 256 dimensions: a file of short ones may have a hundred thousand."""


@dataclass(frozen=True, slots=True)
class PipelineOptions:
    """What gets vectors, and who hears how it goes."""

    granularities: tuple[Granularity, ...] = GRANULARITIES
    pace: Pace = field(default_factory=Pace)
    on_slice: OnSlice | None = None
    answers: int = 0
    """Which of the sets of known answers of its identity the encoder gives; the cache keeps their vectors apart."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A file, what was planned for it, and under which keys its vectors are asked for."""

    parsed: ParsedFile
    plan: FilePlan
    keys: list[bytes]


class EncodingPipeline:
    """Encodes a stream of files with one encoder; `counts` tells how much was computed rather than found."""

    def __init__(
        self, encoder: Encoder, cache: VectorCache | None = None, options: PipelineOptions | None = None
    ) -> None:
        self._options = options or PipelineOptions()
        self._description = encoder.describe()
        self._adder = encoder if isinstance(encoder, AdditiveEncoder) else None
        self._planner = Planner(encoder, self._options.granularities)
        cache = cache if self._description.is_cached else None
        self._encoder = SlicedEncoder(encoder, cache, self._options.pace, self._options.answers)
        self.counts = self._encoder.counts

    def encode(self, outcomes: Iterable[ParsedFile | Skipped]) -> Iterator[EncodedFile | Skipped]:
        """Yield each outcome in order, parsed files with their vectors; raises EncoderError."""
        if self._adder is not None:
            for outcome in outcomes:
                yield outcome if isinstance(outcome, Skipped) else self._add_up(outcome, self._adder)
            return
        waiting: deque[_Waiting | Skipped] = deque()
        n_bytes = 0
        for outcome in outcomes:
            waiting.append(outcome if isinstance(outcome, Skipped) else self._ask(outcome))
            n_bytes += 0 if isinstance(outcome, Skipped) else len(outcome.text.data)
            while self._encoder.has_slice():
                self._encode_slice()
                yield from self._take_done(waiting)
            if n_bytes >= BATCH_BYTES:
                yield from self._finish(waiting)
            yield from self._take_done(waiting)
            n_bytes = n_bytes if waiting else 0
        yield from self._finish(waiting)

    def _add_up(self, parsed: ParsedFile, adder: AdditiveEncoder) -> EncodedFile:
        """Encode the leaves and add them up for the containers that share no vector."""
        chunks, granularities = parsed.chunks, self._options.granularities
        n_leaves = len(leaves_of(chunks))
        n_own = n_leaves if "leaf" in granularities else 0
        first_row, n_rows = [0] * len(chunks), [0] * len(chunks)
        wholes: list[Chunk] = []
        for number, part in in_order_of_encoding(chunks, granularities):
            chunk, n_rows[number] = chunks[number], 1
            if part is not None:
                first_row[number] = first_row[part]
            elif chunk.granularity == "leaf":
                first_row[number] = number
            else:
                first_row[number] = n_own + len(wholes)
                wholes.append(chunk)
        vectors = np.empty((n_own + len(wholes), self._description.dim), dtype=np.float32)
        sums = Sums([(chunk.first_leaf, chunk.first_leaf + chunk.n_leaves) for chunk in wholes])
        for start in range(0, n_leaves, LEAVES_AT_ONCE):
            stop = min(start + LEAVES_AT_ONCE, n_leaves)
            leaves = adder.sum_documents(inputs_of(chunks, range(start, stop), parsed.text.data))
            if n_own:
                vectors[start:stop] = check_vectors(adder.normalise(leaves), stop - start, self._description)
            done = sums.add(start, leaves)
            if done:
                rows = adder.normalise(np.stack(list(done.values())))
                vectors[[n_own + number for number in done]] = check_vectors(rows, len(done), self._description)
        self.counts.n_encoded += n_leaves
        return EncodedFile(parsed, vectors, tuple(first_row), tuple(n_rows))

    def _ask(self, parsed: ParsedFile) -> _Waiting:
        plan = self._planner.plan(parsed.chunks, parsed.text.data)
        return _Waiting(parsed, plan, self._encoder.ask(plan.inputs))

    def _encode_slice(self) -> None:
        self._encoder.encode_slice()
        if self._options.on_slice is not None:
            self._options.on_slice(self.counts)

    def _finish(self, waiting: deque[_Waiting | Skipped]) -> Iterator[EncodedFile | Skipped]:
        """Encode what is missing until nobody waits."""
        yield from self._take_done(waiting)
        while waiting:
            self._encode_slice()
            yield from self._take_done(waiting)

    def _take_done(self, waiting: deque[_Waiting | Skipped]) -> Iterator[EncodedFile | Skipped]:
        while waiting:
            item = waiting[0]
            if isinstance(item, _Waiting):
                if not self._encoder.has(item.keys):
                    return
                plan = item.plan
                yield EncodedFile(item.parsed, self._encoder.take(item.keys), plan.first_row, plan.n_rows)
            else:
                yield item
            waiting.popleft()
