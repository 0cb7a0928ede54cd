"""What an encoder has to read of a file: which chunks get vectors, which share one, which need several.

Knows chunks, token counts and the template; knows no vectors and no cache.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from indexers.encoders.spec import MAX_TOKENS_PER_BYTE
from indexers.template import document_input
from indexers.types import GRANULARITIES, Chunk, Encoder, Granularity
from indexers.windows import windows_of

SHARE_RATIO = 1.1
"""A container less than 10 % longer than one of its parts says nothing new: it shares that part's vector."""


@dataclass(frozen=True, slots=True)
class FilePlan:
    """The inputs of one file, and which of them each chunk owns: `n_rows[i]` from `first_row[i]` on."""

    inputs: tuple[str, ...]
    granularities: tuple[Granularity, ...]
    """Of the chunk that each input was made for; others may share it."""
    first_row: tuple[int, ...]
    n_rows: tuple[int, ...]


class Planner:
    """Plans files for one encoder; chunks of other granularities than the wanted ones get no vector."""

    def __init__(self, encoder: Encoder, granularities: Collection[Granularity] = GRANULARITIES) -> None:
        self._count_anew = encoder.count_tokens
        self._counted: dict[str, int] = {}
        self._max_tokens = encoder.describe().max_tokens
        self._granularities = frozenset(granularities)

    def plan(self, chunks: Sequence[Chunk], data: bytes) -> FilePlan:
        """Return the inputs for the chunks of one file, whose text is `data`; raises EncoderError."""
        self._counted.clear()
        leaves = leaves_of(chunks)
        order = list(in_order_of_encoding(chunks, self._granularities))
        texts = dict(zip(own := [n for n, part in order if part is None], inputs_of(chunks, own, data), strict=True))
        long = self._find_long(texts)
        inputs: list[str] = []
        made_for: list[Granularity] = []
        first_row, n_rows = [0] * len(chunks), [0] * len(chunks)
        for number, part in order:
            if part is not None:
                first_row[number], n_rows[number] = first_row[part], n_rows[part]
                continue
            chunk, windows = chunks[number], [texts[number]]
            if number in long and self._max_tokens is not None:
                windows = windows_of(chunk, leaves, data, self._max_tokens, self.count_tokens)
            first_row[number], n_rows[number] = len(inputs), len(windows)
            inputs += windows
            made_for += [chunk.granularity] * len(windows)
        return FilePlan(tuple(inputs), tuple(made_for), tuple(first_row), tuple(n_rows))

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the tokens of texts, of which those that planning the last file had to count are not counted again."""
        new = [text for text in dict.fromkeys(texts) if text not in self._counted]
        if new:
            self._counted.update(zip(new, self._count_anew(new), strict=True))
        return [self._counted[text] for text in texts]

    def _find_long(self, texts: dict[int, str]) -> frozenset[int]:
        """Return the numbers of the texts that exceed the encoder."""
        if self._max_tokens is None:
            return frozenset()
        limit = self._max_tokens // MAX_TOKENS_PER_BYTE
        # Letters take one byte at least and four at most: only between the two do bytes need to be counted.
        doubtful = [n for n, text in texts.items() if 4 * len(text) > limit and len(text.encode()) > limit]
        counts = self.count_tokens([texts[number] for number in doubtful])
        return frozenset(n for n, count in zip(doubtful, counts, strict=True) if count > self._max_tokens)


def leaves_of(chunks: Sequence[Chunk]) -> list[Chunk]:
    """Return the leaves of a file, in order."""
    return [chunk for chunk in chunks if chunk.granularity == "leaf"]


def inputs_of(chunks: Sequence[Chunk], numbers: Collection[int], data: bytes) -> list[str]:
    """Return the whole texts of some chunks as the encoder would read them."""
    own = (chunks[number] for number in numbers)
    return [document_input(c, data[c.start_byte : c.end_byte].decode("utf-8", "replace")) for c in own]


def in_order_of_encoding(
    chunks: Sequence[Chunk], granularities: Collection[Granularity]
) -> Iterator[tuple[int, int | None]]:
    """Yield (chunk, part that says the same or None) of the chunks that get vectors.

    Leaves come in file order, then containers from the inside out.
    """
    n_leaves = sum(chunk.granularity == "leaf" for chunk in chunks)
    has_leaves = "leaf" in granularities
    if has_leaves:
        yield from ((number, None) for number in range(n_leaves))
    containers = [number for number in range(n_leaves, len(chunks)) if chunks[number].granularity in granularities]
    if n_leaves == 1:  # whatever contains the only leaf is the same text
        same = 0 if has_leaves else None
        for number in containers:
            yield number, same
            same = number if same is None else same
        return
    starts = np.array([chunk.start_byte for chunk in chunks])
    ends = np.array([chunk.end_byte for chunk in chunks])
    is_done = (np.arange(len(chunks)) < n_leaves) & has_leaves
    for number in sorted(containers, key=lambda i: (chunks[i].n_leaves, i)):
        whole = ends[number] - starts[number]
        is_part = is_done & (starts >= starts[number]) & (ends <= ends[number])
        sizes = np.where(is_part, ends - starts, 0)
        largest = int(sizes.argmax())
        yield number, largest if whole < SHARE_RATIO * sizes[largest] else None
        is_done[number] = True
