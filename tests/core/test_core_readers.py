"""Readers and writers at once: one generation an answer, no wait for a writer, and no descriptor kept."""

import os
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.trials import readers
from codesearch.build import BuildSeams, build
from codesearch.index import Index
from codesearch.maintenance import verify
from codesearch.registry import index_folder, read_committed
from codesearch.storage.catalog import CATALOG_NAME
from codesearch.storage.lock import WriterLock
from codesearch.storage.steps import WriterSeams
from codesearch.storage.writer import Writer
from codesearch.types import BuildOptions, Progress, UpdateReport

ONE = BuildOptions(n_workers=1)
PATIENT = BuildOptions(n_workers=1, patience_s=120.0)

N_PASSING = 10
"""Descriptors that threads which look after an opened index may have just now; a leak would be of fifty."""

ROOT = Path(__file__).resolve().parents[2]
HAS_DESCRIPTORS = Path("/proc/self/fd").is_dir()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    root.mkdir()
    (root / "queue.py").write_text("def push(job):\n    queue.append(job)\n")
    (root / "retry.py").write_text("def back_off(seconds):\n    sleep(seconds)\n")
    return root


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kills processes")
def test_no_answer_mixes_generations_while_an_index_is_updated_rebuilt_and_its_writer_killed(tmp_path: Path) -> None:
    tally = readers.run(5, 60, tmp_path, print)
    assert tally.failures == ()
    assert tally.tried >= 60


class Second:
    """Another build of the same root, in a thread, and what it says."""

    def __init__(self, root: Path, home: Path) -> None:
        self.waits = threading.Event()
        self._looks = threading.Event()
        self.notices: list[str] = []
        self.reports: list[UpdateReport] = []
        self._thread = threading.Thread(target=self._build, args=(root, home))

    def start_and_wait_until_it_waits(self) -> None:
        self._thread.start()
        assert self.waits.wait(60)

    def wait_until_it_looked_again(self) -> None:
        for _ in range(2):  # the first look may have been under way
            self._looks.clear()
            assert self._looks.wait(60)

    def join(self) -> UpdateReport:
        self._thread.join()
        (report,) = self.reports
        return report

    def _build(self, root: Path, home: Path) -> None:
        self.reports.append(Index.build(root, PATIENT, home=home, on_progress=self._note))

    def _note(self, progress: Progress) -> None:
        if progress.stage == "wait":
            self._looks.set()
        if progress.notice:
            self.notices.append(progress.notice)
            self.waits.set()


@pytest.mark.slow
def test_of_two_first_builds_at_once_the_second_waits_and_finds_nothing_to_do(root: Path, home: Path) -> None:
    second = Second(root, home)

    def look(step: str) -> None:
        if step == "locked":
            second.start_and_wait_until_it_waits()

    assert build(root, home, ONE, None, BuildSeams(writer=WriterSeams(look))).added == 2
    report = second.join()
    assert (report.added, report.unchanged, report.n_encoded) == (0, 2, 0)
    assert f"being written by process {os.getpid()} on " in second.notices[0]
    assert verify(index_folder(home, root)) == []


@pytest.mark.slow
def test_who_waits_for_a_first_build_that_fails_builds_itself(root: Path, home: Path) -> None:
    second = Second(root, home)

    def fail(step: str) -> None:
        if step == "locked":
            second.start_and_wait_until_it_waits()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(root, home, ONE, None, BuildSeams(writer=WriterSeams(fail)))
    assert second.join().added == 2


@pytest.mark.slow
def test_who_waits_for_a_rebuild_updates_what_it_made(root: Path, home: Path) -> None:
    Index.build(root, ONE, home=home)
    second = Second(root, home)
    is_started: list[str] = []

    def look(step: str) -> None:
        if not is_started:
            is_started.append(step)
            second.start_and_wait_until_it_waits()

    rebuild = BuildOptions(n_workers=1, rebuild=True)
    assert build(root, home, rebuild, None, BuildSeams(writer=WriterSeams(look))).added == 2
    assert second.join().unchanged == 2
    assert [path.name for path in (home / "indexes").iterdir() if path.is_dir()] == [index_folder(home, root).name]


