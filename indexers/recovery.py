"""Definitions of sources that do not parse as a whole: newer syntax than the grammar's, macros, unfinished edits.

One bad line can spoil a tree from its first line to its last. Well-formed code shows its structure by indentation:
the lines are cut into runs (a line and what is indented below it), runs that do not parse alone are left out of a
skeleton that does, and the same is done again inside them. Knows no language.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import tree_sitter

from indexers.grammars import load_grammar
from indexers.matches import CompiledQuery, Found, Matches, join_matches, match_query

CONTINUES = re.compile(rb"[\]{})]|(?:end|else|elif|elsif|catch|rescue|ensure|finally|done|fi|esac)\b")
"""Starts a line that belongs to the run above it, at whatever indentation."""

LEADS_ON = re.compile(rb"@|\[|#\[|template\b")
"""Starts a line that belongs to the run below it."""

MAX_WORK = 8
"""Bytes parsed again for each byte of the file: enough for the nesting of most code."""

MIN_WORK_BYTES = 20_000
"""Bytes that even the smallest file is worth."""

MAX_WORK_BYTES = 4_000_000
"""Bytes parsed again for one file: about a second, far from where a parser is taken for hanging."""

WORK_PER_RUN = 100
"""Bytes that a run counts for beyond its length: what starting a parser costs."""

MAX_HEAD_LINES = 20
"""Parameters and base classes seldom take more lines, and what looks like a head beyond is something else."""

MIN_LINES = 3
"""Below, what is left out of a run is the run itself."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that is not blank, with its line break: to many grammars that is a token."""

    row: int
    start: int
    end: int
    indent: int
    text: bytes


@dataclass(frozen=True, slots=True)
class _Run:
    """The lines `[first, last)`."""

    first: int
    last: int


def match_broken(compiled: CompiledQuery, grammar: str, data: bytes, tree: tree_sitter.Tree, whole: Matches) -> Matches:
    """Add to the matches of the whole tree, unless it is sound, what its parts yield by themselves."""
    if not tree.root_node.has_error or _is_sound(grammar, data, tree, whole):
        return whole
    return join_matches([whole, *_match_parts(compiled, grammar, data)])


@cache
def _find_errors(grammar: str) -> tree_sitter.Query:
    return tree_sitter.Query(load_grammar(grammar), "[(ERROR) (MISSING)] @error")


def _is_sound(grammar: str, data: bytes, tree: tree_sitter.Tree, whole: Matches) -> bool:
    """Tell whether all errors lie within functions that end where their indentation says that they end."""
    if tree.root_node.type == "ERROR":
        return False
    errors = tree_sitter.QueryCursor(_find_errors(grammar)).captures(tree.root_node).get("error", [])
    spans = sorted({node.byte_range for node in errors})
    for found in whole.found:
        if spans and found.role in {"function", "method"} and _closes_at_its_indent(data, found):
            spans = [span for span in spans if not (found.signature[1] <= span[0] and span[1] <= found.end)]
    return not spans


def _closes_at_its_indent(data: bytes, found: Found) -> bool:
    first = data.rfind(b"\n", 0, found.start) + 1
    last = data.rfind(b"\n", 0, found.end) + 1
    margin = data[first : found.start]
    return first == last or (not margin.strip() and data[last : found.end - 1] == margin)


def _match_parts(compiled: CompiledQuery, grammar: str, data: bytes) -> Iterator[Matches]:
    lines = _read_lines(data)
    parser = tree_sitter.Parser(load_grammar(grammar))
    file = _Run(0, len(lines))
    work = min(MIN_WORK_BYTES + MAX_WORK * len(data), MAX_WORK_BYTES)
    pending = [file] if file.last >= MIN_LINES else []
    while pending and work > 0:
        outer = pending.pop()
        frame, runs = _cut(lines, outer, is_file=outer == file)
        if runs == [outer]:
            frame, runs = _cut(lines, outer, is_file=False)
        # Runs that parse alone may still not parse together; first and closing lines without any then do.
        yield _match_runs(compiled, grammar, data, lines, frame)
        good = list(frame)
        for run in runs:
            start, end = lines[run.first].start, lines[run.last - 1].end
            work -= end - start + WORK_PER_RUN
            if work < 0 or not parser.parse(data[start:end]).root_node.has_error:
                good.append(run)
                continue
            work -= end - start
            alone = _match_runs(compiled, grammar, data, lines, [run])
            yield alone
            if run.last - run.first >= MIN_LINES and not _holds_function(alone, end - start):
                pending.append(run)
        if good != frame:
            yield _match_runs(compiled, grammar, data, lines, sorted(good, key=lambda run: run.first))


def _read_lines(data: bytes) -> list[_Line]:
    lines: list[_Line] = []
    start = 0
    for row, raw in enumerate(data.split(b"\n")):
        text = raw.lstrip()
        if text:
            indent = len(raw[: len(raw) - len(text)].expandtabs(8))
            lines.append(_Line(row, start, min(start + len(raw) + 1, len(data)), indent, text))
        start += len(raw) + 1
    return lines


def _cut(lines: list[_Line], outer: _Run, *, is_file: bool) -> tuple[list[_Run], list[_Run]]:
    """Return the frame (first and closing lines) and the runs inside it, cut at the least indentation there."""
    first, last = outer.first, outer.last
    if not is_file:
        indent = lines[first].indent
        first = _end_head(lines, outer)
        while last > first and lines[last - 1].indent <= indent:
            last -= 1
    indents = [line.indent for line in lines[first:last] if not CONTINUES.match(line.text)]
    least = min(indents, default=0)
    starts: list[int] = []
    leads_on = False
    for index in range(first, last):
        line = lines[index]
        if not starts or (line.indent <= least and not CONTINUES.match(line.text)):
            if not leads_on:
                starts.append(index)
            leads_on = LEADS_ON.match(line.text) is not None
    runs = [_Run(start, end) for start, end in zip(starts, [*starts[1:], last], strict=False)]
    frame = [_Run(outer.first, first), _Run(last, outer.last)]
    return [run for run in frame if run.first < run.last], runs


def _end_head(lines: list[_Line], outer: _Run) -> int:
    """Return the first line after a run's head, which reaches to its first `{`, over parameters and base classes."""
    for index in range(outer.first, min(outer.last, outer.first + MAX_HEAD_LINES)):
        if lines[index].text.rstrip().endswith(b"{"):
            return index + 1
    index = outer.first
    while index < outer.last and lines[index].indent <= lines[outer.first].indent:
        index += 1
    return index


def _match_runs(compiled: CompiledQuery, grammar: str, data: bytes, lines: list[_Line], runs: list[_Run]) -> Matches:
    """Parse the runs as one text, at their own places in the file."""
    ranges = [_read_range(lines[run.first], lines[run.last - 1]) for run in runs]
    if not ranges:
        return join_matches([])
    parser = tree_sitter.Parser(load_grammar(grammar), included_ranges=ranges)
    tree = parser.parse(data)
    return match_query(compiled, tree.root_node)


def _read_range(first: _Line, last: _Line) -> tree_sitter.Range:
    start, end = tree_sitter.Point(first.row, 0), tree_sitter.Point(last.row + 1, 0)
    return tree_sitter.Range(start, end, first.start, last.end)


def _holds_function(matches: Matches, length: int) -> bool:
    """Tell whether one function is nearly all of the run: then nothing is hidden in it."""
    return any(
        found.role in {"function", "method"} and 10 * (found.end - found.start) > 8 * length for found in matches.found
    )
