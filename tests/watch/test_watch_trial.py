"""A sample of the trial that does anything to a watched tree."""

from pathlib import Path

import pytest

from benchmarks.trials.watching import run


@pytest.mark.slow
def test_after_a_burst_of_edits_a_watched_index_equals_a_fresh_one(tmp_path: Path) -> None:
    burst = ("copy_folder", "edit", "delete", "ignore_by_git", "rename")
    tally = run(5, 1, tmp_path, lambda _text: None, burst)
    assert (tally.tried, tally.failures) == (1, ())
    assert tally.remarks[0].startswith(f"{len(burst)} operations, ")
