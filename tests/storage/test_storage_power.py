"""Power that fails: what was committed was brought to the disk before, under its name."""

import os
from pathlib import Path
from random import Random

import pytest

from benchmarks.trials import power
from benchmarks.trials.cut_disk import CutDisk
from benchmarks.trials.seeded import NAME
from benchmarks.trials.syscalls import Call, OpenFile, can_record
from codesearch.storage.catalog import CATALOG_LOG
from codesearch.storage.platform import HAS_OPEN_FOLDERS
from codesearch.storage.snapshot import Snapshot
from codesearch.storage.steps import Step, WriterSeams
from codesearch.storage.writer import Writer
from tests.storage.made_files import NEW_INDEX, NOW, build_big_file, build_file, write_index


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The inodes of what this process brings to the disk, in order."""
    noted: list[int] = []
    sync = os.fsync

    def note_sync(fd: int) -> None:
        noted.append(os.fstat(fd).st_ino)
        sync(fd)

    monkeypatch.setattr(os, "fsync", note_sync)
    return noted


@pytest.mark.slow
@pytest.mark.skipif(not can_record(), reason="strace is missing, or may not trace here")
def test_power_that_fails_at_any_moment_of_a_write_leaves_the_old_index_or_the_new_one(tmp_path: Path) -> None:
    writes = [power.Write("build"), power.Write("build", "tail bytes"), power.Write("rebuild", encoder=NAME)]
    tally = power.run(5, 6, tmp_path, print, writes)
    assert tally.failures == ()
    assert tally.tried > 6


def test_a_cut_loses_each_change_of_a_name_that_was_not_synced_by_itself() -> None:
    disk = CutDisk(Path("/top"))
    disk.apply(Call("openat", (OpenFile(-1, "/"), b"/top/old", "O_WRONLY|O_CREAT"), 3, "/top/old"))
    disk.apply(Call("fsync", (OpenFile(4, "/top"),), 0, ""))
    disk.apply(Call("rename", (b"/top/old", b"/top/new"), 0, ""))
    assert [sorted(disk.image(loss, Random(0))) for loss in ("all", "content")] == [["old"], ["new"]]
    assert {tuple(sorted(disk.image("some", Random(seed)))) for seed in range(50)} == {
        (),
        ("new",),
        ("old",),
        ("new", "old"),
    }


@pytest.mark.skipif(not HAS_OPEN_FOLDERS, reason="this system syncs folders alone")
def test_all_that_a_generation_names_and_its_folders_are_synced_before_the_switch(
    folder: Path, synced: list[int]
) -> None:
    missing: list[str] = []

    def look(step: Step) -> None:
        if step == "catalogue written":
            named = [path for path in folder.rglob("*") if not path.name.startswith(("catalog", "writer", ".tantivy"))]
            assert {path.name.partition("-")[0] for path in folder.iterdir()} >= {"vectors", "lexical", "coarse"}
            missing.extend(path.name for path in (folder, *named) if path.stat().st_ino not in synced)

    with Writer.create(folder, NEW_INDEX, WriterSeams(look)) as writer:
        writer.add(build_big_file("big.py"))
        writer.commit(complete=True, files_todo=0, checked_at=NOW)
        writer.add(build_file("a.py"))
        writer.commit(complete=True, files_todo=0, checked_at=NOW)
    assert missing == []


@pytest.mark.skipif(not HAS_OPEN_FOLDERS, reason="this system syncs folders alone")
def test_a_new_index_is_known_by_name_to_the_disk_before_its_first_commit(tmp_path: Path, synced: list[int]) -> None:
    with Writer.create(tmp_path / "index", NEW_INDEX):
        assert tmp_path.stat().st_ino in synced


@pytest.mark.skipif(not HAS_OPEN_FOLDERS, reason="this system syncs folders alone")
def test_what_a_killed_writer_committed_is_synced_before_anything_that_it_left_behind_is_removed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_index(folder, [build_file("a.py")])
    with Snapshot.open(folder):  # beside a reader the log stays where it is
        with Writer.open(folder) as writer:
            writer.add(build_file("b.py"))
            writer.commit(complete=True, files_todo=0, checked_at=NOW)
        left = folder / "coarse-99.faiss"
        left.write_bytes(b"of a generation that is gone")
        seen: list[tuple[int, bool]] = []
        sync = os.fsync

        def note_sync(fd: int) -> None:
            seen.append((os.fstat(fd).st_ino, left.exists()))
            sync(fd)

        monkeypatch.setattr(os, "fsync", note_sync)
        with Writer.open(folder):
            log = (folder / CATALOG_LOG).stat().st_ino
        assert (log, True) in seen
        assert not left.exists()
