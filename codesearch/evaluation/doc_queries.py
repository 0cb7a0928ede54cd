"""From the documentation of a definition to a question about it, and to the bytes that hold it.

Pure functions on text. Comments are found by what is left of them without their marks, docstrings by their quotes;
whether a cut was right shows when the file is parsed again.
"""

import re
from dataclasses import dataclass

from codesearch.evaluation.judged import plain_words
from indexers.documentation import BLOCK_END, BLOCK_START, LINE_MARK, STRING, clean_comments, clean_docstring
from indexers.types import Chunk

MIN_WORDS = 4
MAX_CHARACTERS = 300
"""A question longer than three lines is no question."""

MIN_PROSE = 0.85
"""Share of letters and blanks: below it stand tables, formulas and commented-out code."""

MAX_LINES_ABOVE = 40
"""Lines of attributes and of comments about something else that may stand before the documentation."""

_TAGS = re.compile(
    r"^[ \t]*(?:[@\\](?!brief\b)\w+|:\w+[^:\n]*:|>>>|```|shellcheck\b|\.\. |[-=~*^]{3,}"
    r"|(?:Args?|Arguments|Parameters|Params|Returns?|Raises|Yields|Examples?|Notes?|Usage|Attributes|Options)"
    r"[ \t]*:?[ \t]*$)",
    re.MULTILINE | re.IGNORECASE,
)
"""Where prose ends and the listing of parameters, results or examples begins."""

_SENTENCE = re.compile(r"(?<!\be\.g)(?<!\bi\.e)(?<!\betc)(?<!\bvs)[.!?](?=\s)|[。！？]")
_MARKUP = (
    (re.compile(r"[@\\]brief\b"), ""),
    (re.compile(r"\{@\w+\s+([^}]*)\}"), r"\1"),
    (re.compile(r":[\w:+-]+:`~?([^`<]*?)(?:\s*<[^`>]*>)?`"), r"\1"),
    (re.compile(r"!?\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])"), r"\1"),
    (re.compile(r"</?[A-Za-z][^<>]*>"), " "),
    (re.compile(r"`|\*\*|\[\[?|\]\]?"), ""),
)
_BOILERPLATE = re.compile(
    r"\b(?:copyright|licen[cs]ed?|spdx|all rights reserved|inherit-?doc|todo|fixme|xxx|hack|deprecated|noqa|nolint"
    r"|pylint|eslint|type:\s*ignore|pragma|auto-?generated|do not edit|not implemented|internal use only)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_WIDE = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")
