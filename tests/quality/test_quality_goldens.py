"""What is cut, found and scored, held against the golden files; each failure says how to write them anew."""

import json
from difflib import unified_diff
from pathlib import Path

import pytest

from tests.quality.goldens import (
    GOLDEN,
    REGENERATE,
    chunk_listings,
    json_answer,
    normalised,
    quality,
    ranking,
    read_golden,
    write_goldens,
)
from tests.quality.shelf import REPOSITORIES, Answer, Shelf

LANGUAGES = sorted(path.stem for path in (GOLDEN / "chunks").iterdir())

FIGURES = ("recall@1", "recall@5", "MRR", "nDCG@10")

MARGIN = 0.01
"""How far an overall figure may fall below its golden value: more than rounding, about two queries."""

CATEGORY_MARGIN = 0.03
"""The same for a category: of the smallest, 30 queries, this is one query."""


@pytest.fixture(scope="session")
def answers(shelf: Shelf) -> dict[str, list[Answer]]:
    """All judged queries, answered once."""
    return {repository: shelf.answers(repository) for repository in REPOSITORIES}


@pytest.fixture(scope="session")
def cuts() -> dict[str, str]:
    """The chunks of all languages, listed once."""
    return chunk_listings()


def check(name: str, text: str) -> None:
    """Compare a golden file with what it should be; a failure shows the diff and what to do."""
    diff = unified_diff(read_golden(name).splitlines(), text.splitlines(), f"golden/{name}", "now", lineterm="", n=1)
    if changed := list(diff):
        pytest.fail("\n".join([REGENERATE, *changed]), pytrace=False)


def falls(figures: dict[str, float], golden: dict[str, float], margin: float) -> list[str]:
    """Return the figures that fell by more than the margin, in words."""
    return [
        f"{name} fell from {golden[name]:.4f} to {figures[name]:.4f}"
        for name in FIGURES
        if figures[name] < golden[name] - margin
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_is_cut_where_the_golden_file_says(cuts: dict[str, str], language: str) -> None:
    check(f"chunks/{language}.txt", cuts.get(f"chunks/{language}.txt", ""))


def test_each_language_has_a_golden_file(cuts: dict[str, str]) -> None:
    assert list(cuts) == [f"chunks/{language}.txt" for language in LANGUAGES], REGENERATE


@pytest.mark.slow
@pytest.mark.parametrize("repository", REPOSITORIES)
def test_the_first_results_of_each_judged_query_are_the_golden_ones(
    answers: dict[str, list[Answer]], repository: str
) -> None:
    check(f"rankings/{repository}.txt", ranking(answers[repository]))


@pytest.mark.slow
def test_an_answer_as_json_is_the_golden_one(shelf: Shelf) -> None:
    check("search.json", json_answer(shelf))


@pytest.mark.slow
def test_no_figure_falls_below_its_golden_value_by_more_than_the_margin(answers: dict[str, list[Answer]]) -> None:
    now = json.loads(quality([answer for found in answers.values() for answer in found]))
    golden = json.loads(read_golden("quality.json"))
    fallen = [f"overall: {fall}" for fall in falls(now["overall"], golden["overall"], MARGIN)]
    for category, figures in golden["by_category"].items():
        fallen += [f"{category}: {fall}" for fall in falls(now["by_category"][category], figures, CATEGORY_MARGIN)]
    assert fallen == [], f"{fallen}; {REGENERATE}"
    assert now["queries"] == golden["queries"], REGENERATE


def test_a_fall_beyond_the_margin_is_named() -> None:
    golden = dict.fromkeys(FIGURES, 0.7)
    assert falls({**golden, "MRR": 0.695}, golden, MARGIN) == []
    assert falls({**golden, "MRR": 0.68, "recall@1": 0.9}, golden, MARGIN) == ["MRR fell from 0.7000 to 0.6800"]


def test_only_what_changed_is_written_and_what_is_gone_is_removed(tmp_path: Path) -> None:
    assert write_goldens({"a.txt": "1\n", "b/c.txt": "2\n"}, tmp_path) == ["a.txt", "b/c.txt"]
    assert write_goldens({"a.txt": "1\n", "b/d.txt": "3\n"}, tmp_path) == ["b/d.txt", "b/c.txt"]
    assert not (tmp_path / "b" / "c.txt").exists()


def test_times_places_and_generation_are_normalised_and_nothing_else() -> None:
    score = {"bm25": 1.23456, "cosine": None, "fused": 0.5, "prior": 1.0}
    index = {"generation": 7, "chunks": 3, "checked_at": "2026-01-01T10:00:00Z", "root": "/home/me", "complete": True}
    result = {"path": "a.py", "score": 0.98765, "scores": score, "content": "x", "stale": False}
    printed = json.dumps({"version": 1, "query": "q", "took_ms": 9.9, "index": index, "results": [result]})
    document = json.loads(normalised(printed))
    assert document["took_ms"] == 0.0
    assert document["index"] == {
        "generation": 1,
        "chunks": 3,
        "checked_at": "2000-01-01T00:00:00Z",
        "root": "/root",
        "complete": True,
    }
    assert document["results"] == [{**result, "score": 0.988, "scores": {**score, "bm25": 1.235}}]
