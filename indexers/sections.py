"""Sections of Markdown, reStructuredText and POD: each runs from its heading to the next heading of any level.

A scan over lines that knows what is not a heading (fenced and literal text, comments, front matter, tables) and
nothing else of these languages. Sections are flat and do not overlap; the headings above one are its scope.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from indexers.limits import MAX_NAME
from indexers.types import Definition

SCOPE_SEPARATOR = " > "

MAX_SETEXT_LINES = 2
"""A longer paragraph above `---` is a rule drawn without a blank line, not a heading."""

MAX_HEADING = 4 * MAX_NAME
"""Characters of a heading that are read: as long as a title may be, and its markup."""

MIN_UNDERLINE = 4
"""From here on docutils takes an underline for one, even where its title is longer."""

_FENCE = re.compile(r"[ \t]*(`{3,}(?=[^`]*$)|~{3,})")
_RAW_HTML = re.compile(r" {0,3}(?:(<!--)|<(pre|script|style|textarea)\b)", re.IGNORECASE)
_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))??(?:[ \t]+#+)?[ \t]*$")
_HTML_HEADING = re.compile(r" {0,3}<h([1-6])\b[^>]*>(.*)</h\1>", re.IGNORECASE)
_SETEXT = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_NOT_PARAGRAPH = re.compile(
    r"[ \t]*(?:>|\||:::|</?[a-zA-Z!]|[-+*](?:[ \t]|$)|\d{1,9}[.)][ \t]|(?:[-*_][ \t]*){3,}$)| {4}|\t"
)

_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1*[ \t]*$")
_NOT_ADORNMENT = ("::", "..")
_RST_LABEL = re.compile(r"\.\. (?:_[^:]+:[ \t]*$|index::)")

_POD_HEADING = re.compile(r"=head([1-6])[ \t]+(.+)")
_POD_CODE = re.compile(r"[A-Z]<+[ \t]*([^|<>]*?)[ \t]*(?:\|[^<>]*)?>+")

_WORD = re.compile(r"\w")

_MARKUP = (
    (re.compile(r"\s*\{\s*[#.:][^}]*\}\s*$"), ""),
    (re.compile(r"(`[^`<]*?)\s*<[^<>`]*>(?=`)"), r"\1"),
    (re.compile(r"</?[a-zA-Z][^<>]*>"), ""),
    (re.compile(r"!?\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])"), r"\1"),
    (re.compile(r":[\w:.+-]+:(?=`)"), ""),
    (re.compile(r"`_{1,2}|\*\*|`"), ""),
    (re.compile(r"\*(\w[^*]*)\*"), r"\1"),
    (re.compile(r"\s+"), " "),
)


@dataclass(frozen=True, slots=True)
class _Line:
    start_byte: int
    text: str
    """Without its line end."""


@dataclass(frozen=True, slots=True)
class _Heading:
    start_byte: int
    level: int
    text: str
    """As written, without underline or `#`."""


def find_markdown_sections(data: bytes) -> list[Definition]:
    """Return the sections under ATX, setext and HTML headings, in order."""
    return _sections(_markdown_headings(_visible(_lines(data))), len(data))


def find_rst_sections(data: bytes) -> list[Definition]:
    """Return the sections under underlined and overlined titles, in order."""
    return _sections(_rst_headings(_lines(data)), len(data))


def find_pod_sections(data: bytes) -> list[Definition]:
    """Return the sections under `=head` commands, in order."""
    headings = (
        _Heading(line.start_byte, int(command[1]), _POD_CODE.sub(r"\1", command[2]))
        for line in _lines(data)
        if (command := _POD_HEADING.match(line.text))
    )
    return _sections(headings, len(data))


def plain_title(text: str) -> str:
    """Return a heading without markup."""
    text = text[:MAX_HEADING]
    for pattern, replacement in _MARKUP:
        text = pattern.sub(replacement, text)
    return text.strip()[:MAX_NAME]


def _lines(data: bytes) -> list[_Line]:
    lines: list[_Line] = []
    start = 0
    for raw in data.splitlines(keepends=True):
        lines.append(_Line(start, raw.rstrip(b"\r\n").decode("utf-8", "replace").removeprefix("\ufeff")))
        start += len(raw)
    return lines


def _sections(headings: Iterator[_Heading], end: int) -> list[Definition]:
    titled = [(heading, title) for heading in headings if _WORD.search(title := plain_title(heading.text))]
    ends = [*(heading.start_byte for heading, _ in titled[1:]), end][: len(titled)]
    sections: list[Definition] = []
    parents: list[tuple[_Heading, str]] = []
    for (heading, title), end_byte in zip(titled, ends, strict=True):
        while parents and parents[-1][0].level >= heading.level:
            parents.pop()
        scope = SCOPE_SEPARATOR.join(parent for _, parent in parents)
        signature = " ".join(heading.text.split())
        sections.append(Definition("section", title, scope, heading.start_byte, end_byte, signature, ""))
        parents.append((heading, title))
    return sections


def _visible(lines: list[_Line]) -> list[_Line]:
    """Blank the Markdown lines that cannot hold headings: front matter, fenced code, raw HTML, comments."""
    visible: list[_Line] = []
    closing = _front_matter(lines)
    for number, line in enumerate(lines):
        if closing is None:
            closing = _block_end(line.text)
            is_hidden = closing is not None
        else:
            is_hidden = True
            if number > 0 and closing.search(line.text):
                closing = None
        visible.append(replace(line, text="") if is_hidden else line)
    return visible


def _front_matter(lines: list[_Line]) -> re.Pattern[str] | None:
    mark = lines[0].text.rstrip() if lines else ""
    if mark not in ("---", "+++"):
        return None
    closing = re.compile(rf"{re.escape(mark)}[ \t]*$")
    return closing if any(closing.match(line.text) for line in lines[1:]) else None


def _block_end(text: str) -> re.Pattern[str] | None:
    """Return what ends the hidden block that this line opens, None where it opens none or ends it itself."""
    if fence := _FENCE.match(text):
        mark = fence[1]
        return re.compile(rf"^[ \t]*{re.escape(mark[0])}{{{len(mark)},}}[ \t]*$")
    if html := _RAW_HTML.match(text):
        closing = re.compile("-->" if html[1] else rf"</{html[2]}>", re.IGNORECASE)
        return None if closing.search(text, html.end()) else closing
    return None


def _markdown_headings(lines: list[_Line]) -> Iterator[_Heading]:
    block: list[_Line] = []
    for line in lines:
        underline = _SETEXT.match(line.text)
        if atx := _ATX.match(line.text):
            yield _Heading(line.start_byte, len(atx[1]), atx[2] or "")
        elif html := _HTML_HEADING.match(line.text):
            yield _Heading(line.start_byte, int(html[1]), html[2])
        elif underline and 0 < len(block) <= MAX_SETEXT_LINES and not _NOT_PARAGRAPH.match(block[0].text):
            text = " ".join(part.text.strip() for part in block)
            yield _Heading(block[0].start_byte, 1 if underline[1][0] == "=" else 2, text)
        elif line.text.strip():
            block.append(line)
            continue
        block = []


def _rst_headings(lines: list[_Line]) -> Iterator[_Heading]:
    styles: list[tuple[str, bool]] = []
    number = 0
    may_start = True
    while number < len(lines):
        height = _title_height(lines, number) if may_start else 0
        if height == 0:
            text = lines[number].text
            may_start = not text.strip() or text[0].isspace() or text.startswith("..")
            number += 1
            continue
        is_overlined = height == 3
        title = lines[number + is_overlined].text
        style = (lines[number + height - 1].text[0], is_overlined)
        if style not in styles:
            styles.append(style)
        yield _Heading(lines[_label_start(lines, number)].start_byte, styles.index(style), title)
        number += height
        may_start = True


def _title_height(lines: list[_Line], number: int) -> int:
    """Return 3 for an overlined title at this line, 2 for an underlined one, else 0."""
    first, second, third = ([line.text.rstrip() for line in lines[number : number + 3]] + ["", "", ""])[:3]
    if _is_adornment(first):
        return 3 if second.strip() and first == third and not _is_adornment(second) else 0
    is_title = bool(first) and not first[0].isspace() and not first.startswith("..")
    return 2 if is_title and _is_adornment(second) and len(second) >= min(len(first), MIN_UNDERLINE) else 0


def _is_adornment(text: str) -> bool:
    return bool(_ADORNMENT.match(text)) and text not in _NOT_ADORNMENT


def _label_start(lines: list[_Line], number: int) -> int:
    """Return the first of the lines with labels (`.. _name:`), index entries and blanks that lead to the title."""
    start = number
    for above in range(number - 1, -1, -1):
        text = lines[above].text
        if _RST_LABEL.match(text):
            start = above
        elif text.strip():
            break
    return start
