"""The fixture repositories and their judgements are what the figures presume."""

import json
from collections import Counter

import pytest

from codesearch.evaluation.judged import JudgedQuery
from codesearch.evaluation.metrics import Target
from indexers.languages import detect_language
from tests.quality.goldens import parse_fixture
from tests.quality.shelf import FIXTURES, REPOSITORIES, all_targets, files_of, judged_queries

CATEGORIES = {"semantic", "architecture", "symbol"}
TARGETS = list(all_targets())
QUERIES = [(repository, judged) for repository in REPOSITORIES for judged in judged_queries(repository)]


def overlaps(a: Target, b: Target) -> bool:
    """Tell whether two targets of one query show the same lines: then no ranking could gain both."""
    if a.path != b.path:
        return False
    if a.start_line is None or a.end_line is None or b.start_line is None or b.end_line is None:
        return True
    return a.start_line <= b.end_line and b.start_line <= a.end_line


def test_there_are_enough_repositories_languages_and_queries() -> None:
    languages = {detect_language(path) for repository in REPOSITORIES for path in files_of(repository)}
    assert len(REPOSITORIES) >= 8
    assert len(languages) >= 12
    assert len(QUERIES) >= 80


def test_every_repository_is_judged_and_nothing_else() -> None:
    assert sorted(path.stem for path in (FIXTURES / "queries").glob("*.json")) == list(REPOSITORIES)


@pytest.mark.parametrize(("repository", "judged"), QUERIES, ids=lambda value: getattr(value, "query", value))
def test_a_judgement_is_whole(repository: str, judged: JudgedQuery) -> None:
    assert judged.query.strip() == judged.query
    assert judged.query
    assert judged.category in CATEGORIES
    assert judged.relevant


def test_every_target_is_there_and_begins_and_ends_with_code() -> None:
    wrong = []
    for repository, judged, target in TARGETS:
        lines = (FIXTURES / "repositories" / repository / target.path).read_text(encoding="utf-8").splitlines()
        first, last = target.start_line or 1, target.end_line or len(lines)
        if not (1 <= first <= last <= len(lines) and lines[first - 1].strip() and lines[last - 1].strip()):
            wrong.append(f"{repository}: {judged.query}: {target}")
    assert wrong == []


def test_spans_have_both_ends_or_none() -> None:
    for path in sorted((FIXTURES / "queries").glob("*.json")):
        for entry in json.loads(path.read_text(encoding="utf-8")):
            for target in entry["relevant"] + entry["secondary"]:
                assert ("start_line" in target) == ("end_line" in target), target


def test_no_query_wants_the_same_lines_twice() -> None:
    assert [
        f"{repository}: {judged.query}"
        for repository, judged in QUERIES
        for n, target in enumerate(judged.targets)
        if any(overlaps(target, other) for other in judged.targets[:n])
    ] == []


def test_no_query_is_asked_twice_of_one_repository() -> None:
    asked = Counter((repository, judged.query) for repository, judged in QUERIES)
    assert [query for query, n in asked.items() if n > 1] == []


@pytest.mark.parametrize("repository", REPOSITORIES)
def test_every_file_is_cut_by_syntax_as_an_installation_without_extras_does(repository: str) -> None:
    assert [(path, note) for path in files_of(repository) if (note := parse_fixture(repository, path).note)] == []
