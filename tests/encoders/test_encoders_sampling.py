"""Which parts of a weight file a digest reads."""

from itertools import pairwise

import pytest

from indexers.encoders.sampling import N_SAMPLES, SAMPLE_BYTES, sample_blocks

ALL = N_SAMPLES * SAMPLE_BYTES


@pytest.mark.parametrize("n_bytes", [0, 1, SAMPLE_BYTES, ALL])
def test_what_is_no_larger_than_the_samples_is_read_whole(n_bytes: int) -> None:
    assert sample_blocks(7, 7 + n_bytes) == [slice(7, 7 + n_bytes)]


@pytest.mark.parametrize("n_bytes", [ALL + 1, 3 * ALL, 8_000_000_001])
def test_of_more_the_samples_are_spread_from_the_first_byte_to_the_last(n_bytes: int) -> None:
    blocks = sample_blocks(7, 7 + n_bytes)
    assert len(blocks) == N_SAMPLES
    assert (blocks[0].start, blocks[-1].stop) == (7, 7 + n_bytes)
    assert {block.stop - block.start for block in blocks} == {SAMPLE_BYTES}
    gaps = {second.start - first.start for first, second in pairwise(blocks)}
    assert max(gaps) - min(gaps) <= 1
