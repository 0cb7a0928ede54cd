"""The hashing encoder: words and their spelling as a point in 512 dimensions, with nothing learned.

Signed feature hashing (Weinberger et al., "Feature Hashing for Large Scale Multitask Learning", ICML 2009) of
tokens and of their character n-grams. All sums are of whole numbers, hence exact: a vector is the same to the
last bit in any batch, order, process and machine. Knows no meaning: `retry` and `attempt` are strangers to it.
"""

import threading
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from zlib import crc32

import numpy as np
import numpy.typing as npt

from indexers.tokenizer import MAX_WORD, TOKENIZER_VERSION, split_words, tokenize
from indexers.types import EncoderDescription, FloatArray, Task

DIM = 512
"""A power of two: a feature's index is the top bits of its hash. Collisions fall with 1/dim, cost grows with dim."""

WEIGHTS_FILE = Path(__file__).with_name("hashing_weights.tsv")

N_GRAM_SIZES = (4,)
"""Sizes 3, 4 and 5 together find nothing that 4 alone does not, for three times the work."""

N_GRAM_SHARE = 0.5
"""Length of a token's n-grams together, where the token's own is 1: spelling supports words, never outvotes them."""

UNIT = 4096
"""Weights are rounded to 1/4096, so that they can be summed as whole numbers."""

BATCH_CHARS = 1 << 20
"""Texts are hashed in batches of about this size: long enough for numpy, short enough for memory."""

MAX_WORDS = 1 << 17
"""Words kept with their features, about 40 MB; beyond that the memory starts anew. Vectors do not depend on it."""

_MULTIPLIER = 2654435761
"""Knuth's: the prime nearest to 2**32 over the golden ratio; spreads CRC-32 of short strings over the top bits."""

IntArray = npt.NDArray[np.int64]


class HashingEncoder:
    """An `Encoder` that needs no model and no training; safe to share between threads."""

    def __init__(self, max_words: int = MAX_WORDS, batch_chars: int = BATCH_CHARS) -> None:
        table = WEIGHTS_FILE.read_bytes()
        self._weights = _read_weights(table)
        self._version = blake2b(table, digest_size=4).hexdigest()
        self._vocabulary = _Vocabulary(self._weights, max_words)
        self._batch_chars = batch_chars
        self._lock = threading.Lock()

    def encode_documents(self, inputs: Sequence[str]) -> FloatArray:
        """Return float32 `[len(inputs), 512]`, each row L2-normalised."""
        vectors = np.empty((len(inputs), DIM), dtype=np.float32)
        for span in _split_batches(inputs, self._batch_chars):
            vectors[span] = _normalise(self._hash_texts(inputs[span]))
        return vectors

    def encode_query(self, text: str, task: Task) -> FloatArray:  # noqa: ARG002
        """Return float32 `[512]`, L2-normalised; every task is the same to this encoder."""
        vector: FloatArray = self.encode_documents([text])[0]
        return vector

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the number of words of each text."""
        return [len(split_words(text)) for text in texts]

    def describe(self) -> EncoderDescription:
        """Return who this encoder is."""
        return EncoderDescription(
            name="hashing",
            identity=f"hashing-v1;dim={DIM};weights={self._version};tokenizer={TOKENIZER_VERSION}",
            engine=f"numpy {np.__version__}",
            dim=DIM,
            coarse_dims=(DIM,),
            max_tokens=None,
            is_cached=False,
            summary="words and spelling only: knows no meaning, finds what shares words or parts of words",
        )

    def _hash_texts(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return the texts' feature sums, whole numbers, float64 `[len(texts), DIM]`."""
        with self._lock:
            self._vocabulary.forget_when_full()
            words: list[int] = []
            counts: list[int] = []
            n_words: list[int] = []
            for text in texts:
                counted = Counter(split_words(text))
                words += map(self._vocabulary.words.__getitem__, counted)
                counts += counted.values()
                n_words.append(len(counted))
            table = self._vocabulary.table()
        text_of_word = np.repeat(np.arange(len(texts), dtype=np.int64), n_words)
        tokens = _count_tokens(text_of_word, np.array(words, np.int64), np.array(counts, np.int64), table)
        return _sum_features(tokens, len(texts), table)


@dataclass(frozen=True, slots=True)
class _Table:
    """Word `w` has tokens `tokens[word_start[w]:word_start[w + 1]]`; token `t` has features likewise."""

    word_start: IntArray
    tokens: npt.NDArray[np.int32]
    token_start: IntArray
    feature_index: npt.NDArray[np.int16]
    feature_weight: npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class _TokenCounts:
    """How often each token occurs in each text; parallel arrays."""

    texts: IntArray
    tokens: IntArray
    counts: IntArray


class _WordIds(dict[str, int]):
    """Word -> ordinal; a word that was never seen is learned on the way."""

    def __init__(self, vocabulary: "_Vocabulary") -> None:
        super().__init__()
        self._vocabulary = vocabulary

    def __missing__(self, word: str) -> int:
        if len(word) > MAX_WORD:
            return self[word[:MAX_WORD]]
        number = self[word] = len(self)
        self._vocabulary.learn(word)
        return number


