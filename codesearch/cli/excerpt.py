"""Which lines of a result are shown: all of a short one, else its first line and the best part.

The best part is where most words of the query occur. Pure functions on lines; knows no colour and no terminal.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from codesearch.errors import QueryError
from codesearch.search.query import content_words, cut_query, parse_query
from codesearch.types import SearchResult
from indexers.tokenizer import tokenize

MAX_LINES = 12
"""A screen of 50 rows then holds the three best results with their headers."""

MAX_WEIGHED_LINES = 2_000
"""Tokenising more would take longer than the search; the best part of a huge file is then sought in its beginning."""


BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Part:
    """A run of lines to show, half-open and 0-based; the lines between two parts are left out."""

    start: int
    end: int


def find_query_terms(query: str) -> frozenset[str]:
    """Return the terms of a query by which lines are judged, filters and the grammar of a question left aside."""
    try:
        text = parse_query(query).text
    except QueryError:  # a piece of code to compare with, which happens to hold something like a filter
        text = cut_query(query)
    return frozenset(tokenize(" ".join(content_words(text))))


def choose_parts(lines: Sequence[str], terms: frozenset[str], max_lines: int = MAX_LINES) -> list[Part]:
    """Return the parts to show, in order; together at most `max_lines` lines."""
    if len(lines) <= max_lines:
        return [Part(0, len(lines))]
    weights = [len(terms.intersection(tokenize(line))) for line in lines[:MAX_WEIGHED_LINES]]
    if sum(weights[:max_lines]) >= _best_sum(weights, max_lines):
        return [Part(0, max_lines)]
    body = max_lines - 1
    start = _best_start(weights, body)
    if start <= 1:
        return [Part(0, max_lines)]
    return [Part(0, 1), Part(start, start + body)]


def describe_line(result: SearchResult, terms: frozenset[str]) -> tuple[int, str]:
    """Return the line that stands for a result, with its offset.

    That of its signature; else the first with most words of the query; where none has any the first of its
    documentation, or the first not blank.
    """
    lines = shown_text(result).replace("\r\n", "\n").split("\n")
    wanted = " ".join(result.signature.split())
    for offset, line in enumerate(lines):
        text = " ".join(line.split())
        if wanted and text and (wanted.startswith(text.rstrip("{(")) or text.startswith(wanted)) and len(text) > 2:
            return offset, line
    weights = [len(terms.intersection(tokenize(line))) for line in lines[:MAX_WEIGHED_LINES]]
    if any(weights):
        offset = weights.index(max(weights))
        return offset, lines[offset]
    documented = result.documentation.strip().partition("\n")[0].strip()
    for offset, line in enumerate(lines):
        if documented in line and line.strip():
            return offset, line
    return next(((offset, line) for offset, line in enumerate(lines) if line.strip()), (0, ""))


def shown_text(result: SearchResult) -> str:
    """Return the code without the mark at the beginning of a file that says in which encoding it is."""
    return result.content.removeprefix(BYTE_ORDER_MARK)


def _best_sum(weights: Sequence[int], size: int) -> int:
    return max(_window_sums(weights, size))


def _best_start(weights: Sequence[int], size: int) -> int:
    """Return the middle of the first run of windows with the largest sum, so that the match has lines around it."""
    sums = _window_sums(weights, size)
    first = last = sums.index(max(sums))
    while last + 1 < len(sums) and sums[last + 1] == sums[first]:
        last += 1
    return (first + last) // 2


def _window_sums(weights: Sequence[int], size: int) -> list[int]:
    total = sum(weights[:size])
    sums = [total]
    for start in range(1, len(weights) - size + 1):
        total += weights[start + size - 1] - weights[start - 1]
        sums.append(total)
    return sums
