"""Which texts go through a model together, and what happens when memory runs out.

A batch costs its number of texts times its longest, since all are padded to that. Knows lengths and a budget of
padded tokens; knows no model and needs numpy alone.
"""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from indexers.types import FloatArray

LONG = 4_096
"""Tokens from which a text has a batch of its own: beside another it would need a mask of its length squared."""

GROW_AFTER = 16
"""Batches without trouble after which the budget grows again, by a quarter."""

Encode = Callable[[Sequence[int]], FloatArray]
"""Encodes the texts of these numbers together, float32 `[n, dim]`; raises MemoryError where they do not fit."""

EncodeAlone = Callable[[int], FloatArray]
"""Encodes one text that does not fit alone, float32 `[dim]`, some other way."""


def plan_batches(lengths: Sequence[int], budget: int, numbers: Iterable[int] | None = None) -> list[list[int]]:
    """Return the numbers of the texts of each batch, the longest first; every text is in exactly one batch.

    Texts of near lengths go together. A batch costs at most `budget`, unless it is one text. `numbers` says which
    texts are meant, else all are.
    """
    batches: list[list[int]] = []
    longest = LONG
    for number in sorted(range(len(lengths)) if numbers is None else numbers, key=lambda number: -lengths[number]):
        if longest < LONG and longest * (len(batches[-1]) + 1) <= budget:
            batches[-1].append(number)
        else:
            batches.append([number])
            longest = max(lengths[number], 1)
    return batches


def count_padded(lengths: Sequence[int], batches: Sequence[Sequence[int]]) -> int:
    """Return the tokens that some batches cost, padding included."""
    return sum(max(lengths[number] for number in batch) * len(batch) for batch in batches)


class Budget:
    """Padded tokens that fit at once: halved when memory runs out, grown slowly afterwards, never above the start."""

    def __init__(self, tokens: int) -> None:
        self.tokens = tokens
        self._most = tokens
        self._n_quiet = 0

    def shrink(self, tokens: int) -> None:
        """Take half of what did not fit."""
        self.tokens = max(1, min(self.tokens, tokens) // 2)
        self._n_quiet = 0

    def grow(self) -> None:
        """Count a batch that did fit."""
        self._n_quiet += 1
        if self._n_quiet >= GROW_AFTER:
            self.tokens = min(self._most, self.tokens + max(1, self.tokens // 4))
            self._n_quiet = 0


def encode_in_batches(lengths: Sequence[int], budget: Budget, encode: Encode, encode_alone: EncodeAlone) -> FloatArray:
    """Return one row a text, in the order of the texts, float32 `[n, dim]`; there must be a text.

    A batch that does not fit is planned anew with half its cost; a single text that does not fit is left to
    `encode_alone`. What `encode_alone` raises ends it all.
    """
    rows: dict[int, FloatArray] = {}
    while len(rows) < len(lengths):
        for batch in plan_batches(lengths, budget.tokens, set(range(len(lengths))) - rows.keys()):
            try:
                rows.update(zip(batch, encode(batch), strict=True))
            except MemoryError:
                if len(batch) > 1:
                    budget.shrink(count_padded(lengths, [batch]))
                    break
                rows[batch[0]] = encode_alone(batch[0])
            else:
                budget.grow()
    return np.stack([rows[number] for number in range(len(lengths))])
