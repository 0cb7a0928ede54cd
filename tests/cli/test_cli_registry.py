import os
import stat
from contextlib import closing
from pathlib import Path
from shutil import copytree, rmtree

import pytest

from codesearch import registry
from codesearch.errors import AmbiguousRootError, LockedError, NoIndexError
from codesearch.index import Index
from codesearch.registry import Located, index_folder, list_roots, locate
from codesearch.storage.lock import WriterLock
from codesearch.storage.writer import NewIndex, Writer
from codesearch.types import BuildOptions
from indexers.encoders.registry import load_encoder
from indexers.git import git_identity
from tests.cli.repositories import git, make_repository, write_files

NOW = "2026-11-20T09:00:00+00:00"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def make_index(root: Path, home: Path, *, n_commits: int = 1) -> Path:
    """Make an index without files; `n_commits=0` leaves it as a killed first build would."""
    root.mkdir(parents=True, exist_ok=True)
    folder = index_folder(home, root)
    encoder = load_encoder().describe()
    with Writer.create(folder, NewIndex(root, git_identity(root), encoder, encoder.coarse_dims[0], 1 << 21, 1, 1)) as w:
        for _ in range(n_commits):
            w.commit(complete=True, files_todo=0, checked_at=NOW)
    return folder


def test_the_nearest_index_above_a_path_covers_it(tmp_path: Path, home: Path) -> None:
    folder = make_index(tmp_path / "repo", home)
    deep = tmp_path / "repo" / "src" / "api"
    deep.mkdir(parents=True)
    assert locate(deep, home) == Located(tmp_path / "repo", folder, "src/api")
    assert locate(tmp_path / "repo", home) == Located(tmp_path / "repo", folder, "")
    inner = make_index(deep, home)
    assert locate(deep, home) == Located(deep, inner, "")


def test_a_file_is_covered_by_the_index_of_its_folder(tmp_path: Path, home: Path) -> None:
    make_index(tmp_path / "repo", home)
    (tmp_path / "repo" / "a.py").touch()
    assert locate(tmp_path / "repo" / "a.py", home).prefix == "a.py"


def test_without_an_index_the_error_says_what_to_run(tmp_path: Path, home: Path) -> None:
    make_index(tmp_path / "repo", home)
    with pytest.raises(NoIndexError, match="run codesearch index"):
        locate(tmp_path / "elsewhere", home)


def test_a_link_leads_to_the_index_of_the_real_folder(tmp_path: Path, home: Path) -> None:
    make_index(tmp_path / "repo", home)
    (tmp_path / "link").symlink_to(tmp_path / "repo")
    assert locate(tmp_path / "link", home).root == tmp_path / "repo"


def test_a_first_build_that_was_killed_before_its_first_commit_is_no_index(tmp_path: Path, home: Path) -> None:
    make_index(tmp_path / "repo", home, n_commits=0)
    with pytest.raises(NoIndexError):
        locate(tmp_path / "repo", home)


def test_what_a_killed_first_build_left_is_listed_as_such(tmp_path: Path, home: Path) -> None:
    folder = make_index(tmp_path / "repo", home, n_commits=0)
    [entry] = list_roots(home)
    assert (entry.folder, entry.problem) == (folder, "being built or broken off")
    assert registry.is_abandoned(folder)


def test_a_first_build_that_is_running_is_not_abandoned(tmp_path: Path, home: Path) -> None:
    folder = make_index(tmp_path / "repo", home, n_commits=0)
    with closing(WriterLock(folder)):
        assert not registry.is_abandoned(folder)
    assert not registry.is_abandoned(make_index(tmp_path / "other", home))


def test_a_damaged_catalogue_is_found_so_that_its_owner_hears_of_it(tmp_path: Path, home: Path) -> None:
    folder = make_index(tmp_path / "repo", home)
    (folder / "catalog.db").write_bytes(b"\0" * 8192)
    assert locate(tmp_path / "repo", home).folder == folder
    [entry] = list_roots(home)
    assert entry.problem
    assert entry.n_files is None


