"""Vectors whose prefixes are vectors of their own (Kusupati et al., "Matryoshka Representation Learning", 2022).

Knows how such vectors are cut and which cuts are worth comparing first; knows no model.
"""

import numpy as np
import numpy.typing as npt

from indexers.errors import EncoderError
from indexers.types import FloatArray

BoolArray = npt.NDArray[np.bool_]

MIN_QWEN_DIM = 32
"""Qwen3-Embedding is published with dimensions from here up to its full one."""

QWEN_COARSE_DIMS = (256, 128, 512, 1024, 2048)
"""Prefixes of Qwen3-Embedding to compare first, best first: 256 is a tenth of the 4B model's 2,560."""

SMALL_COARSE_DIMS = (128, 64, 32)
"""For vectors of at most 256 numbers, which are all compared unless one asks for less."""


def coarse_dims(dim: int) -> tuple[int, ...]:
    """Return the cuts of Qwen3-Embedding vectors that keep `dim` numbers, best first."""
    if dim <= QWEN_COARSE_DIMS[0]:
        return (dim, *(cut for cut in SMALL_COARSE_DIMS if cut < dim))
    return (*(cut for cut in QWEN_COARSE_DIMS if cut < dim), dim)


def kept_dim(wanted: int | None, full: int, *, is_qwen: bool) -> int:
    """Return the dimension to keep out of `full`; raises EncoderError for one that the model has or knows not."""
    if wanted is None:
        return full
    least = min(MIN_QWEN_DIM, full) if is_qwen else 1
    if not least <= wanted <= full:
        raise EncoderError(f"dim {wanted} is no cut of this model; choose one from {least} to {full}")
    return wanted


def is_sound(vectors: FloatArray, dim: int) -> BoolArray:
    """Return for each row, float32 `[n, full]`, whether it is finite and its first `dim` numbers have a direction."""
    sound: BoolArray = np.isfinite(vectors).all(axis=1) & (vectors[:, :dim] != 0).any(axis=1)
    return sound


def cut(vectors: FloatArray, dim: int) -> FloatArray:
    """Return the first `dim` numbers of each row at unit length, float32 `[n, dim]`; rows must be finite and not zero.

    The cut comes first: a prefix of a unit vector is shorter than 1.
    """
    prefixes = np.asarray(vectors[:, :dim], dtype=np.float64)
    lengths = np.sqrt(np.einsum("ij,ij->i", prefixes, prefixes))
    return np.asarray(prefixes / lengths[:, None], dtype=np.float32)
