"""Comments, attributes and docstrings around a definition, and their text without the marks that make them one.

Knows the comment marks of all languages at once (a comment shows by its first characters which it is), no grammar.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from inspect import cleandoc

from indexers.matches import Lead, Span

LINE_MARK = re.compile(r"^[ \t]*(?://[/!]*<?|#+[!:|']?|--+ ?[|^]?|;+|%+)[ \t]?")
BLOCK_START = re.compile(r"^(?:/\*+[!<]*|\(\*+|\{-+ ?\|?|<!--+|=begin\b|--\[=*\[|#=+|#\|)")
BLOCK_END = re.compile(r"(?:\*+/|\*+\)|-+\}|--+>|=end\b.*|\]=*\]|=+#|\|#)$")
BLOCK_LINE = re.compile(r"^[ \t]*\*+(?=[ \t]|$)[ \t]?", re.MULTILINE)
RULE = re.compile(r"^[\W_]+$")
TAG = re.compile(
    r"</?(?:summary|remarks|para|returns|value|example|code|c|param|paramref|typeparam|exception|see|seealso)\b"
    r"(?:\s+(?:name|cref|langword)=\"([^\"]*)\")?\s*/?>"
)
"""XML in the comments of C#: the names that it refers to stay."""
STRING = re.compile(r"^[A-Za-z~@]{0,3}(\"\"\"|'''|\"|'|`)(.*)\1$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Leading:
    """Where the span of a definition begins when what stands before it is joined, and the documentation found there."""

    start: int
    documentation: str


class LeadingText:
    """The comments and attributes of one text, looked up by the byte where a definition starts."""

    def __init__(self, data: bytes, leads: Iterable[Lead], parsed: bytes | None = None) -> None:
        """Take the leads in any order; they may lie inside each other. `parsed` is what the parser saw of `data`."""
        self._data = data
        self._parsed = data if parsed is None else parsed
        # Some grammars count the line's end into a line comment: ends are compared without it.
        ends = [(lead.start + len(data[lead.start : lead.end].rstrip()), -lead.start, lead) for lead in leads]
        ends.sort(key=lambda entry: entry[:2])
        self._ends = [end for end, _, _ in ends]
        self._leads: Sequence[Lead] = [lead for _, _, lead in ends]

    def before(self, start: int) -> Leading:
        """Return what belongs to a definition whose own node starts at `start`."""
        start = self._first_byte(start)
        comments: list[str] = []
        documentation = ""
        for lead in self._adjacent(start):
            start = lead.start
            if lead.is_comment:
                comments.append(self._read(lead.start, lead.end))
            elif lead.documentation is not None:
                documentation = documentation or self.read_docstring(lead.documentation)
        return Leading(start, documentation or clean_comments(reversed(comments)))

    def read_docstring(self, span: Span) -> str:
        """Return the text of a docstring, or of a comment in its place."""
        return clean_docstring(self._read(*span))

    def read_without_leads(self, span: Span) -> str:
        """Return the text of a span with each comment and attribute inside it left out."""
        start, stop = span
        inside = self._leads[bisect_left(self._ends, start) : bisect_right(self._ends, stop)]
        parts: list[str] = []
        for lead in sorted(inside, key=lambda lead: (lead.start, -lead.end)):
            if lead.start >= start:
                parts.append(self._read(start, lead.start))
                start = min(lead.end, stop)
        return "".join([*parts, self._read(start, stop)])

    def _adjacent(self, start: int) -> Iterator[Lead]:
        """Yield the leads directly before `start`, nearest first, up to code or a blank line."""
        index = bisect_right(self._ends, start) - 1
        while index >= 0:
            lead = self._leads[index]
            gap = self._parsed[self._ends[index] : start]
            if gap.strip() or (lead.is_comment and not (gap.count(b"\n") <= 1 and self._stands_alone(lead))):
                return
            yield lead
            start = lead.start
            index = bisect_right(self._ends, start) - 1

    def _first_byte(self, start: int) -> int:
        """Take in what the parser did not see before `start` in its line."""
        line = self._data.rfind(b"\n", 0, start) + 1
        if self._parsed is self._data or self._parsed[line:start].strip():
            return start
        return start - len(self._data[line:start].lstrip())

    def _stands_alone(self, lead: Lead) -> bool:
        return not self._data[self._data.rfind(b"\n", 0, lead.start) + 1 : lead.start].strip()

    def _read(self, start: int, stop: int) -> str:
        return self._data[start:stop].decode("utf-8", "replace")


def clean_comments(comments: Iterable[str]) -> str:
    """Return the words of adjacent comments, without comment marks and ruled lines."""
    lines = [line.rstrip() for comment in comments for line in _strip_marks(comment.strip()).splitlines()]
    return cleandoc("\n".join(line for line in lines if not RULE.match(line))).strip()


def clean_docstring(text: str) -> str:
    """Return the words of a string literal, or of a comment, without quotes and common indentation."""
    text = text.strip()
    string = STRING.match(text)
    return cleandoc(string[2]).strip() if string else clean_comments([text])


def _strip_marks(comment: str) -> str:
    if BLOCK_START.match(comment):
        inner = BLOCK_END.sub("", BLOCK_START.sub("", comment, count=1))
        return BLOCK_LINE.sub("", inner)
    text = "\n".join(LINE_MARK.sub("", line) for line in comment.splitlines())
    return TAG.sub(r"\1", text) if comment.startswith("///") else text
