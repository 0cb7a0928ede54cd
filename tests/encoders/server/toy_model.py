"""A tiny causal "language model" for servers of tests: deterministic, and wrong pooling or a missing end token show.

A token is a byte; the special tokens are three more. The state at a token is what was read so far, as the sum of the
directions of its three-byte pieces, hidden behind the token's own direction everywhere but at the end token: only there
it says what the text is about. So a right server ranks texts by the pieces they share.
"""

from collections.abc import Sequence
from functools import cache
from hashlib import blake2b
from itertools import islice

import numpy as np

from indexers.types import FloatArray, SumArray

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
    is_plain = np.array(ids)[:, None] < END_ID
    own = np.stack([_direction((token,), dim) for token in ids]) / np.sqrt(dim)
    totals = np.cumsum(np.stack([_direction(piece, dim) for piece in _pieces(ids)]) * is_plain, axis=0)
    norms = np.maximum(np.linalg.norm(totals, axis=1, keepdims=True), 1e-9)
    shares = np.where(np.array(ids)[:, None] == END_ID, 0.1, OWN_SHARE)
    rows: FloatArray = ((1 - shares) * totals / norms + shares * own).astype(np.float32)
    return rows


def vector(ids: Sequence[int], dim: int, pooling: str) -> FloatArray:
    """Return the pooled unit vector of a sequence, float32 `[dim]`."""
    rows = states(ids, dim)
    pooled = {"last": rows[-1], "first": rows[0], "mean": rows.mean(axis=0)}[pooling]
    unit: FloatArray = (pooled / np.linalg.norm(pooled)).astype(np.float32)
    return unit


def _pieces(ids: Sequence[int]) -> list[tuple[int, ...]]:
    low = [token + 32 if 65 <= token <= 90 else token for token in ids]
    return [tuple(islice(low, max(0, place - 2), place + 1)) for place in range(len(low))]


@cache
def _direction(tokens: tuple[int, ...], dim: int) -> SumArray:
    digest = blake2b(b"".join(token.to_bytes(2, "big") for token in tokens)).digest()
    bits = np.unpackbits(np.frombuffer(digest, np.uint8))[:dim]
    signs: SumArray = bits.astype(np.float64) * 2 - 1
    return signs
