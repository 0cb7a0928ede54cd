"""Commit subjects become queries for the files they changed, asked of the tree before the change."""

from dataclasses import replace
from pathlib import Path

import pytest

from codesearch.evaluation.cases import Sample
from codesearch.evaluation.commits import build_commits, make_question, names_path
from codesearch.evaluation.history import Commit, Repository, find_repository
from indexers.errors import WalkError
from tests.cli.repositories import git
from tests.evaluation.trees import commit, read_tree

CHANGE = Commit("c", "p", "Ada <ada@example.org>", "Wait longer between calls", ("net/retry.py",), ("net/retry.py",), 1)


def repository_of(root: Path) -> Repository:
    found = find_repository(root)
    assert found is not None
    return found


@pytest.fixture
def history(tmp_path: Path) -> Path:
    root = tmp_path / "history"
    commit(root, "Begin with a socket", {"net.py": "a = 1\n", "log.py": "b = 1\n", "sub/part.py": "c = 1\n"})
    commit(root, "Wait longer between calls (#12)", {"net.py": "a = 2\n"})
    commit(root, "Bump version to two", {"log.py": "b = 2\n"})
    commit(root, "Say what goes wrong", {"log.py": "b = 3\n", "new.py": "d = 1\n"})
    commit(root, "Split the parts further", {"sub/part.py": "c = 2\n", "net.py": "a = 3\n"})
    return root


@pytest.mark.parametrize(
    ("subject", "query"),
    [
        ("Wait longer between calls", "Wait longer between calls"),
        ("Wait longer between calls (#123)", "Wait longer between calls"),
        ("Wait longer between calls, fixes #12", "Wait longer between calls,"),
        ("fix(net): wait longer between calls", "fix(net): wait longer between calls"),
        ('Wait "much" longer path:x', "Wait much longer path: x"),
    ],
)
def test_a_subject_without_its_references_is_the_query(subject: str, query: str) -> None:
    assert make_question(replace(CHANGE, subject=subject)) == query


@pytest.mark.parametrize(
    "subject",
    [
        'Revert "Wait longer between calls"',
        "Merge branch main into next",
        "Bump actions/checkout from 3 to 4",
        "chore(deps): wait for a newer library",
        "Release of the next version",
        "v2.0.1 with many things",
        "[pre-commit.ci] pre-commit autoupdate again",
        "Wait longer",
        "Let retry wait longer",
        "Mend net/retry.py a bit",
    ],
)
def test_routine_short_and_naming_subjects_make_no_query(subject: str) -> None:
    assert make_question(replace(CHANGE, subject=subject)) is None


def test_bots_sweeps_and_commits_of_new_files_alone_make_no_query() -> None:
    assert make_question(replace(CHANGE, author="dependabot[bot] <x@y>")) is None
    assert make_question(replace(CHANGE, n_changed=11)) is None
    assert make_question(replace(CHANGE, existing=())) is None
    assert make_question(replace(CHANGE, n_changed=10)) is not None


@pytest.mark.parametrize(
    ("subject", "named"),
    [
        ("mend RETRY for good", True),
        ("mend retry.py for good", True),
        ("mend retry.test for good", True),
        ("mend net/retry.test.py for good", True),
        ("mend retrying for good", False),
        ("mend the retry_policy", False),
        ("mend a thing", False),
    ],
)
def test_a_path_is_named_by_its_whole_words_in_any_case(subject: str, named: bool) -> None:
    paths = ("net/retry.test.py", "a.py") if "test" in subject else ("net/retry.py", "a.py")
    assert names_path(subject, paths) is named


def test_each_query_is_asked_of_the_tree_before_its_commit_oldest_first(history: Path, tmp_path: Path) -> None:
    asked = [
        (case.queries[0].query, [target.path for target in case.queries[0].targets], read_tree(case.root))
        for case in build_commits(repository_of(history), tmp_path / "checkout")
    ]
    assert asked == [
        ("Wait longer between calls", ["net.py"], {"net.py": "a = 1\n", "log.py": "b = 1\n", "sub/part.py": "c = 1\n"}),
        ("Say what goes wrong", ["log.py"], {"net.py": "a = 2\n", "log.py": "b = 2\n", "sub/part.py": "c = 1\n"}),
        (
            "Split the parts further",
            ["net.py", "sub/part.py"],
            {"net.py": "a = 2\n", "log.py": "b = 3\n", "sub/part.py": "c = 1\n", "new.py": "d = 1\n"},
        ),
    ]


def test_the_repository_is_only_read(history: Path, tmp_path: Path) -> None:
    (history / "net.py").write_text("not committed\n", encoding="utf-8")
    index = (history / ".git" / "index").read_bytes()
    before = git(history, "for-each-ref"), read_tree(history)
    list(build_commits(repository_of(history), tmp_path / "checkout"))
    assert (git(history, "for-each-ref"), read_tree(history)) == before
    assert (history / ".git" / "index").read_bytes() == index


def test_the_newest_commits_are_taken_where_there_are_more(history: Path, tmp_path: Path) -> None:
    cases = build_commits(repository_of(history), tmp_path / "checkout", Sample(1))
    assert [case.queries[0].query for case in cases] == ["Split the parts further"]


def test_a_folder_of_a_repository_is_asked_about_its_own_files(history: Path, tmp_path: Path) -> None:
    cases = build_commits(repository_of(history / "sub"), tmp_path / "checkout")
    assert [[target.path for target in case.queries[0].targets] for case in cases] == [["part.py"]]


def test_targets_may_be_limited_and_commits_without_any_are_left_out(history: Path, tmp_path: Path) -> None:
    cases = build_commits(repository_of(history), tmp_path / "checkout", Sample(), lambda path: path == "log.py")
    assert [case.queries[0].query for case in cases] == ["Say what goes wrong"]


def test_a_file_may_become_a_folder_and_a_folder_a_file(tmp_path: Path) -> None:
    root = tmp_path / "turns"
    commit(root, "Begin with one file", {"parts": "a\n", "log.py": "b = 1\n"})
    commit(root, "Say what goes wrong", {"log.py": "b = 2\n"})
    (root / "parts").unlink()
    commit(root, "Cut it into pieces", {"parts/one.py": "a\n", "log.py": "b = 3\n"})
    commit(root, "Say nothing any more", {"log.py": "b = 4\n"})
    (root / "parts" / "one.py").unlink()
    (root / "parts").rmdir()
    commit(root, "Put it together again", {"parts": "a\n", "log.py": "b = 5\n"})
    commit(root, "Say what goes right", {"log.py": "b = 6\n"})
    trees = [set(read_tree(case.root)) for case in build_commits(repository_of(root), tmp_path / "checkout")]
    assert trees == [{"parts", "log.py"}] * 2 + [{"parts/one.py", "log.py"}] * 2 + [{"parts", "log.py"}]


def test_a_folder_outside_git_has_no_repository(tmp_path: Path) -> None:
    assert find_repository(tmp_path) is None


def test_a_repository_without_commits_is_an_error_that_says_so(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    with pytest.raises(WalkError, match="git cannot read its history"):
        list(build_commits(repository_of(tmp_path), tmp_path / "checkout"))
