"""`codesearch similar`: code that resembles a place in a file, or a text."""

import argparse
import re
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from codesearch import config
from codesearch.cli.errors import UsageError
from codesearch.cli.opening import Wish, existing_path, open_index
from codesearch.cli.outcome import Outcome
from codesearch.cli.request import ask, print_response, read_options
from codesearch.cli.terminal import Terminal
from codesearch.errors import QueryError
from codesearch.index import Index
from codesearch.native import from_native
from codesearch.printable import clean_line
from codesearch.registry import find_nearest
from codesearch.search.query import plain_query
from codesearch.types import SearchOptions, SearchResponse


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file, which an index may still have where it is gone."""

    path: Path
    line: int
    typed: str

    @property
    def is_gone(self) -> bool:
        """Whether nothing is there any more."""
        return not self.path.exists()


def run(parsed: argparse.Namespace, terminal: Terminal) -> Outcome:
    """Print what resembles the code at PATH:LINE, itself left out, or the code on standard input."""
    if parsed.place == "-":
        return _run_text(parsed, terminal)
    place = read_place(parsed.place)
    around = str(_nearest_there(place.path)) if parsed.path is None else parsed.path
    with open_index(around, terminal, Wish.of(parsed)) as opened:
        path = _path_in(opened.index.root, place, parsed.place)
        options = read_options(parsed, opened.prefix if parsed.path is not None else "")
        response = replace(_ask_around(opened.index, path, place, options), fresh=opened.fresh)
        if place.is_gone:
            terminal.note(clean_line(f"stale: {place.typed} is gone; what was indexed of it is compared"))
        return print_response(response, plain_query(response.query), options, parsed, terminal)


def _ask_around(index: Index, path: str, place: Place, options: SearchOptions) -> SearchResponse:
    try:
        return ask(partial(index.similar_to, path, place.line), options)
    except QueryError as error:
        if not place.is_gone:
            raise
        raise UsageError(f"no such file or folder: {place.typed}; {error}") from error


def _nearest_there(path: Path) -> Path:
    """Return the path, or of one that is gone the nearest folder that is not."""
    return next(there for there in (path, *path.parents) if there.exists())


def _run_text(parsed: argparse.Namespace, terminal: Terminal) -> Outcome:
    text = terminal.stdin.read()
    if not text.strip():
        raise UsageError("there is no code to compare with; give PATH:LINE, or code on standard input")
    with open_index(parsed.path, terminal, Wish.of(parsed)) as opened:
        options = read_options(parsed, opened.prefix)
        response = replace(ask(partial(opened.index.similar, text), options), fresh=opened.fresh)
        return print_response(response, plain_query(text), options, parsed, terminal)


def _path_in(root: Path, place: Place, typed: str) -> str:
    if not place.path.is_relative_to(root):
        raise UsageError(f"{typed} lies outside {root}; give its code on standard input, with - for PATH:LINE")
    return from_native(place.path.relative_to(root).as_posix())


def read_place(typed: str) -> Place:
    """Return the file and line of `PATH:LINE`; a file that is gone lies below the root of an index."""
    match = re.fullmatch(r"(.+):([1-9][0-9]*)", typed, re.DOTALL | re.ASCII)
    if match is None:
        raise UsageError(f"{typed} names no line; write PATH:LINE, or - to read code from standard input")
    path = _indexed_path(match[1]) or existing_path(match[1])
    if path.exists() and not path.is_file():
        raise UsageError(f"{match[1]} is not a file; write PATH:LINE")
    return Place(path, int(match[2]), match[1])


def _indexed_path(typed: str) -> Path | None:
    """Return a path below the root of an index, whether something is there or not."""
    try:
        path = Path(typed).expanduser().resolve()
        path.exists()  # raises where nobody can tell
    except (OSError, ValueError, RuntimeError):
        return None
    return path if find_nearest(path, config.home_folder()) is not None else None
