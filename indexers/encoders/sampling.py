"""Which parts of a weight file a digest reads. Another training changes all of them; knows no format."""

SAMPLE_BYTES = 1 << 16
N_SAMPLES = 64
"""Blocks of the weights that a digest reads: 4 MB, evenly spread, instead of gigabytes."""


def sample_blocks(begin: int, end: int) -> list[slice]:
    """Return the blocks of the bytes from `begin` to `end` that are read, the first and the last among them.

    Where all blocks together would hold as much, everything is read at once.
    """
    if end - begin <= N_SAMPLES * SAMPLE_BYTES:
        return [slice(begin, end)]
    starts = (begin + number * (end - SAMPLE_BYTES - begin) // (N_SAMPLES - 1) for number in range(N_SAMPLES))
    return [slice(start, start + SAMPLE_BYTES) for start in starts]
