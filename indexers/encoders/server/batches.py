"""Which texts go to a server together, from their sizes alone."""

from collections.abc import Sequence

BATCH_BYTES = 64_000
"""Text in one request: some 16,000 tokens, which no server takes minutes for and none refuses for its size."""

ALONE_BYTES = 16_000
"""A text from here on goes alone: it keeps a server busy by itself, and what was read of it can be checked."""


def plan_batches(sizes: Sequence[int], max_texts: int) -> list[list[int]]:
    """Return the numbers of the texts of each request, long texts first; `sizes` are in bytes."""
    batches: list[list[int]] = []
    n_bytes = 0
    for number in sorted(range(len(sizes)), key=lambda number: -sizes[number]):
        size = sizes[number]
        is_full = not batches or len(batches[-1]) == max_texts or n_bytes + size > BATCH_BYTES
        if is_full or sizes[batches[-1][0]] >= ALONE_BYTES:
            batches.append([])
            n_bytes = 0
        batches[-1].append(number)
        n_bytes += size
    return batches
