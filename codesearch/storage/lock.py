"""The writer's lock: one process, and within it one `Writer`, may change an index folder.

The lock is the system's and ends with its owner, so a dead owner holds nothing; the file only says who it was.
"""

import json
import os
import socket
import time
from pathlib import Path

from codesearch.errors import LockedError, StorageError
from codesearch.storage.platform import open_private, try_lock

LOCK_NAME = "writer.lock"


class WriterLock:
    """Held from construction until `close`."""

    def __init__(self, folder: Path) -> None:
        """Take the lock; raises LockedError naming the owner and its age, StorageError where files cannot be made."""
        path = folder / LOCK_NAME
        self._fd = -1
        try:
            self._fd = open_private(path, os.O_RDWR | os.O_CREAT)
            if not try_lock(self._fd):
                raise LockedError(_describe_owner(path, folder))
            owner = {"pid": os.getpid(), "host": socket.gethostname(), "started": time.time()}
            os.lseek(self._fd, 0, os.SEEK_SET)
            os.ftruncate(self._fd, 0)
            os.write(self._fd, json.dumps(owner).encode())
        except LockedError:
            self.close()
            raise
        except OSError as error:
            self.close()
            raise StorageError(f"{path} cannot be written ({error}); check the disk's space and rights") from error

    def close(self) -> None:
        """Give the lock back; the file stays, since unlinking it would let two writers in."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _describe_owner(path: Path, folder: Path) -> str:
    wait = "wait for it to end, or end it, and try again"
    try:
        owner = json.loads(path.read_bytes())
        age = _print_age(time.time() - float(owner["started"]))
        who = f"process {int(owner['pid'])} on {owner['host']} since {age}"
    except (OSError, ValueError, KeyError, TypeError):
        return f"the index in {folder} is being written by another process; {wait}"
    return f"the index in {folder} is being written by {who}; {wait}"


def _print_age(seconds: float) -> str:
    if seconds < 60:
        return f"{max(0, round(seconds))} s"
    if seconds < 3600:
        return f"{round(seconds / 60)} min"
    return f"{round(seconds / 3600)} h"
