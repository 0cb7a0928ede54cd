"""The whole pipeline, from files to answers: the same twice, and nothing is lost on the way."""

from pathlib import Path

import pytest

from codesearch.types import SearchResponse, SearchResult
from tests.quality.goldens import defined_names, is_found
from tests.quality.shelf import REPOSITORIES, Shelf, files_of, judged_queries, places_of

pytestmark = pytest.mark.slow

TWICE = ("ferry", "stockroom")
"""Five languages are enough: what could differ is order, and that is the same code for all."""


def results_of(shelf: Shelf, repository: str) -> list[tuple[SearchResult, ...]]:
    """Return everything about the results of all judged queries: places, texts and unrounded scores."""
    responses: list[SearchResponse] = [shelf.search(repository, one.query) for one in judged_queries(repository)]
    return [response.results for response in responses]


@pytest.mark.parametrize("repository", TWICE)
def test_two_builds_of_the_same_files_answer_alike_to_the_last_digit(
    shelf: Shelf, repository: str, tmp_path: Path
) -> None:
    other = Shelf(tmp_path, n_workers=2)
    try:
        assert results_of(other, repository) == results_of(shelf, repository)
    finally:
        other.close()


@pytest.mark.parametrize("repository", REPOSITORIES)
def test_every_file_is_found_by_a_name_that_it_defines(shelf: Shelf, repository: str) -> None:
    lost = []
    for path in files_of(repository):
        name = defined_names(repository, path)[0]
        if not is_found(path, places_of(shelf.search(repository, name))):
            lost.append(f"{path} by {name}")
    assert lost == []


@pytest.mark.parametrize("repository", REPOSITORIES)
def test_no_answer_shows_the_same_lines_twice(shelf: Shelf, repository: str) -> None:
    for judged in judged_queries(repository):
        places = places_of(shelf.search(repository, judged.query))
        assert [
            (a, b)
            for n, a in enumerate(places)
            for b in places[:n]
            if a.path == b.path and a.start_line <= b.end_line and b.start_line <= a.end_line
        ] == []
