"""Batches of texts: near lengths together, within a budget that adapts."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexers.encoders.transformer.batching import (
    GROW_AFTER,
    LONG,
    Budget,
    count_padded,
    encode_in_batches,
    plan_batches,
)
from indexers.types import FloatArray

LENGTHS = st.lists(st.integers(0, 2 * LONG), max_size=60)
BUDGETS = st.integers(1, 4 * LONG)


class Machine:
    """Gives text `n` of length `l` the row `[n, l]`, unless a batch costs more than it holds."""

    def __init__(self, lengths: Sequence[int], holds: int) -> None:
        self.lengths = lengths
        self.holds = holds
        self.costs: list[int] = []
        self.alone: list[int] = []

    def encode(self, batch: Sequence[int]) -> FloatArray:
        self.costs.append(count_padded(self.lengths, [batch]))
        if self.costs[-1] > self.holds:
            raise MemoryError
        return np.array([self.row(number) for number in batch], dtype=np.float32)

    def encode_alone(self, number: int) -> FloatArray:
        self.alone.append(number)
        return self.row(number)

    def row(self, number: int) -> FloatArray:
        return np.array([number, self.lengths[number]], dtype=np.float32)

    def run(self, budget: Budget) -> FloatArray:
        return encode_in_batches(self.lengths, budget, self.encode, self.encode_alone)


@given(LENGTHS, BUDGETS)
def test_every_text_is_in_exactly_one_batch(lengths: list[int], budget: int) -> None:
    batches = plan_batches(lengths, budget)
    assert sorted(number for batch in batches for number in batch) == list(range(len(lengths)))


@given(LENGTHS, BUDGETS)
def test_a_batch_of_several_texts_stays_within_the_budget(lengths: list[int], budget: int) -> None:
    assert all(count_padded(lengths, [batch]) <= budget for batch in plan_batches(lengths, budget) if len(batch) > 1)


@given(LENGTHS, BUDGETS)
def test_a_long_text_is_alone_in_its_batch(lengths: list[int], budget: int) -> None:
    batches = plan_batches(lengths, budget)
    assert all(len(batch) == 1 for batch in batches if max(lengths[number] for number in batch) >= LONG)


def test_texts_of_4096_tokens_and_more_share_nothing() -> None:
    assert plan_batches([5000, 5000, 4096, 4095, 10], 16_384) == [[0], [1], [2], [3, 4]]


def test_texts_of_near_lengths_share_a_batch() -> None:
    assert plan_batches([10, 200, 11, 190], 400) == [[1, 3], [2, 0]]


def test_sorting_saves_padding_against_the_order_of_the_files() -> None:
    lengths = np.random.default_rng(5).integers(10, 1000, 512).tolist()
    in_order = [list(range(start, start + 32)) for start in range(0, len(lengths), 32)]
    assert count_padded(lengths, plan_batches(lengths, 16_384)) < 0.7 * count_padded(lengths, in_order)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=40), st.integers(1, 400), st.integers(1, 400))
def test_rows_come_back_in_the_order_of_the_texts_whatever_fits(lengths: list[int], holds: int, budget: int) -> None:
    machine = Machine(lengths, holds)
    rows = machine.run(Budget(budget))
    assert rows.tolist() == [[number, length] for number, length in enumerate(lengths)]
    assert machine.alone == [number for number in machine.alone if lengths[number] > holds]


def test_a_batch_that_does_not_fit_is_tried_again_with_half_its_cost() -> None:
    machine = Machine([10] * 16, holds=45)
    budget = Budget(160)
    machine.run(budget)
    assert machine.costs[:3] == [160, 80, 40]
    assert budget.tokens == 40


def test_the_smaller_budget_is_remembered() -> None:
    machine = Machine([10] * 16, holds=45)
    budget = Budget(160)
    machine.run(budget)
    machine.costs.clear()
    machine.run(budget)
    assert max(machine.costs) == 40


def test_what_did_not_fit_never_makes_the_budget_larger() -> None:
    budget = Budget(1_000)
    budget.shrink(400)
    assert budget.tokens == 200
    budget.shrink(8_000)
    assert budget.tokens == 100


def test_the_budget_grows_again_slowly_and_never_above_its_start() -> None:
    budget = Budget(100)
    budget.shrink(100)
    sizes = []
    for _ in range(6):
        for _ in range(GROW_AFTER):
            budget.grow()
        sizes.append(budget.tokens)
    assert sizes == [62, 77, 96, 100, 100, 100]


def test_only_the_text_that_does_not_fit_alone_goes_another_way() -> None:
    machine = Machine([10, 500, 10], holds=100)
    machine.run(Budget(1_000))
    assert machine.alone == [1]


def test_what_the_other_way_raises_ends_it() -> None:
    machine = Machine([500], holds=100)

    def fail(number: int) -> FloatArray:
        raise ValueError(number)

    with pytest.raises(ValueError, match="0"):
        encode_in_batches(machine.lengths, Budget(1_000), machine.encode, fail)
