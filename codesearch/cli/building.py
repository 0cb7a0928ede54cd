"""A build or update as the user sees it: progress while it runs, a summary when it is done.

Shared by `index` and by the searches that build what is missing; knows `Index.build` and nothing below it.
"""

from dataclasses import replace
from pathlib import Path

from codesearch.building.estimate import Estimate
from codesearch.building.order import read_order
from codesearch.cli.errors import UsageError
from codesearch.cli.progress import ProgressLine
from codesearch.cli.render import count, index_command
from codesearch.cli.reports import summarise
from codesearch.cli.terminal import Terminal
from codesearch.errors import CodesearchError, ConsentError
from codesearch.index import Index
from codesearch.native import from_native
from codesearch.printable import clean_line
from codesearch.registry import index_folder, read_committed
from codesearch.types import BuildOptions, Freshness, UpdateReport
from indexers.errors import IndexersError

SILENT_S = 0.5
"""An update before a search says nothing when it is done in this time."""


def build_index(root: Path, options: BuildOptions, home: Path, terminal: Terminal, *, quiet: bool) -> UpdateReport:
    """Create or update the index of `root`, with progress and summary on stderr unless `quiet`."""
    if not _is_utf8(root):
        raise UsageError(_refuse_name(root))
    may_ask = terminal.is_interactive and not options.is_consented
    try:
        report = _build(root, replace(options, may_ask=may_ask), home, terminal, quiet=quiet)
    except ConsentError as error:
        if not may_ask:
            raise
        # After a no the machine chooses among what is here; what the user had chosen is refused again.
        is_consented = terminal.confirms(f"{clean_line(error.request)}. Allow it?")
        report = _build(
            root, replace(options, is_consented=is_consented, may_ask=is_consented), home, terminal, quiet=quiet
        )
    if not quiet:
        for text in summarise(root, report):
            terminal.note(text)
    return report


def freshen_index(index: Index, patience_s: float, terminal: Terminal) -> Freshness:
    """Bring an open index up to date before it is searched; where that fails, say so and leave it as it is."""
    line = _progress_line(terminal, SILENT_S)
    try:
        fresh = index.freshen(BuildOptions(patience_s=patience_s), line.update)
    finally:
        line.finish()
    if not fresh.is_updated:
        terminal.note(clean_line(f"note: answered from the index as it is, it was not updated: {fresh.problem}"))
    return fresh


def estimate_index(root: Path, options: BuildOptions, home: Path, terminal: Terminal, *, quiet: bool) -> Estimate:
    """Say what building the index of `root` would take, with progress on stderr unless `quiet`."""
    if not _is_utf8(root):
        raise UsageError(_refuse_name(root))
    line = _progress_line(terminal)
    try:
        return Index.estimate(root, options, home=home, on_progress=None if quiet else line.update)
    finally:
        line.finish()


def _progress_line(terminal: Terminal, silent_s: float = 0.0) -> ProgressLine:
    stream = terminal.stderr
    return ProgressLine(stream, is_terminal=stream.isatty(), width=terminal.width(), silent_s=silent_s)


def _build(root: Path, options: BuildOptions, home: Path, terminal: Terminal, *, quiet: bool) -> UpdateReport:
    line = _progress_line(terminal)
    try:
        return Index.build(root, options, home=home, on_progress=None if quiet else line.update)
    except KeyboardInterrupt:
        line.finish()
        terminal.note(_describe_interruption(root.resolve(), home, options))
        raise
    finally:
        line.finish()


def _describe_interruption(root: Path, home: Path, options: BuildOptions) -> str:
    """Return what Ctrl-C left: the commits of a first build, or the index as it was before an update."""
    command, folder = index_command(root), index_folder(home, root)
    try:
        info = read_committed(folder)
        standing = read_order(root, home, folder, options).describe_standing()
    except (CodesearchError, IndexersError):
        return f"interrupted; run {command} to start again"
    if info is None:
        return f"interrupted: nothing was kept yet; run {command} to start again"
    if standing:
        return f"interrupted: {standing}"
    if info.complete:
        return f"interrupted: the index is as it was before; run {command} to bring it up to date"
    kept = f"{count(info.n_files, 'file')} and {count(info.n_chunks, 'chunk')}"
    if info.n_files_without_vectors:
        n_filled = info.n_files - info.n_files_without_vectors
        kept = f"the words of {count(info.n_files, 'file')} and the vectors of {n_filled:,}"
        return f"interrupted: {kept} can be searched, all that was encoded is kept; {command} goes on from there"
    return f"interrupted: {kept} are kept and can be searched; {command} goes on from there"


def _refuse_name(root: Path) -> str:
    if _is_utf8(Path(from_native(str(root)))):
        return f"this locale cannot spell {from_native(str(root))}; set PYTHONUTF8=1 or a UTF-8 locale to index it"
    return f"the name of {root} is not UTF-8; rename the folder to index it"


def _is_utf8(path: Path) -> bool:
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
