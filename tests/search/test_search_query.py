"""What is a filter, what is quoted, what stays text, and which shape remains."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesearch.errors import QueryError
from codesearch.search.query import MAX_CHARACTERS, parse_query, plain_query, resolve_filters
from codesearch.types import Filters


def test_filters_are_taken_out_of_the_words() -> None:
    query = parse_query("lang:py retry path:src/** with -path:tests kind:function backoff -lang:go -kind:class")
    assert query.text == "retry with backoff"
    assert query.filters == Filters(
        paths=("src/**",),
        excluded_paths=("tests",),
        languages=("python",),
        excluded_languages=("go",),
        kinds=("function",),
        excluded_kinds=("class",),
    )


def test_a_quoted_filter_value_may_hold_blanks() -> None:
    assert parse_query('x path:"my dir/**"').filters.paths == ("my dir/**",)


def test_language_is_another_word_for_lang() -> None:
    assert parse_query("x language:c#").filters.languages == ("csharp",)


@pytest.mark.parametrize(
    "text", ["foo:bar", "std::vector push", "http://example.org/a b", "path: str", "lang:", "-x", "a - b", "Path:x"]
)
def test_what_is_no_known_filter_stays_text(text: str) -> None:
    query = parse_query(text)
    assert query.text == text
    assert query.filters == Filters()


def test_quoted_text_is_kept_byte_for_byte_and_also_searched_as_words() -> None:
    query = parse_query('where is "foo(  bar" called')
    assert query.quoted == ("foo(  bar",)
    assert query.text == "where is foo(  bar called"


def test_a_filter_inside_quotes_is_text() -> None:
    query = parse_query('"path:src kind:none"')
    assert query.quoted == ("path:src kind:none",)
    assert query.filters == Filters()


@pytest.mark.parametrize("text", ['say "', '" x', 'a"b', 'print("x")', '""', '5" disk'])
def test_a_lone_or_inner_quote_is_text(text: str) -> None:
    query = parse_query(text)
    assert query.quoted == ()
    assert query.text == text


def test_a_backslash_lets_a_quote_stand_inside_quoted_text() -> None:
    assert parse_query(r'"say \"hi\" \d+"').quoted == (r'say "hi" \d+',)
    assert parse_query('"C:\\"').quoted == ("C:\\",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x lang:pyton", "python"),
        ("x kind:functions", "function"),
        ("x -kind:zzz", "known are"),
        ("x -lang:javascrpt", "javascript"),
    ],
)
def test_an_unknown_language_or_kind_names_near_matches(text: str, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        parse_query(text)


def test_filters_of_the_options_are_checked_the_same_way() -> None:
    assert resolve_filters(Filters(languages=("rs",))).languages == ("rust",)
    with pytest.raises(QueryError, match="python"):
        resolve_filters(Filters(excluded_languages=("pythn",)))


@pytest.mark.parametrize("text", ["", "  ", " " * 2 * MAX_CHARACTERS])
def test_a_query_without_words_says_so(text: str) -> None:
    with pytest.raises(QueryError, match="words"):
        parse_query(text)


def test_filters_may_stand_alone_and_are_checked_first() -> None:
    query = parse_query("path:src -path:x")
    assert (query.text, query.filters) == ("", Filters(paths=("src",), excluded_paths=("x",)))
    with pytest.raises(QueryError, match="unknown kind 'zzz'"):
        parse_query("kind:zzz")


def test_a_long_query_is_cut_between_two_words() -> None:
    text = "word and " * MAX_CHARACTERS
    for query in (parse_query(text), plain_query(text)):
        assert MAX_CHARACTERS - 9 < len(query.text) <= MAX_CHARACTERS
        assert query.text.split()[-1] in ("word", "and")
    assert parse_query("lang:py " + text).text.startswith("word and")
    assert len(parse_query("x" * 2 * MAX_CHARACTERS).text) == MAX_CHARACTERS


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("getUserName", "symbol"),
        ("empty?", "symbol"),
        ("parse_url()", "symbol"),
        ("Rack::Response", "qualified"),
        ("a.b.c(x)", "qualified"),
        ("Foo#bar", "qualified"),
        ("ptr->next", "qualified"),
        ("src/unix/core", "path"),
        ("mux.go", "path"),
        ("how are retries backed off", "words"),
        ("retry with a growing delay", "action"),
        ("Returns the first match", "action"),
        ("copied files are listed", "words"),
        ("fix(parser): handle empty input", "action"),
        ("cache eviction policy", "words"),
        ("parsing of dates", "words"),
        ("x = f(y)", "snippet"),
        ("https://example.org/a", "words"),
    ],
)
def test_the_shape_of_a_query_is_seen(text: str, shape: str) -> None:
    assert parse_query(text).shape == shape


def test_words_that_are_spelled_like_code_are_identifiers() -> None:
    query = parse_query("how EitherT and basic_format_args use parse() of std::vector, but not this.")
    assert query.identifiers == ("EitherT", "basic_format_args", "parse", "std::vector")


def test_a_code_snippet_is_taken_as_it_stands() -> None:
    query = plain_query('x = {"path:src": "y"}\n')
    assert query.text == 'x = {"path:src": "y"}'
    assert query.quoted == ()
    with pytest.raises(QueryError, match="empty"):
        plain_query(" \n")


@given(st.text().filter(lambda text: ":" not in text and text.strip()))
def test_any_text_without_filters_is_a_query(text: str) -> None:
    assert parse_query(text).text.strip()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("class Poly", "Poly"),
        ("def run_command(self, args):", "run_command"),
        ("fn parse", "parse"),
        ("struct Node", "Node"),
    ],
)
def test_the_head_of_a_definition_asks_for_its_name(text: str, name: str) -> None:
    query = parse_query(text)
    assert (query.text, query.shape, query.identifiers) == (name, "symbol", (name,))


@pytest.mark.parametrize("text", ["class hierarchy", "type inference", "class Poly and its roots", "interface between"])
def test_words_that_begin_like_a_definition_stay_words(text: str) -> None:
    assert parse_query(text).shape == "words"