class _Vocabulary:
    """Remembers the features of the words seen so far. Growing arrays: one entry a word, a token, a feature."""

    def __init__(self, weights: dict[str, float], max_words: int) -> None:
        self._weights = weights
        self._max_words = max_words
        self._clear()

    def _clear(self) -> None:
        self.words = _WordIds(self)
        self._tokens: dict[tuple[str, bool], int] = {}
        self._word_start = array("q", [0])
        self._word_tokens = array("i")
        self._token_start = array("q", [0])
        self._feature_index = array("h")
        self._feature_weight = array("h")

    def forget_when_full(self) -> None:
        """Start anew when more words are known than may be kept."""
        if len(self.words) > self._max_words:
            self._clear()

    def learn(self, word: str) -> None:
        """Append the tokens of a word that is not known yet."""
        tokens = tokenize(word)
        for place, token in enumerate(tokens):
            is_whole = place > 0 and place == len(tokens) - 1 and word.isascii()
            self._word_tokens.append(self._token_id(token, is_whole))
        self._word_start.append(len(self._word_tokens))

    def _token_id(self, token: str, is_whole: bool) -> int:
        """Return the token's ordinal; a whole identifier has no n-grams, since its parts have them."""
        key = (token, is_whole)
        known = self._tokens.get(key)
        if known is not None:
            return known
        self._tokens[key] = number = len(self._tokens)
        weight = self._weights.get(token, 1.0)
        self._add_feature(token, weight)
        n_grams = [] if is_whole else _split_n_grams(token)
        for n_gram in n_grams:
            self._add_feature(n_gram, weight * N_GRAM_SHARE / len(n_grams) ** 0.5)
        self._token_start.append(len(self._feature_index))
        return number

    def _add_feature(self, name: str, weight: float) -> None:
        value = crc32(name.encode("utf-8", "surrogatepass")) * _MULTIPLIER & 0xFFFFFFFF
        amount = round(UNIT * weight)
        self._feature_index.append(value * DIM >> 32)
        self._feature_weight.append(amount if value >> 22 & 1 else -amount)

    def table(self) -> _Table:
        """Return a copy of what is known, for arithmetic outside the lock."""
        return _Table(
            word_start=np.array(self._word_start),
            tokens=np.array(self._word_tokens),
            token_start=np.array(self._token_start),
            feature_index=np.array(self._feature_index),
            feature_weight=np.array(self._feature_weight),
        )


def _read_weights(table: bytes) -> dict[str, float]:
    lines = table.decode("utf-8").splitlines()
    pairs = (line.split("\t") for line in lines if not line.startswith("#"))
    return {token: float(weight) for token, weight in pairs}


def _split_n_grams(token: str) -> list[str]:
    """Return the n-grams of `^token`: the mark at the start tells `^con` of `config` from `con` of `icon`."""
    marked = f"^{token}"
    return [marked[i : i + n] for n in N_GRAM_SIZES for i in range(len(marked) - n + 1) if n <= len(token)]


def _split_batches(texts: Sequence[str], batch_chars: int) -> Iterator[slice]:
    """Yield slices of about `batch_chars` characters that cover all texts."""
    start = size = 0
    for stop, text in enumerate(texts, 1):
        size += len(text)
        if size >= batch_chars or stop == len(texts):
            yield slice(start, stop)
            start, size = stop, 0


def _count_tokens(texts: IntArray, words: IntArray, counts: IntArray, table: _Table) -> _TokenCounts:
    """Turn counts of words into counts of tokens. All arrays `[n_words]`."""
    starts = table.word_start[words]
    sizes = table.word_start[words + 1] - starts
    n_tokens = max(len(table.token_start) - 1, 1)
    keys = np.repeat(texts * n_tokens, sizes) + table.tokens[_ranges(starts, sizes)]
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else keys
    totals = np.add.reduceat(np.repeat(counts, sizes)[order], first) if len(keys) else keys
    return _TokenCounts(keys[first] // n_tokens, keys[first] % n_tokens, totals)


def _sum_features(found: _TokenCounts, n_texts: int, table: _Table) -> npt.NDArray[np.float64]:
    """Add up `weight * sqrt(count)` for every feature of every token, float64 `[n_texts, DIM]`.

    The square root damps repetition. It is the one damping that IEEE 754 rounds alike on every machine.
    """
    starts = table.token_start[found.tokens]
    sizes = table.token_start[found.tokens + 1] - starts
    places = _ranges(starts, sizes)
    cells = np.repeat(found.texts * DIM, sizes) + table.feature_index[places]
    amounts = np.rint(table.feature_weight[places] * np.repeat(np.sqrt(found.counts), sizes))
    return np.bincount(cells, weights=amounts, minlength=n_texts * DIM).astype(np.float64).reshape(n_texts, DIM)


def _ranges(starts: IntArray, sizes: IntArray) -> IntArray:
    """Concatenate `arange(start, start + size)` of every pair."""
    ends = np.cumsum(sizes)
    total = int(ends[-1]) if len(ends) else 0
    places: IntArray = np.arange(total, dtype=np.int64) + np.repeat(starts - (ends - sizes), sizes)
    return places


def _normalise(sums: npt.NDArray[np.float64]) -> FloatArray:
    """Scale rows to unit length; a row without direction becomes the diagonal."""
    lengths = np.sqrt(np.einsum("ij,ij->i", sums, sums))
    sums[lengths == 0] = 1.0
    lengths[lengths == 0] = DIM**0.5
    rows: FloatArray = (sums / lengths[:, None]).astype(np.float32)
    return rows
