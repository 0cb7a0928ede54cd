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
    windows: dict[int, str] = {}
    pending = [(chunk.start_byte, chunk.end_byte)]
    while pending:
        texts = [document_input(chunk, data[start:end].decode("utf-8", "replace")) for start, end in pending]
        cuts = [_middle_cut(data, starts, start, end) for start, end in pending]
        # All pieces of a level in one call: what counts may be far away, or slow to begin.
        doubtful = [text for text, cut in zip(texts, cuts, strict=True) if cut is not None]
        counts = iter(count_tokens(doubtful) if doubtful else ())
        parts: list[tuple[int, int]] = []
        for (start, end), text, cut in zip(pending, texts, cuts, strict=True):
            if cut is None or next(counts) <= max_tokens:
                windows[start] = text
            else:
                parts += [(start, cut), (cut, end)]
        pending = parts
    return [windows[start] for start in sorted(windows)]


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
