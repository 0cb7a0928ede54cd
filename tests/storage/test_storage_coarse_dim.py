"""Another prefix is compared first in an index that is there: nothing is encoded, and nothing else changes."""

from dataclasses import replace
from pathlib import Path

import pytest

from codesearch.maintenance import verify
from codesearch.storage.snapshot import Snapshot
from codesearch.storage.writer import Writer
from tests.storage.made_files import COARSE_DIM, DIM, NEW_INDEX, NOW, build_big_file, build_file, state_of, write_index

OTHER_DIM = 4


def change(folder: Path, coarse_dim: int) -> int:
    with Writer.open(folder) as writer:
        writer.set_coarse_dim(coarse_dim)
        return writer.commit(complete=True, files_todo=0, checked_at=NOW)


@pytest.mark.parametrize("coarse_dim", [1, OTHER_DIM, DIM])
@pytest.mark.parametrize("is_big", [True, False])
def test_a_changed_prefix_answers_like_an_index_that_was_made_with_it(
    folder: Path, coarse_dim: int, is_big: bool
) -> None:
    files = [build_big_file("big.py")] if is_big else [build_file("a.py"), build_file("b.py")]
    write_index(folder, files)
    fresh = write_index(folder.with_name("fresh"), files, replace(NEW_INDEX, coarse_dim=coarse_dim))
    change(folder, coarse_dim)
    with Snapshot.open(folder) as changed, Snapshot.open(fresh) as made:
        assert changed.info.coarse_dim == coarse_dim
        assert state_of(changed) == state_of(made)
    assert len(list(folder.glob("coarse-*"))) == is_big
    assert verify(folder) == []


def test_a_reader_from_before_keeps_its_answers(folder: Path) -> None:
    write_index(folder, [build_big_file("big.py")])
    with Snapshot.open(folder) as before:
        state = state_of(before)
        change(folder, OTHER_DIM)
        assert state_of(before) == state


def test_the_vectors_stay_as_they_are(folder: Path) -> None:
    write_index(folder, [build_big_file("big.py")])
    stored = (folder / "vectors-1.bin").read_bytes()
    change(folder, OTHER_DIM)
    assert (folder / "vectors-1.bin").read_bytes() == stored


def test_the_same_prefix_again_changes_nothing(folder: Path) -> None:
    write_index(folder, [build_big_file("big.py")])
    names = sorted(path.name for path in folder.glob("coarse-*"))
    assert change(folder, COARSE_DIM) == 1
    assert sorted(path.name for path in folder.glob("coarse-*")) == names


def test_a_changed_index_can_be_updated_and_changed_back(folder: Path) -> None:
    write_index(folder, [build_big_file("big.py")])
    fresh = write_index(folder.with_name("fresh"), [build_big_file("big.py"), build_file("a.py")])
    change(folder, OTHER_DIM)
    with Writer.open(folder) as writer:
        writer.add(build_file("a.py"))
        writer.commit(complete=True, files_todo=0, checked_at=NOW)
    change(folder, COARSE_DIM)
    with Snapshot.open(folder) as changed, Snapshot.open(fresh) as made:
        assert state_of(changed) == state_of(made)


@pytest.mark.parametrize("coarse_dim", [0, -1, DIM + 1])
def test_a_prefix_that_no_vector_has_is_refused(folder: Path, coarse_dim: int) -> None:
    write_index(folder, [build_file("a.py")])
    with Writer.open(folder) as writer, pytest.raises(ValueError, match="no prefix"):
        writer.set_coarse_dim(coarse_dim)
