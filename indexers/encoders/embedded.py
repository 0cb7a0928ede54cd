"""The embedded encoder: a small static model that ships with the package and needs numpy alone.

A text is a bag of sub-tokens; its vector is the sum of their rows of a learnt table, repetition damped, at unit
length (a weighted mean, as in Arora et al., "A Simple but Tough-to-Beat Baseline for Sentence Embeddings", ICLR 2017,
with learnt weights). All sums are of whole numbers, hence exact: a vector is the same to the last bit in any batch,
order, thread and process. Knows which words are related, and no order of words.
"""

import math
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from indexers.encoders.model_file import DIM, read_model
from indexers.encoders.subtokens import Vocabulary
from indexers.errors import EncoderError
from indexers.tokenizer import MAX_WORD, TOKENIZER_VERSION, split_words
from indexers.types import EncoderDescription, FloatArray, Inspection, SumArray, Task

MODEL_PATH = Path(__file__).with_name("embedded.safetensors")

SUMMARY = "a small static model trained on public code: knows related words of code and of English, no sentences"

COARSE_DIMS = (64, 32, 128, 256)
"""The model is trained so that each of these prefixes is a model of its own; 64 finds nearly what 256 finds."""

SUBTOKENS_VERSION = "1"
"""Version of `indexers.encoders.subtokens`; a model that was trained with another is refused."""

UNIT = 4096
"""Amount of a token of median scale before damping. Amounts are rounded to whole numbers, to be summed exactly."""

MAX_COUNT = 1023
"""Repetitions of a sub-token that still add to its weight."""

LOG_DIGITS = 9
"""Logarithms are rounded: libraries of mathematics differ in the last bits, and a vector must not."""

LENGTH_BITS = 22
"""Sums are scaled to whole numbers below 2**22 before they are squared: 256 squares then add up exactly."""

ROWS_AT_ONCE = 1024
"""Rows normalised together: 2 MB, which stay in the processor's cache."""

MAX_WORDS = 1 << 17
"""Words kept with their sub-tokens, about 25 MB; beyond that the memory starts anew. Vectors do not depend on it."""


class EmbeddedEncoder:
    """An `Encoder` that adds up (`AdditiveEncoder`), read from one file; safe to share between threads."""

    def __init__(self, path: Path = MODEL_PATH, max_words: int = MAX_WORDS) -> None:
        model = read_model(path)
        version = model.metadata["subtokens"]
        if version != SUBTOKENS_VERSION:
            raise EncoderError(
                f"the model file {path} needs version {version} of the sub-tokens, this is version {SUBTOKENS_VERSION};"
                " reinstall this program"
            )
        self._model_version = model.metadata["digest"][:8]
        self._table = model.table
        median = np.sort(model.scales)[len(model.scales) // 2]
        self._scales = model.scales.astype(np.float64) * (UNIT / float(median))
        self._damping = np.array([round(math.log(1 + count), LOG_DIGITS) for count in range(MAX_COUNT + 1)])
        self._words = _WordTokens(Vocabulary(model.vocabulary))
        self._max_words = max_words

    def encode_documents(self, inputs: Sequence[str]) -> FloatArray:
        """Return float32 `[len(inputs), 256]`, each row L2-normalised."""
        return self.normalise(self.sum_documents(inputs))

    def encode_query(self, text: str, task: Task) -> FloatArray:  # noqa: ARG002
        """Return float32 `[256]`, L2-normalised; every task is the same to this encoder."""
        vector: FloatArray = self.encode_documents([text])[0]
        return vector

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the number of known sub-tokens of each text."""
        return [self._count(text).total() for text in texts]

    def inspect(self) -> Inspection:
        """Tell that there is nothing to prepare."""
        return Inspection(has_prompts=False, end_token="none", explanation="words are added up, in whatever order")  # noqa: S106

    def describe(self) -> EncoderDescription:
        """Return who this encoder is."""
        identity = ";".join(
            (
                "embedded-v1",
                f"dim={DIM}",
                f"model={self._model_version}",
                f"subtokens={SUBTOKENS_VERSION}",
                f"tokenizer={TOKENIZER_VERSION}",
            )
        )
        return EncoderDescription(
            name="embedded",
            identity=identity,
            engine=f"numpy {np.__version__}",
            dim=DIM,
            coarse_dims=COARSE_DIMS,
            max_tokens=None,
            is_cached=False,
            summary=SUMMARY,
        )

    def sum_documents(self, inputs: Sequence[str]) -> SumArray:
        """Return the sum of `scale * ln(1 + tf) * row` over each text's sub-tokens, float64 `[len(inputs), 256]`.

        All values are whole numbers.
        """
        sums = np.zeros((len(inputs), DIM))
        for row, text in enumerate(inputs):
            counts = self._count(text)
            tokens = np.fromiter(counts, np.intp, len(counts))
            repeats = np.fromiter(counts.values(), np.intp, len(counts))
            amounts = np.rint(self._scales[tokens] * self._damping[np.minimum(repeats, MAX_COUNT)])
            sums[row] = amounts @ self._table.take(tokens, axis=0).astype(np.float64)
        return sums

    def normalise(self, sums: SumArray) -> FloatArray:
        """Scale rows to unit length, float32; a row without direction becomes the diagonal."""
        rows = np.empty(sums.shape, dtype=np.float32)
        for start in range(0, len(sums), ROWS_AT_ONCE):
            here = slice(start, start + ROWS_AT_ONCE)
            rows[here] = _normalise(sums[here])
        return rows

    def _count(self, text: str) -> Counter[int]:
        if len(self._words) > self._max_words:
            self._words.clear()
        return Counter(chain.from_iterable(map(self._words.__getitem__, split_words(text))))


class _WordTokens(dict[str, tuple[int, ...]]):
    """Word -> sub-tokens; a word that was never seen is split on the way."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__()
        self._vocabulary = vocabulary

    def __missing__(self, word: str) -> tuple[int, ...]:
        if len(word) > MAX_WORD:
            return self[word[:MAX_WORD]]
        tokens = self[word] = tuple(self._vocabulary.ids_of(word))
        return tokens


def _normalise(sums: SumArray) -> SumArray:
    largest = np.abs(sums).max(axis=1, keepdims=True)
    whole = np.rint(np.ldexp(sums, LENGTH_BITS - np.frexp(largest)[1]))
    whole[largest[:, 0] == 0] = 1.0
    lengths: SumArray = np.sqrt((whole * whole).sum(axis=1, keepdims=True))
    rows: SumArray = whole / lengths
    return rows
