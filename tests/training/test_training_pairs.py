"""Pairs: the question is taken out of its answer, and only what says something is asked."""

from pathlib import Path

import pytest

from tests.training.made_corpus import parse
from training.history import clean_subject
from training.pairs import Pair, PairKind, pairs_of_commit, pairs_of_tree

SOURCE = '''\
"""Keeps values that were costly to compute."""

LIMIT = 8


def evict_oldest(cache, clock):
    """Throw away the entry that nobody asked for lately."""
    for key in list(cache):
        # pinned entries survive every sweep
        if cache[key].pinned:
            continue
        raise KeyError("no entry may leave this cache now")
    return evict_oldest


def count_entries(cache):
    total = 0
    for key in cache:
        total += cache[key].size
    return total
'''

TEST = """\
from cache import count_entries


def test_count_entries_skips_expired_ones():
    cache = make_cache()
    assert count_entries(cache) == 0
"""

GUIDE = """\
# Guide

Read me.

## Choosing a cache size

A larger one keeps more.
A smaller one is faster.
Measure both of them.
"""

QUESTIONS: dict[PairKind, str] = {
    "documentation": "Throw away the entry that nobody asked for lately.",
    "name": "cache evict oldest",
    "test": "count entries skips expired ones",
    "file": "Keeps values that were costly to compute.",
    "comment": "pinned entries survive every sweep",
    "message": "no entry may leave this cache now",
    "section": "Choosing a cache size",
}


def pairs_of(root: Path) -> list[Pair]:
    files = {"cache.py": SOURCE, "tests/test_cache.py": TEST, "guide.md": GUIDE}
    return list(pairs_of_tree([parse(root, path, text) for path, text in files.items()]))


@pytest.mark.parametrize(("kind", "question"), QUESTIONS.items())
def test_a_question_is_asked_and_taken_out_of_its_answer(tmp_path: Path, kind: PairKind, question: str) -> None:
    answers = [pair for pair in pairs_of(tmp_path) if pair.kind == kind and pair.query == question]
    assert [question in f"{pair.name}\n{pair.text}" for pair in answers] == [False]


def test_a_name_does_not_stand_in_the_code_that_answers_it(tmp_path: Path) -> None:
    (named,) = [pair for pair in pairs_of(tmp_path) if pair.query == QUESTIONS["name"]]
    assert "evict_oldest" not in f"{named.name}\n{named.text}"


def test_a_test_is_answered_by_the_definition_that_it_names(tmp_path: Path) -> None:
    (tested,) = [pair for pair in pairs_of(tmp_path) if pair.kind == "test"]
    assert tested.name == "count_entries"


def test_a_commit_is_answered_by_the_function_that_it_changed(tmp_path: Path) -> None:
    parsed = parse(tmp_path, "cache.py", SOURCE)
    line = SOURCE[: SOURCE.index("total +=")].count("\n") + 1
    (pair,) = pairs_of_commit("Weigh what is kept by its size", parsed, [range(line, line + 1)])
    assert (pair.kind, pair.query, pair.name) == ("commit", "Weigh what is kept by its size", "count_entries")


@pytest.mark.parametrize("path", ["_vendor/cache.py", "third_party/cache.py", "cache_pb2.py"])
def test_nothing_is_taken_from_what_others_or_machines_wrote(tmp_path: Path, path: str) -> None:
    assert list(pairs_of_tree([parse(tmp_path, path, SOURCE)])) == []


def test_the_small_print_at_the_head_of_a_file_is_no_question(tmp_path: Path) -> None:
    text = SOURCE.replace("Keeps values that were costly to compute.", "Copyright of all the authors of this file")
    assert "file" not in {pair.kind for pair in pairs_of_tree([parse(tmp_path, "cache.py", text)])}


def test_a_subject_loses_its_references() -> None:
    assert clean_subject("Ada", "Close idle sockets after a pause (#123)") == "Close idle sockets after a pause"


@pytest.mark.parametrize(
    ("author", "subject"),
    [
        ("Ada", "Merge branch 'main' into topic"),
        ("Ada", "Bump version to 2.0 of the parser"),
        ("dependabot[bot]", "Raise the pool of sockets"),
        ("Ada", "Fix it"),
    ],
)
def test_a_subject_that_says_nothing_is_left_out(author: str, subject: str) -> None:
    assert clean_subject(author, subject) == ""
