"""Which chunks get vectors, and whose texts are counted."""

from collections.abc import Sequence

import numpy as np
import pytest

from indexers.encoders.spec import MAX_TOKENS_PER_BYTE
from indexers.pipeline import EncodingPipeline, PipelineOptions
from indexers.plan import Planner
from indexers.types import EncodedFile, Granularity, ParsedFile
from indexers.windows import windows_of
from tests.core.test_core_pipeline import TWO, TWO_FUNCTIONS, AddingEncoder, CountingEncoder, parsed

TWO_FILE = parsed("a.py", TWO, TWO_FUNCTIONS)


class ListeningEncoder(CountingEncoder):
    """Remembers the texts whose tokens it counted."""

    def __init__(self, max_tokens: int | None) -> None:
        super().__init__(max_tokens)
        self.counted: list[str] = []

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        self.counted += texts
        return super().count_tokens(texts)


def encode(encoder: CountingEncoder, file: ParsedFile, *granularities: Granularity) -> EncodedFile:
    (encoded,) = EncodingPipeline(encoder, None, PipelineOptions(granularities)).encode([file])
    assert isinstance(encoded, EncodedFile)
    return encoded


@pytest.mark.parametrize("encoder", [CountingEncoder(), AddingEncoder()])
def test_chunks_of_other_granularities_get_no_vector(encoder: CountingEncoder) -> None:
    file = encode(encoder, TWO_FILE, "leaf")
    assert (file.n_rows, len(file.vectors)) == ((1, 1, 0), 2)


@pytest.mark.parametrize("encoder", [CountingEncoder(), AddingEncoder()])
def test_a_container_whose_parts_get_no_vector_has_its_own(encoder: CountingEncoder) -> None:
    file = encode(encoder, TWO_FILE, "file")
    assert (file.first_row, file.n_rows, len(file.vectors)) == ((0, 0, 0), (0, 0, 1), 1)


@pytest.mark.parametrize("encoder", [CountingEncoder(), AddingEncoder()])
def test_a_file_of_one_leaf_has_its_own_vector_where_leaves_have_none(encoder: CountingEncoder) -> None:
    file = encode(encoder, parsed("a.py", "x = 1\n"), "class", "file")
    assert (file.n_rows, len(file.vectors)) == ((0, 1), 1)


@pytest.mark.parametrize("encoder", [CountingEncoder(), AddingEncoder()])
def test_a_file_may_get_no_vector_at_all(encoder: CountingEncoder) -> None:
    file = encode(encoder, TWO_FILE, "class")
    assert (file.n_rows, file.vectors.shape) == ((0, 0, 0), (0, 64))


def test_the_sum_of_a_container_holds_leaves_that_have_no_vector() -> None:
    alone, among = encode(AddingEncoder(), TWO_FILE, "file"), encode(AddingEncoder(), TWO_FILE, "leaf", "file")
    np.testing.assert_array_equal(alone.vectors[0], among.vectors[2])


def test_a_plan_says_for_which_granularity_each_input_is() -> None:
    plan = Planner(CountingEncoder()).plan(TWO_FILE.chunks, TWO_FILE.text.data)
    assert plan.granularities == ("leaf", "leaf", "file")


def test_a_text_that_cannot_exceed_the_encoder_is_not_counted() -> None:
    encoder = ListeningEncoder(max_tokens=MAX_TOKENS_PER_BYTE * (len(TWO) - 2))
    Planner(encoder).plan(TWO_FILE.chunks, TWO_FILE.text.data)
    assert encoder.counted == [TWO[:-1]]


def test_letters_of_several_bytes_are_counted_by_their_bytes() -> None:
    file = parsed("a.txt", "é" * 10 + "\n")
    encoder = ListeningEncoder(max_tokens=MAX_TOKENS_PER_BYTE * 15)
    Planner(encoder).plan(file.chunks, file.text.data)
    assert len(encoder.counted) == 1


def test_without_a_limit_nothing_is_counted() -> None:
    encoder = ListeningEncoder(max_tokens=None)
    Planner(encoder).plan(TWO_FILE.chunks, TWO_FILE.text.data)
    assert encoder.counted == []


def test_no_text_is_counted_twice() -> None:
    file = parsed("a.txt", "".join(f"word{n} " * 7 + "\n" for n in range(40)))
    encoder = ListeningEncoder(max_tokens=50)
    planner = Planner(encoder)
    plan = planner.plan(file.chunks, file.text.data)
    assert sum(planner.count_tokens(plan.inputs)) == sum(CountingEncoder().count_tokens(plan.inputs))
    assert len(plan.inputs) > len(file.chunks)
    assert len(encoder.counted) == len(set(encoder.counted))


def test_all_pieces_of_a_level_are_counted_in_one_call() -> None:
    calls: list[int] = []

    def count_tokens(texts: Sequence[str]) -> list[int]:
        calls.append(len(texts))
        return [len(text.split()) for text in texts]

    data = b"word\n" * 64
    chunk = parsed("a.txt", data.decode()).chunks[-1]
    windows = windows_of(chunk, [], data, 4, count_tokens)
    assert "".join(windows) == data[: chunk.end_byte].decode()
    assert calls[:4] == [1, 2, 4, 8]
    assert len(windows) > len(calls)
