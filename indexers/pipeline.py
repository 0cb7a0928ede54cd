"""Parsed files in, encoded files out, as a stream in bounded memory.

Decides what is encoded once and shared, asks the cache before the encoder, and hands vectors back file by file. Of an
encoder whose vectors add up it asks for leaves only: containers are the sums of their leaves. Knows no index.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from indexers.errors import EncoderError
from indexers.template import document_input, vector_key
from indexers.types import (
    AdditiveEncoder,
    Chunk,
    EncodedFile,
    Encoder,
    FloatArray,
    ParsedFile,
    Skipped,
    SumArray,
    VectorCache,
)
from indexers.windows import windows_of

BATCH_BYTES = 1 << 20
"""Source text encoded in one call: enough to fill a batch, little enough to commit often."""

SHARE_RATIO = 1.1
"""A container less than 10 % longer than one of its parts says nothing new: it shares that part's vector."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """The inputs of one file, and which of them each chunk owns."""

    parsed: ParsedFile
    inputs: list[str]
    first_row: tuple[int, ...]
    n_rows: tuple[int, ...]


@dataclass(slots=True)
class PipelineCounts:
    """What the pipeline did so far."""

    n_encoded: int = 0
    """Texts that the encoder read."""


class EncodingPipeline:
    """Encodes a stream of files with one encoder; `counts` tells how much was computed rather than found."""

    def __init__(self, encoder: Encoder, cache: VectorCache | None = None) -> None:
        self._encoder = encoder
        self._description = encoder.describe()
        self._adder = encoder if isinstance(encoder, AdditiveEncoder) else None
        self._cache = cache if self._description.is_cached else None
        self.counts = PipelineCounts()

    def encode(self, outcomes: Iterable[ParsedFile | Skipped]) -> Iterator[EncodedFile | Skipped]:
        """Yield each outcome in order, parsed files with their vectors; raises EncoderError."""
        if self._adder is not None:
            for outcome in outcomes:
                yield outcome if isinstance(outcome, Skipped) else self._add_up(outcome, self._adder)
            return
        waiting: list[_Plan | Skipped] = []
        n_bytes = 0
        for outcome in outcomes:
            if isinstance(outcome, Skipped):
                waiting.append(outcome)
                continue
            waiting.append(self._plan(outcome))
            n_bytes += len(outcome.text.data)
            if n_bytes >= BATCH_BYTES:
                yield from self._encode_batch(waiting)
                waiting, n_bytes = [], 0
        yield from self._encode_batch(waiting)

    def _add_up(self, parsed: ParsedFile, adder: AdditiveEncoder) -> EncodedFile:
        """Encode the leaves and add them up for the containers that share no vector."""
        leaves = _leaves_of(parsed)
        sums = adder.sum_documents(_inputs_of(leaves, parsed.text.data))
        self.counts.n_encoded += len(leaves)
        first_row = list(range(len(parsed.chunks)))
        wholes: list[SumArray] = []
        for number, part in islice(_in_order_of_encoding(parsed.chunks), len(leaves), None):
            if part is not None:
                first_row[number] = first_row[part]
                continue
            chunk = parsed.chunks[number]
            first_row[number] = len(leaves) + len(wholes)
            wholes.append(sums[chunk.first_leaf : chunk.first_leaf + chunk.n_leaves].sum(axis=0))
        vectors = self._checked(adder.normalise(np.vstack([sums, *wholes])), len(leaves) + len(wholes))
        return EncodedFile(parsed, vectors, tuple(first_row), (1,) * len(first_row))

    def _plan(self, parsed: ParsedFile) -> _Plan:
        data, max_tokens = parsed.text.data, self._description.max_tokens
        leaves = _leaves_of(parsed)
        texts = _inputs_of(parsed.chunks, data)
        is_long = [False] * len(texts)
        if max_tokens is not None:
            is_long = [count > max_tokens for count in self._encoder.count_tokens(texts)]
        inputs: list[str] = []
        first_row = [0] * len(texts)
        n_rows = [0] * len(texts)
        for number, part in _in_order_of_encoding(parsed.chunks):
            if part is not None:
                first_row[number], n_rows[number] = first_row[part], n_rows[part]
                continue
            own = [texts[number]]
            if is_long[number] and max_tokens is not None:
                own = windows_of(parsed.chunks[number], leaves, data, max_tokens, self._encoder.count_tokens)
            first_row[number], n_rows[number] = len(inputs), len(own)
            inputs += own
        return _Plan(parsed, inputs, tuple(first_row), tuple(n_rows))

    def _encode_batch(self, waiting: Sequence[_Plan | Skipped]) -> Iterator[EncodedFile | Skipped]:
        inputs = [text for item in waiting if isinstance(item, _Plan) for text in item.inputs]
        vectors = self._vectors(inputs)
        at = 0
        for item in waiting:
            if isinstance(item, Skipped):
                yield item
                continue
            own = vectors[at : at + len(item.inputs)]
            at += len(item.inputs)
            yield EncodedFile(item.parsed, own, item.first_row, item.n_rows)

    def _vectors(self, inputs: Sequence[str]) -> FloatArray:
        if not inputs:
            return np.empty((0, self._description.dim), dtype=np.float32)
        if self._cache is None:
            self.counts.n_encoded += len(inputs)
            return self._encode_checked(inputs)
        keys = [vector_key(self._description.identity, text) for text in inputs]
        known = self._cache.get_many(keys)
        missing = {key: text for key, text in zip(keys, inputs, strict=True) if key not in known}
        if missing:
            made = dict(zip(missing, self._encode_checked(list(missing.values())), strict=True))
            self._cache.put_many(made)
            known = {**known, **made}
        self.counts.n_encoded += len(missing)
        return np.stack([known[key] for key in keys])

    def _encode_checked(self, inputs: Sequence[str]) -> FloatArray:
        return self._checked(self._encoder.encode_documents(inputs), len(inputs))

    def _checked(self, vectors: FloatArray, n_rows: int) -> FloatArray:
        """Return the encoder's vectors, or raise EncoderError where they are not what was asked for."""
        expected = (n_rows, self._description.dim)
        if vectors.shape != expected:
            name = self._description.name
            raise EncoderError(f"encoder {name} returned vectors of shape {vectors.shape}, expected {expected}")
        if not np.isfinite(vectors).all():
            raise EncoderError(f"encoder {self._description.name} returned values that are not finite numbers")
        return vectors


