"""Writes docs/cli.md from the parsers themselves: `python -m tests.house.cli_page`."""

import argparse
from collections.abc import Iterator
from functools import partial

from codesearch.cli.parser import HelpFormatter, make_parser
from tests.house.house import ROOT

PAGE = ROOT / "docs" / "cli.md"
COLUMNS = 100

HEAD = """\
# Commands

What `codesearch COMMAND --help` prints. This page is written by `python -m tests.house.cli_page`, and a test compares
the two.

Results go to standard output, everything else to standard error. Exit status: 0 found or done, 1 nothing found,
2 error.
"""


def render_page() -> str:
    """Return the page: the help of the whole command line, then of each command."""
    parts = [f"## {parser.prog}\n\n```text\n{help_of(parser)}```\n" for parser in parsers_of(make_parser())]
    return "\n".join([HEAD, *parts])


def parsers_of(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Yield the parser and those of its commands."""
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.values()


def help_of(parser: argparse.ArgumentParser) -> str:
    """Return the help as a terminal of `COLUMNS` columns shows it; argparse keeps two of them free."""
    parser.formatter_class = partial(HelpFormatter, width=COLUMNS - 2)
    return parser.format_help()


if __name__ == "__main__":
    PAGE.write_text(render_page(), encoding="utf-8")
