from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from codesearch.cli.excerpt import MAX_LINES, Part, choose_parts, describe_line, find_query_terms
from codesearch.types import SearchResult
from tests.cli.samples import make_result

LINES = st.lists(st.sampled_from(["", "retry(call)", "socket.open()", "    pass", "x = 1"]), max_size=60)
TERMS = st.frozensets(st.sampled_from(["retri", "socket", "absent"]))


@given(LINES, TERMS)
def test_parts_are_ordered_bounded_and_start_with_the_first_line(lines: list[str], terms: frozenset[str]) -> None:
    parts = choose_parts(lines, terms)
    assert sum(part.end - part.start for part in parts) == min(len(lines), MAX_LINES)
    assert parts[0].start == 0
    assert parts[-1].end <= len(lines)
    assert all(first.end < second.start for first, second in pairwise(parts))


def test_a_short_result_is_shown_whole() -> None:
    assert choose_parts(["a", "b"], frozenset({"a"})) == [Part(0, 2)]


def test_a_long_result_shows_its_first_line_and_where_the_words_are() -> None:
    lines = ["def run():"] + ["    step()"] * 40 + ["    retry(call)"] + ["    step()"] * 10
    first, best = choose_parts(lines, frozenset({"retri"}))
    assert first == Part(0, 1)
    assert best.start <= 41 < best.end


def test_without_a_match_the_beginning_is_shown() -> None:
    assert choose_parts(["x"] * 40, frozenset({"retri"})) == [Part(0, MAX_LINES)]


def test_filters_are_no_terms_of_the_query() -> None:
    assert find_query_terms("lang:python -path:tests Retries backed off") == {"retri", "back"}
    assert find_query_terms('path:"my folder" "retries"') == {"retri"}
    assert "retri" in find_query_terms("retries = load(lang:nothing)  kind:odd")
    assert find_query_terms("lang:python") == frozenset()


def make_piece(content: str, signature: str = "", documentation: str = "") -> SearchResult:
    return replace(make_result(content=content), signature=signature, documentation=documentation)


def test_the_line_of_a_result_is_that_of_its_signature() -> None:
    piece = make_piece("@cached\ndef load(path):\n    return 1\n", "def load(path):")
    assert describe_line(piece, frozenset({"cach"})) == (1, "def load(path):")


def test_a_signature_over_several_lines_is_found_by_its_first() -> None:
    piece = make_piece("/** Adds. */\npublic int add(\n    int a,\n    int b) {\n", "public int add( int a, int b)")
    assert describe_line(piece, frozenset()) == (1, "public int add(")


def test_a_file_is_shown_by_the_line_that_has_most_words_of_the_query() -> None:
    piece = make_piece("# Copyright Ada\n\nimport retries\n\ndef retry_call(socket):\n    pass\n")
    assert describe_line(piece, frozenset({"retri", "socket"})) == (4, "def retry_call(socket):")


def test_a_file_without_words_of_the_query_is_shown_by_its_documentation() -> None:
    piece = make_piece(
        '# Copyright Ada\n\n"""Calls again.\n\nWith patience.\n"""\n', "", "Calls again.\n\nWith patience."
    )
    assert describe_line(piece, frozenset({"socket"})) == (2, '"""Calls again.')


def test_else_the_first_line_that_says_something_stands_for_the_result() -> None:
    assert describe_line(make_piece("\n\n  x = 1\n"), frozenset({"retri"})) == (2, "  x = 1")


@given(st.text(), st.text(), st.text(), TERMS)
def test_every_content_has_a_line(content: str, signature: str, documentation: str, terms: frozenset[str]) -> None:
    offset, line = describe_line(make_piece(content, signature, documentation), terms)
    assert 0 <= offset <= content.count("\n")
    assert "\n" not in line
