import os
import re
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from codesearch.errors import LockedError, NoIndexError
from codesearch.maintenance import verify
from codesearch.storage.lock import Patience, WriterLock, find_writer, lock_path
from codesearch.storage.platform import open_private, remove_quietly, try_lock
from codesearch.storage.rows import Selection
from codesearch.storage.snapshot import Snapshot
from codesearch.storage.steps import WriterSeams
from codesearch.storage.writer import Writer
from indexers.parsers import ParserOptions, ParserPool
from indexers.walker import WalkOptions, walk
from tests.storage.made_files import NEW_INDEX, NOW, build_big_file, build_file, state_of, write_index

ROOT = Path(__file__).resolve().parents[2]

LOCKED_WRITER = """
import sys
from pathlib import Path
from codesearch.storage.writer import Writer
with Writer.open(Path(sys.argv[1])):
    print("locked", flush=True)
    sys.stdin.read()
"""


@pytest.mark.slow
def test_a_snapshot_keeps_its_answers_while_updates_rebuild_and_reclaim(folder: Path) -> None:
    write_index(folder, [build_big_file("big.py"), build_file("a.py")])
    with Snapshot.open(folder) as untouched, Snapshot.open(folder) as used:
        before = state_of(used)
        for seed in (1, 2):
            with Writer.open(folder) as writer:
                writer.add(build_big_file("big.py", seed=seed))
                writer.remove("a.py") if seed == 1 else writer.add(build_file("a.py", seed=2))
                writer.commit(complete=True, files_todo=0, checked_at=NOW)
        assert not (folder / "coarse-1.faiss").exists()
        assert not (folder / "lexical-1").exists()
        assert state_of(used) == before
        assert state_of(untouched) == before
    with Snapshot.open(folder) as after:
        assert after.info.generation == 3
        assert state_of(after) != before


def test_snapshots_open_at_every_moment_of_an_update(folder: Path) -> None:
    write_index(folder, [build_file("a.py")])
    seen = []

    def look(step: str) -> None:
        with Snapshot.open(folder) as snapshot:
            seen.append((step, snapshot.info.generation, len(snapshot.files())))

    with Writer.open(folder, WriterSeams(look)) as writer:
        writer.add(build_file("b.py"))
        writer.commit(complete=True, files_todo=0, checked_at=NOW)
    assert seen[0] == ("locked", 1, 1)
    assert {moment for moment in seen if moment[0] not in {"catalogue committed", "stale removed"}} == {
        (step, 1, 1) for step, _, _ in seen[:-2]
    }
    assert seen[-2:] == [("catalogue committed", 2, 2), ("stale removed", 2, 2)]


def test_the_locks_of_readers_are_no_part_of_the_index(folder: Path) -> None:
    write_index(folder, [build_file("a.py"), build_file("b.py")])
    Snapshot.open(folder).close()
    with Writer.open(folder) as writer:
        writer.remove("a.py")
        writer.commit(complete=True, files_todo=0, checked_at=NOW)
    for lock in folder.glob("lexical-*/.*.lock"):
        lock.unlink()
    assert verify(folder) == []
    Snapshot.open(folder).close()


def test_a_second_writer_is_told_who_holds_the_lock(folder: Path) -> None:
    write_index(folder, [build_file("a.py")])
    with Writer.open(folder), pytest.raises(LockedError, match=rf"process {os.getpid()} on .* since \d+ s"):
        Writer.open(folder)
    with Writer.open(folder), pytest.raises(LockedError, match="try again"):
        Writer.create(folder, NEW_INDEX)
    Writer.open(folder).close()


