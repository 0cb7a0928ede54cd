"""A foreign history is read into a folder of its own, and nothing of it gets out of there or is run."""

import subprocess
from pathlib import Path

import pytest

from codesearch.evaluation.history import Checkout, find_repository, list_commits, list_tree
from tests.cli.repositories import git, make_repository
from tests.walk.hostile_git import set_traps

pytestmark = pytest.mark.slow


def write_object(root: Path, kind: str, data: bytes) -> str:
    """Write an object into the repository as it stands, which git itself might not, and return its id."""
    command = ["git", "-C", str(root), "hash-object", "-w", "-t", kind, "--stdin", "--literally"]
    return subprocess.run(command, input=data, check=True, capture_output=True).stdout.decode().strip()


def write_tree(root: Path, entries: dict[str, str]) -> str:
    """Write a tree of blobs and folders; the latter end with a slash."""
    rows = [
        (f"40000 {name[:-1]}" if name.endswith("/") else f"100644 {name}").encode() + b"\0" + bytes.fromhex(one)
        for name, one in entries.items()
    ]
    return write_object(root, "tree", b"".join(rows))


def test_a_tree_that_names_places_outside_writes_none_of_them(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo")
    blob = write_object(root, "blob", b"x = 1\n")
    outside = write_tree(root, {"outside.py": blob})
    inner = write_tree(root, {"../": outside})
    tree = write_tree(root, {"../": outside, ".git/": outside, "a.py": blob, "sub/": inner})
    commit = git(root, "commit-tree", "-m", "odd", tree).strip()
    repository = find_repository(root)
    assert repository is not None
    blobs = list_tree(repository, commit)
    assert list(blobs) == ["a.py"]
    with Checkout(repository, tmp_path / "shown" / "inner") as checkout:
        checkout.show(blobs)
    assert [path.name for path in (tmp_path / "shown").rglob("*.py")] == ["a.py"]


def test_reading_a_history_runs_nothing_of_the_repository(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo")
    for number in range(2):
        (root / "a.py").write_text(f"x = {number}\n")
        git(root, "add", ".")
        git(root, "commit", "-q", "-m", f"change {number}")
    set_traps(root, tmp_path / "marks")
    repository = find_repository(root)
    assert repository is not None
    (newest, *_) = list_commits(repository)
    with Checkout(repository, tmp_path / "shown") as checkout:
        checkout.show(list_tree(repository, newest.id))
    assert (tmp_path / "shown" / "a.py").read_text() == "x = 1\n"
    assert list((tmp_path / "marks").iterdir()) == []
