"""Speed is measured within a budget, on our own texts, and kept under the home."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from codesearch.doctor.pace import (
    BUDGET_S,
    MAX_TEXTS,
    MAX_TEXTS_ELSEWHERE,
    Clock,
    check_speed,
    make_texts,
    measure_speed,
)
from codesearch.encoders.speeds import Speed, read_speeds
from indexers.types import FloatArray
from tests.doctor.toy_encoder import ToyEncoder

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Slow(ToyEncoder):
    """Takes its time by the clock of the test: so many seconds a text, ten tokens each."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds
        self.now = 0.0
        self.sizes: list[int] = []

    def encode_documents(self, inputs: Sequence[str]) -> FloatArray:
        self.sizes.append(len(inputs))
        self.now += self._seconds * len(inputs)
        return np.ones((len(inputs), 1), dtype=np.float32)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [10] * len(texts)

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.now, lambda: NOON)


@pytest.mark.parametrize(
    ("seconds", "sizes"), [(20.0, [1]), (0.1, [1, 4, 16]), (0.5, [1, 4]), (1e-6, [1, 4, 16, 64, 256, 1024])]
)
def test_runs_grow_as_far_as_the_budget_goes(seconds: float, sizes: list[int]) -> None:
    slow = Slow(seconds)
    assert measure_speed(slow, slow.clock) == pytest.approx(10 / seconds)
    assert slow.sizes == sizes
    assert sizes[-1] <= MAX_TEXTS
    assert sum(sizes) * seconds <= max(BUDGET_S, seconds)


def test_a_server_elsewhere_is_sent_little() -> None:
    slow = Slow(1e-6)
    measure_speed(slow, slow.clock, MAX_TEXTS_ELSEWHERE)
    assert slow.sizes == [1, 4, 16, 64]
    assert sum(len(text.encode()) for size in slow.sizes for text in make_texts(size)) < 80_000


def test_what_was_measured_is_kept(tmp_path: Path) -> None:
    slow = Slow(0.5)
    check = check_speed(slow, tmp_path, slow.clock)
    assert (check.verdict, check.value) == ("pass", 20)
    assert read_speeds(tmp_path) == {"toy;dim=512": Speed(20, "2026-11-20T12:00:00+00:00", "python 1", "toy")}


def test_a_clock_that_stands_still_measures_nothing(tmp_path: Path) -> None:
    slow = Slow(0)
    assert check_speed(slow, tmp_path, slow.clock).verdict == "skip"
    assert read_speeds(tmp_path) == {}


def test_a_home_that_cannot_be_written_is_no_fault_of_the_encoder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="ascii")
    slow = Slow(0.5)
    check = check_speed(slow, tmp_path / "file", slow.clock)
    assert check.verdict == "pass"
    assert "not kept" in check.finding


def test_no_text_is_encoded_twice_in_one_run() -> None:
    texts = make_texts(MAX_TEXTS)
    assert len(set(texts)) == MAX_TEXTS
    assert {len(text) for text in texts} <= set(range(800, 810))
