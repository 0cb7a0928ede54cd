"""Packed bags count what a plain counter counts, and a container's bag is the sum of its leaves'."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from indexers.terms import FIELD_CODES, MAX_COUNT, hash_term, pack_bag, pack_bags, unpack_bag
from indexers.types import FIELDS, Terms

LEAVES = st.lists(
    st.dictionaries(st.sampled_from(FIELDS), st.lists(st.sampled_from(["a", "b", "c", "日本"]), min_size=1)), max_size=5
)


def plain(bag: bytes) -> dict[tuple[int, int], int]:
    return {(int(e["term"]), int(e["field"])): int(e["count"]) for e in unpack_bag(bag)}


def counted(leaves: list[Terms]) -> dict[tuple[int, int], int]:
    counts: Counter[tuple[int, int]] = Counter()
    for leaf in leaves:
        for field, words in leaf.items():
            for word, n in Counter(words).items():
                key = (hash_term(word), FIELD_CODES[field])
                counts[key] = max(counts[key], n) if field == "path" else counts[key] + n
    return dict(counts)


@given(LEAVES)
def test_bags_of_leaves_and_of_the_run_over_all_count_like_a_plain_counter(leaves: list[Terms]) -> None:
    bags = pack_bags(leaves, [(0, len(leaves))])
    assert [plain(bag) for bag in bags] == [*(counted([leaf]) for leaf in leaves), counted(leaves)]


@given(LEAVES)
def test_entries_are_sorted_by_term_then_field(leaves: list[Terms]) -> None:
    for bag in pack_bags(leaves, []):
        keys = list(plain(bag))
        assert keys == sorted(keys)


def test_a_count_beyond_its_width_stays_at_the_top() -> None:
    (entry,) = unpack_bag(pack_bag({"body": ["x"] * (MAX_COUNT + 5)}))
    assert entry["count"] == MAX_COUNT


def test_a_term_hash_is_the_same_in_every_process() -> None:
    assert hash_term("codesearch") == 16_164_112_788_402_357_741
