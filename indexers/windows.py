"""Inputs longer than an encoder can read, cut where the syntax allows: between leaves, else between lines.

Knows chunks and token counts; knows no vectors.
"""

from collections.abc import Callable, Sequence

from indexers.template import document_input
from indexers.types import Chunk

CountTokens = Callable[[Sequence[str]], list[int]]


def windows_of(
    chunk: Chunk, leaves: Sequence[Chunk], data: bytes, max_tokens: int, count_tokens: CountTokens
) -> list[str]:
    """Return encoder inputs of at most `max_tokens` that cover the chunk's text once, in order.

    `leaves` are the leaves of the chunk's file. A single character that exceeds the limit stays whole.
    """
    starts = [leaf.start_byte for leaf in leaves if chunk.start_byte < leaf.start_byte < chunk.end_byte]
    windows: list[str] = []
    pending = [(chunk.start_byte, chunk.end_byte)]
    while pending:
        start, end = pending.pop()
        text = document_input(chunk, data[start:end].decode("utf-8", "replace"))
        cut = _middle_cut(data, starts, start, end)
        if cut is None or count_tokens([text])[0] <= max_tokens:
            windows.append(text)
        else:
            pending += [(cut, end), (start, cut)]
    return windows


def _middle_cut(data: bytes, leaf_starts: Sequence[int], start: int, end: int) -> int | None:
    """Return the offset nearest to the middle at which a leaf, else a line, else a character begins."""
    middle = (start + end) // 2
    inside = [offset for offset in leaf_starts if start < offset < end]
    if inside:
        return min(inside, key=lambda offset: abs(offset - middle))
    line = data.rfind(b"\n", start, middle) + 1 or data.find(b"\n", middle, end) + 1
    if start < line < end:
        return line
    while middle < end and data[middle] & 0xC0 == 0x80:
        middle += 1
    return middle if start < middle < end else None
