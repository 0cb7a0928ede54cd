"""What changed in a tree since it was indexed, as a reader finds out: for one file at once, for all of them by a walk.

A file that is ignored by now still has the bytes that were indexed: only the walk tells. Knows no queries.
"""

import os
import stat
import time
from pathlib import Path, PurePosixPath

from codesearch.building.changes import Known, compare, has_content
from codesearch.native import to_native
from codesearch.storage.rows import FileRow, KnownFile
from codesearch.storage.snapshot import Snapshot
from indexers.errors import WalkError
from indexers.reading import to_file_stat


def is_stale(snapshot: Snapshot, root: Path, path: str) -> bool:
    """Compare the file on disk with what was indexed: by stat, else by content hash. Nothing behind a link is read."""
    file = snapshot.file_at(path)
    status = _status_below(root, path)
    if file is None or status is None or not stat.S_ISREG(status.st_mode):
        return True
    return to_file_stat(status) != file.stat and not has_content(root, path, status.st_size, _known(file))


def _status_below(root: Path, path: str) -> os.stat_result | None:
    """Return the stat of a file that is reached from the root without a link; None where there is none."""
    *folders, name = PurePosixPath(path).parts
    place = root
    try:
        for folder in folders:
            place /= to_native(folder)
            if not stat.S_ISDIR(place.lstat().st_mode):
                return None
        return (place / to_native(name)).lstat()
    except OSError:
        return None


def count_stale(snapshot: Snapshot, root: Path) -> int | None:
    """Walk the tree and count what differs from the index; None where it cannot be walked."""
    from indexers.walker import WalkOptions, walk

    walked_ns = time.time_ns()
    try:
        walked = walk(root, WalkOptions(snapshot.info.max_file_bytes, force=True))
    except WalkError:
        return None
    files = {file.path: _known(file) for file in snapshot.files()}
    changes = compare(root, walked, Known(files, snapshot.skipped(), walked.marked), walked_ns)
    if snapshot.info.complete or snapshot.info.files_todo == 0:
        return changes.n_stale
    # What a first build has still to do is told as such and did not change.
    return sum(file.path in files for file in changes.to_read) + len(changes.removed)


def _known(file: FileRow) -> KnownFile:
    return KnownFile(file.id, file.stat, file.content_hash)
