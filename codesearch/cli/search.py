"""`codesearch search`: one question, one ranked answer."""

import argparse
from dataclasses import replace
from functools import partial

from codesearch.cli.errors import UsageError
from codesearch.cli.opening import Wish, existing_path, open_index
from codesearch.cli.outcome import Outcome
from codesearch.cli.request import ask, print_response, read_options
from codesearch.cli.terminal import Terminal
from codesearch.native import from_native
from codesearch.search.query import parse_query


def run(parsed: argparse.Namespace, terminal: Terminal) -> Outcome:
    """Search the nearest index and print what it found."""
    existing_path(parsed.path, "; a query of several words goes in quotes")
    query = terminal.stdin.read() if parsed.query == "-" else from_native(parsed.query)
    if not query.strip():
        raise UsageError("the query is empty; say in words what the code does")
    with open_index(parsed.path, terminal, Wish.of(parsed)) as opened:
        options = read_options(parsed, opened.prefix)
        response = replace(ask(partial(opened.index.search, query.strip()), options), fresh=opened.fresh)
        return print_response(response, parse_query(query), options, parsed, terminal)
