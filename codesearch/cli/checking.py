"""An examination of an index as a person sees it: one updating line in a terminal, nothing elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from codesearch.cli.progress import TERMINAL_INTERVAL_S, UpdatingLine
from codesearch.cli.terminal import Terminal

OnCheck = Callable[[str, int, int], None]


@contextmanager
def show_checks(terminal: Terminal, *, quiet: bool) -> Iterator[OnCheck]:
    """Yield what draws each check while it runs."""
    line = UpdatingLine(terminal.stderr, terminal.width())
    try:
        yield _drawing(line, time.monotonic) if terminal.stderr.isatty() and not quiet else _ignore
    finally:
        line.finish()


def _drawing(line: UpdatingLine, clock: Callable[[], float]) -> OnCheck:
    """Return what draws each check, files not more often than a person can see."""
    drawn: dict[str, float] = {}

    def draw(what: str, done: int, total: int) -> None:
        if what not in drawn or clock() - drawn[what] >= TERMINAL_INTERVAL_S:
            drawn[what] = clock()
            line.draw(f"checking {what}" + (f": {done:,}/{total:,}" if total > 1 else ""))

    return draw


def _ignore(what: str, done: int, total: int) -> None:
    """Draw nothing."""
