"""What is put into a writer: someone who is told its moments, other thresholds, files that were compared before. And
what a disk that refuses becomes. Knows no catalogue."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from codesearch.errors import StorageError
from codesearch.storage.thresholds import DEFAULT_THRESHOLDS, Thresholds
from codesearch.storage.whole_files import WholeFiles

_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
"""What a system says where no byte fits any more: on the disk, or into what a user may have of it."""

Step = Literal[
    "locked",
    "file written",
    "rows moved",
    "vectors appended",
    "lexical committed",
    "base due: tail bytes",
    "base due: dead rows",
    "base due: tail rows",
    "coarse saved",
    "catalogue written",
    "catalogue committed",
    "stale removed",
    "index set aside",
    "index replaced",
    "replaced removed",
]
"""Moments of a write: tests stop a writer at each of them. `rows moved` is compaction's, whose switch is the next
`catalogue committed`; a cause `base due` comes before the `coarse saved` of a commit that writes a base. The last three
are those of an index that was made anew beside the old one: two renames, and the removal of what they replaced."""

OnStep = Callable[[Step], None]


def ignore_step(step: Step) -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class WriterSeams:
    """What a test may put in the place of the real thing, and what one writer leaves to the next."""

    on_step: OnStep = ignore_step
    thresholds: Thresholds = DEFAULT_THRESHOLDS
    whole: WholeFiles | None = None
    """Derived files that need no comparison any more; None where a process writes once."""


@contextmanager
def disk_read_errors(folder: Path) -> Iterator[None]:
    """Turn an OSError into a StorageError: what cannot be read now is not damaged for that."""
    try:
        yield
    except OSError as error:
        message = f"{folder} cannot be read ({error}); check the disk's health and rights and try again"
        raise StorageError(message) from error


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turn an OSError into a StorageError that names the index folder."""
    try:
        yield
    except OSError as error:
        raise refuse_write(folder, error) from error


def refuse_write(path: Path, error: BaseException, mend: str = "") -> StorageError:
    """Return the error for a file or folder that cannot be written; `mend` helps where it may be damaged.

    A library may say only in words that the disk is full; then room helps, and nothing is damaged.
    """
    if any(os.strerror(number) in str(error) for number in _FULL):
        return StorageError(f"{path} cannot be written ({error}); the disk is full; free some space and try again")
    remedy = f", or {mend}" if mend else ""
    return StorageError(f"{path} cannot be written ({error}); check the disk's space and rights and try again{remedy}")
