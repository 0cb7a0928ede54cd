"""A search answer as a person reads it: blocks in a terminal, `path:line:text` lines in a pipe.

Knows values of `codesearch.types` and how they should look; every byte that comes from source passes `clean_text`
or `clean_line`.
"""

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from codesearch.cli.excerpt import choose_parts, describe_line, shown_text
from codesearch.cli.explanation import render_explanation
from codesearch.cli.highlight import BOLD, CYAN, DIM, GREEN, MAGENTA, YELLOW, highlight_lines, paint
from codesearch.printable import clean_line, clean_text
from codesearch.types import IndexState, SearchResponse, SearchResult, Stage

MAX_LINE_CHARS = 400
"""A longer line is minified or data; its beginning is enough to know it."""


@dataclass(frozen=True, slots=True)
class View:
    """How results are shown."""

    place: Callable[[str], str]
    """From a path relative to the root to one that opens from where the person stands."""
    terms: frozenset[str]
    """Terms of the query: where they are is the best part of a long result."""
    has_color: bool = False


def make_placer(root: Path, here: Path) -> Callable[[str], str]:
    """Return how paths are shown: relative to `here` where root and `here` lie in one line, else absolute."""
    if here == root:
        return lambda path: path
    if here in root.parents:
        below = root.relative_to(here).as_posix()
        return lambda path: f"{below}/{path}"
    if root in here.parents:
        inside = here.relative_to(root).as_posix()
        return lambda path: _climb(path, inside)
    return lambda path: f"{root.as_posix().rstrip('/')}/{path}"


def render_block(result: SearchResult, view: View) -> str:
    """Return one result as a header and its code, at most 12 lines of it, then its explanation if it has one."""
    return "\n".join([_header(result, view), *_code(result, view), *_explanation(result, view)])


def render_line(result: SearchResult, view: View) -> str:
    """Return one result as grep would, `path:line:text`, and below it its explanation if it has one.

    A stale one has `(stale)` behind the text: what stands before that is read by programs.
    """
    offset, text = describe_line(result, view.terms)
    path, line = clean_line(view.place(result.path)), str(result.start_line + offset)
    if view.has_color:
        path, line = paint(path, MAGENTA), paint(line, GREEN)
    stale = f"  {paint('(stale)', YELLOW) if view.has_color else '(stale)'}" if result.stale else ""
    return "\n".join([f"{path}:{line}:{clean_text(_shorten(text))}{stale}", *_explanation(result, view)])


def render_state(state: IndexState) -> str:
    """Return the line that says which index answered."""
    text = f"index: {clean_line(str(state.root))}, {count(state.n_chunks, 'chunk')}"
    if not state.complete:
        text += f"; {describe_gap(state)}"
    if state.stale_files:
        text += f"; {count(state.stale_files, 'file')} changed since: run {index_command(state.root)}"
    return text


def describe_gap(state: IndexState) -> str:
    """Return how much an unfinished index lacks, and what goes on with it."""
    if state.files_todo == 0 and state.n_files_without_vectors:
        n_filled = state.files_done - state.n_files_without_vectors
        have = f"words of all {count(state.files_done, 'file')}, vectors of {n_filled:,}"
    else:
        todo = "an unknown number of files" if state.files_todo is None else count(state.files_todo, "file")
        have = f"{todo} to do"
    return f"incomplete: {have}; {_describe_way_on(state)}"


def _describe_way_on(state: IndexState) -> str:
    if state.written_by:
        return f"it is being written now by {clean_line(state.written_by)}"
    return f"run {index_command(state.root)} to go on"


def index_command(root: Path) -> str:
    """Return the command that brings an index up to date, as it can be typed."""
    return clean_line(f"codesearch index {shlex.quote(str(root))}")


def render_warnings(response: SearchResponse) -> list[str]:
    """Return what makes the answer less than it could be, one line each."""
    lines = []
    if response.degraded is not None:
        lines.append(f"degraded: {response.degraded.reason}; {response.degraded.remedy}")
    n_stale = sum(result.stale for result in response.results)
    if n_stale:
        what = "1 result is from a file" if n_stale == 1 else f"{n_stale:,} results are from files"
        lines.append(f"stale: {what} that changed since; --fresh updates the index first")
    return [clean_line(line) for line in lines]


def render_stages(stages: tuple[Stage, ...]) -> list[str]:
    """Return one line a stage: how many went in, how many came out, how long it took."""
    width = max((len(stage.name) for stage in stages), default=0)
    return [f"{stage.name:<{width}}  {stage.n_in:>9,} -> {stage.n_out:<9,} {stage.took_ms:8.2f} ms" for stage in stages]


def count(number: int, noun: str) -> str:
    """Return `1 file`, `1,204 files`, `2 classes`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {noun}{'es' if noun.endswith('s') else 's'}"


def _header(result: SearchResult, view: View) -> str:
    place = f"{clean_line(view.place(result.path))}:{result.start_line}-{result.end_line}"
    symbol = clean_line(result.qualified_name or result.symbol)
    score = f"{result.score:.3f}"
    stale = "stale" if result.stale else ""
    if view.has_color:
        place, symbol = paint(place, MAGENTA), paint(symbol, BOLD)
        score, stale = paint(score, DIM), paint(stale, YELLOW)
    kind = paint(result.kind, CYAN) if view.has_color else result.kind
    named = f"{kind} {symbol}".rstrip()
    return "  ".join(part for part in (place, named, score, stale) if part)


def _explanation(result: SearchResult, view: View) -> list[str]:
    return [paint(line, DIM) if view.has_color else line for line in render_explanation(result)]


def _code(result: SearchResult, view: View) -> list[str]:
    plain = clean_text(shown_text(result)).rstrip("\n").split("\n")
    plain = [_shorten(line) for line in plain]
    parts = choose_parts(plain, view.terms)
    shown = highlight_lines("\n".join(plain), result.language) if view.has_color else plain
    width = len(str(result.start_line + len(plain) - 1))
    rows: list[str] = []
    end = 0
    for part in parts:
        rows += _ellipsis(part.start - end, width, view)
        for offset in range(part.start, part.end):
            number = f"{result.start_line + offset:>{width}}"
            rows.append(f"{paint(number, GREEN) if view.has_color else number}  {shown[offset]}".rstrip())
        end = part.end
    return rows + _ellipsis(len(plain) - end, width, view)


def _ellipsis(n_lines: int, width: int, view: View) -> list[str]:
    if n_lines == 0:
        return []
    text = f"{'':>{width}}  … {count(n_lines, 'line')}"
    return [paint(text, DIM) if view.has_color else text]


def _shorten(line: str) -> str:
    return (
        line if len(line) <= MAX_LINE_CHARS else f"{line[:MAX_LINE_CHARS]} … {len(line) - MAX_LINE_CHARS:,} characters"
    )


def _climb(path: str, inside: str) -> str:
    """Return a root-relative path as seen from the folder `inside` the root."""
    steps, here = path.split("/"), inside.split("/")
    shared = 0
    while shared < min(len(steps) - 1, len(here)) and steps[shared] == here[shared]:
        shared += 1
    return "/".join([".."] * (len(here) - shared) + steps[shared:])
