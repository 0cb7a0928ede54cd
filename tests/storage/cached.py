"""Vectors for tests of the vector cache, and its file as SQLite sees it."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from indexers.types import FloatArray


def key_of(number: int) -> bytes:
    return number.to_bytes(16, "little")


def vectors_of(numbers: range, dim: int = 8) -> dict[bytes, FloatArray]:
    chance = np.random.default_rng(numbers.start)
    rows = chance.standard_normal((len(numbers), dim)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return {key_of(number): row for number, row in zip(numbers, rows, strict=True)}


@contextlib.contextmanager
def raw(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path)
    try:
        with connection:
            yield connection
    finally:
        connection.close()
