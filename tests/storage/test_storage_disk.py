"""A disk that refuses: it is told, the old index stands, and the next update goes on."""

from pathlib import Path

import pytest

from benchmarks.trials import disk_errors, full_disk
from benchmarks.trials.full_disk import can_mount
from benchmarks.trials.syscalls import can_record


@pytest.mark.slow
@pytest.mark.skipif(not can_record(), reason="strace is missing, or may not trace here")
def test_a_call_that_fails_while_an_index_is_written_or_searched_costs_a_message_at_most(tmp_path: Path) -> None:
    plans = [plan for plan in disk_errors.PLANS if plan.name in {"update, slow encoder", "search"}]
    tally = disk_errors.run(3, 8, tmp_path, print, plans)
    assert tally.failures == ()
    assert tally.tried > 0


@pytest.mark.slow
@pytest.mark.skipif(not can_mount(), reason="no file system can be mounted here")
def test_a_full_disk_is_told_and_costs_nothing_but_the_update(tmp_path: Path) -> None:
    tally = full_disk.run(3, 3, tmp_path, print)
    assert tally.failures == ()
    assert tally.tried == 3
