"""The moments of a write, told to whoever asks, and what a disk that refuses becomes. Knows no catalogue."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from codesearch.errors import StorageError

Step = Literal[
    "locked",
    "file written",
    "vectors synced",
    "lexical committed",
    "coarse written",
    "catalogue written",
    "switched",
    "reclaimed",
]
"""Moments of a write: tests stop a writer at each of them."""

OnStep = Callable[[Step], None]


def ignore_step(step: Step) -> None:
    """Do nothing."""


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turn an OSError into a StorageError that names the index folder."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"{folder} cannot be written ({error}); check the disk's space and rights and try again"
        ) from error
