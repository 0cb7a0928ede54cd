"""A place where tantivy opens a lexical folder with hardly a wait: it locks what it opens, and lets in one at a time.
Where nobody may write, there is no place for its lock either.

A folder never changes once the catalogue names it, so the lock guards nothing here. It is held for 0.3 ms by who opens,
but for as long as it lasts by a process that was stopped just then. Only one that is stopped between the look at the
lock and the opening is waited for.
"""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from codesearch.storage.platform import is_writable, open_private, try_lock

LOCK_NAME = ".tantivy-meta.lock"

LIMIT_S = 0.05
"""How long a reader waits for another before it goes its own way."""

LOOK_S = 0.001


@contextmanager
def unlocked(folder: Path) -> Iterator[Path]:
    """Yield the folder, or a private one with links to its files where it stays locked or is read-only.

    The private one is removed in the end.
    """
    with ExitStack() as stack:
        place = folder
        if not is_writable(folder) or not _becomes_free(folder / LOCK_NAME):
            private = Path(stack.enter_context(TemporaryDirectory(prefix="codesearch-")))
            if _link(folder, private):
                place = private
        yield place


def _becomes_free(lock: Path) -> bool:
    """Wait for a lock to be free; one that cannot be opened is left to tantivy, which tells why.

    One that is missing is made here: tantivy would make it readable by all.
    """
    until = time.monotonic() + LIMIT_S
    while not _is_free(lock):
        if time.monotonic() >= until:
            return False
        time.sleep(LOOK_S)
    return True


def _is_free(lock: Path) -> bool:
    try:
        fd = open_private(lock, os.O_RDWR | os.O_CREAT)
    except OSError:
        return True
    try:
        return try_lock(fd)
    finally:
        os.close(fd)


def _link(folder: Path, private: Path) -> bool:
    """Link the files of a folder into another; False where the system has no links."""
    try:
        for path in folder.iterdir():
            if path.name != LOCK_NAME:
                (private / path.name).symlink_to(path.absolute())
    except OSError:
        return False
    return True
