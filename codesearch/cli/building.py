"""A build or update as the user sees it: progress while it runs, a summary when it is done.

Shared by `index` and by the searches that build what is missing; knows `Index.build` and nothing below it.
"""

from pathlib import Path

from codesearch.cli.errors import UsageError
from codesearch.cli.progress import ProgressLine
from codesearch.cli.reports import summarise
from codesearch.cli.terminal import Terminal
from codesearch.index import Index
from codesearch.types import BuildOptions, UpdateReport


def build_index(root: Path, options: BuildOptions, home: Path, terminal: Terminal, *, quiet: bool) -> UpdateReport:
    """Create or update the index of `root`, with progress and summary on stderr unless `quiet`."""
    if not _is_utf8(root):
        raise UsageError(f"the name of {root} is not UTF-8; rename the folder to index it")
    line = ProgressLine(terminal.stderr, is_terminal=terminal.stderr.isatty(), width=terminal.width())
    try:
        report = Index.build(root, options, home=home, on_progress=None if quiet else line.update)
    finally:
        line.finish()
    if not quiet:
        for text in summarise(root, report):
            terminal.note(text)
    return report


def _is_utf8(path: Path) -> bool:
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
