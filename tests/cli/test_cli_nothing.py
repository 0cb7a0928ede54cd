from dataclasses import replace

from codesearch.cli.nothing import explain_nothing
from codesearch.search.query import parse_query
from codesearch.types import Filters, Stage
from tests.cli.samples import make_response, make_state

EMPTIED = (Stage("filter", 1_234, 0, 0.1),)
PASSED = (Stage("filter", 1_234, 20, 0.1), Stage("rank", 20, 0, 0.1))


def test_a_filter_that_leaves_nothing_is_named() -> None:
    response = make_response(stages=EMPTIED)
    wanted = "nothing found: no chunk of the index passes path:celery/**"
    assert explain_nothing(response, parse_query("retry"), Filters(paths=("celery/**",))) == wanted


def test_filters_of_options_and_query_and_quoted_text_are_named_together() -> None:
    filters = Filters(within="src", excluded_paths=("tests",))
    explained = explain_nothing(make_response(stages=EMPTIED), parse_query('lang:go "no\x1bsuch" retry'), filters)
    assert explained.endswith(r'passes PATH src and -path:tests and lang:go and "no\x1bsuch"')


def test_filters_that_leave_something_are_not_blamed() -> None:
    assert explain_nothing(make_response(stages=PASSED), parse_query("retry"), Filters(within="src")) == "nothing found"


def test_an_empty_index_is_named_as_such() -> None:
    response = make_response(state=replace(make_state(), n_chunks=0), stages=(Stage("filter", 0, 0, 0.1),))
    assert explain_nothing(response, parse_query("retry"), Filters()) == "nothing found: the index is empty"
