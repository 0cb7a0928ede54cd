"""`codesearch repair`: mends an index without encoding anything."""

import argparse

from codesearch.cli.errors import UsageError
from codesearch.cli.outcome import Outcome
from codesearch.cli.terminal import Terminal


def run(parsed: argparse.Namespace, terminal: Terminal) -> Outcome:  # noqa: ARG001
    """Refuse: an index is mended by making it anew so far."""
    raise UsageError("nothing can be repaired yet; run codesearch index --rebuild")
