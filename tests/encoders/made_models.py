"""Small models of known tokens whose directions are drawn by chance from a seed."""

import string
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from indexers.encoders.embedded import EmbeddedEncoder
from indexers.encoders.model_file import DIM, ModelFile, write_model

METADATA = {
    "data_hash": "00ff",
    "licence": "made for tests",
    "n_pairs": "0",
    "recipe": "chance",
    "seed": "7",
    "subtokens": "1",
}

WORDS = ("retry", "job", "queue", "backoff", "cache", "evict", "entry", "parse", "row", "delay", "größe", "数据")
LETTERS = (*string.ascii_lowercase, *(f"##{letter}" for letter in string.ascii_lowercase))


def make_model(tokens: Sequence[str] = (*LETTERS, *WORDS)) -> ModelFile:
    """Return a model of these tokens; scales lie between 0.01 and 0.03."""
    chance = np.random.default_rng(7)
    table = chance.integers(-127, 128, (len(tokens), DIM)).astype(np.int8)
    scales = chance.uniform(0.01, 0.03, len(tokens)).astype(np.float32)
    return ModelFile(table, scales, tuple(tokens), METADATA)


def make_encoder(folder: Path, model: ModelFile | None = None, max_words: int = 1000) -> EmbeddedEncoder:
    """Write a model below `folder` and return an encoder that reads it."""
    path = folder / "made.safetensors"
    write_model(path, model or make_model())
    return EmbeddedEncoder(path, max_words)
