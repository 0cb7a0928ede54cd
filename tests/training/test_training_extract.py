"""Repositories become files of pairs: with their history, again after a break, and of the benchmark only digests."""

import json
from pathlib import Path

import pytest

from tests.cli.repositories import git
from tests.evaluation.trees import commit, read_tree
from tests.training.made_corpus import make_mirror
from training.corpus import Repository, Role, pairs_file, write_list
from training.extract import main, unpack
from training.gather import gather
from training.history import find_commits
from training.selection import forbidden_digests, kept_pairs, read_pairs

FIRST = """\
def open_door(key):
    if key.fits():
        return key.turn()
    return None


def close_door(key):
    lock = key.lock()
    return lock.close()
"""

SECOND = FIRST.replace("lock = key.lock()", "lock = key.lock(timeout=5)")


def gathered(root: Path, role: Role, name: str = "a/one") -> Repository:
    """Make a repository of two commits, list it and gather it."""
    make_mirror(root / "mirrors", name, {"door.py": FIRST})
    revision = make_mirror(root / "mirrors", name, {"door.py": SECOND}, "Wait a while for a busy lock")
    entry = Repository(role, name, revision, "MIT")
    gather(root / "corpus", root / "mirrors", [entry])
    return entry


def extract(root: Path, *entries: Repository) -> int:
    """Run the step on these repositories."""
    write_list(list(entries), root / "list.tsv")
    return main([str(root / "corpus"), "--list", str(root / "list.tsv")])


def learned_from(corpus: Path, entries: list[Repository]) -> set[str]:
    """Return the questions that are left where copies are left out."""
    return {pair.query for _, pair in kept_pairs(corpus, entries[:1], forbidden_digests(corpus, entries))}


def test_a_commit_tells_its_subject_and_the_lines_as_they_are_afterwards(tmp_path: Path) -> None:
    entry = gathered(tmp_path, "train")
    newest = next(find_commits(tmp_path / "corpus" / "git" / entry.folder, entry.revision))
    assert (newest.subject, newest.changed) == ("Wait a while for a busy lock", {"door.py": [range(8, 9)]})


@pytest.mark.slow
def test_pairs_come_from_the_tree_and_from_its_history(tmp_path: Path) -> None:
    entry = gathered(tmp_path, "train")
    assert extract(tmp_path, entry) == 0
    found = {(pair.kind, pair.query, pair.name) for pair in read_pairs(pairs_file(tmp_path / "corpus", entry))}
    assert found >= {("commit", "Wait a while for a busy lock", "close_door"), ("name", "door open", "")}


@pytest.mark.slow
def test_what_was_broken_off_is_made_again(tmp_path: Path) -> None:
    entry = gathered(tmp_path, "excluded")
    target = pairs_file(tmp_path / "corpus", entry)
    target.parent.mkdir(parents=True)
    target.with_suffix(".part").write_text('"0123', encoding="utf-8")
    extract(tmp_path, entry)
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    assert len([json.loads(line) for line in target.read_text("utf-8").splitlines()]) == 2


def test_what_was_finished_is_not_made_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entry = gathered(tmp_path, "train")
    target = pairs_file(tmp_path / "corpus", entry)
    target.parent.mkdir(parents=True)
    target.write_text("kept", encoding="utf-8")
    extract(tmp_path, entry)
    assert target.read_text("utf-8") == "kept"
    assert capsys.readouterr().out == "1 repositories: 1 gathered, 1 of them extracted before\n"


def test_a_repository_that_cannot_be_read_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = gathered(tmp_path, "train")
    assert extract(tmp_path, Repository("train", whole.name, "0" * 40, "MIT")) == 1
    assert "1 of 1  a/one: left out, fatal: " in capsys.readouterr().out


@pytest.mark.slow
def test_one_that_cannot_be_read_does_not_stop_the_others(tmp_path: Path) -> None:
    broken = Repository("excluded", "a/broken", "0" * 40, "-")
    git(tmp_path, "init", "-q", "--bare", str(tmp_path / "corpus" / "git" / broken.folder))
    whole = gathered(tmp_path, "excluded", "b/whole")
    assert extract(tmp_path, broken, whole) == 1
    assert pairs_file(tmp_path / "corpus", whole).exists()


@pytest.mark.slow
def test_a_copy_of_excluded_code_is_left_out_under_any_path(tmp_path: Path) -> None:
    excluded = gathered(tmp_path, "excluded", "b/bench")
    hidden = FIRST.partition("def close")[0] + "def knock_twice(door):\n    for _ in range(2):\n        door.touch()\n"
    revision = make_mirror(tmp_path / "mirrors", "a/one", {"src/deep/inside.py": hidden})
    entry = Repository("train", "a/one", revision, "MIT")
    gather(tmp_path / "corpus", tmp_path / "mirrors", [entry])
    extract(tmp_path, entry, excluded)
    kept = learned_from(tmp_path / "corpus", [entry, excluded])
    assert kept == {"inside knock twice"}


def test_of_a_clone_that_lacks_a_file_the_others_are_taken(tmp_path: Path) -> None:
    root = tmp_path / "repo"
    commit(root, "Add two files", {"here.py": "A = 1\n", "lost.py": "B = 2\n"})
    lost = git(root, "rev-parse", "HEAD:lost.py").strip()
    (root / ".git" / "objects" / lost[:2] / lost[2:]).unlink()
    unpack(root / ".git", "HEAD", tmp_path / "tree")
    assert read_tree(tmp_path / "tree") == {"here.py": "A = 1\n"}


def test_what_a_release_leaves_out_is_left_out(tmp_path: Path) -> None:
    root = tmp_path / "repo"
    commit(root, "Add a file", {"a.py": "A = 1\n", "b.py": "B = 2\n", ".gitattributes": "b.py export-ignore\n"})
    unpack(root / ".git", "HEAD", tmp_path / "tree")
    assert set(read_tree(tmp_path / "tree")) == {"a.py", ".gitattributes"}
