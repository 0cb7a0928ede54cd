"""A disk that refuses: it is told, the old index stands, and the next update goes on."""

from pathlib import Path
from random import Random

import pytest

from benchmarks.trials import disk_errors, full_disk
from benchmarks.trials.doomed import Job, run_job
from benchmarks.trials.full_disk import can_mount
from benchmarks.trials.kill_scenes import read
from benchmarks.trials.seeded import NAME
from benchmarks.trials.small_tree import write_tree
from benchmarks.trials.syscalls import can_record
from codesearch.maintenance import verify
from codesearch.registry import index_folder
from codesearch.storage.vector_cache import CACHE_FILE


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


@pytest.mark.slow
@pytest.mark.parametrize("cache", ["a folder", "no database"])
def test_a_vector_cache_that_cannot_be_used_costs_a_build_nothing_but_a_warning(tmp_path: Path, cache: str) -> None:
    root, home = tmp_path / "repository", tmp_path / "home"
    write_tree(root, Random(1), 3)
    home.mkdir()
    if cache == "a folder":
        (home / CACHE_FILE).mkdir()
    else:
        (home / CACHE_FILE).write_bytes(b"nothing that anybody could read" * 200)
    report = run_job(Job(str(root), str(home), str(tmp_path / "log"), encoder=NAME))
    assert report is not None
    assert any(CACHE_FILE in warning for warning in report.warnings)
    assert read(root, home).complete
    assert verify(index_folder(home, root)) == []
