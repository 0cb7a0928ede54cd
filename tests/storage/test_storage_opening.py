"""Openings that fail: what they give back, and what they say that the reason is."""

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from codesearch.errors import CorruptIndexError, StorageError
from codesearch.storage.checksums import sum_file
from codesearch.storage.compaction import move_rows
from codesearch.storage.lexical import LexicalReader
from codesearch.storage.snapshot import Snapshot
from codesearch.storage.vectors import VectorReader
from tests.storage.made_files import DIM, build_big_file, build_file, execute, flip, write_index

DESCRIPTORS = Path("/proc/self/fd")
needs_descriptors = pytest.mark.skipif(not DESCRIPTORS.exists(), reason="this system does not list open files")


def list_open(folder: Path) -> list[str]:
    """Name the files of a folder that this process has open, each as often as it has."""
    named: list[str] = []
    for descriptor in DESCRIPTORS.iterdir():
        with suppress(OSError):  # the one that lists them
            named.append(str(descriptor.readlink()))
    return sorted(name for name in named if name.startswith(str(folder)))


@needs_descriptors
@pytest.mark.parametrize("name", ["coarse_rows", "row_flags"])
def test_an_opening_that_fails_leaves_no_file_open(folder: Path, name: str) -> None:
    write_index(folder, [build_big_file("big.py")])
    execute(folder, f"UPDATE arrays SET crc = 1 WHERE name = '{name}'")
    kept = []
    for _ in range(3):
        with pytest.raises(CorruptIndexError) as caught:
            Snapshot.open(folder)
        kept.append(caught)
    assert list_open(folder) == []


@needs_descriptors
def test_rows_that_cannot_be_moved_leave_no_file_open(folder: Path) -> None:
    write_index(folder, [build_file("a.py")])
    vectors = folder / "vectors-1.bin"
    flip(vectors, 3)
    with pytest.raises(CorruptIndexError) as caught:
        move_rows(folder, VectorReader(vectors, DIM, 4, ""), DIM, np.arange(4))
    assert list_open(folder) == []
    assert "vector 0 of" in str(caught.value)


def test_what_cannot_be_read_just_now_leaves_nothing_held(folder: Path) -> None:
    write_index(folder, [build_file("a.py")])
    with Snapshot.open(folder) as snapshot:
        snapshot.rest()
        execute(folder, "ALTER TABLE meta RENAME COLUMN value TO other")
        with pytest.raises(CorruptIndexError):
            snapshot.is_current()
        assert not snapshot._catalog.is_reading()


def test_words_that_are_whole_and_cannot_be_read_are_not_called_damaged(tmp_path: Path) -> None:
    lexical = tmp_path / "lexical-1"
    lexical.mkdir()
    (lexical / "meta.json").write_bytes(b"of another program")
    files = [sum_file(tmp_path, "lexical-1/meta.json")]
    with pytest.raises(StorageError, match="no damage to it was found"):
        LexicalReader(lexical, "", files)
    flip(lexical / "meta.json")
    with pytest.raises(CorruptIndexError, match="lexical-1 cannot be read"):
        LexicalReader(lexical, "", files)