@pytest.mark.slow
def test_who_waits_takes_no_place_between_the_two_renames_of_a_rebuild(root: Path, home: Path) -> None:
    Index.build(root, ONE, home=home)
    second = Second(root, home)
    steps: list[str] = []

    def look(step: str) -> None:
        steps.append(step)
        if len(steps) == 1:
            second.start_and_wait_until_it_waits()
        if step == "index set aside":
            second.wait_until_it_looked_again()

    rebuild = BuildOptions(n_workers=1, rebuild=True)
    assert build(root, home, rebuild, None, BuildSeams(writer=WriterSeams(look))).added == 2
    assert second.join().unchanged == 2
    assert [path.name for path in (home / "indexes").iterdir()] == [index_folder(home, root).name]


KILLED_REBUILD = """
import os, signal, sys
from pathlib import Path
from codesearch.build import BuildSeams, build
from codesearch.storage.steps import WriterSeams
from codesearch.types import BuildOptions
def stop(step):
    if step in ("locked", "index set aside"):
        print(step, flush=True)
        sys.stdin.readline()
    if step == "index set aside":
        os.kill(os.getpid(), signal.SIGKILL)
seams = BuildSeams(writer=WriterSeams(stop))
build(Path(sys.argv[1]), Path(sys.argv[2]), BuildOptions(n_workers=1, rebuild=True), None, seams)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kills processes")
def test_who_waits_for_a_rebuild_that_dies_between_its_renames_ends_it(root: Path, home: Path) -> None:
    Index.build(root, ONE, home=home)
    folder = index_folder(home, root)
    old = read_committed(folder)
    second = Second(root, home)
    command = [sys.executable, "-c", KILLED_REBUILD, str(root), str(home)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdin is not None
        assert first.stdout is not None
        assert first.stdout.readline() == "locked\n"
        second.start_and_wait_until_it_waits()
        first.stdin.write("go on\n")
        first.stdin.flush()
        assert first.stdout.readline() == "index set aside\n"
        second.wait_until_it_looked_again()
        first.communicate("die\n")
    assert second.join().unchanged == 2
    new = read_committed(folder)
    assert old is not None
    assert new is not None
    assert new.index_id != old.index_id
    assert verify(folder) == []
    assert [path.name for path in (home / "indexes").iterdir()] == [folder.name]


def test_a_reader_waits_for_no_writer_that_holds_the_lock(root: Path, home: Path) -> None:
    Index.build(root, ONE, home=home)
    with closing(WriterLock(index_folder(home, root))), Index.open(root, home) as index:
        assert index.search("push a job").results


def test_an_open_index_keeps_no_log_from_being_emptied(root: Path, home: Path) -> None:
    Index.build(root, ONE, home=home)
    folder = index_folder(home, root)
    with Index.open(root, home) as index:
        for number in range(3):
            assert index.search("push a job").results
            with Writer.open(folder) as writer:
                writer.commit(complete=True, files_todo=0, checked_at=f"2026-01-0{number + 1}T00:00:00Z")
            assert (folder / f"{CATALOG_NAME}-wal").stat().st_size == 0
        assert index.status().state.checked_at == "2026-01-03T00:00:00Z"


@pytest.mark.slow
@pytest.mark.skipif(not HAS_DESCRIPTORS, reason="looks at /proc")
def test_opening_and_following_keeps_no_descriptor(root: Path, home: Path) -> None:
    Index.build(root, ONE, home=home)
    with Index.open(root, home) as kept:
        assert kept.search("push a job").results
        before = n_descriptors()
        for _ in range(60):
            with Index.open(root, home) as index:
                index.search("push")
        assert n_descriptors() < before + N_PASSING
        for number in range(50):
            with Writer.open(index_folder(home, root)) as writer:
                writer.commit(complete=True, files_todo=0, checked_at=f"2026-01-01T00:00:{number:02}Z")
            assert kept.search("push").index.checked_at == f"2026-01-01T00:00:{number:02}Z"
        assert n_descriptors() < before + N_PASSING


def n_descriptors() -> int:
    """Count what this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))
