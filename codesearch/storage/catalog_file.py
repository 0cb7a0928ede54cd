"""The catalogue as a file: what tells it from another of its name, and whether it can be read where nobody may write.

SQLite needs a log and its index beside a catalogue, and makes them where they are missing. Knows no tables.
"""

import os
from pathlib import Path

from codesearch.errors import StorageError
from codesearch.storage.platform import is_writable

LOG_SUFFIX = "-wal"
LOG_INDEX_SUFFIX = "-shm"


def file_id(path: Path) -> int:
    """Return what tells a file from one that takes its name; 0 where there is none."""
    try:
        return path.stat().st_ino
    except OSError:
        return 0


def size_of(path: Path) -> int:
    """Return a file's bytes; 0 where there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


class CatalogFile:
    """A catalogue as it was found when it was opened."""

    def __init__(self, path: Path, mode: str) -> None:
        """Look at the file that is to be opened with a mode of SQLite's; raises StorageError."""
        self.path = path
        self._log = path.with_name(path.name + LOG_SUFFIX)
        self.is_immutable = mode == "ro" and self._needs_immutable()
        """Whether SQLite is to read it as a file that nobody changes: it then makes nothing beside it."""
        self._found = self._look()

    def is_in_place(self) -> bool:
        """Return whether the path still names that file; of an immutable one also whether nobody wrote to it.

        Another user may: SQLite does not notice that then.
        """
        return self._look() == self._found

    def has_gone(self) -> bool:
        """Return whether there was none, or another is there now."""
        return file_id(self.path) == 0 or not self.is_in_place()

    def _look(self) -> tuple[int, ...]:
        if not self.is_immutable:
            return (file_id(self.path),)
        try:
            status = self.path.stat()
        except OSError:
            return ()
        return (status.st_ino, status.st_size, status.st_mtime_ns, size_of(self._log))

    def _needs_immutable(self) -> bool:
        folder = self.path.parent
        has_index = self.path.with_name(self.path.name + LOG_INDEX_SUFFIX).exists()
        if is_writable(folder) or not os.access(self.path, os.R_OK) or (has_index and self._log.exists()):
            return False
        if size_of(self._log) > 0:
            raise StorageError(
                f"{folder} is read-only, and its last commit is still in {self._log.name}, which cannot be read there; "
                "copy the folder to where you may write, or have its owner run `codesearch index`"
            )
        return True
