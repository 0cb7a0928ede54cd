"""The writer's lock: one process, and within it one `Writer`, may change an index folder.

The lock is the system's and ends with its owner, so a dead owner holds nothing; the file only says who it was. It
lies beside the folder, which may be missing, removed or put in another's place while the lock is held.
"""

import json
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from codesearch.errors import LockedError
from codesearch.storage.platform import open_private, try_lock
from codesearch.storage.steps import refuse_write

LOOK_S = 0.05
"""Between two looks of one who waits: short beside any write, long beside a look."""

SETTLING_S = 0.02
"""Who takes the lock writes its name down at once: until then the file may still name the one before."""


def lock_path(folder: Path) -> Path:
    """Return the file that is locked while the index in `folder` is written, and removed then, except on Windows."""
    return folder.with_name(f".{folder.name}.lock")


def tell_nobody(owner: str) -> None:
    """Wait in silence."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for a writer that is there already, and who hears of it."""

    limit_s: float = 0.0
    on_wait: Callable[[str], None] = tell_nobody
    """Called at every look with who holds the lock; raising from it ends the wait."""


NO_PATIENCE = Patience()


class WriterLock:
    """Held from construction until `close`."""

    def __init__(self, folder: Path, patience: Patience = NO_PATIENCE) -> None:
        """Take the lock, after a wait where another has it; whether there is an index is for the caller to see then.

        Raises LockedError naming the owner and its age, StorageError where files cannot be made.
        """
        self._path = lock_path(folder)
        self._fd = -1
        until = time.monotonic() + patience.limit_s
        while not self._take():
            owner = _name_owner(self._path)
            if time.monotonic() >= until:
                raise LockedError(_explain(folder, owner, patience.limit_s))
            patience.on_wait(owner)
            time.sleep(max(0.0, min(LOOK_S, until - time.monotonic())))

    def close(self) -> None:
        """Give the lock back and remove its file: who waits sees that the file it opened has the name no more."""
        if self._fd < 0:
            return
        with suppress(OSError):
            os.ftruncate(self._fd, 0)  # who is done is named no more, where the file stays: Windows removes none in use
            if os.name != "nt" and self._has_name(self._fd):
                self._path.unlink()
        os.close(self._fd)
        self._fd = -1

    def _take(self) -> bool:
        """Lock the file that has the name now: its last owner may have removed the one that was opened."""
        try:
            while True:
                fd = self._open()
                try:
                    if not try_lock(fd):
                        return False
                    if self._has_name(fd):
                        os.ftruncate(fd, 0)
                        os.lseek(fd, 0, os.SEEK_SET)  # where it stands on Windows the byte that is locked was
                        os.write(fd, _describe_self())
                        self._fd = fd
                        return True
                finally:
                    if self._fd < 0:
                        os.close(fd)
        except OSError as error:
            raise refuse_write(self._path, error) from error

    def _open(self) -> int:
        return open_private(self._path, os.O_RDWR | os.O_CREAT)

    def _has_name(self, fd: int) -> bool:
        try:
            return os.path.samestat(os.fstat(fd), self._path.stat())
        except FileNotFoundError:
            return False


def find_writer(folder: Path) -> str:
    """Return who writes the index in `folder` now, nothing where nobody does.

    The lock is tried only where its file is there, which is a writer's or one's that was killed, and let go at once.
    """
    path = lock_path(folder)
    try:
        fd = os.open(path, os.O_RDWR | getattr(os, "O_CLOEXEC", 0))
    except OSError:
        return ""
    try:
        return "" if try_lock(fd) else _name_owner(path)
    except OSError:
        return ""
    finally:
        os.close(fd)


@dataclass(frozen=True, slots=True)
class _Owner:
    """What the file says of who took the lock last."""

    pid: int
    host: str
    started: float

    def is_gone(self) -> bool:
        """Tell whether no such process runs here; of another machine's nobody knows."""
        if self.host != socket.gethostname() or os.name == "nt":
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except (OSError, OverflowError):
            return False
        return False


def _describe_self() -> bytes:
    return json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "started": time.time()}).encode()


def _name_owner(path: Path) -> str:
    """Return who holds the lock, as far as its file tells: process, host, age."""
    owner = _read_owner(path)
    if owner is None or owner.is_gone():
        time.sleep(SETTLING_S)
        owner = _read_owner(path)
    if owner is None:
        return "another process"
    name = f"process {owner.pid} on {owner.host} since {_print_age(time.time() - owner.started)}"
    return f"what is left of {name}: it has ended, but a process that it started holds on" if owner.is_gone() else name


def _read_owner(path: Path) -> _Owner | None:
    try:
        said = json.loads(path.read_bytes())
        return _Owner(int(said["pid"]), str(said["host"]), float(said["started"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _explain(folder: Path, owner: str, waited_s: float) -> str:
    waited = f", {waited_s:g} s were not enough for that to end" if waited_s else ""
    return f"the index in {folder} is being written by {owner}{waited}; wait for it to end, or end it, and try again"


def _print_age(seconds: float) -> str:
    if seconds < 60:
        return f"{max(0, round(seconds))} s"
    if seconds < 3600:
        return f"{round(seconds / 60)} min"
    return f"{round(seconds / 3600)} h"
