"""An encoder for trials: fast, the same on every machine, and it remembers all that it was given to read.

Texts that share words have vectors that are a bit alike, so that a search over them is not noise; a hash of the whole
text keeps any two apart. All sums are of whole numbers, hence exact: a vector is the same to the last bit in any batch.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np

from indexers.types import EncoderDescription, FloatArray, SumArray, Task

NAME = "trial/seeded"

COARSE_DIMS = (64, 32, 128, 256)
"""The cuts of the embedded encoder, best first; those of more than `dim` are left out."""

WORD = re.compile(r"\w+")

MAX_REPEATS = 4
"""Repetitions of a word that still count: a text is not one word alone."""

OWN_WEIGHT = 2
"""How many words' worth of a vector is the text's own."""

DIGEST_SIZE = 64
"""Bytes that one hash gives, and as many dimensions."""


@dataclass
class SeededEncoder:
    """An `Encoder`: the sum of one random vector a word and one of the whole text, at unit length."""

    dim: int = 256
    is_cached: bool = False
    name: str = NAME
    """`embedded` has builds treat it as the encoder that ships, whose vectors take no time; others come after words."""
    read: list[str] = field(default_factory=list)
    """Every document that was given to encode, in order."""
    n_calls: int = 0
    """How often documents were given."""
    _words: dict[str, SumArray] = field(default_factory=dict, repr=False)

    def encode_documents(self, inputs: Sequence[str]) -> FloatArray:
        """Return float32 `[len(inputs), dim]`, each row L2-normalised."""
        self.n_calls += 1
        self.read += inputs
        return np.array([self._encode(text) for text in inputs], dtype=np.float32).reshape(-1, self.dim)

    def encode_query(self, text: str, task: Task) -> FloatArray:  # noqa: ARG002
        """Return float32 `[dim]`, L2-normalised; every task is the same to this encoder."""
        return self._encode(text)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count words."""
        return [len(WORD.findall(text)) for text in texts]

    def describe(self) -> EncoderDescription:
        """Return who this is."""
        return EncoderDescription(
            name=self.name,
            identity=f"seeded-1 dim={self.dim}",
            engine="trial 1",
            dim=self.dim,
            coarse_dims=tuple(cut for cut in COARSE_DIMS if cut <= self.dim) or (self.dim,),
            max_tokens=None,
            is_cached=self.is_cached,
            summary="Random vectors of words, for trials.",
        )

    def _encode(self, text: str) -> FloatArray:
        total = OWN_WEIGHT * hash_vector(text, self.dim)
        for word, n in Counter(WORD.findall(text.lower())).items():
            if word not in self._words:
                self._words[word] = hash_vector(f"word {word}", self.dim)
            total += min(n, MAX_REPEATS) * self._words[word]
        return np.asarray(total / np.sqrt(total @ total), dtype=np.float32)


def hash_vector(text: str, dim: int) -> SumArray:
    """Return odd whole numbers from -255 to 255, float64 `[dim]`, that depend on the text alone."""
    n_digests = -(-dim // DIGEST_SIZE)
    salts = (number.to_bytes(2, "little") for number in range(n_digests))
    data = b"".join(blake2b(text.encode(), digest_size=DIGEST_SIZE, salt=salt).digest() for salt in salts)
    return 2 * np.frombuffer(data, np.uint8)[:dim].astype(np.float64) - 255