def _leaves_of(parsed: ParsedFile) -> list[Chunk]:
    return [chunk for chunk in parsed.chunks if chunk.granularity == "leaf"]


def _inputs_of(chunks: Sequence[Chunk], data: bytes) -> list[str]:
    return [document_input(c, data[c.start_byte : c.end_byte].decode("utf-8", "replace")) for c in chunks]


def _in_order_of_encoding(chunks: Sequence[Chunk]) -> Iterator[tuple[int, int | None]]:
    """Yield (chunk, part that says the same or None): leaves in file order, then containers from the inside out."""
    n_leaves = sum(chunk.granularity == "leaf" for chunk in chunks)
    yield from ((number, None) for number in range(n_leaves))
    if n_leaves == 1:  # whatever contains the only leaf is the same text
        yield from ((number, 0) for number in range(1, len(chunks)))
        return
    starts = np.array([chunk.start_byte for chunk in chunks])
    ends = np.array([chunk.end_byte for chunk in chunks])
    is_done = np.arange(len(chunks)) < n_leaves
    for number in sorted(range(n_leaves, len(chunks)), key=lambda i: (chunks[i].n_leaves, i)):
        whole = ends[number] - starts[number]
        is_part = is_done & (starts >= starts[number]) & (ends <= ends[number])
        sizes = np.where(is_part, ends - starts, 0)
        largest = int(sizes.argmax())
        yield number, largest if whole < SHARE_RATIO * sizes[largest] else None
        is_done[number] = True
