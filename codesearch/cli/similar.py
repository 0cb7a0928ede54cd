"""`codesearch similar`: code that resembles a place in a file, or a text."""

import argparse
import re
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from codesearch.cli.errors import UsageError
from codesearch.cli.opening import existing_path, open_index
from codesearch.cli.outcome import Outcome
from codesearch.cli.request import print_response, read_options
from codesearch.cli.terminal import Terminal
from codesearch.index import Index
from codesearch.storage.snapshot import Snapshot
from codesearch.types import SearchResponse


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file that exists."""

    path: Path
    line: int


def run(parsed: argparse.Namespace, terminal: Terminal) -> Outcome:
    """Print what resembles the code at PATH:LINE, itself left out, or the code on standard input."""
    place = None if parsed.place == "-" else read_place(parsed.place)
    around = parsed.path if place is None or parsed.path is not None else str(place.path)
    with open_index(around, terminal, auto_index=parsed.auto_index) as opened:
        options = read_options(parsed, opened.prefix if parsed.path is not None else "")
        if place is None:
            response = opened.index.similar(terminal.stdin.read(), options)
        else:
            path = _relative(place, opened.index)
            text = read_leaf(opened.index, path, place.line)
            more = opened.index.similar(text, replace(options, limit=options.limit + 1))
            response = _without(more, path, place.line, options.limit)
        return print_response(response, parsed, terminal)


def read_place(typed: str) -> Place:
    """Return the file and line of `PATH:LINE`."""
    match = re.fullmatch(r"(.+):(\d+)", typed)
    if match is None:
        raise UsageError(f"{typed} names no line; write PATH:LINE, or - to read code from standard input")
    path = existing_path(match[1])
    if not path.is_file():
        raise UsageError(f"{match[1]} is not a file; write PATH:LINE")
    return Place(path, int(match[2]))


def read_leaf(index: Index, path: str, line: int) -> str:
    """Return the indexed text of the function, section or block that holds a line."""
    with closing(Snapshot.open(index.folder)) as snapshot:
        try:
            file = snapshot.file_by_path(path)
        except KeyError:
            raise UsageError(f"{path} is not in the index; codesearch status --skipped may say why") from None
        leaves = [chunk for chunk in snapshot.chunks_of_file(file.id) if chunk.granularity == "leaf"]
        at_line = [leaf for leaf in leaves if leaf.start_line <= line <= leaf.end_line]
        if not at_line:
            raise UsageError(f"{path} has no code at line {line}; name a line that is not blank")
        text = snapshot.text(file.id)[at_line[0].start_byte : at_line[0].end_byte]
    return text.decode("utf-8", "replace")


def _relative(place: Place, index: Index) -> str:
    if not place.path.is_relative_to(index.root):
        raise UsageError(f"{place.path} is not below {index.root}; name a file of the index that is searched")
    return place.path.relative_to(index.root).as_posix()


def _without(response: SearchResponse, path: str, line: int, limit: int) -> SearchResponse:
    """Leave out the place that was asked about: it resembles itself."""
    others = [
        result
        for result in response.results
        if not (result.path == path and result.start_line <= line <= result.end_line)
    ]
    return replace(response, results=tuple(others[:limit]))
