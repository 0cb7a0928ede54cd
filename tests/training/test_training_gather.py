"""Repositories come from mirrors at the listed revision, and onto the list by their licence."""

from pathlib import Path

import pytest

from tests.training.made_corpus import GPL, MIT, make_list, make_mirror
from training.corpus import Repository, git, git_folder, read_list
from training.gather import add, gather, main


def test_a_mirror_is_taken_at_the_listed_revision(tmp_path: Path) -> None:
    revision = make_mirror(tmp_path / "mirrors", "a/one", {"one.txt": "first\n"})
    make_mirror(tmp_path / "mirrors", "a/one", {"one.txt": "second\n"})
    entry = Repository("train", "a/one", revision, "MIT")
    assert gather(tmp_path / "corpus", tmp_path / "mirrors", [entry]) == []
    shown = git(git_folder(tmp_path / "corpus", entry), "show", f"{entry.revision}:one.txt")
    assert shown == b"first\n"


def test_a_missing_mirror_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entry = Repository("train", "a/one", "0" * 40, "MIT")
    assert gather(tmp_path / "corpus", tmp_path / "mirrors", [entry]) == [entry]
    assert capsys.readouterr().err == "a/one: no mirror\n"


def test_a_missing_revision_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_mirror(tmp_path / "mirrors", "a/one", {"one.txt": "first\n"})
    entry = Repository("train", "a/one", "0" * 40, "MIT")
    assert gather(tmp_path / "corpus", tmp_path / "mirrors", [entry]) == [entry]
    assert capsys.readouterr().err == f"a/one: revision {'0' * 40} is not there\n"


def test_a_mirror_that_moved_is_found_again(tmp_path: Path) -> None:
    revision = make_mirror(tmp_path / "mirrors", "a/one", {"one.txt": "first\n"})
    entry = Repository("train", "a/one", revision, "MIT")
    gather(tmp_path / "corpus", tmp_path / "mirrors", [entry])
    (tmp_path / "mirrors").rename(tmp_path / "moved")
    assert gather(tmp_path / "corpus", tmp_path / "moved", [entry]) == []


def test_a_repository_is_added_with_its_newest_revision_and_licence(tmp_path: Path) -> None:
    make_list(tmp_path / "list.tsv", {})
    revision = make_mirror(tmp_path / "mirrors", "a/one", {"LICENSE": MIT})
    places = [str(tmp_path / "corpus"), "--list", str(tmp_path / "list.tsv"), "--mirrors", str(tmp_path / "mirrors")]
    assert main([*places, "--add", "fit", "a/one"]) == 0
    assert read_list(tmp_path / "list.tsv") == [Repository("fit", "a/one", revision, "MIT")]


@pytest.mark.parametrize("files", [{"LICENSE": GPL}, {"LICENSE-MIT": MIT, "COPYING": GPL}, {"main.c": "int x;\n"}])
def test_a_repository_that_is_not_all_permissive_is_not_added(tmp_path: Path, files: dict[str, str]) -> None:
    make_mirror(tmp_path / "mirrors", "a/one", files)
    assert list(add(tmp_path / "corpus", tmp_path / "mirrors", "train", ["a/one"])) == []
