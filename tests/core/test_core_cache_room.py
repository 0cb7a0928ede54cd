"""A cache that is too small for an index is worth a warning: it would have nothing when it is asked."""

import pytest

from codesearch.building.cache_room import cache_warning
from codesearch.sizes import parse_size
from codesearch.storage.cache_rows import cache_row_bytes


@pytest.mark.parametrize(("n_rows", "warns"), [(1_000, False), (1_001, True)])
def test_an_index_larger_than_the_cache_is_warned_of(n_rows: int, warns: bool) -> None:
    assert (cache_warning(n_rows, 2560, 1_000 * cache_row_bytes(2560)) is not None) is warns


def test_the_warning_names_a_size_that_is_enough() -> None:
    text = cache_warning(3_000_000, 2560, 10_000_000_000) or ""
    assert text.startswith("the cache of vectors keeps 9.3 GiB and this index needs 15.")
    size = text.partition("codesearch config set cache_size ")[2].partition(" ")[0]
    assert cache_warning(3_000_000, 2560, parse_size(size)) is None
