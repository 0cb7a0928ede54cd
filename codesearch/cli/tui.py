"""`codesearch tui`: hand over to the terminal interface, found by its entry point so that nothing here imports it."""

import argparse
from importlib.metadata import entry_points

from codesearch.cli.errors import UsageError
from codesearch.cli.opening import existing_path
from codesearch.cli.outcome import Outcome
from codesearch.cli.terminal import Terminal

GROUP = "codesearch.tui"
NAME = "app"


def run(parsed: argparse.Namespace, terminal: Terminal) -> Outcome:
    """Run the interface until the person leaves it."""
    if not (terminal.stdin.isatty() and terminal.stdout.isatty()):
        raise UsageError("the terminal interface needs a terminal; use codesearch search in scripts")
    path = existing_path(parsed.path) if parsed.path is not None else None
    found = entry_points(group=GROUP, name=NAME)
    if not found:
        raise UsageError(
            "the terminal interface is not installed; "
            "run pip install --force-reinstall . in the folder of codesearch's source"
        )
    status = next(iter(found)).load()(path, None)
    return Outcome.FOUND if status == 0 else Outcome.FAILED