def test_names_of_folders_are_readable_and_never_the_same(home: Path) -> None:
    folders = [index_folder(home, Path(root)) for root in ("/a/repo", "/b/repo", "/", "/x y/ü\n", "/" + "n" * 200)]
    assert len({folder.name for folder in folders}) == len(folders)
    assert folders[0].name.startswith("repo-")
    assert all(folder.name.isascii() and folder.name.isprintable() and len(folder.name) < 60 for folder in folders)


def test_the_home_and_its_indexes_are_private(tmp_path: Path, home: Path) -> None:
    registry.prepare_home(home)
    folder = make_index(tmp_path / "repo", home)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (home, home / "indexes", folder)] == [0o700] * 3


@pytest.mark.slow
def test_a_home_inside_a_repository_is_ignored_by_git(tmp_path: Path) -> None:
    make_repository(tmp_path / "repo")
    home = tmp_path / "repo" / ".codesearch"
    registry.prepare_home(home)
    (home / "indexes" / "x.py").touch()
    assert git(tmp_path / "repo", "status", "--porcelain") == ""


@pytest.mark.slow
def test_a_home_that_holds_other_things_keeps_them_in_sight_of_git(tmp_path: Path) -> None:
    home = make_repository(tmp_path / "repo")
    write_files(home, {"mine.py": "A = 1\n"})
    registry.prepare_home(home)
    write_files(home, {"indexes/x.py": "B = 2\n"})
    assert git(home, "status", "--porcelain") == "?? mine.py\n"
    registry.prepare_home(home)
    assert not (home / ".gitignore").exists()


@pytest.mark.slow
def test_a_moved_repository_takes_its_index_along(tmp_path: Path, home: Path) -> None:
    make_repository(tmp_path / "old")
    make_index(tmp_path / "old", home)
    (tmp_path / "old").rename(tmp_path / "new")
    (tmp_path / "new" / "src").mkdir()
    located = locate(tmp_path / "new" / "src", home)
    assert located == Located(
        tmp_path / "new", index_folder(home, tmp_path / "new"), "src", moved_from=tmp_path / "old"
    )
    assert [entry.root for entry in list_roots(home)] == [tmp_path / "new"]
    assert locate(tmp_path / "new", home).moved_from is None


@pytest.fixture
def plain(tmp_path: Path, home: Path) -> Path:
    """Return an indexed folder that git knows nothing of."""
    root = write_files(tmp_path / "plain", {"a.py": "A = 1\n", "src/b.py": "B = 2\n"})
    Index.build(root, BuildOptions(n_workers=1), home=home)
    return root


@pytest.mark.slow
def test_a_folder_without_git_takes_its_index_along_when_it_is_renamed(plain: Path, home: Path) -> None:
    new = plain.rename(plain.with_name("new"))
    located = locate(new / "src", home)
    assert located == Located(new, index_folder(home, new), "src", moved_from=plain)
    assert locate(new, home) == Located(new, index_folder(home, new), "")
    again = new.rename(plain.with_name("again"))
    assert locate(again, home).moved_from == new


@pytest.mark.slow
def test_of_two_indexes_of_one_renamed_folder_the_newer_goes_along(plain: Path, home: Path) -> None:
    second = plain.rename(plain.with_name("second"))
    Index.build(second, BuildOptions(n_workers=1), home=home)
    third = second.rename(plain.with_name("third"))
    assert locate(third, home).moved_from == second


@pytest.mark.slow
def test_another_folder_that_got_the_inode_of_a_root_does_not_take_its_index(plain: Path, home: Path) -> None:
    new = plain.rename(plain.with_name("new"))
    for path in ("a.py", "src/b.py"):
        (new / path).unlink()
    write_files(new, {"a.py": "ANOTHER = 3\n"})
    with pytest.raises(NoIndexError):
        locate(new, home)


@pytest.mark.slow
def test_a_copy_of_a_folder_without_git_does_not_take_the_index(plain: Path, home: Path) -> None:
    with pytest.raises(NoIndexError):
        locate(copytree(plain, plain.with_name("copy")), home)


@pytest.mark.slow
def test_a_root_that_was_made_anew_is_known_by_its_new_place(plain: Path, home: Path) -> None:
    copy = copytree(plain, plain.with_name("copy"))
    rmtree(plain)
    copy.rename(plain)
    Index.build(plain, BuildOptions(n_workers=1), home=home)
    new = plain.rename(plain.with_name("new"))
    assert locate(new, home).moved_from == plain


