"""Texts in, vectors out, slice by slice: the cache is asked before the encoder, and has each slice before the next.

A slice takes a few seconds on whatever encodes it, so that little is lost where a run is cut off. Knows no files.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from indexers.errors import EncoderError
from indexers.template import identity_of_answers, vector_key
from indexers.types import Encoder, EncoderDescription, FloatArray, VectorCache

MIN_SLICE_BYTES = 1 << 12
"""The first slice: some 1,200 tokens, which a large model on a processor takes a minute for, a GPU no time at all."""

MAX_SLICE_BYTES = 1 << 20
"""Enough to fill the batches of any machine."""

SLICE_S = 5.0
"""How long a slice should take: what an interruption costs at most."""


COUNTED_BYTES = 1 << 15
"""Text of each slice whose tokens are counted, to know how fast an encoder is; takes it some milliseconds."""


@dataclass(slots=True)
class EncodingCounts:
    """What was done so far."""

    n_encoded: int = 0
    """Texts that the encoder read."""
    n_bytes: int = 0
    """UTF-8 bytes of those texts."""
    n_tokens: float = 0.0
    """Of those texts, by the encoder's count of some of them."""
    encoding_s: float = 0.0
    """Time that the encoder took for those that were counted."""


class Pace:
    """How much text is encoded at once: doubled while that is quick, halved where it takes too long."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.size_bytes = MIN_SLICE_BYTES

    def note(self, took_s: float, size_bytes: int) -> None:
        """Set the size of the next slice by the time and the size of the last; a small one says nothing of larger."""
        if took_s > SLICE_S:
            self.size_bytes = max(MIN_SLICE_BYTES, self.size_bytes // 2)
        elif took_s < SLICE_S / 2 and size_bytes >= self.size_bytes / 2:
            self.size_bytes = min(MAX_SLICE_BYTES, self.size_bytes * 2)


class SlicedEncoder:
    """Holds the vectors of the texts that were asked for until they are taken.

    The cache has those of an encoder that gives the set `answers` of known answers.
    """

    def __init__(self, encoder: Encoder, cache: VectorCache | None, pace: Pace, answers: int = 0) -> None:
        self._encoder = encoder
        self._description = encoder.describe()
        self._identity = identity_of_answers(self._description.identity, answers)
        self._cache = cache
        self._pace = pace
        self._n_waiting: Counter[bytes] = Counter()
        self._known: dict[bytes, FloatArray] = {}
        self._missing: dict[bytes, str] = {}
        self._missing_bytes = 0
        self.counts = EncodingCounts()

    def ask(self, texts: Sequence[str]) -> list[bytes]:
        """Ask for the vectors of texts and return the keys under which they can be taken."""
        keys = [vector_key(self._identity, text) for text in texts]
        self._n_waiting.update(keys)
        new = {
            key: text
            for key, text in zip(keys, texts, strict=True)
            if key not in self._known and key not in self._missing
        }
        if new and self._cache is not None:
            self._known |= self._cache.get_many(list(new))
        for key, text in new.items():
            if key not in self._known:
                self._missing[key] = text
                self._missing_bytes += _size_of(text)
        return keys

    def has_slice(self) -> bool:
        """Say whether enough is missing to be encoded at once."""
        return self._missing_bytes >= self._pace.size_bytes

    def has(self, keys: Sequence[bytes]) -> bool:
        """Say whether all these vectors are at hand."""
        return not any(key in self._missing for key in keys)

    def encode_slice(self) -> None:
        """Encode a slice of what is missing, that which was asked for first; raises EncoderError."""
        keys: list[bytes] = []
        size = 0
        for key, text in self._missing.items():
            if keys and size + _size_of(text) > self._pace.size_bytes:
                break
            keys.append(key)
            size += _size_of(text)
        texts = [self._missing[key] for key in keys]
        started = self._pace.clock()
        vectors = self._encoder.encode_documents(texts)
        took_s = self._pace.clock() - started
        made = dict(zip(keys, check_vectors(vectors, len(keys), self._description), strict=True))
        if self._cache is not None:
            self._cache.put_many(made)
        self._pace.note(took_s, size)
        self._known |= made
        for key in keys:
            del self._missing[key]
        self._missing_bytes -= size
        self.counts.n_encoded += len(keys)
        self.counts.n_bytes += size
        with suppress(EncoderError):  # what only counts must not end what took hours
            self.counts.n_tokens += self._estimate_tokens(texts, size)
            self.counts.encoding_s += took_s

    def take(self, keys: Sequence[bytes]) -> FloatArray:
        """Return vectors that are at hand, float32 `[len(keys), dim]`; each asking is answered once."""
        if not keys:
            return np.empty((0, self._description.dim), dtype=np.float32)
        vectors = np.stack([self._known[key] for key in keys])
        for key in keys:
            self._n_waiting[key] -= 1
            if not self._n_waiting[key]:
                del self._n_waiting[key], self._known[key]
        return vectors

    def _estimate_tokens(self, texts: Sequence[str], size: int) -> float:
        """Return about how many tokens the texts of `size` bytes have."""
        if not self._description.is_cached:
            return 0.0
        counted: list[str] = []
        n_bytes = 0
        for text in texts:
            if counted and n_bytes + _size_of(text) > COUNTED_BYTES:
                break
            counted.append(text)
            n_bytes += _size_of(text)
        return sum(self._encoder.count_tokens(counted)) * size / max(1, n_bytes)


def check_vectors(vectors: FloatArray, n_rows: int, description: EncoderDescription) -> FloatArray:
    """Return an encoder's vectors, or raise EncoderError where they are not what was asked for."""
    expected = (n_rows, description.dim)
    if vectors.shape != expected:
        raise EncoderError(f"encoder {description.name} returned vectors of shape {vectors.shape}, expected {expected}")
    if not np.isfinite(vectors).all():
        raise EncoderError(f"encoder {description.name} returned values that are not finite numbers")
    return vectors


def _size_of(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
