"""Opens files of a tree that nobody vouches for: never through a link, never a device, never more than asked for.

Knows bytes and stats, not what they mean.
"""

import errno
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass

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


def read_once(path: bytes, limit_bytes: int) -> Attempt | Refusal:
    """Open, stat, read at most one byte over the limit, stat again."""
    try:
        descriptor = os.open(path, _FLAGS)
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


def read_steadily(path: bytes, limit_bytes: int, reader: Reader = read_once) -> bytes | Refusal:
    """Read a file that must not change meanwhile; a change is forgiven once."""
    for _ in range(2):
        attempt = reader(path, limit_bytes)
        if isinstance(attempt, Refusal):
            return attempt
        if attempt.is_steady:
            return attempt.data
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
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return Refusal(SkipReason.CHANGED, "deleted since the walk")
    if error.errno in (errno.ENXIO, errno.EOPNOTSUPP):
        return Refusal(SkipReason.SPECIAL, "socket or device")
    return Refusal(SkipReason.UNREADABLE, error.strerror or "")
