import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from codesearch.storage.platform import (
    HAS_OPEN_FOLDERS,
    HAS_POSITIONAL_READS,
    link_or_copy,
    name_of_open_file,
    open_for_reading,
    open_private,
    remove_quietly,
    sync_file,
    sync_folder,
    try_lock,
)


@pytest.mark.parametrize("portable", sorted({not HAS_POSITIONAL_READS, True}))
def test_reads_at_offsets_are_equal_by_both_ways(tmp_path: Path, portable: bool) -> None:
    path = tmp_path / "data"
    path.write_bytes(bytes(range(100)))
    with closing(open_for_reading(path, portable=portable)) as file:
        file.advise([0, 90], 10)
        buffer = np.zeros(10, dtype=np.uint8)
        assert file.read_into(buffer, 40) == 10
        assert buffer.tolist() == list(range(40, 50))
        assert file.read_into(buffer, 95) == 5
        assert buffer[:5].tolist() == list(range(95, 100))
        assert file.read_into(buffer, 200) == 0


@pytest.mark.parametrize("portable", sorted({not HAS_POSITIONAL_READS, True}))
def test_an_open_file_is_read_after_it_was_unlinked(tmp_path: Path, portable: bool) -> None:
    path = tmp_path / "data"
    path.write_bytes(b"abc")
    with closing(open_for_reading(path, portable=portable)) as file:
        path.unlink()
        buffer = np.zeros(3, dtype=np.uint8)
        file.read_into(buffer, 0)
        assert buffer.tobytes() == b"abc"


@pytest.mark.skipif(not HAS_OPEN_FOLDERS, reason="open files have no names here")
def test_an_open_file_keeps_a_name_after_it_was_unlinked(tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_bytes(b"abc")
    fd = os.open(path, os.O_RDONLY)
    try:
        path.unlink()
        name = name_of_open_file(fd)
        assert name is not None
        assert name.read_bytes() == b"abc"
    finally:
        os.close(fd)


def test_a_lock_is_exclusive_and_ends_with_its_descriptor(tmp_path: Path) -> None:
    first, second = (open_private(tmp_path / "lock", os.O_RDWR | os.O_CREAT) for _ in range(2))
    assert try_lock(first)
    assert not try_lock(second)
    os.close(first)
    assert try_lock(second)
    os.close(second)


def test_a_link_has_the_same_bytes_and_an_existing_target_is_overwritten_by_a_copy(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"abc")
    (tmp_path / "taken").write_bytes(b"old")
    for name in ("free", "taken"):
        link_or_copy(source, tmp_path / name)
        assert (tmp_path / name).read_bytes() == b"abc"
    with pytest.raises(FileNotFoundError):
        link_or_copy(tmp_path / "missing", tmp_path / "other")


def test_removal_takes_files_folders_and_what_is_gone_already(tmp_path: Path) -> None:
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    (tmp_path / "file").touch()
    for name in ("folder", "file", "missing"):
        assert remove_quietly(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_files_and_folders_are_synced(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    sync_file(tmp_path / "file")
    sync_folder(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("room", ["round_trip", "isolation", "maintenance", "platform"])
def test_storage_works_on_a_system_that_offers_nothing_but_the_portable(room: str) -> None:
    """The same tests, in an interpreter without positional reads, links, open folders and `fcntl`."""
    if not HAS_OPEN_FOLDERS:
        pytest.skip("this is that system")
    here = Path(__file__)
    plugins = ["-p", "tests.storage.bare_system", "-p", "no:cacheprovider"]
    chosen = ["-k", "not offers_nothing", str(here.with_name(f"test_storage_{room}.py"))]
    command = [sys.executable, "-m", "pytest", *plugins, *chosen]
    done = subprocess.run(command, cwd=here.parents[2], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout
    assert "bare system: no reads at offsets, no read-ahead, no open folders" in done.stdout
