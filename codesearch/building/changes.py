"""What changed in a tree since it was indexed: by stat first, by content hash where the stat says nothing.

Pure comparison; knows no writer and no parser. Reads a file only where its stat changed and its size did not.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path

from codesearch.storage.rows import KnownFile
from indexers.reading import Attempt, confirm, distrust, read_once
from indexers.types import FileStat, Skipped, SkipReason, SourceFile, Walked

UNSETTLED_NS = 20_000_000
"""A file touched this shortly before the walk may change again within one tick of its clock: it is hashed next time."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the index remembers of the last walk."""

    files: Mapping[str, KnownFile]
    skipped: Sequence[Skipped]
    marked: frozenset[str]
    """`Walked.marked` of then."""


@dataclass(slots=True)
class Changes:
    """What an update has to do, and while it runs, what it did."""

    to_read: list[SourceFile] = field(default_factory=list)
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: list[str] = field(default_factory=list)
    restats: dict[str, FileStat] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    n_doubtful: int = 0
    """Files to read that were left out, by bytes that had just been written or because nobody may read them: nothing
    says that they changed since."""

    @property
    def n_stale(self) -> int:
        """Files that differ from the index."""
        return len(self.to_read) - self.n_doubtful + len(self.removed)


def compare(root: Path, walked: Walked, known: Known, walked_ns: int) -> Changes:
    """Sort the files of a walk that began at `walked_ns` into unchanged, touched, removed, and to be read."""
    gone = dict(known.files)
    left_out = {skip.path: skip for skip in known.skipped}
    changes = Changes(skipped=list(walked.skipped))
    for file in walked.files:
        before, skip = gone.pop(file.path, None), left_out.get(file.path)
        if file.is_source != (file.path in known.marked):
            before = skip = None
        if before is not None and before.stat == file.stat:
            changes.unchanged += 1
        elif before is None and skip is not None and skip.stat == file.stat:
            changes.skipped.append(skip)
        elif before is not None and (same := _read_same(root, file.path, file.stat.size_bytes, before)):
            changes.restats[file.path] = settle(confirm(file.stat, same), walked_ns)
            changes.unchanged += 1
        else:
            changes.n_doubtful += before is None and _is_doubtful(root, file, skip)
            changes.to_read.append(replace(file, stat=settle(file.stat, walked_ns)))
    changes.removed = list(gone)
    return changes


def _is_doubtful(root: Path, file: SourceFile, skip: Skipped | None) -> bool:
    """Tell whether a file that was left out has to be read again, though nothing says that it changed."""
    if skip is None:
        return False
    is_closed = skip.reason is SkipReason.UNREADABLE and not os.access(root / file.path, os.R_OK)
    return is_closed or skip.stat == distrust(file.stat)


def has_content(root: Path, path: str, size_bytes: int, known: KnownFile) -> bool:
    """Return whether a file, of which the size is at hand, still has the bytes that were indexed."""
    return _read_same(root, path, size_bytes, known) is not None


def _read_same(root: Path, path: str, size_bytes: int, known: KnownFile) -> Attempt | None:
    """Read a file and return the reading if it gave the bytes that were indexed; no link below the root is passed."""
    if size_bytes != known.stat.size_bytes:
        return None
    attempt = read_once(path.encode(), size_bytes, os.fsencode(root))
    if isinstance(attempt, Attempt) and blake2b(attempt.data, digest_size=16).digest() == known.content_hash:
        return attempt
    return None


def settle(stat: FileStat, walked_ns: int) -> FileStat:
    """Return a stat that the next walk will not trust where the file was touched just before this one."""
    is_settled = max(stat.mtime_ns, stat.ctime_ns) < walked_ns - UNSETTLED_NS
    return stat if is_settled else distrust(stat)
