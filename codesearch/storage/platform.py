"""What differs between operating systems: positional reads, read-ahead, file locks, folder sync, private files.

Every call has a portable fallback, chosen by what `os` offers. Knows nothing of what the files hold.
"""

import os
import shutil
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600

HAS_POSITIONAL_READS = hasattr(os, "preadv")
HAS_READ_AHEAD = hasattr(os, "posix_fadvise")
HAS_OPEN_FOLDERS = hasattr(os, "O_DIRECTORY")
"""Else this is Windows: it syncs folders alone, and gives open files no second name."""

Bytes = npt.NDArray[np.uint8]


class ReadFile(Protocol):
    """A file that is read at given offsets while others append to it or unlink it."""

    def read_into(self, buffer: Bytes, offset: int) -> int:
        """Fill `buffer` (uint8, contiguous) from `offset`; return the bytes read, fewer only at the end."""
        ...

    def advise(self, offsets: Iterable[int], size: int) -> None:
        """Tell the system that `size` bytes at each offset are wanted soon."""
        ...

    def close(self) -> None:
        """Give the handle back."""
        ...


class PositionalFile:
    """`ReadFile` by `preadv`, safe for several threads."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))

    def read_into(self, buffer: Bytes, offset: int) -> int:
        done = 0
        while done < len(buffer):
            n = os.preadv(self._fd, [buffer[done:].data], offset + done)
            if n == 0:
                break
            done += n
        return done

    def advise(self, offsets: Iterable[int], size: int) -> None:
        if HAS_READ_AHEAD:
            for offset in offsets:
                os.posix_fadvise(self._fd, offset, size, os.POSIX_FADV_WILLNEED)

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class SeekingFile:
    """`ReadFile` by seek and read, for systems without `preadv`; threads wait for each other."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self._lock = threading.Lock()

    def read_into(self, buffer: Bytes, offset: int) -> int:
        with self._lock:
            self._file.seek(offset)
            done = 0
            while done < len(buffer):
                n = self._file.readinto(buffer[done:].data)
                if not n:
                    break
                done += n
            return done

    def advise(self, offsets: Iterable[int], size: int) -> None:  # noqa: ARG002
        return

    def close(self) -> None:
        self._file.close()


def open_for_reading(path: Path, *, portable: bool = not HAS_POSITIONAL_READS) -> ReadFile:
    """Open a file for reads at offsets; `portable` forces the fallback."""
    return SeekingFile(path) if portable else PositionalFile(path)


def make_private_folder(folder: Path) -> None:
    """Make the folder, readable by its owner only; parents as the system makes them."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    folder.chmod(PRIVATE_FOLDER)


def make_lasting_folder(folder: Path) -> None:
    """Make the folder and its parents, readable by their owner only, and bring the entries of new ones to the disk."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for made in reversed(missing):
        made.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        sync_folder(made.parent)


def is_writable(folder: Path) -> bool:
    """Return whether this process may make files in a folder; no where there is none."""
    return os.access(folder, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def open_private(path: Path, flags: int) -> int:
    """Open a file, made with owner-only rights where it is new; return the descriptor."""
    return os.open(path, flags | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0), PRIVATE_FILE)


def write_private(path: Path, data: bytes) -> None:
    """Put a small file in the place of another in one step; only its owner can read it. Raises OSError."""
    fresh = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        with open(open_private(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        remove_quietly(fresh)
        raise


def sync_file(path: Path) -> None:
    """Bring a closed file's bytes to the disk."""
    fd = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def sync_folder(folder: Path) -> None:
    """Bring a folder's entries to the disk; where folders cannot be opened the system does it alone."""
    if not HAS_OPEN_FOLDERS:
        return
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def link_or_copy(source: Path, target: Path) -> None:
    """Give an immutable file a second name; copy it where the file system has no links."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(source, target)
        sync_file(target)  # a second name needs no sync of its own, a copy does


def remove_quietly(path: Path) -> bool:
    """Remove a file or folder; False where something still holds it open."""
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError:
        return False
    return True


def name_of_open_file(fd: int) -> Path | None:
    """Return a name under which an open file can be opened again even after it was unlinked; None where none is."""
    pinned = Path(f"/dev/fd/{fd}")
    return pinned if HAS_OPEN_FOLDERS and pinned.exists() else None


def try_lock(fd: int) -> bool:
    """Take an exclusive lock on an open file that ends with its descriptor; False where another holds it."""
    try:
        import fcntl
    except ImportError:
        return _try_lock_windows(fd)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


LOCKED_BYTE = 1 << 20
"""Windows locks bytes, and readers of a locked byte fail: lock one far behind what the file holds."""


def _try_lock_windows(fd: int) -> bool:
    import msvcrt

    os.lseek(fd, LOCKED_BYTE, os.SEEK_SET)
    try:
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    except OSError:
        return False
    return True