@pytest.mark.slow
def test_the_lock_of_a_dead_process_is_free(folder: Path) -> None:
    write_index(folder, [build_file("a.py")])
    command = [sys.executable, "-c", LOCKED_WRITER, str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "locked\n"
        with pytest.raises(LockedError, match=f"process {owner.pid} "):
            Writer.open(folder)
        owner.kill()
        owner.wait()
    Writer.open(folder).close()


def test_who_writes_can_be_asked_and_whoever_was_killed_writes_no_more(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    assert find_writer(folder) == ""
    with closing(WriterLock(folder)):
        assert find_writer(folder).startswith(f"process {os.getpid()} on ")
        left = lock_path(folder).read_bytes()
    lock_path(folder).write_bytes(left)
    assert find_writer(folder) == ""
    WriterLock(folder).close()


def test_who_waits_has_the_lock_once_it_is_given_back_and_knows_who_had_it(folder: Path) -> None:
    folder.mkdir()
    first = WriterLock(folder)
    heard: list[str] = []

    def give_back(owner: str) -> None:
        heard.append(owner)
        first.close()

    with closing(WriterLock(folder, Patience(60.0, give_back))), pytest.raises(LockedError):
        WriterLock(folder)
    assert len(heard) == 1
    assert re.fullmatch(rf"process {os.getpid()} on .+ since \d+ s", heard[0])


def test_a_wait_that_was_in_vain_says_so(folder: Path) -> None:
    folder.mkdir()
    with closing(WriterLock(folder)), pytest.raises(LockedError, match=r"0\.01 s were not enough .* try again"):
        WriterLock(folder, Patience(0.01))


def test_ctrl_c_ends_a_wait(folder: Path) -> None:
    def interrupt(owner: str) -> None:
        raise KeyboardInterrupt

    folder.mkdir()
    with closing(WriterLock(folder)), pytest.raises(KeyboardInterrupt):
        WriterLock(folder, Patience(60.0, interrupt))


def test_the_lock_of_an_index_stays_held_while_another_folder_takes_its_place(folder: Path) -> None:
    folder.mkdir()
    with closing(WriterLock(folder)):
        folder.rename(folder.with_name("leaving"))
        with pytest.raises(LockedError):
            WriterLock(folder)
        folder.mkdir()
        with pytest.raises(LockedError):
            WriterLock(folder)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows removes no file that is open")
def test_a_lock_that_its_last_owner_removed_under_the_hand_is_not_taken(folder: Path) -> None:
    """Its last owner gives it back, and another takes it, between the opening of the file and its locking."""
    first = WriterLock(folder)
    others: list[WriterLock] = []

    class Late(WriterLock):
        def _open(self) -> int:
            fd = super()._open()
            if not others:
                first.close()
                others.append(WriterLock(folder))
            return fd

    with pytest.raises(LockedError):
        Late(folder)
    others[0].close()


def test_who_waits_makes_no_folder(folder: Path) -> None:
    first = WriterLock(folder)
    with closing(WriterLock(folder, Patience(60.0, lambda _: first.close()))):
        assert not folder.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps the file, and has no such rights")
def test_the_file_of_a_lock_is_the_owners_alone_and_goes_with_the_lock(folder: Path) -> None:
    with closing(WriterLock(folder)):
        assert lock_path(folder).stat().st_mode & 0o777 == 0o600
    assert not lock_path(folder).exists()
    assert not list(folder.parent.iterdir())


HEIR = """
import os, subprocess, sys
from pathlib import Path
from codesearch.storage.lock import WriterLock
lock = WriterLock(Path(sys.argv[1]))
os.set_inheritable(lock._fd, True)
subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], close_fds=False, stdout=subprocess.DEVNULL)
print(os.getpid(), flush=True)
os._exit(0)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no descriptors that a child inherits")
def test_a_lock_that_outlived_its_owner_is_not_blamed_on_a_process_that_is_gone(folder: Path) -> None:
    folder.mkdir()
    command = [sys.executable, "-c", HEIR, str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        owner.wait()
        with pytest.raises(LockedError, match=f"process {pid} .* has ended, but a process that it started holds on"):
            WriterLock(folder)
    with closing(WriterLock(folder, Patience(60.0))):  # the heir ends with its input
        pass


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="looks at /proc")
def test_parser_processes_do_not_inherit_the_lock(folder: Path, tmp_path: Path) -> None:
    folder.mkdir()
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.py").write_text("def a():\n    pass\n")
    with closing(WriterLock(folder)), ParserPool(root, ParserOptions(1)) as pool:
        assert len(list(pool.parse(walk(root, WalkOptions(1 << 20)).files, 1 << 20))) == 1
        children = [
            pid for tasks in Path("/proc/self/task").iterdir() for pid in (tasks / "children").read_text().split()
        ]
        opened = [str(fd.readlink()) for pid in children for fd in Path(f"/proc/{pid}/fd").iterdir()]
    assert opened
    assert not [name for name in opened if name == str(lock_path(folder))]


READ_ONLY = """
import os, sys
from pathlib import Path
from codesearch.errors import StorageError
from codesearch.maintenance import verify
from codesearch.storage.rows import Selection
from codesearch.storage.snapshot import Snapshot
from codesearch.storage.writer import Writer
folder, mode = Path(sys.argv[1]), int(sys.argv[2], 8)
import faiss, tantivy
if os.geteuid() == 0:
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, 65534, 65534)
    os.chmod(folder.parent, 0o511)
    os.seteuid(65534)
else:
    os.chmod(folder.parent, 0o500)
for path in sorted([folder, *folder.rglob("*")], reverse=True):
    path.chmod(mode if path.is_dir() else mode & 0o400)
if mode == 0o500:
    with Snapshot.open(folder) as snapshot:
        assert len(snapshot.find_lexical({"py": 1.0}, "file", Selection(), 9)) == 1
        snapshot.rest()
        assert snapshot.is_current()
    assert verify(folder) == []
    folder.chmod(0o700)
    (folder / "catalog.db-wal").write_bytes(b"a commit")
    folder.chmod(0o500)
for open_it in (Snapshot.open, Writer.open, verify):
    try:
        open_it(folder)
        sys.exit(f"{open_it.__qualname__} went through")
    except StorageError as error:
        assert "; " in str(error), error
        assert mode == 0 or open_it == Writer.open or "still in catalog.db-wal" in str(error), error
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such rights")
@pytest.mark.parametrize("mode", ["500", "000"])
def test_a_read_only_folder_is_read_and_what_cannot_be_done_is_an_error_with_a_remedy(mode: str) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = write_index(Path(temporary) / "index", [build_file("a.py")])
        command = [sys.executable, "-c", READ_ONLY, str(folder), mode]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
        folder.parent.chmod(0o700)
        folder.chmod(0o700)
        for path in folder.rglob("*"):
            path.chmod(0o700)
        assert (done.returncode, done.stderr) == (0, "")


def test_a_reader_that_was_stopped_while_it_opened_keeps_no_other_waiting(folder: Path) -> None:
    write_index(folder, [build_file("a.py")])
    (locked,) = folder.glob("lexical-*")
    fd = open_private(locked / ".tantivy-meta.lock", os.O_RDWR | os.O_CREAT)
    assert try_lock(fd)
    timer = threading.Timer(20.0, os.close, [fd])
    timer.start()
    with Snapshot.open(folder) as snapshot:
        assert len(snapshot.find_lexical({"py": 1.0}, "file", Selection(), 9)) == 1
    timer.cancel()
    os.close(fd)  # fails where the timer had to do it


def test_one_snapshot_serves_several_threads(folder: Path) -> None:
    files = [build_file(f"f{i}.py") for i in range(20)]
    write_index(folder, files)
    with Snapshot.open(folder) as snapshot, ThreadPoolExecutor(4) as pool:

        def look(i: int) -> int:
            hits = snapshot.find_dense(files[i].vectors[0], ["leaf"], Selection(), 20)
            chunks = snapshot.chunks(hits.ids)
            snapshot.bags(hits.ids)
            return int(snapshot.cosines(files[i].vectors[0], chunks).argmax())

        assert list(pool.map(look, [*range(20)] * 3)) == [0] * 60


def put_in_place(folder: Path, fresh: Path) -> None:
    """Let an index made elsewhere take the place of another, as a rebuild does."""
    folder.rename(folder.with_name("leaving"))
    fresh.rename(folder)


def test_an_index_made_anew_is_not_mistaken_for_the_one_of_the_same_generation(folder: Path) -> None:
    write_index(folder, [build_file("old.py")])
    write_index(folder.with_name("fresh"), [build_file("new.py")])
    with Snapshot.open(folder) as snapshot:
        assert snapshot.is_current()
        put_in_place(folder, folder.with_name("fresh"))
        assert not snapshot.is_current()
        with Snapshot.open(folder) as newest:
            assert (newest.info.generation, snapshot.info.generation) == (1, 1)
            assert newest.is_current()
            assert [row.path for row in newest.files()] == ["new.py"]


def test_a_commit_that_found_nothing_to_do_is_seen_by_who_looks(folder: Path) -> None:
    write_index(folder, [build_file("a.py")])
    with Snapshot.open(folder) as snapshot, Writer.open(folder) as writer:
        assert writer.commit(complete=True, files_todo=0, checked_at="2026-02-03T00:00:00Z") == 1
        assert not snapshot.is_current()
        with Snapshot.open(folder) as newest:
            assert (newest.info.generation, newest.info.checked_at) == (1, "2026-02-03T00:00:00Z")


def test_a_snapshot_of_a_folder_that_is_gone_is_not_current(folder: Path) -> None:
    write_index(folder, [build_file("a.py")])
    with Snapshot.open(folder) as snapshot:
        folder.rename(folder.with_name("leaving"))
        assert not snapshot.is_current()
    with pytest.raises(NoIndexError):
        Snapshot.open(folder)


@pytest.mark.slow
def test_readers_find_an_index_at_every_moment_of_many_rebuilds(folder: Path) -> None:
    """Each rebuild has generation 1 and other file names: an opening that mixed two would miss files."""
    write_index(folder, [build_file("f0.py")])
    rebuilt = [write_index(folder.with_name(f"fresh{i}"), [build_file(f"f{i}.py")]) for i in range(1, 40)]
    stop = threading.Event()

    def read() -> int:
        n_opened = 0
        while not stop.is_set():
            with Snapshot.open(folder) as snapshot:
                paths = [row.path for row in snapshot.files()]
                found = snapshot.chunks(snapshot.find_lexical({"py": 1.0}, "file", Selection(), 9))
                assert [chunk.path for chunk in found] == paths
                n_opened += 1
        return n_opened

    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        try:
            for number, fresh in enumerate(rebuilt):
                folder.rename(folder.with_name(f"leaving{number}"))
                fresh.rename(folder)
                # As a replacement does it: a reader that opens just now may add a file and keep the folder.
                remove_quietly(folder.with_name(f"leaving{number}"))
        finally:
            stop.set()
        assert all(reader.result() > 0 for reader in readers)


def test_a_folder_without_an_index_says_what_to_run(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(NoIndexError, match="codesearch index"):
            Snapshot.open(folder)
        with pytest.raises(NoIndexError, match="codesearch index"):
            Writer.open(folder)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such rights")
def test_the_folder_and_its_files_are_the_owners_alone(folder: Path) -> None:
    write_index(folder, [build_big_file("big.py")])
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in folder.iterdir() if path.is_file()} == {
        path.name: "0o600" for path in folder.iterdir() if path.is_file()
    }
