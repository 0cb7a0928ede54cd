"""Which names a query may mean and whether a chunk carries one."""

from collections.abc import Mapping

from codesearch.search.names import asked_names, fold, name_match, spellings
from codesearch.search.query import parse_query
from codesearch.search.terms import own_weights
from codesearch.search.weights import WEIGHTS


def asked(text: str) -> dict[str, float]:
    """Return the names that a query asks for, all its words equally rare."""
    query = parse_query(text)
    weights = own_weights(query, WEIGHTS.words)
    return asked_names(query, {term: weight / sum(weights.values()) for term, weight in weights.items()}, WEIGHTS.names)


def match(asked: Mapping[str, float], symbol: str, qualified_name: str, names: tuple[str, ...]) -> float:
    """Return how surely a chunk of these names is meant."""
    return name_match(asked, symbol, qualified_name, names, WEIGHTS.names)


def test_names_are_the_same_in_every_spelling() -> None:
    assert fold("getUserName") == fold("get_user_name") == fold("Get::User-Name") == "getusername"


def test_a_camel_case_symbol_finds_its_snake_case_definition() -> None:
    query = parse_query("getUserName")
    assert {"getusername", "get_user_name"} <= set(spellings(query))
    names = asked("getUserName")
    assert 0.5 < match(names, "get_user_name", "", ()) < match(names, "getUserName", "", ())


def test_the_qualified_name_is_surer_than_its_last_part() -> None:
    names = asked("Rack::Response")
    qualified = match(names, "Response", "Rack.Response", ())
    assert qualified == match(names, "Response", "Outer::Rack::Response", ())
    assert 0 < match(names, "Response", "Other::Response", ()) < qualified


def test_neighbouring_words_join_into_a_name() -> None:
    query = parse_query("how does the path router store routes")
    names = asked(query.text)
    assert "path_router" in spellings(query)
    assert match(names, "PathRouter", "", ()) > match(names, "Router", "", ()) > 0
    assert match(names, "Unrelated", "", ()) == 0


def test_a_name_defined_inside_counts_less_than_the_own_name() -> None:
    names = asked("MAX_RETRIES")
    assert 0 < match(names, "", "", ("MAX_RETRIES",)) < match(names, "MAX_RETRIES", "", ())


def test_words_that_speak_about_code_are_no_names() -> None:
    assert "function" not in asked("the function that retries")


def test_a_name_among_many_words_is_less_surely_what_was_asked_for() -> None:
    alone = match(asked("ewmaRate"), "ewmaRate", "", ())
    mentioned = match(asked("always allocate a new ewmaRate aligned on ARM"), "ewmaRate", "", ())
    assert 0 < mentioned < alone


def test_the_very_spelling_of_a_bare_name_comes_far_before_another_case() -> None:
    exact = match(asked("Poly"), "Poly", "", ())
    assert exact > 3 * match(asked("Poly"), "poly", "", ()) > 0
    assert exact > 3 * match(asked("Poly"), "_poly", "", ()) > 0
