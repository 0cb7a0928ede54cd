"""A disk that refuses: it is told, the old index stands, and the next update goes on."""

import subprocess
import sys
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
from codesearch.errors import StorageError
from codesearch.maintenance import verify
from codesearch.registry import index_folder
from codesearch.storage.lexical import write_errors
from codesearch.storage.vector_cache import CACHE_FILE
from tests.storage.made_files import DIM, build_file, write_index

ROOT = Path(__file__).resolve().parents[2]

LIMITED_BASE = """
import resource, signal, sys
from pathlib import Path
import numpy as np
from codesearch.errors import StorageError
from codesearch.storage.coarse_base import write_base
from codesearch.storage.vectors import VectorReader
folder = Path(sys.argv[1])
vectors = VectorReader(next(folder.glob("vectors-*")), DIM, 4, "mend it")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (64, resource.RLIM_INFINITY))
try:
    write_base(folder / "coarse-9.faiss", vectors, np.arange(4), DIM)
except StorageError as error:
    sys.exit(0 if "space" in str(error) else 4)
sys.exit(5)
"""


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ValueError("io: No space left on device")])
def test_a_full_disk_needs_room_and_no_repair(tmp_path: Path, error: Exception) -> None:
    with (
        pytest.raises(StorageError, match=r"the disk is full; free some space and try again$"),
        write_errors(tmp_path, "run `codesearch repair`"),
    ):
        raise error


def test_what_else_keeps_words_from_the_disk_may_need_a_repair(tmp_path: Path) -> None:
    with (
        pytest.raises(StorageError, match=r"or run `codesearch repair`$"),
        write_errors(tmp_path, "run `codesearch repair`"),
    ):
        raise ValueError("a segment cannot be opened")


@pytest.mark.slow
@pytest.mark.skipif(not can_record(), reason="strace is missing, or may not trace here")
def test_a_call_that_fails_while_an_index_is_written_or_searched_costs_a_message_at_most(tmp_path: Path) -> None:
    plans = [plan for plan in disk_errors.PLANS if plan.name in {"update, slow encoder", "search"}]
    tally = disk_errors.run(3, 6, tmp_path, print, plans)
    assert tally.failures == ()
    assert tally.tried > 0


@pytest.mark.slow
@pytest.mark.skipif(not can_mount(), reason="no file system can be mounted here")
def test_a_full_disk_is_told_and_costs_nothing_but_the_update(tmp_path: Path) -> None:
    tally = full_disk.run(3, 2, tmp_path, print)
    assert tally.failures == ()
    assert tally.tried == 2


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


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on file sizes")
def test_a_coarse_base_whose_last_bytes_do_not_fit_is_an_error(folder: Path) -> None:
    write_index(folder, [build_file("a.py")])
    command = [sys.executable, "-c", LIMITED_BASE.replace("DIM", str(DIM)), str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
