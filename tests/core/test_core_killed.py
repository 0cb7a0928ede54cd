"""A build that is killed while an encoder works: what it keeps, and that at most one slice is encoded again."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import get_args

import pytest

from benchmarks.trials.kill_scenes import PLANS
from benchmarks.trials.kills import run
from codesearch.errors import NoIndexError
from codesearch.index import Index
from codesearch.maintenance import verify
from codesearch.registry import index_folder
from codesearch.storage.snapshot import Snapshot
from codesearch.storage.steps import Step
from codesearch.types import BuildOptions, SearchOptions
from tests.core.patient import NAME, PatientEncoder, Workplace

pytestmark = pytest.mark.slow  # each build starts a parser process

SAMPLE = {"first build with bases", "update that compacts", "rebuild that another waits for", "repair"}
"""Scenes of the trial that have all steps between them."""

OWNER = """
import sys, time
from pathlib import Path
from indexers.parsers import ParserOptions, ParserPool, worker_command
from indexers.types import FileStat, SourceFile

root = Path(sys.argv[1])
*command, bootstrap, place = worker_command()
prefix = "import os, sys; print(os.getpid(), file=sys.stderr, flush=True); "
options = ParserOptions(1, processor_s=1.0, command=[*command, prefix + sys.argv[2] + bootstrap, place])
with ParserPool(root, options) as pool:
    for _ in pool.parse([SourceFile("none.py", FileStat(1, 1, 1, 1))], 1 << 20):
        (root / "idle").touch()
        time.sleep(600)
"""

HANGING = """
sys.path.insert(0, sys.argv[1])
import indexers.parsing
def hang(root, *_):
    (root / "busy").touch()
    while True:
        pass
indexers.parsing.parse_file = hang
"""

ROOT = Path(__file__).resolve().parents[2]
ONE = BuildOptions(n_workers=1, encoder=NAME)
N_FILES = 30

KILLED = """
import json, os, signal, sys
from pathlib import Path
from codesearch.types import BuildOptions
from tests.core.patient import NAME, PatientEncoder, Workplace

class Doomed(PatientEncoder):
    def encode_documents(self, inputs):
        if sys.argv[3].isdecimal() and len(self.read) >= int(sys.argv[3]):
            Path(sys.argv[2]).with_name("note.json").write_text(json.dumps([self.read, list(inputs)]))
            os.kill(os.getpid(), signal.SIGKILL)
        return super().encode_documents(inputs)

def stop(progress):
    if progress.stage == sys.argv[3]:
        os.kill(os.getpid(), signal.SIGKILL)

place = Workplace(Path(sys.argv[1]), Path(sys.argv[2]), {NAME: Doomed()}, fill_commit_s=0.0)
place.build(BuildOptions(n_workers=1, encoder=NAME), stop)
"""


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    root = tmp_path / "repository"
    root.mkdir()
    for number in range(N_FILES):
        body = "".join(f"    step_{i}({number})\n" for i in range(50))
        (root / f"f{number:02}.py").write_text(f"def heron_{number}():\n{body}\n\ndef egret_{number}():\n{body}")
    return Workplace(root, tmp_path / "home", {NAME: PatientEncoder()})


def kill_after(place: Workplace, n_texts: int) -> tuple[set[str], set[str]]:
    """Build in a process that dies with the slice after so many texts; return what was encoded and what was begun."""
    run_killed(place, str(n_texts))
    encoded, begun = json.loads(place.home.with_name("note.json").read_text())
    return set(encoded), set(begun)


def run_killed(place: Workplace, at: str) -> None:
    """Build in a process that dies after so many texts, or when a stage begins."""
    command = [sys.executable, "-c", KILLED, str(place.root), str(place.home), at]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == -9, done.stderr


@pytest.mark.parametrize("n_texts", [1, 20, 40])
def test_a_killed_build_is_searched_by_words_and_goes_on_with_the_slice_that_was_cut_off(
    place: Workplace, n_texts: int
) -> None:
    encoded, begun = kill_after(place, n_texts)
    folder = index_folder(place.home, place.root)
    assert verify(folder) == []
    with Index.open(place.root, place.home) as index:
        response = index.search("heron_17", SearchOptions(limit=1, mode="lexical"))
        assert [result.path for result in response.results] == ["f17.py"]
        assert (response.index.complete, response.index.files_todo) == (False, 0)
        assert 0 < response.index.n_files_without_vectors <= N_FILES
    encoder = PatientEncoder()
    place.encoders[NAME] = encoder
    report = place.build(ONE)
    assert not encoded & set(encoder.read)
    assert begun <= set(encoder.read)
    assert len(encoded) + len(encoder.read) == 3 * N_FILES
    assert report.unchanged == N_FILES
    with Snapshot.open(folder) as snapshot:
        assert snapshot.info.complete
        assert snapshot.n_live_rows() == 3 * N_FILES


def test_a_build_beside_an_index_that_is_killed_leaves_the_index_and_its_vectors_are_found_again(
    place: Workplace,
) -> None:
    place.build(BuildOptions(n_workers=1, encoder="embedded"))
    encoded, _ = kill_after(place, 40)
    with Index.open(place.root, place.home) as index:
        assert index.status().encoder == "embedded"
        assert index.status().state.complete
    encoder = PatientEncoder()
    place.encoders[NAME] = encoder
    place.build(ONE)
    assert not encoded & set(encoder.read)
    with Index.open(place.root, place.home) as index:
        assert index.status().encoder == NAME


def test_a_build_killed_before_its_words_were_committed_leaves_nothing_that_is_taken_for_an_index(
    place: Workplace,
) -> None:
    run_killed(place, "commit")
    with pytest.raises(NoIndexError):
        Index.open(place.root, place.home)
    assert place.build(ONE).added == N_FILES


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_write_killed_at_any_of_its_steps_leaves_the_old_index_or_the_new_one(tmp_path: Path) -> None:
    steps = [*get_args(Step), "slice encoded"]
    tally = run(7, len(steps), tmp_path, print, [plan for plan in PLANS if plan.name in SAMPLE])
    assert tally.failures == ()
    assert tally.tried == len(steps)
    assert tally.missed == ()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal that ends a process unasked")
@pytest.mark.parametrize("moment", ["starting", "busy", "idle"])
def test_a_parser_process_ends_by_itself_when_its_owner_is_killed(tmp_path: Path, moment: str) -> None:
    command = [sys.executable, "-c", OWNER, str(tmp_path), HANGING if moment == "busy" else ""]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as owner:
        assert owner.stderr is not None
        pid = int(owner.stderr.readline())
        wait_until(lambda: moment == "starting" or (tmp_path / moment).exists())
        assert is_alive(pid)
        owner.kill()
    wait_until(lambda: not is_alive(pid))


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that nobody has buried yet does not."""
    if Path("/proc/self/stat").exists():
        with suppress(OSError):
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
        return False
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False
