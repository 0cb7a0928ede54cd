"""A build or update as the user sees it: progress while it runs, a summary when it is done.

Shared by `index` and by the searches that build what is missing; knows `Index.build` and nothing below it.
"""

from collections import Counter
from pathlib import Path

from codesearch.cli.progress import ProgressLine, describe_rate
from codesearch.cli.render import count
from codesearch.cli.terminal import Terminal, clean_line
from codesearch.index import Index
from codesearch.types import BuildOptions, UpdateReport
from indexers.types import Skipped


def build_index(root: Path, options: BuildOptions, home: Path, terminal: Terminal, *, quiet: bool) -> UpdateReport:
    """Create or update the index of `root`, with progress and summary on stderr unless `quiet`."""
    line = ProgressLine(terminal.stderr, is_terminal=terminal.stderr.isatty(), width=terminal.width())
    try:
        report = Index.build(root, options, home=home, on_progress=None if quiet else line.update)
    finally:
        line.finish()
    if not quiet:
        for text in summarise(root, report):
            terminal.note(text)
    return report


def summarise(root: Path, report: UpdateReport) -> list[str]:
    """Return what an update did, one line, and what it left out, another."""
    n_files = report.added + report.changed + report.unchanged
    done = [f"{number:,} {word}" for number, word in _changes(report) if number]
    lines = [
        f"indexed {clean_line(str(root))}: {count(n_files, 'file')} ({', '.join(done) or 'empty'}), "
        f"{count(report.n_chunks, 'chunk')}, generation {report.generation:,}, in {report.took_s:.1f} s{_rate(report)}"
    ]
    if report.skipped:
        lines.append(f"skipped {count(len(report.skipped), 'file')}: {group_skipped(report.skipped)}")
        lines.append("codesearch status --skipped lists them")
    return lines


def group_skipped(skipped: tuple[Skipped, ...]) -> str:
    """Return `12 binary, 3 too large`, the most frequent reason first."""
    reasons = Counter(file.reason.value for file in skipped)
    ranked = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{number:,} {reason}" for reason, number in ranked)


def _changes(report: UpdateReport) -> tuple[tuple[int, str], ...]:
    return (
        (report.added, "added"),
        (report.changed, "changed"),
        (report.removed, "removed"),
        (report.unchanged, "unchanged"),
    )


def _rate(report: UpdateReport) -> str:
    if report.bytes_read == 0 or report.took_s <= 0:
        return ""
    return f", {describe_rate(report.bytes_read, report.took_s)}"
