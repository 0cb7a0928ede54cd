"""Which lines of a result are shown: all of a short one, else its first line and the best part.

The best part is where most words of the query occur. Pure functions on lines; knows no colour and no terminal.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

MAX_LINES = 12
"""A screen of 50 rows then holds the three best results with their headers."""

_FILTER = re.compile(r"(?<!\S)-?(?:lang|language|path|kind):\S+")
_WORD = re.compile(r"[^\W\d_]{2,}|\d{2,}")
_STEM = 5
"""Characters of a word that must match: `retries` finds `retry` when cut to `retri`… or `retr`; 5 keeps it apt."""


@dataclass(frozen=True, slots=True)
class Part:
    """A run of lines to show, half-open and 0-based; the lines between two parts are left out."""

    start: int
    end: int


def find_query_words(query: str) -> frozenset[str]:
    """Return the stems of a query by which lines are judged, filters left aside."""
    words = _WORD.findall(_FILTER.sub(" ", query).lower())
    return frozenset(word[:_STEM] for word in words)


def choose_parts(lines: Sequence[str], words: frozenset[str], max_lines: int = MAX_LINES) -> list[Part]:
    """Return the parts to show, in order; together at most `max_lines` lines."""
    if len(lines) <= max_lines:
        return [Part(0, len(lines))]
    weights = [sum(word in line.lower() for word in words) for line in lines]
    if sum(weights[:max_lines]) >= _best_sum(weights, max_lines):
        return [Part(0, max_lines)]
    body = max_lines - 1
    start = _best_start(weights, body)
    if start <= 1:
        return [Part(0, max_lines)]
    return [Part(0, 1), Part(start, start + body)]


def describe_line(content: str, signature: str) -> tuple[int, str]:
    """Return the line that stands for a result, with its offset: its signature's, else the first not blank."""
    lines = content.replace("\r\n", "\n").split("\n")
    wanted = " ".join(signature.split())
    for offset, line in enumerate(lines):
        text = " ".join(line.split())
        if wanted and text and (wanted.startswith(text.rstrip("{(")) or text.startswith(wanted)) and len(text) > 2:
            return offset, line
    for offset, line in enumerate(lines):
        if line.strip():
            return offset, line
    return 0, ""


def _best_sum(weights: Sequence[int], size: int) -> int:
    start = _best_start(weights, size)
    return sum(weights[start : start + size])


def _best_start(weights: Sequence[int], size: int) -> int:
    """Return the first start of the window with the largest sum."""
    total = sum(weights[:size])
    best, best_start = total, 0
    for start in range(1, len(weights) - size + 1):
        total += weights[start + size - 1] - weights[start - 1]
        if total > best:
            best, best_start = total, start
    return best_start
