"""What is typed behind `index`: arguments, and help with examples. Knows nothing of indexes.

The names of granularities stand here as words, because their type imports numpy; a test holds them against it.
"""

import argparse

from codesearch.cli.values import read_count, read_seconds, read_size, read_words

GRANULARITIES = ("leaf", "class", "file")

WAIT_S = 10
"""How long a command waits for another that writes the same index: most updates end sooner, and a first build that goes
on for hours is named in any case."""

INDEX_EXAMPLES = """\
A second run reads only what changed. What git ignores is left out, and so is what .codesearchignore names.
What was encoded once is kept in a cache for all folders: edits elsewhere, branches and clones cost nothing.

examples:
  codesearch index                    the index around this folder, or a new one of this folder
  codesearch index ~/src/flask --max-file-size 4MiB
  codesearch index --estimate --encoder qwen3-4b      how long would that take?
  codesearch index --encoder qwen3-4b                 anew with another encoder, beside the old index
  codesearch index --rebuild          throw the index away and read everything again
  codesearch index --watch            stay, and read what is saved within a second or two
"""


def add_index_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `index` takes, after the path."""
    parser.add_argument("--force", action="store_true", help="allow the home folder and / as roots")
    parser.add_argument(
        "--encoder",
        metavar="NAME",
        help="encoder of a new index; another than an index has makes it anew; see codesearch models",
    )
    parser.add_argument(
        "--embed",
        type=read_granularities,
        metavar="LIST",
        help="what gets vectors: leaf,class,file (default: all); words find every chunk",
    )
    parser.add_argument(
        "--coarse-dim", type=read_count, metavar="N", help="numbers of each vector that are compared first"
    )
    parser.add_argument(
        "--max-file-size",
        type=read_size,
        metavar="SIZE",
        help="leave out larger files (new index: 2MiB); kept for later runs of this index",
    )
    parser.add_argument("--rebuild", action="store_true", help="throw the index away and build it again")
    _add_watching(parser)
    parser.add_argument(
        "--estimate", action="store_true", help="say how much there is to encode and how long it takes; change nothing"
    )
    parser.add_argument("--json", action="store_true", help="with --estimate: print one JSON object")
    parser.add_argument(
        "-y", "--yes", action="store_true", help="download the model, or send text to a server, without being asked"
    )
    parser.add_argument("--offline", action="store_true", help="talk to no other machine")
    parser.add_argument(
        "--jobs", type=read_count, metavar="N", help="parser processes (default: one a core, as memory allows)"
    )
    parser.add_argument(
        "--wait",
        type=read_seconds,
        metavar="SECONDS",
        help=f"how long to wait for another process that writes the same index (default {WAIT_S}; not with --watch, "
        "which waits as long as it takes)",
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress and no summary")


def _add_watching(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--watch",
        action="store_true",
        help="stay and follow every change, until Ctrl-C or SIGTERM, which end it with status 0",
    )
    parser.add_argument(
        "--poll",
        action="store_true",
        help="with --watch: compare files every few seconds, where no system tells of changes, as on network drives",
    )


def read_granularities(text: str) -> tuple[str, ...]:
    """Return the granularities of `leaf` or `leaf,class`, in their own order."""
    typed = read_words(text, GRANULARITIES, "granularity")
    return tuple(name for name in GRANULARITIES if name in typed)
