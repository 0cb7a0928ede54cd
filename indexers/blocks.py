"""Text that no definition holds together: cut at blank lines into blocks of readable size. Knows no syntax."""

import re
from collections.abc import Iterator
from itertools import takewhile

from indexers.lines import Lines

MAX_BLOCK_LINES = 50
"""About a screen: long enough to hold an idea, short enough to be an answer."""

_LINE_MARKERS = re.compile(r"#(?!include|define|if|pragma|import)|//|--|;|%")
_BLOCK_MARKERS = {'"""': '"""', "'''": "'''", "/*": "*/", "<!--": "-->", "{-": "-}", "(*": "*)"}
_DECORATION = "#/*-;%!<>{}()\"' \t\r"

MAX_COMMENT_LINES = 40


def split_block(lines: Lines, first: int, last: int, max_lines: int = MAX_BLOCK_LINES) -> list[tuple[int, int]]:
    """Return line ranges (0-based, inclusive) that cover every non-blank line of the range once, in order."""
    pieces: list[tuple[int, int]] = []
    for start, end in _paragraphs(lines, first, last):
        if pieces and end - pieces[-1][0] < max_lines:
            pieces[-1] = (pieces[-1][0], end)
            continue
        pieces += [(at, min(at + max_lines - 1, end)) for at in range(start, end + 1, max_lines)]
    return pieces


def _paragraphs(lines: Lines, first: int, last: int) -> Iterator[tuple[int, int]]:
    """Yield runs of non-blank lines; an indented run stays with the one before it."""
    start: int | None = None
    end = first
    for number in range(first, last + 1):
        if lines.is_blank[number]:
            continue
        is_gap = number > first and lines.is_blank[number - 1]
        if start is not None and is_gap and not lines.texts[number][:1].isspace():
            yield start, end
            start = None
        if start is None:
            start = number
        end = number
    if start is not None:
        yield start, end


def leading_comment(data: bytes) -> str:
    """Return the text of the comment or docstring that opens a file, markers stripped; empty where none does."""
    head = data[:8192].decode("utf-8", "ignore").lstrip("\ufeff \t\r\n").split("\n")[:MAX_COMMENT_LINES]
    if head[0].startswith("#!"):
        head = head[1:]
    taken = [line.strip(_DECORATION) for line in _block_comment(head) or _line_comments(head)]
    return "\n".join(taken).strip()


def _block_comment(head: list[str]) -> list[str]:
    text = "\n".join(head)
    for opener, closer in _BLOCK_MARKERS.items():
        if text.startswith(opener):
            end = text.find(closer, len(opener))
            return text[: end if end >= 0 else len(text)].split("\n")
    return []


def _line_comments(head: list[str]) -> list[str]:
    return list(takewhile(_LINE_MARKERS.match, head))
