"""Which texts were pasted from a program's output or from code, and what counts in them."""

import json
from pathlib import Path

import pytest

from codesearch.search.literal import find_defined, find_frames, find_literal_shape, split_variables
from codesearch.search.query import PROSE, parse_query
from codesearch.search.terms import own_weights
from codesearch.search.weights import WEIGHTS

QUERIES = Path(__file__).resolve().parents[2] / "fixtures" / "queries"

TRACE = """Traceback (most recent call last):
  File "/srv/app/cart.py", line 12, in add_item
    cart.items.append(item)
AttributeError: 'NoneType' object has no attribute 'items'"""

COMMIT = """Retry when the connection is closed

- call close() before the next attempt
- the delay doubles every time, as the policy says
This fixes the hang that was seen under load."""

LOOP = """    for attempt in range(5):
        try:
            return call()
        except OSError:
            sleep(policy.backoff(attempt))"""


@pytest.mark.parametrize(
    "text",
    [
        "TypeError: cannot unpack non-iterable NoneType object",
        "panic: runtime error: index out of range",
        "failed to connect to 10.0.0.7:8080: timeout",
        "java.lang.IllegalStateException: no more items",
        "** (RuntimeError) no route found",
        "error[E0382]: use of moved value: `x`",
        "2026-01-01 12:00:01 ERROR worker 7 died",
        "Error: no items\n    at addItem (/srv/app/cart.js:12:7)",
        TRACE,
    ],
)
def test_errors_and_logs_and_stack_traces_are_messages(text: str) -> None:
    assert parse_query(text).shape == "message"


@pytest.mark.parametrize(
    "text",
    [
        LOOP,
        "if (a != b) { return c; }",
        "x := compute(y)",
        "total = sum(prices);",
        "func add(a int) int {\n\treturn a + 1\n}",
    ],
)
def test_code_is_a_snippet(text: str) -> None:
    assert parse_query(text).shape == "snippet"


@pytest.mark.parametrize(
    "text",
    [
        "how to use x = f(y)",
        "where is TypeError raised",
        "error handling",
        "what does panic: mean",
        "fmt::format and fmt::print",
        "cannot open files",
        "why is a == b slow in foo()?",
        "std::vector push",
        "O(1) concatenation",
        "open files with\nthe right encoding",
        COMMIT,
    ],
)
def test_what_a_person_wrote_stays_prose(text: str) -> None:
    assert parse_query(text).shape in PROSE


def test_no_judged_question_is_taken_for_pasted_text() -> None:
    judged = [case["query"] for path in QUERIES.glob("*.json") for case in json.loads(path.read_text("utf-8"))]
    assert [query for query in judged if find_literal_shape(query)] == []


def test_what_differs_from_run_to_run_counts_little_and_every_other_word_in_full() -> None:
    fixed, variable = split_variables("cannot open '/tmp/a.txt' at main.py:12: errno 13 (0x7f3a) of the disk")
    assert fixed.split() == ["cannot", "open", "at", ":", "errno", "(", ")", "of", "the", "disk"]
    assert {"'/tmp/a.txt'", "main.py:12", "13", "0x7f3a"} <= set(variable.split())
    weights = own_weights(parse_query("TypeError: the 7 of it"), WEIGHTS.words)
    assert (weights["the"], weights["of"], weights["7"]) == (1.0, 1.0, WEIGHTS.words.variable)


def test_the_functions_of_a_stack_trace_are_asked_for_and_its_exception_is_not() -> None:
    assert parse_query(TRACE).identifiers == ("add_item",)
    assert find_frames("Error: x\n    at Cart.addItem (cart.js:1:2)") == ("Cart.addItem",)


def test_code_asks_for_the_names_that_it_defines_and_not_for_those_that_it_calls() -> None:
    assert parse_query("def first(a):\n    return second(a)").identifiers == ("first",)
    assert find_defined("func (c *Cart) Add(i Item) {\n}\nclass Shop {") == ("Add", "Shop")
    assert parse_query(LOOP).identifiers == ()


def test_quotes_in_pasted_text_are_no_filter() -> None:
    query = parse_query('KeyError: "user id" is missing lang:py')
    assert (query.shape, query.quoted, query.filters.languages) == ("message", (), ("python",))
    assert query.text == 'KeyError: "user id" is missing'


def test_pasted_code_keeps_its_lines_beside_a_filter() -> None:
    assert parse_query(f"lang:py {LOOP}").text == LOOP.strip()


def test_pasted_text_weighs_bodies_more_and_names_less_and_questions_keep_all_weights() -> None:
    assert WEIGHTS.for_shape("words") is WEIGHTS
    message = WEIGHTS.for_shape("message")
    assert message.words.fields[-1] > WEIGHTS.words.fields[-1]
    assert message.priors.symbol < WEIGHTS.priors.symbol
    assert message.fusion.file_context < WEIGHTS.fusion.file_context
