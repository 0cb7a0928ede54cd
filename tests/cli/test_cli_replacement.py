from contextlib import closing
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import pytest

from codesearch.errors import LockedError
from codesearch.index import Index
from codesearch.registry import index_folder, list_roots, locate
from codesearch.replacement import rebuild_folder, replace_index
from codesearch.storage.lock import WriterLock
from codesearch.types import BuildOptions
from tests.cli.repositories import write_files

pytestmark = pytest.mark.slow

ONE_WORKER = BuildOptions(n_workers=1)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def root(tmp_path: Path, home: Path) -> Path:
    root = write_files(tmp_path / "repo", {"old.py": "def walrus():\n    pass\n"})
    Index.build(root, ONE_WORKER, home=home)
    return root


def replaced_of(folder: Path) -> Path:
    return folder.with_name(f".replaced-{folder.name}")


def cut_off_a_replacement(root: Path, home: Path) -> Path:
    """Leave what a crash between the two renames of a rebuild leaves: the rebuilt index knows one more file."""
    folder = index_folder(home, root)
    old = copytree(folder, home / "old")
    write_files(root, {"new.py": "def flamingo():\n    pass\n"})
    Index.build(root, ONE_WORKER, home=home)
    folder.rename(rebuild_folder(folder))
    old.rename(replaced_of(folder))
    return folder


def paths_in(root: Path, home: Path) -> set[str]:
    with Index.open(root, home) as index:
        return {result.path for name in ("walrus", "flamingo") for result in index.search(name).results}


def test_a_replacement_that_was_cut_off_is_finished_by_whoever_looks(root: Path, home: Path) -> None:
    folder = cut_off_a_replacement(root, home)
    assert locate(root, home).folder == folder
    assert [path.name for path in (home / "indexes").iterdir()] == [folder.name]
    assert paths_in(root, home) == {"old.py", "new.py"}


def test_a_list_and_a_build_finish_it_too(root: Path, home: Path) -> None:
    folder = cut_off_a_replacement(root, home)
    assert [entry.folder for entry in list_roots(home)] == [folder]
    folder.rename(rebuild_folder(folder))
    copytree(rebuild_folder(folder), replaced_of(folder))
    assert Index.build(root, ONE_WORKER, home=home).unchanged == 2
    assert [path.name for path in (home / "indexes").iterdir()] == [folder.name]


def test_without_a_complete_successor_the_old_index_comes_back(root: Path, home: Path) -> None:
    folder = index_folder(home, root)
    folder.rename(replaced_of(folder))
    rebuild_folder(folder).mkdir()
    assert paths_in(root, home) == {"old.py"}
    assert not replaced_of(folder).exists()


@pytest.mark.parametrize("is_complete", [True, False])
def test_a_folder_without_a_catalogue_is_in_nobodys_way(root: Path, home: Path, is_complete: bool) -> None:
    folder = cut_off_a_replacement(root, home)
    if not is_complete:
        (rebuild_folder(folder) / "catalog.db").unlink()
    folder.mkdir()
    (folder / "vectors-1.bin").touch()
    assert paths_in(root, home) == ({"old.py", "new.py"} if is_complete else {"old.py"})
    assert not replaced_of(folder).exists()


def test_a_root_that_moved_gets_no_index_back_while_another_is_built_for_it(root: Path, home: Path) -> None:
    moved = root.rename(root.with_name("moved"))
    with closing(WriterLock(index_folder(home, moved))), pytest.raises(LockedError):
        locate(moved, home)
    assert locate(moved, home).moved_from == root
    assert [path.name for path in (home / "indexes").iterdir()] == [index_folder(home, moved).name]


def test_who_looks_between_the_two_renames_does_the_second_and_waits_for_nobody(root: Path, home: Path) -> None:
    folder = index_folder(home, root)
    copytree(folder, rebuild_folder(folder))
    folder.rename(replaced_of(folder))
    with closing(WriterLock(folder)):
        assert locate(root, home).folder == folder
        assert replaced_of(folder).exists()
        assert not rebuild_folder(folder).exists()


def test_an_index_that_stays_open_finds_a_rebuild_that_was_cut_off_between_its_renames(root: Path, home: Path) -> None:
    with Index.open(root, home) as index:
        cut_off_a_replacement(root, home)
        assert [result.path for result in index.search("flamingo").results][:1] == ["new.py"]


def test_an_incomplete_successor_is_left_to_its_process(root: Path, home: Path) -> None:
    folder = index_folder(home, root)
    folder.rename(replaced_of(folder))
    with closing(WriterLock(folder)), pytest.raises(LockedError):
        locate(root, home)
    assert not folder.exists()


def test_an_index_that_was_being_removed_never_comes_back(root: Path, home: Path) -> None:
    folder = index_folder(home, root)
    folder.rename(folder.with_name(f".leaving-{folder.name}"))
    assert list_roots(home) == []


def test_what_a_crash_after_the_swap_leaves_goes_with_the_next_build(root: Path, home: Path) -> None:
    folder = index_folder(home, root)
    copytree(folder, replaced_of(folder))
    Index.build(root, ONE_WORKER, home=home)
    assert not replaced_of(folder).exists()


def test_a_replacement_leaves_one_folder(root: Path, home: Path) -> None:
    folder = index_folder(home, root)
    copytree(folder, rebuild_folder(folder))
    replace_index(folder)
    assert [path.name for path in (home / "indexes").iterdir()] == [folder.name]
    Index.build(root, replace(ONE_WORKER, rebuild=True), home=home)
    assert [path.name for path in (home / "indexes").iterdir()] == [folder.name]
