"""How much is encoded at once, what an interruption costs, and that nothing is encoded twice."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from indexers.errors import EncoderError
from indexers.pipeline import EncodingPipeline, PipelineOptions
from indexers.slices import MAX_SLICE_BYTES, MIN_SLICE_BYTES, SLICE_S, EncodingCounts, Pace, SlicedEncoder
from indexers.types import EncodedFile, FloatArray, ParsedFile
from tests.core.test_core_pipeline import CountingEncoder, DictCache, parsed

LETTERS = "x" * 1000
"""Texts of a little over a thousand bytes: three fit the first slice."""


class SlowEncoder(CountingEncoder):
    """Takes as long as its clock says; remembers each call."""

    def __init__(self, seconds: Sequence[float] = (), fails_at: int | None = None) -> None:
        super().__init__()
        self.calls: list[list[str]] = []
        self._seconds = list(seconds)
        self._fails_at = fails_at
        self._now = 0.0

    def clock(self) -> float:
        return self._now

    def encode_documents(self, inputs: Sequence[str]) -> FloatArray:
        if len(self.calls) == self._fails_at:
            raise EncoderError("the server is gone")
        self.calls.append(list(inputs))
        self._now += self._seconds.pop(0) if self._seconds else 0.0
        return super().encode_documents(inputs)


def files(n: int) -> list[ParsedFile]:
    return [parsed(f"f{i}.txt", f"{i} {LETTERS}\n") for i in range(n)]


def run(encoder: SlowEncoder, cache: DictCache, n_files: int = 100) -> list[EncodedFile]:
    options = PipelineOptions(pace=Pace(encoder.clock))
    return [f for f in EncodingPipeline(encoder, cache, options).encode(files(n_files)) if isinstance(f, EncodedFile)]


def test_a_slice_doubles_while_it_is_quick_and_shrinks_where_it_takes_too_long() -> None:
    pace = Pace()
    sizes = []
    for took_s in (0.1, 0.1, SLICE_S - 1, SLICE_S + 1):
        pace.note(took_s, pace.size_bytes)
        sizes.append(pace.size_bytes // MIN_SLICE_BYTES)
    assert sizes == [2, 4, 4, 2]


def test_a_slice_stays_within_its_bounds() -> None:
    pace = Pace()
    for _ in range(20):
        pace.note(0.0, pace.size_bytes)
    assert pace.size_bytes == MAX_SLICE_BYTES
    for _ in range(20):
        pace.note(100.0, pace.size_bytes)
    assert pace.size_bytes == MIN_SLICE_BYTES


def test_slices_that_were_small_for_want_of_text_let_none_grow() -> None:
    pace = Pace()
    for _ in range(20):
        pace.note(0.1, MIN_SLICE_BYTES // 2 - 1)
    assert pace.size_bytes == MIN_SLICE_BYTES


def test_the_encoder_is_asked_for_slices_that_grow() -> None:
    encoder = SlowEncoder()
    run(encoder, DictCache())
    n_bytes = [sum(map(len, call)) for call in encoder.calls]
    assert n_bytes[0] <= MIN_SLICE_BYTES < n_bytes[1] <= 2 * MIN_SLICE_BYTES < n_bytes[2]


def test_a_slow_encoder_is_asked_for_small_slices_for_ever() -> None:
    encoder = SlowEncoder(seconds=[60.0] * 100)
    run(encoder, DictCache())
    assert max(sum(map(len, call)) for call in encoder.calls) <= MIN_SLICE_BYTES


def test_one_text_that_is_longer_than_a_slice_is_encoded_alone() -> None:
    encoder = SlowEncoder(seconds=[60.0] * 100)
    long = parsed("long.txt", f"{'y ' * MIN_SLICE_BYTES}\n")
    list(EncodingPipeline(encoder, None, PipelineOptions(pace=Pace(encoder.clock))).encode([*files(3), long]))
    assert [len(call) for call in encoder.calls] == [3, 1]


def test_a_run_that_is_cut_off_loses_no_slice_but_the_one_under_way() -> None:
    cache, first = DictCache(), SlowEncoder(fails_at=2)
    with pytest.raises(EncoderError, match="gone"):
        run(first, cache)
    second = SlowEncoder()
    run(second, cache)
    done = [text for call in first.calls for text in call]
    again = [text for call in second.calls for text in call]
    assert len(done) > 10
    assert not set(done) & set(again)
    assert len(done) + len(again) == 100


def test_files_are_given_back_as_soon_as_their_slice_is_done() -> None:
    encoder = SlowEncoder(seconds=[60.0] * 100)
    read = 0

    def stream() -> Iterator[ParsedFile]:
        nonlocal read
        for file in files(100):
            read += 1
            yield file

    encoded = EncodingPipeline(encoder, None, PipelineOptions(pace=Pace(encoder.clock))).encode(stream())
    next(encoded)
    assert read < 20


def test_vectors_come_back_with_their_own_file_whatever_the_slices() -> None:
    encoder = SlowEncoder()
    for file in run(encoder, DictCache()):
        text = file.parsed.text.data.decode().rstrip("\n")
        expected = CountingEncoder().encode_documents([text])
        np.testing.assert_array_equal(file.vectors, expected)


def test_a_text_that_several_files_have_is_encoded_once() -> None:
    encoder = SlowEncoder()
    same = [parsed(f"{i}/same.txt", "word\n") for i in range(5)]
    found = [f for f in EncodingPipeline(encoder, DictCache()).encode(same) if isinstance(f, EncodedFile)]
    assert encoder.asked == ["word"]
    assert len({file.vectors.tobytes() for file in found}) == 1


def test_nothing_is_held_for_files_that_were_given_back() -> None:
    encoder = SlicedEncoder(CountingEncoder(), DictCache(), Pace())
    keys = encoder.ask(["one", "two"])
    again = encoder.ask(["two"])
    encoder.encode_slice()
    encoder.take(keys)
    assert encoder.take(again).shape == (1, 64)
    with pytest.raises(KeyError):
        encoder.take(keys)


def test_where_the_cache_knows_nearly_all_files_do_not_pile_up_behind_the_one_it_does_not() -> None:
    cache = DictCache()
    long = [parsed(f"f{i}.txt", f"{i} {'x' * 100_000}\n") for i in range(40)]
    list(EncodingPipeline(CountingEncoder(), cache).encode(long))
    read = 0

    def stream() -> Iterator[ParsedFile]:
        nonlocal read
        for file in [parsed("new.txt", "new\n"), *long]:
            read += 1
            yield file

    next(EncodingPipeline(CountingEncoder(), cache).encode(stream()))
    assert read < 15


def test_each_slice_is_told_when_the_cache_has_it() -> None:
    cache = DictCache()
    told: list[tuple[int, int]] = []

    def note(counts: EncodingCounts) -> None:
        told.append((counts.n_encoded, len(cache.vectors)))

    encoder = SlowEncoder(seconds=[1.0] * 100)
    options = PipelineOptions(pace=Pace(encoder.clock), on_slice=note)
    pipeline = EncodingPipeline(encoder, cache, options)
    list(pipeline.encode(files(100)))
    assert len(told) > 2
    assert all(n_encoded == n_kept for n_encoded, n_kept in told)
    assert pipeline.counts.encoding_s == len(told)


class Uncounting(SlowEncoder):
    """Cannot say how many tokens a text has."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        raise EncoderError(f"the server counts none of {len(texts)} texts")


def test_an_encoder_that_cannot_count_encodes_all_the_same_and_says_nothing_of_its_speed() -> None:
    encoder = Uncounting(seconds=[1.0] * 100)
    sliced = SlicedEncoder(encoder, None, Pace(encoder.clock))
    keys = sliced.ask(["one", "two"])
    sliced.encode_slice()
    assert len(sliced.take(keys)) == 2
    assert (sliced.counts.n_encoded, sliced.counts.n_tokens, sliced.counts.encoding_s) == (2, 0, 0)


class WrongShape(CountingEncoder):
    """Gives a row too few."""

    def encode_documents(self, inputs: Sequence[str]) -> FloatArray:
        return super().encode_documents(inputs)[1:]


def test_a_wrong_number_of_vectors_is_refused_and_not_kept() -> None:
    cache = DictCache()
    with pytest.raises(EncoderError, match="expected"):
        list(EncodingPipeline(WrongShape(), cache).encode(files(2)))
    assert cache.vectors == {}
