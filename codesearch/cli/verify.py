"""`codesearch verify`: whether an index is what was written."""

import argparse

from codesearch.cli.opening import open_index
from codesearch.cli.outcome import Outcome
from codesearch.cli.terminal import Terminal
from codesearch.maintenance import verify


def run(parsed: argparse.Namespace, terminal: Terminal) -> Outcome:
    """Print what is damaged in the nearest index; nothing found where there is damage."""
    with open_index(parsed.path, terminal) as opened:
        folder = opened.index.folder
    problems = verify(folder)
    for problem in problems:
        terminal.result(problem)
    return Outcome.NOTHING if problems else Outcome.FOUND
