"""`codesearch status`: what an index holds, how fresh it is, what it left out."""

import argparse

from codesearch.cli.opening import open_index
from codesearch.cli.outcome import Outcome
from codesearch.cli.reports import render_secrets, render_skipped, render_status
from codesearch.cli.terminal import Terminal
from codesearch.serialize import dump_json, status_to_json


def run(parsed: argparse.Namespace, terminal: Terminal) -> Outcome:
    """Print the status of the nearest index, or the lists that were asked for."""
    with open_index(parsed.path, terminal) as opened:
        status = opened.index.status()
    if parsed.json:
        terminal.result(dump_json(status_to_json(status)))
        return Outcome.FOUND
    if not parsed.skipped and not parsed.secrets:
        lines = render_status(status)
    else:
        lines = []
        if parsed.skipped:
            lines += render_skipped(status.skipped)
        if parsed.secrets:
            lines += render_secrets(status.secrets)
    for line in lines:
        terminal.result(line)
    return Outcome.FOUND
