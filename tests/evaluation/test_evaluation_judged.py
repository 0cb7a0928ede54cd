"""Judged queries are read, kept to what is there, and made of words alone."""

import json
from pathlib import Path

import pytest

from codesearch.errors import QueryError
from codesearch.evaluation.judged import JudgedQuery, keep_present, plain_words, read_judgements
from codesearch.evaluation.metrics import Target
from codesearch.search.query import parse_query
from tests.cli.repositories import write_files


@pytest.mark.parametrize("text", ['say "goodbye" in path:src kind:odd lang:none', "“quoted” lang:x", "a  b\nc"])
def test_plain_words_hold_no_filter_and_no_quoted_text(text: str) -> None:
    query = parse_query(plain_words(text))
    assert (query.quoted, query.filters) == ((), parse_query("a").filters)
    assert query.text.split() == plain_words(text).split()


def test_targets_that_are_not_there_are_left_out_and_the_query_stays(tmp_path: Path) -> None:
    root = write_files(tmp_path / "checkout" / "src", {"net/a.py": "", "b.py": ""})
    targets = (Target("net/a.py"), Target("src/b.py"), Target("lib/b.py"), Target("c.py"))
    [kept, empty] = keep_present([JudgedQuery("q", "c", targets[:3]), JudgedQuery("r", "c", (), targets[3:])], root)
    assert kept.targets == targets[:2]
    assert (empty.targets, empty.language) == ((), "none")


def test_the_language_of_a_query_is_that_of_its_first_target() -> None:
    assert JudgedQuery("q", "c", (Target("a.go"),), (Target("b.py"),)).language == "go"


def test_a_file_without_secondary_targets_is_read(tmp_path: Path) -> None:
    path = tmp_path / "queries.json"
    path.write_text(json.dumps([{"query": "q", "category": "c", "relevant": [{"path": "a.py"}]}]), encoding="utf-8")
    assert read_judgements(path) == [JudgedQuery("q", "c", (Target("a.py"),))]


@pytest.mark.parametrize(
    "text", ["", "{}x", '{"query": 1}', "[1]", '[{"query": "q"}]', '[{"query":"q","category":"c","relevant":[3]}]']
)
def test_a_file_of_another_form_is_an_error_that_says_what_to_write(tmp_path: Path, text: str) -> None:
    path = tmp_path / "queries.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(QueryError, match="write a JSON list"):
        read_judgements(path)
