from pathlib import Path

import pytest

from benchmarks.trials.flips import run


@pytest.mark.slow
def test_no_flipped_bit_changes_an_answer_and_verify_finds_it(tmp_path: Path) -> None:
    """A sample: `benchmarks/reliability.py` flips a thousand."""
    tally = run(20, 24, tmp_path, lambda _: None)
    assert tally.failures == ()
    assert tally.tried == 24
