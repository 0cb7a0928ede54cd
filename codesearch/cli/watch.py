"""`codesearch index --watch`: one line an update, until Ctrl-C or SIGTERM; both end it as a success, at any time.

Knows what a watcher tells and how a process is asked to end; writes whole lines, for terminals and journals alike.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from types import FrameType

from codesearch.cli.progress import describe_duration
from codesearch.cli.render import count
from codesearch.cli.terminal import Terminal
from codesearch.printable import clean_line
from codesearch.types import UpdateReport
from codesearch.watching.events import Failed, Updated, Updating, Waiting, WatchEvent, Watching
from codesearch.watching.watcher import Watcher, WatchOptions

_Handler = Callable[[int, FrameType | None], object] | int | None


def watch_index(root: Path, options: WatchOptions, home: Path, terminal: Terminal, *, quiet: bool) -> None:
    """Keep the index of `root` up to date until the process is asked to end; `quiet` tells of trouble alone."""

    warned: set[str] = set()

    def tell(event: WatchEvent) -> None:
        if text := describe_event(root, event, quiet=quiet):
            terminal.note(text)
        fresh = set(event.report.warnings) - warned if isinstance(event, Updated) else set()
        for warning in sorted(fresh):
            terminal.note(f"warning: {clean_line(warning)}")
        warned.update(fresh)

    watcher = Watcher(root, home, options)
    with _ended_by_signals() as stop:
        watcher.run(stop, tell)
    if not quiet:
        terminal.note(f"stopped watching {clean_line(str(root))}; its index stays")


def describe_event(root: Path, event: WatchEvent, *, quiet: bool) -> str:
    """Return one line, nothing for what nobody has to know."""
    match event:
        case Failed(error, retry_s):
            retry = f"trying again at the next change, or in {describe_duration(retry_s)}"
            return f"codesearch: warning: not updated: {clean_line(str(error))}; {retry}"
        case Waiting(error):
            what = str(error).rpartition("; ")[0] or str(error)  # without what somebody would do who does not wait
            return f"codesearch: waiting: {clean_line(what)}"
        case Watching(_, poll_reason) if poll_reason:
            return f"comparing files every few seconds: {clean_line(poll_reason)}"
        case Watching(n_folders):
            return "" if quiet else f"watching {clean_line(str(root))}: {count(n_folders, 'folder')}; Ctrl-C ends it"
        case Updated(report) if event.has_changed and not quiet:
            return describe_update(report)
        case Updating() | Updated():
            return ""


def describe_update(report: UpdateReport) -> str:
    """Return what an update changed, in one line."""
    numbers = ((report.added, "added"), (report.changed, "changed"), (report.removed, "removed"))
    done = [f"{number:,} {word}" for number, word in numbers if number]
    filled = [f"{count(report.n_filled, 'file')} given vectors"] if report.n_filled else []
    return f"updated: {', '.join(done + filled)}, in {report.took_s:.1f} s; {count(report.n_chunks, 'chunk')}"


@contextmanager
def ended_as_asked() -> Iterator[None]:
    """Take SIGTERM for Ctrl-C, the first of them, and what either breaks off for done."""
    before = {signal.SIGTERM: signal.getsignal(signal.SIGTERM)}

    def end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        _restore(before)
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    try:
        yield
    except KeyboardInterrupt:
        pass  # the first build said what stands
    finally:
        _restore(before)


@contextmanager
def _ended_by_signals() -> Iterator[Event]:
    """Give an event that the first Ctrl-C or SIGTERM sets; the second does what it always does."""
    stop = Event()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}

    def end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        stop.set()
        _restore(before)

    for number in numbers:
        signal.signal(number, end)
    try:
        yield stop
    finally:
        _restore(before)


def _restore(before: dict[signal.Signals, _Handler]) -> None:
    for number, handler in before.items():
        signal.signal(number, handler)
