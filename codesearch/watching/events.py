"""What a watcher tells whoever runs it, as values. Knows no terminal and no protocol."""

from collections.abc import Callable
from dataclasses import dataclass

from codesearch.errors import CodesearchError, LockedError
from codesearch.types import UpdateReport
from indexers.errors import IndexersError


@dataclass(frozen=True, slots=True)
class Watching:
    """It is known from now on when something changes; told again where that changes its manner."""

    n_folders: int
    """Folders that are listened to, those left out that ignore rules close."""
    poll_reason: str = ""
    """Why the files are compared every few seconds instead; empty where the system tells of changes."""


@dataclass(frozen=True, slots=True)
class Updating:
    """The tree is being compared with the index."""


@dataclass(frozen=True, slots=True)
class Updated:
    """The index says what the tree was a moment ago."""

    report: UpdateReport

    @property
    def has_changed(self) -> bool:
        """Whether searches may answer otherwise than before."""
        report = self.report
        return bool(report.added or report.changed or report.removed or report.n_filled)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Another process writes the index, whose end is waited for; told once, until an update came through."""

    error: LockedError


@dataclass(frozen=True, slots=True)
class Failed:
    """An update came to nothing, the index is as it was; it is tried again. The same error is told once in a row."""

    error: CodesearchError | IndexersError
    retry_s: float
    """When at the latest; at the next change sooner."""


WatchEvent = Watching | Updating | Updated | Waiting | Failed

OnWatchEvent = Callable[[WatchEvent], None]
"""Called in the thread of the watcher."""
