"""`codesearch similar`: code that resembles a place in a file, or a text."""

import argparse
import re
from dataclasses import dataclass, replace
from pathlib import Path

from codesearch.cli.errors import UsageError
from codesearch.cli.opening import existing_path, open_index
from codesearch.cli.outcome import Outcome
from codesearch.cli.request import print_response, read_options
from codesearch.cli.terminal import Terminal
from codesearch.types import SearchResponse
from indexers.parsers import ParserOptions, ParserPool
from indexers.types import FileStat, Skipped, SourceFile
from indexers.walker import DEFAULT_MAX_FILE_BYTES


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file that exists."""

    path: Path
    line: int


def run(parsed: argparse.Namespace, terminal: Terminal) -> Outcome:
    """Print what resembles the code at PATH:LINE, itself left out, or the code on standard input."""
    place = None if parsed.place == "-" else read_place(parsed.place)
    text = terminal.stdin.read() if place is None else read_leaf(place)
    if not text.strip():
        raise UsageError("there is no code to compare with; give PATH:LINE, or code on standard input")
    around = str(place.path) if place is not None and parsed.path is None else parsed.path
    with open_index(around, terminal, auto_index=parsed.auto_index) as opened:
        options = read_options(parsed, opened.prefix if parsed.path is not None else "")
        more = opened.index.similar(text, replace(options, limit=options.limit + 1))
        return print_response(_without(more, place, options.limit), parsed, terminal)


def read_place(typed: str) -> Place:
    """Return the file and line of `PATH:LINE`."""
    match = re.fullmatch(r"(.+):([1-9][0-9]*)", typed, re.DOTALL | re.ASCII)
    if match is None:
        raise UsageError(f"{typed} names no line; write PATH:LINE, or - to read code from standard input")
    path = existing_path(match[1])
    if not path.is_file():
        raise UsageError(f"{match[1]} is not a file; write PATH:LINE")
    return Place(path, int(match[2]))


def read_leaf(place: Place) -> str:
    """Return the function, section or block around a line, cut as an index would cut it, secrets masked."""
    stat = place.path.stat()
    file = SourceFile(place.path.name, FileStat(stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino))
    with ParserPool(place.path.parent, ParserOptions(DEFAULT_MAX_FILE_BYTES, n_workers=1)) as pool:
        [parsed] = pool.parse([file])
    if isinstance(parsed, Skipped):
        raise UsageError(f"{place.path} cannot be used: {parsed.reason.value}; name a file of source code")
    for chunk in parsed.chunks:
        if chunk.granularity == "leaf" and chunk.start_line <= place.line <= chunk.end_line:
            return parsed.text.data[chunk.start_byte : chunk.end_byte].decode("utf-8", "replace")
    raise UsageError(f"{place.path} has no code at line {place.line}; name a line that is not blank")


def _without(response: SearchResponse, place: Place | None, limit: int) -> SearchResponse:
    """Leave out the place that was asked about: it resembles itself."""
    kept = [
        result
        for result in response.results
        if place is None
        or response.index.root / result.path != place.path
        or not result.start_line <= place.line <= result.end_line
    ]
    return replace(response, results=tuple(kept[:limit]))
