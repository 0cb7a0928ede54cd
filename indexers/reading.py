"""Opens files of a tree that nobody vouches for: never through a link, never a device, never more than asked for.

Knows bytes and stats, not what they mean.
"""

import errno
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, replace

from indexers.types import FileStat, SkipReason

SMALL_FILE_BYTES = 1 << 20
"""Rule files above this are not rules: git's own largest published `.gitignore` collections stay under 100 KB."""

# Windows lacks the first three; there links need a privilege to exist and FIFOs are no files.
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


# Linux finds a way through folders that may be passed and not listed, other systems open them as they would a file.
_FOLDER_FLAGS = getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why no bytes came back."""

    reason: SkipReason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One reading of a file: its bytes and the stats taken before and after."""

    data: bytes
    before: os.stat_result
    after: os.stat_result

    @property
    def is_steady(self) -> bool:
        """Whether nobody wrote to the file between the two stats."""
        return to_file_stat(self.before) == to_file_stat(self.after) and len(self.data) == self.after.st_size


Reader = Callable[[bytes, int], Attempt | Refusal]


def to_file_stat(result: os.stat_result) -> FileStat:
    """Keep what a later walk compares."""
    return FileStat(result.st_size, result.st_mtime_ns, result.st_ctime_ns, result.st_ino)


def distrust(stat: FileStat) -> FileStat:
    """Return a stat that no file has: the next walk compares the file's bytes."""
    return replace(stat, ctime_ns=0)


def confirm(walked: FileStat, attempt: Attempt) -> FileStat:
    """Return what to remember of a file that was read: the walk's stat, if it is of the file that the walk saw."""
    read = to_file_stat(attempt.after)
    return walked if walked in (read, distrust(read)) else distrust(read)


def read_once(path: bytes, limit_bytes: int, root: bytes | None = None) -> Attempt | Refusal:
    """Open, stat, read at most one byte over the limit, stat again; below a root, pass no link on the way."""
    try:
        descriptor = os.open(path, _FLAGS) if root is None else _open_below(root, path)
    except OSError as error:
        return _refuse_open(error)
    try:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            return Refusal(SkipReason.SPECIAL, describe_mode(before.st_mode))
        if before.st_size > limit_bytes:
            return Refusal(SkipReason.TOO_LARGE, describe_size(before.st_size, limit_bytes))
        data = _read_up_to(descriptor, limit_bytes + 1, before.st_size)
        if len(data) > limit_bytes:
            return Refusal(SkipReason.TOO_LARGE, describe_size(len(data), limit_bytes))
        return Attempt(data, before, os.fstat(descriptor))
    except OSError as error:
        return Refusal(SkipReason.UNREADABLE, error.strerror or "")
    finally:
        os.close(descriptor)


def read_steadily(path: bytes, limit_bytes: int, reader: Reader = read_once) -> Attempt | Refusal:
    """Read a file that must not change meanwhile; a change is forgiven once."""
    for _ in range(2):
        attempt = reader(path, limit_bytes)
        if isinstance(attempt, Refusal):
            return attempt
        if attempt.is_steady:
            return attempt
    return Refusal(SkipReason.CHANGED, "written to twice while it was read; the next update takes it in")


def read_small_file(path: bytes) -> bytes:
    """Return the bytes of a rule file, nothing where it is missing, a link, too large or unreadable."""
    attempt = read_once(path, SMALL_FILE_BYTES)
    return b"" if isinstance(attempt, Refusal) else attempt.data


def describe_size(size_bytes: int, limit_bytes: int) -> str:
    """Say how large a file is and what the limit was."""
    return f"{size_bytes:,} bytes, limit {limit_bytes:,}"


def describe_mode(mode: int) -> str:
    """Name what a path is when it is no regular file."""
    kinds = {stat.S_IFIFO: "FIFO", stat.S_IFSOCK: "socket", stat.S_IFDIR: "folder", stat.S_IFLNK: "link"}
    return kinds.get(stat.S_IFMT(mode), "device")


def _open_below(root: bytes, path: bytes) -> int:
    """Open a file folder by folder: since the walk any of them may have become a link that leads out of the root."""
    if os.open not in os.supports_dir_fd:
        return os.open(root + b"/" + path, _FLAGS)
    *folders, name = path.split(b"/")
    inside = os.open(root, _FOLDER_FLAGS)
    try:
        for folder in folders:
            outside, inside = inside, os.open(folder, _FOLDER_FLAGS | os.O_NOFOLLOW, dir_fd=inside)
            os.close(outside)
        return os.open(name, _FLAGS, dir_fd=inside)
    finally:
        os.close(inside)


def _read_up_to(descriptor: int, limit_bytes: int, expected_bytes: int) -> bytes:
    parts: list[bytes] = []
    wanted = min(limit_bytes, expected_bytes + 1)
    n_read = 0
    while n_read < limit_bytes:
        part = os.read(descriptor, max(wanted - n_read, 1 << 16))
        if not part:
            break
        parts.append(part)
        n_read += len(part)
    return b"".join(parts)


def _refuse_open(error: OSError) -> Refusal:
    if error.errno in (errno.ELOOP, errno.EMLINK):
        return Refusal(SkipReason.LINK, "replaced by a link since the walk")
    if error.errno == errno.ENOENT:
        return Refusal(SkipReason.CHANGED, "deleted since the walk")
    if error.errno == errno.ENOTDIR:
        return Refusal(SkipReason.CHANGED, "a folder above it was replaced since the walk")
    if error.errno in (errno.ENXIO, errno.EOPNOTSUPP):
        return Refusal(SkipReason.SPECIAL, "socket or device")
    return Refusal(SkipReason.UNREADABLE, error.strerror or "")
