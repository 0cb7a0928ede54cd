"""An examination of an index as a person sees it: one updating line in a terminal, nothing elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from codesearch.cli.progress import TERMINAL_INTERVAL_S, UpdatingLine
from codesearch.cli.terminal import Terminal
from codesearch.maintenance import Patience
from codesearch.printable import clean_line

OnCheck = Callable[[str, int, int], None]


@contextmanager
def show_checks(terminal: Terminal, *, quiet: bool) -> Iterator[OnCheck]:
    """Yield what draws each check while it runs."""
    line = UpdatingLine(terminal.stderr, terminal.width())
    try:
        yield _drawing(line, time.monotonic) if terminal.stderr.isatty() and not quiet else _ignore
    finally:
        line.finish()


def wait_aloud(wait_s: float, terminal: Terminal) -> Patience:
    """Return the patience of a command that says once who it is waiting for."""
    told: list[str] = []

    def tell(owner: str) -> None:
        if not told:
            told.append(owner)
            terminal.note(clean_line(f"the index is being written by {owner}; waiting for that to end"))

    return Patience(wait_s, tell)


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