@pytest.mark.slow
def test_an_indexed_subfolder_moves_with_its_repository(tmp_path: Path, home: Path) -> None:
    make_repository(tmp_path / "old")
    make_index(tmp_path / "old" / "backend", home)
    (tmp_path / "old").rename(tmp_path / "new")
    assert locate(tmp_path / "new" / "backend", home).root == tmp_path / "new" / "backend"
    with pytest.raises(NoIndexError):
        locate(tmp_path / "new", home)


@pytest.mark.slow
def test_a_clone_beside_its_original_does_not_take_the_index(tmp_path: Path, home: Path) -> None:
    make_repository(tmp_path / "original")
    make_index(tmp_path / "original", home)
    git(tmp_path, "clone", "-q", "original", "clone")
    with pytest.raises(NoIndexError):
        locate(tmp_path / "clone", home)


@pytest.mark.slow
def test_a_root_whose_place_another_repository_took_is_found_again(tmp_path: Path, home: Path) -> None:
    make_repository(tmp_path / "old")
    make_index(tmp_path / "old", home)
    (tmp_path / "old").rename(tmp_path / "new")
    make_repository(tmp_path / "old", "another beginning")
    assert locate(tmp_path / "new", home).moved_from == tmp_path / "old"


@pytest.mark.slow
def test_two_moved_roots_that_look_alike_are_not_guessed_between(tmp_path: Path, home: Path) -> None:
    make_repository(tmp_path / "one")
    git(tmp_path, "clone", "-q", "one", "two")
    for name in ("one", "two"):
        make_index(tmp_path / name, home)
    (tmp_path / "one").rename(tmp_path / "here")
    (tmp_path / "two").rename(tmp_path / "there")
    with pytest.raises(AmbiguousRootError) as caught:
        locate(tmp_path / "here", home)
    assert f"{tmp_path / 'one'}, {tmp_path / 'two'}" in str(caught.value)


@pytest.mark.slow
def test_an_adoption_that_was_cut_off_before_the_renaming_is_finished_later(tmp_path: Path, home: Path) -> None:
    make_repository(tmp_path / "repo")
    folder = make_index(tmp_path / "repo", home)
    folder.rename(folder.with_name("old-0123456789ab"))
    located = locate(tmp_path / "repo", home)
    assert located == Located(tmp_path / "repo", folder, "")


def test_a_list_names_roots_that_are_gone(tmp_path: Path, home: Path) -> None:
    make_index(tmp_path / "b", home)
    make_index(tmp_path / "a", home)
    (tmp_path / "a").rmdir()
    entries = list_roots(home)
    assert [(entry.root.name, entry.is_missing) for entry in entries] == [("a", True), ("b", False)]
    assert all(entry.size_bytes > 0 and entry.encoder == "embedded" and entry.complete for entry in entries)


def test_a_list_leaves_out_what_is_being_rebuilt_or_removed(tmp_path: Path, home: Path) -> None:
    folder = make_index(tmp_path / "a", home)
    copytree(folder, folder.with_name(f"{folder.name}.rebuild"))
    (home / "indexes" / ".leaving-x").mkdir()
    assert [entry.folder for entry in list_roots(home)] == [folder]


def test_a_rebuilding_that_was_killed_goes_with_its_index(tmp_path: Path, home: Path) -> None:
    folder = make_index(tmp_path / "a", home)
    copytree(folder, folder.with_name(f"{folder.name}.rebuild"))
    registry.remove(folder)
    assert list((home / "indexes").iterdir()) == []


def test_a_removed_index_is_gone_with_all_its_files(tmp_path: Path, home: Path) -> None:
    folder = make_index(tmp_path / "a", home)
    (home / "indexes" / ".leaving-of-a-killed-process").mkdir()
    registry.remove(folder)
    assert list((home / "indexes").iterdir()) == []


def test_an_index_that_is_being_written_is_not_removed(tmp_path: Path, home: Path) -> None:
    folder = make_index(tmp_path / "a", home)
    with Writer.open(folder), pytest.raises(LockedError, match=str(os.getpid())):
        registry.remove(folder)
    assert locate(tmp_path / "a", home).folder == folder
