"""The tokenizer's promises: both spellings of a name meet, every script yields terms, nothing is dropped."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexers.tokenizer import MAX_WORD, split_words, tokenize


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("getUserNames", ["get", "user", "name", "getusernam"]),
        ("get_user_names", ["get", "user", "name", "getusernam"]),
        ("XMLHttpRequest", ["xml", "http", "request", "xmlhttprequest"]),
        ("parseURLs", ["pars", "url", "parseurl"]),
        ("utf8", ["utf", "8", "utf8"]),
        ("a = b", ["a", "b"]),
        ("retries retry", ["retri", "retri"]),
        ("读取文件", ["读取", "取文", "文件"]),
        ("readConfig日本", ["read", "config", "日本"]),
        ("Größe", ["größe"]),
        ("__init__", ["init"]),
        ("+-*/ {}", []),
    ],
)
def test_words_become_the_terms_a_query_would_use(text: str, terms: list[str]) -> None:
    assert tokenize(text) == terms


def test_a_compound_written_in_one_word_meets_its_camel_case_spelling() -> None:
    assert set(tokenize("username")) <= set(tokenize("userName"))


@given(st.text())
def test_terms_are_never_empty_and_hold_no_blanks(text: str) -> None:
    assert all(term and len(term.split()) == 1 for term in tokenize(text))


@given(st.text(), st.text())
def test_terms_of_two_lines_are_the_terms_of_each(first: str, second: str) -> None:
    assert tokenize(f"{first}\n{second}") == tokenize(first) + tokenize(second)


@given(st.text(st.characters(max_codepoint=127)) | st.text())
def test_words_are_what_a_regular_expression_finds(text: str) -> None:
    assert split_words(text) == re.findall(r"\w+", text)


def test_a_blob_of_letters_keeps_only_its_head() -> None:
    assert tokenize("x" * 10_000) == tokenize("x" * MAX_WORD)
