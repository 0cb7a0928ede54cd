"""Which paths a pattern means."""

import pytest

from codesearch.errors import QueryError
from codesearch.search.path_filter import match_paths

PATHS = [
    "src/a/b.py",
    "tests/x.py",
    "a/tests/y.js",
    "routing.py",
    "a/routing.test.ts",
    "src2/x",
    "p/[id]/x.ts",
    "p/i/x",
]


def matched(*patterns: str) -> list[str]:
    """Return which of the paths the patterns mean."""
    return [path for path, is_match in zip(PATHS, match_paths(PATHS, patterns), strict=True) if is_match]


def test_a_plain_word_means_folders_files_and_stems_of_that_name() -> None:
    assert matched("tests") == ["tests/x.py", "a/tests/y.js"]
    assert matched("routing") == ["routing.py", "a/routing.test.ts"]


def test_a_folder_prefix_means_what_is_below_it() -> None:
    assert matched("src/a") == matched("src/a/") == matched("/src") == matched("./src/a") == ["src/a/b.py"]


def test_two_stars_cross_folders_and_one_star_does_not() -> None:
    assert matched("src/**") == ["src/a/b.py"]
    assert matched("**/y.js") == matched("a/**/y.js") == ["a/tests/y.js"]
    assert matched("src/*.py") == []
    assert matched("*.py") == ["src/a/b.py", "tests/x.py", "routing.py"]


def test_several_patterns_mean_any_of_them_and_none_means_nothing() -> None:
    assert matched("src2", "*.js") == ["a/tests/y.js", "src2/x"]
    assert matched() == []


def test_marks_that_mean_something_to_git_are_plain_here() -> None:
    assert match_paths(["!a", "#b", "b"], ["!a"]) == [True, False, False]
    assert match_paths(["!a", "#b", "b"], ["#b"]) == [False, True, False]


def test_the_root_means_everything() -> None:
    assert matched("/") == matched("./") == PATHS


@pytest.mark.parametrize("pattern", ["a/***", "a//b", "***/", "[[:foo:]-a]x", "[[a]", "[a||b&&c]"])
def test_odd_patterns_mean_what_git_would_mean(pattern: str) -> None:
    assert isinstance(matched(pattern), list)


def test_a_pattern_that_is_no_glob_is_refused_by_name() -> None:
    with pytest.raises(QueryError, match="path filter"):
        matched("src/[")


@pytest.mark.parametrize("pattern", ["[a-1z]", "src/[z-a]*"])
def test_a_set_that_makes_no_sense_is_refused_with_the_pattern(pattern: str) -> None:
    with pytest.raises(QueryError, match="is not a glob: bad character range"):
        matched(pattern)