_COMMENT = re.compile(rb"[ \t]*(?://|/\*|#|--|;|%|\(\*|\{-|<!--|=begin|\"|\*)")
_LITERAL = re.compile(rb"[A-Za-z~@]{0,3}(\"\"\"|'''|\"|')(?:.*?)\1", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Cut:
    """Bytes of a file that go, and what stands there instead."""

    start: int
    end: int
    instead: bytes = b""


def ask(chunk: Chunk) -> str | None:
    """Return the first sentence of a definition's documentation as a query; None where it makes none.

    None: fewer words than `MIN_WORDS`, boilerplate, little prose, or the definition's own name spelled in it (that
    would ask for the symbol), but for a name that opens the sentence, which is taken off.
    """
    text = _first_sentence(_strip_markup(_first_paragraph(chunk.documentation)))
    name = re.escape(chunk.symbol)
    text = re.sub(rf"^(?:The\s+)?{name}(?:\(\))?\s+(?:[-:]+\s+)?", "", plain_words(text))
    if _BOILERPLATE.search(text) or re.search(rf"(?<!\w){name}(?!\w)", text):
        return None
    return text if _count_words(text) >= MIN_WORDS and _is_prose(text) and len(text) <= MAX_CHARACTERS else None


def find_documentation(data: bytes, chunk: Chunk) -> Cut | None:
    """Return what to cut so that the definition is documented no more, and stays valid; None where that is unclear.

    Of a comment only its marks stay, of a docstring its quotes: some grammars end a statement by a comment, and a
    docstring may be all that a body has.
    """
    start = data.rfind(b"\n", 0, chunk.start_byte) + 1
    wanted = _squeeze(chunk.documentation)
    return _find_comment(data, start, chunk.end_byte, wanted) or _find_literal(data, start, chunk.end_byte, wanted)


def apply_cuts(data: bytes, cuts: list[Cut]) -> bytes:
    """Return the bytes without what the cuts name; no two of them overlap."""
    for cut in sorted(cuts, key=lambda cut: cut.start, reverse=True):
        data = data[: cut.start] + cut.instead + data[cut.end :]
    return data


def _find_comment(data: bytes, start: int, end: int, wanted: str) -> Cut | None:
    lines = data[start:end].splitlines(keepends=True)
    offset = start
    for first, line in enumerate(lines[:MAX_LINES_ABOVE]):
        run = _find_run(lines[first:], wanted) if _COMMENT.match(line) else b""
        if run:
            return Cut(offset, offset + len(run), _blank(run.decode("utf-8", "replace")))
        offset += len(line)
    return None


def _find_run(lines: list[bytes], wanted: str) -> bytes:
    """Return the longest whole comment that begins with these lines and says what is wanted; empty where none does."""
    run = best = b""
    for line in lines:
        run += line
        comment = run.decode("utf-8", "replace")
        found = _squeeze(clean_comments([comment]))
        if found == wanted and _is_whole(comment, line):
            best = run
        elif best or not wanted.startswith(found):
            break
    return best


def _is_whole(comment: str, last: bytes) -> bool:
    """Tell whether a comment ends where it ends: a block by its mark, line comments by what their last line is."""
    if BLOCK_START.match(comment.strip()):
        return BLOCK_END.search(comment.strip()) is not None
    return _COMMENT.match(last) is not None


def _find_literal(data: bytes, start: int, end: int, wanted: str) -> Cut | None:
    for match in _LITERAL.finditer(data, start, end):
        literal = match[0].decode("utf-8", "replace")
        if STRING.match(literal) and _squeeze(clean_docstring(literal)) == wanted:
            return Cut(match.start(), match.end(), _empty(match[1], match[0]))
    return None


def _blank(comment: str) -> bytes:
    """Return a comment without a word: the first mark, and where it needs one, the last on a line of its own."""
    indent = comment[: len(comment) - len(comment.lstrip())]
    start, end = BLOCK_START.match(comment.strip()), BLOCK_END.search(comment.strip())
    if start and end:
        return f"{indent}{start[0].rstrip()}\n{indent}{end[0]}\n".encode()
    line = LINE_MARK.match(comment)
    return b"" if line is None else f"{line[0].rstrip()}\n".encode()


def _empty(quote: bytes, literal: bytes) -> bytes:
    """Return the literal without a word; where it had lines it keeps two, as some languages want of it."""
    *_, last = literal.split(b"\n")
    return quote + b"\n" + last[: len(last) - len(last.lstrip())] + quote if b"\n" in literal else quote * 2


def _first_paragraph(text: str) -> str:
    text = text.strip()
    listing = _TAGS.search(text)
    prose = text[: listing.start()] if listing else text
    return re.split(r"\n[ \t]*\n", prose, maxsplit=1)[0]


def _first_sentence(text: str) -> str:
    for end in _SENTENCE.finditer(text):
        sentence = text[: end.end()]
        if _count_words(sentence) >= MIN_WORDS:
            return sentence.strip().rstrip(".。")
    return text.strip().rstrip(".。")


def _strip_markup(text: str) -> str:
    for pattern, instead in _MARKUP:
        text = pattern.sub(instead, text)
    return text


def _count_words(text: str) -> int:
    """Count words of two letters and more; two characters of Chinese, Japanese or Korean are one."""
    wide = len(_WIDE.findall(text))
    return len(_WORD.findall(_WIDE.sub(" ", text))) + wide // 2


def _is_prose(text: str) -> bool:
    return sum(mark.isalpha() or mark.isspace() for mark in text) >= MIN_PROSE * len(text)


def _squeeze(text: str) -> str:
    return " ".join(text.split())
