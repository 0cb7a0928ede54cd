"""Hints that something happened in a tree, from the operating system: the one module that knows watchfiles.

A hint names a path and nothing that is sure: the system drops hints when there are too many, and says so to nobody
here. Knows neither rules nor indexes.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event
from typing import Protocol

QUIET_MS = 100
"""So long nothing new must have happened before hints are handed over; also how often `stop` is looked at."""

GROUP_MS = 1000
"""So long after the first, hints are handed over at the latest: a checkout of thousands of files takes about that."""

_MAX_FOLDERS = "fs.inotify.max_user_watches"
_MAX_LISTENERS = "fs.inotify.max_user_instances"


class LostHintsError(Exception):
    """Hints may be missing; listen again, then compare."""


class NoHintsError(Exception):
    """The system tells nothing here; the message says why, and what would help."""


class Hints(Protocol):
    """Somebody who listens to folders."""

    def wait(self, stop: Event, timeout_s: float) -> frozenset[str]:
        """Return the absolute paths to which something happened; none after `timeout_s` or once `stop` is set.

        What happened just before a return without paths may be lost. Raises LostHintsError.
        """
        ...

    def close(self) -> None:
        """Listen no more."""
        ...


Listen = Callable[[Path, Sequence[str]], Hints]
"""Listens to a root, of which these folders matter. Raises LostHintsError where one of them is gone, NoHintsError."""


class SystemHints:
    """`Hints` from the system.

    Linux counts every folder that is listened to, follows links below a root and reports what happens in ignored
    folders too: there each folder that matters is listened to by itself. Elsewhere the system listens to a whole root.
    """

    def __init__(self, root: Path, folders: Sequence[str]) -> None:
        from watchfiles._rust_notify import RustNotify, WatchfilesRustInternalError  # documented as the Rust backend

        self._internal_error = WatchfilesRustInternalError
        is_recursive = sys.platform != "linux"
        places = [str(root)] if is_recursive else list(folders)
        try:
            self._notify = RustNotify(places, False, False, 0, is_recursive, False)
        except (FileNotFoundError, PermissionError) as error:
            raise LostHintsError(str(error)) from error
        except (OSError, WatchfilesRustInternalError) as error:
            raise NoHintsError(_explain(str(error), len(places))) from error

    def wait(self, stop: Event, timeout_s: float) -> frozenset[str]:
        """Return paths of the last second, as soon as it is quiet for a moment."""
        try:
            changes = self._notify.watch(GROUP_MS, QUIET_MS, max(1, round(timeout_s * 1000)), stop)
        except self._internal_error as error:
            raise LostHintsError(str(error)) from error
        if changes == "signal":
            raise KeyboardInterrupt
        return frozenset() if isinstance(changes, str) else frozenset(path for _, path in changes)

    def close(self) -> None:
        """Give the system its watches back."""
        self._notify.close()


def _explain(message: str, n_places: int) -> str:
    if "MaxFilesWatch" in message or "watch limit" in message:
        return f"the system does not listen to {n_places:,} more folders; sudo sysctl {_MAX_FOLDERS}=1048576 allows it"
    if "os error 24" in message:
        return f"too many programs listen to files; sudo sysctl {_MAX_LISTENERS}=1024 allows more"
    return f"the system does not tell of changes here ({message})"
