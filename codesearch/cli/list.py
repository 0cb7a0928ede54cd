"""`codesearch list`: every indexed root."""

import argparse
from datetime import UTC, datetime

from codesearch import config, registry
from codesearch.cli.outcome import Outcome
from codesearch.cli.reports import render_roots
from codesearch.cli.terminal import Terminal
from codesearch.serialize import dump_json, roots_to_json


def run(parsed: argparse.Namespace, terminal: Terminal) -> Outcome:
    """Print one line a root; nothing found where there is no index at all."""
    home = config.home_folder()
    entries = registry.list_roots(home)
    if parsed.json:
        terminal.result(dump_json(roots_to_json(entries)))
    else:
        width = terminal.width() if terminal.shows_results_to_a_person else None
        for line in render_roots(entries, datetime.now(UTC), width):
            terminal.result(line)
    if not entries:
        terminal.note(f"nothing is indexed in {home}; run codesearch index PATH")
    return Outcome.FOUND if entries else Outcome.NOTHING
