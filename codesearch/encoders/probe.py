"""The known-answer probe: whether an encoder of another version still gives the vectors that an index was built from.

Knows texts and cosines; knows no encoder by name and no storage.
"""

import numpy as np

from indexers.types import Encoder, FloatArray

PROBE_TEXTS = (
    "import os",
    "def add(first, second):\n    return first + second",
    "public interface Repository<T> { Optional<T> findById(long id); }",
    "-- 顧客の注文を数える\nSELECT customer_id, COUNT(*) FROM orders GROUP BY customer_id;",
)
"""Short and unlike each other: an import (where half precision has failed), code, types, another script."""

MIN_COSINE = 0.999
"""Rounding of another build of the same weights stays well above; other weights or pooling stay well below."""


def probe(encoder: Encoder) -> FloatArray:
    """Return the encoder's vectors of `PROBE_TEXTS`, float32 `[4, dim]`, unit rows."""
    return encoder.encode_documents(PROBE_TEXTS)


def is_same_encoder(encoder: Encoder, known: FloatArray) -> bool:
    """Return whether the encoder still gives the vectors `known`, float32 `[4, dim]`, of an earlier `probe`.

    Without known answers, `[0, dim]`, there is no vector yet that could differ.
    """
    if not len(known):
        return True
    return are_same_answers(probe(encoder), known)


def are_same_answers(answers: FloatArray, known: FloatArray) -> bool:
    """Return whether two probes, float32 `[4, dim]` each, are those of one encoder."""
    if answers.shape != known.shape:
        return False
    cosines = np.einsum("ij,ij->i", answers, known)
    return bool((cosines >= MIN_COSINE).all())
