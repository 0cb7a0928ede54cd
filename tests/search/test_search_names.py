"""Which names a query may mean and whether a chunk carries one."""

from codesearch.search.names import asked_names, fold, name_match, spellings
from codesearch.search.query import parse_query


def test_names_are_the_same_in_every_spelling() -> None:
    assert fold("getUserName") == fold("get_user_name") == fold("Get::User-Name") == "getusername"


def test_a_camel_case_symbol_finds_its_snake_case_definition() -> None:
    query = parse_query("getUserName")
    assert {"getusername", "get_user_name"} <= set(spellings(query))
    assert name_match(asked_names(query), "get_user_name", "", ()) == 1.0


def test_the_qualified_name_is_surer_than_its_last_part() -> None:
    asked = asked_names(parse_query("Rack::Response"))
    qualified = name_match(asked, "Response", "Rack.Response", ())
    assert qualified == name_match(asked, "Response", "Outer::Rack::Response", ()) == 1.0
    assert 0 < name_match(asked, "Response", "Other::Response", ()) < qualified


def test_neighbouring_words_join_into_a_name() -> None:
    query = parse_query("how does the path router store routes")
    asked = asked_names(query)
    assert "path_router" in spellings(query)
    assert name_match(asked, "PathRouter", "", ()) > name_match(asked, "Router", "", ()) > 0
    assert name_match(asked, "Unrelated", "", ()) == 0


def test_a_name_defined_inside_counts_less_than_the_own_name() -> None:
    asked = asked_names(parse_query("MAX_RETRIES"))
    assert 0 < name_match(asked, "", "", ("MAX_RETRIES",)) < name_match(asked, "MAX_RETRIES", "", ())


def test_words_that_speak_about_code_are_no_names() -> None:
    assert "function" not in asked_names(parse_query("the function that retries"))
