"""What is typed behind `verify` and `repair`: arguments, and help with examples. Knows nothing of indexes."""

import argparse

from codesearch.cli.index_arguments import WAIT_S
from codesearch.cli.values import read_seconds

VERIFY_EXAMPLES = """\
Reads everything that the index holds and compares it: checksums, counts, vectors and words
against the catalogue. Nothing is changed; source files are not read.

examples:
  codesearch verify                   the index around this folder
  codesearch verify ~/src/flask --json

exit status: 0 sound, 1 damage found, 2 error
"""

REPAIR_EXAMPLES = """\
Makes anew what can be derived from the rest of the index; encodes nothing and reads no source.
What cannot be derived is dropped and named, for the next codesearch index to read again.

examples:
  codesearch repair                   the index around this folder
  codesearch repair ~/src/flask --json

exit status: 0 done, or nothing to repair, 2 error
"""


def add_upkeep_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what both commands take, after the path."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--wait",
        type=read_seconds,
        default=WAIT_S,
        metavar="SECONDS",
        help=f"how long to wait for a process that writes the index (default {WAIT_S})",
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress")
