"""A tiny causal "language model" for servers of tests: deterministic, and wrong pooling or a missing end token show.

A token is a byte; the special tokens are three more. The state at a token is what was read so far, as the sum of the
directions of its three-byte pieces, hidden behind the token's own direction everywhere but at the end token: only there
it says what the text is about. So a right server ranks texts by the pieces they share.
"""

from collections.abc import Sequence
from functools import cache
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from indexers.types import FloatArray, SumArray

IntArray = npt.NDArray[np.int64]

END = "<|endoftext|>"
SPECIAL = {END: 256, "<|im_start|>": 257, "<|im_end|>": 258}
END_ID = SPECIAL[END]

MAX_DIM = 512
"""Directions are signs, one bit each of a 64-byte hash."""

OWN_SHARE = 0.9
"""How much of an ordinary token's state is the token itself."""


def tokenize(text: str, *, parses_special: bool = True) -> list[int]:
    """Return the bytes of a text, with the spelling of a special token as one where those are parsed."""
    ids: list[int] = []
    while text:
        for spelling, number in SPECIAL.items():
            if parses_special and text.startswith(spelling):
                ids.append(number)
                text = text[len(spelling) :]
                break
        else:
            ids += text[0].encode("utf-8", "replace")
            text = text[1:]
    return ids


def states(ids: Sequence[int], dim: int) -> FloatArray:
    """Return the state at each token, float32 `[len(ids), dim]`."""
    own = _directions(np.array(ids), dim) / np.sqrt(dim)
    is_end = np.array(ids)[:, None] == END_ID
    is_plain = np.array(ids)[:, None] < END_ID
    totals = np.cumsum(_directions(_pieces(ids), dim) * is_plain, axis=0)
    norms = np.maximum(np.linalg.norm(totals, axis=1, keepdims=True), 1e-9)
    shares = np.where(is_end, 0.1, OWN_SHARE)
    rows: FloatArray = ((1 - shares) * totals / norms + shares * own).astype(np.float32)
    return rows


def vector(ids: Sequence[int], dim: int, pooling: str) -> FloatArray:
    """Return the pooled unit vector of a sequence, float32 `[dim]`."""
    rows = states(ids, dim)
    pooled = {"last": rows[-1], "first": rows[0], "mean": rows.mean(axis=0)}[pooling]
    unit: FloatArray = (pooled / np.linalg.norm(pooled)).astype(np.float32)
    return unit


def _pieces(ids: Sequence[int]) -> IntArray:
    """Return a number for each token and the two before it, the same for small and capital letters."""
    low = np.array([-1, -1, *ids]) + 1
    low = np.where((low > 65) & (low <= 91), low + 32, low)
    codes: IntArray = (low[:-2] * 1000 + low[1:-1]) * 1000 + low[2:] + 1000
    return codes


def _directions(codes: IntArray, dim: int) -> SumArray:
    """Return the direction of each code, float64 `[len(codes), dim]`."""
    distinct, places = np.unique(codes, return_inverse=True)
    signs: SumArray = np.stack([_direction(int(code), dim) for code in distinct])[places]
    return signs


@cache
def _direction(code: int, dim: int) -> SumArray:
    digest = blake2b(code.to_bytes(8, "big")).digest()
    bits = np.unpackbits(np.frombuffer(digest, np.uint8))[:dim]
    signs: SumArray = bits.astype(np.float64) * 2 - 1
    return signs
