"""A sample of the trial that does anything to a watched tree."""

from pathlib import Path

import pytest

from benchmarks.trials.watching import run


@pytest.mark.slow
def test_after_bursts_of_edits_a_watched_index_equals_a_fresh_one(tmp_path: Path) -> None:
    tally = run(5, 2, tmp_path, lambda _text: None)
    assert (tally.tried, tally.failures) == (2, ())
