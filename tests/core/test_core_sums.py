"""Sums of runs are the same however the rows come, and only runs under way are held."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from indexers.sums import Sums

ROWS = np.arange(120, dtype=np.float64).reshape(40, 3) ** 2

RUNS = st.lists(
    st.tuples(st.integers(0, 39), st.integers(0, 39)).map(lambda ends: (min(ends), max(ends) + 1)), max_size=12
)


@given(RUNS, st.integers(1, 41))
def test_each_run_is_summed_once_whatever_the_size_of_a_block(runs: list[tuple[int, int]], size: int) -> None:
    sums = Sums(runs)
    found: dict[int, list[float]] = {}
    for start in range(0, 40, size):
        done = sums.add(start, ROWS[start : start + size])
        assert not found.keys() & done.keys()
        assert all(start < runs[number][1] <= start + size for number in done)
        found |= {number: total.tolist() for number, total in done.items()}
    assert found == {number: ROWS[first:end].sum(axis=0).tolist() for number, (first, end) in enumerate(runs)}
