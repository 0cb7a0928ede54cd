"""Bytes as people write and read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesearch.sizes import parse_size, spell_size


@given(st.integers(min_value=1, max_value=1 << 50))
def test_a_size_that_was_spelled_is_read_back(size: int) -> None:
    assert parse_size(spell_size(size)) == size


@pytest.mark.parametrize(
    ("size", "text"), [(2 << 20, "2MiB"), (10**10, "10GB"), (1 << 40, "1TiB"), (1000, "1000"), (1 << 30, "1GiB")]
)
def test_a_size_is_spelled_in_the_unit_that_it_was_thought_in(size: int, text: str) -> None:
    assert spell_size(size) == text


@pytest.mark.parametrize(
    "text", ["", "big", "0", "-1", "2 MiB B", "1.5.2", "٢MiB", "0.1", "9" * 400 + "TiB", "9000000TiB"]
)
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="size"):
        parse_size(text)
