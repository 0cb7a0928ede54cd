"""Which paths matter and which folders are looked into, held against what the walk lists."""

import os
import shutil
from pathlib import Path

import pytest

from codesearch.watching.survey import Survey, survey, to_slashes
from indexers.errors import WalkError
from indexers.walker import walk
from tests.watch.watched import run_git, write_files

TREE = {
    ".gitignore": "/out/\n*.log\n!important.log\n__pycache__/\n",
    ".codesearchignore": "data/\n!/out/kept/\n",
    "a.py": "a = 1\n",
    "a.log": "line\n",
    "important.log": "line\n",
    "data/d.csv": "1,2\n",
    "out/o.js": "o\n",
    "out/kept/k.js": "k\n",
    "pkg/.gitignore": "local/\n",
    "pkg/b.py": "b = 1\n",
    "pkg/__pycache__/b.pyc": "b\n",
    "pkg/local/c.py": "c = 1\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    write_files(folder, TREE)
    return folder


def look(root: Path) -> Survey:
    """Look through a tree that has no index."""
    return survey(root, root.parent / "no-index")


def listed(root: Path) -> set[str]:
    """Return what the walk lists."""
    walked = walk(root)
    return {file.path for file in walked.files} | {skip.path for skip in walked.skipped}


@pytest.mark.parametrize("is_git", [True, False])
def test_the_files_that_matter_are_those_that_the_walk_lists(root: Path, is_git: bool) -> None:
    if is_git:
        run_git(root, "init", "-q")
    found = look(root)
    mattering = {path for path in TREE if found.matters(str(root / path))}
    assert mattering == {path for path in TREE if path in listed(root)}


def test_every_folder_with_a_listed_file_is_listened_to_and_no_ignored_one(root: Path) -> None:
    found = look(root)
    folders = {os.fsdecode(folder) for folder in found.folders}
    assert {path.rpartition("/")[0] for path in listed(root)} <= folders
    assert folders.isdisjoint({"data", "pkg/local", "pkg/__pycache__"})


def test_what_came_and_went_unseen_does_not_matter(root: Path) -> None:
    assert not look(root).matters(str(root / "pkg" / "tmp-1234"))


def test_a_known_folder_matters_when_it_is_gone(root: Path) -> None:
    found = look(root)
    (root / "pkg").rename(root.parent / "elsewhere")
    assert found.matters(str(root / "pkg"))
    assert found.has_folder(str(root / "pkg"))


@pytest.mark.parametrize("name", [".gitignore", ".codesearchignore", ".gitattributes"])
def test_a_rule_file_matters_even_where_it_is_gone(root: Path, name: str) -> None:
    assert look(root).matters(str(root / "pkg" / name))


def test_rule_files_of_the_work_tree_above_the_root_matter(root: Path) -> None:
    run_git(root.parent, "init", "-q")
    found = look(root)
    outside = [root.parent / ".gitignore", root.parent / ".git" / "info" / "exclude"]
    assert [found.matters(str(path)) for path in outside] == [True, True]
    assert {str(root.parent), str(root.parent / ".git" / "info")} <= set(found.places())
    assert not found.matters(str(root.parent / "else.py"))


def test_git_s_own_files_do_not_matter(root: Path) -> None:
    run_git(root, "init", "-q")
    found = look(root)
    assert [found.matters(str(root / ".git" / name)) for name in ("index.lock", "HEAD", "objects/ab")] == [False] * 3


def test_what_git_tracks_matters_in_a_linked_work_tree_too(root: Path) -> None:
    run_git(root, "init", "-q")
    run_git(root, "commit", "-q", "--allow-empty", "-m", "one")
    linked = root.parent / "linked"
    run_git(root, "worktree", "add", "-q", str(linked))
    for tree, index in ((root, root / ".git" / "index"), (linked, root / ".git" / "worktrees" / "linked" / "index")):
        found = look(tree)
        assert found.matters(str(index))
        assert str(index.parent) in found.places()


def test_a_system_s_own_separators_are_understood() -> None:
    assert to_slashes("C:\\src\\flask", "\\") == b"C:/src/flask"


def test_a_folder_that_may_not_be_read_is_not_listened_to(root: Path) -> None:
    (root / ".git").mkdir()
    (root / ".git").chmod(0)
    if os.access(root / ".git", os.R_OK):
        pytest.skip("this user may read everything")
    assert str(root / ".git") not in look(root).places()


def test_a_repository_that_begins_or_ends_matters_and_one_that_stays_does_not(root: Path) -> None:
    before = look(root)
    run_git(root, "init", "-q")
    run_git(root / "pkg", "init", "-q")
    assert [before.matters(str(place / ".git")) for place in (root, root / "pkg")] == [True, True]
    after = look(root)
    assert [after.matters(str(place / ".git")) for place in (root, root / "pkg")] == [False, False]
    for place in (root, root / "pkg"):
        shutil.rmtree(place / ".git")
        assert after.matters(str(place / ".git"))


def test_a_repository_that_is_being_made_is_listened_to_until_git_takes_it_for_one(root: Path) -> None:
    (root / ".git").mkdir()
    found = look(root)
    assert str(root / ".git") in found.places()
    assert found.matters(str(root / ".git" / "HEAD"))
    run_git(root, "init", "-q")
    assert not look(root).matters(str(root / ".git" / "HEAD"))


def test_folders_whose_names_no_index_holds_are_passed_over(root: Path) -> None:
    try:
        (root / os.fsdecode(b"\xff")).mkdir()
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    assert b"\xff" not in look(root).folders


def test_a_root_that_is_gone_is_said(tmp_path: Path) -> None:
    with pytest.raises(WalkError, match="gone"):
        look(tmp_path / "gone")
