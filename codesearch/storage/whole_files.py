"""Remembers which derived files were compared with their checksums, so that a process reads each of them once.

A file is known by what the system says of it: one that was written to since is compared again. Knows no generations.
"""

from collections.abc import Sequence
from pathlib import Path

from codesearch.errors import CorruptIndexError
from codesearch.storage.checksums import DerivedFile, check_lengths, describe_damage

_Key = tuple[int, int, int, int, bytes]
"""A file as the system knows it, and what its bytes should be."""


class WholeFiles:
    """Which derived files were found whole, under whatever name, and which damaged; for any thread."""

    def __init__(self) -> None:
        self._known: set[_Key] = set()
        self._damaged: dict[_Key, str] = {}

    def require(self, folder: Path, file: DerivedFile, mend: str) -> None:
        """Compare a file with its checksums unless that was done; raises CorruptIndexError, OSError."""
        key = self._key(folder, file)
        if key in self._known:
            return
        if what := describe_damage(folder, file):
            self._damaged[key] = what
            raise CorruptIndexError(f"{what}; {mend}")
        self._known.add(key)

    def find_damage(self, folder: Path, files: Sequence[DerivedFile]) -> str:
        """Return what is known of damage to one of the files, without reading them; raises OSError."""
        if not self._damaged:
            return ""
        return next((what for file in files if (what := self._damaged.get(self._key(folder, file)))), "")

    def keep(self, folder: Path, files: Sequence[DerivedFile]) -> None:
        """Forget all others; raises OSError."""
        keys = {self._key(folder, file) for file in files}
        self._known &= keys
        for key in set(self._damaged) - keys:  # a copy: the thread may add to it meanwhile
            del self._damaged[key]

    @staticmethod
    def _key(folder: Path, file: DerivedFile) -> _Key:
        status = (folder / file.name).stat()
        return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, file.block_crcs)


def require_whole(folder: Path, files: Sequence[DerivedFile], whole: WholeFiles, mend: str) -> None:
    """Compare all derived files of a generation but those known, and forget all others.

    Raises CorruptIndexError, OSError.
    """
    check_lengths(folder, files, mend)
    for file in files:
        whole.require(folder, file, mend)
    whole.keep(folder, files)
