"""Which index belongs to which folder: names of index folders, the nearest one above a path, roots that moved.

Knows the layout of the home and the few catalogue lines that say whose an index is; reads those through SQLite
alone, so that finding an index loads no search library. Knows nothing of what an index contains.
"""

import os
import re
import shlex
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from codesearch.errors import AmbiguousRootError, CodesearchError, CorruptIndexError, NoIndexError, StorageError
from codesearch.native import from_native, to_native
from codesearch.replacement import (
    REPLACED,
    finish_replacement,
    finish_replacements,
    is_beside_its_index,
    is_replaced_now,
    rebuild_folder,
    standing_folder,
)
from codesearch.storage.catalog import CATALOG_NAME, Catalog
from codesearch.storage.checksums import rebuild_command
from codesearch.storage.lock import WriterLock, find_writer
from codesearch.storage.platform import make_lasting_folder, remove_quietly, write_private
from codesearch.storage.rows import IndexInfo
from codesearch.types import RootEntry
from indexers.errors import WalkError
from indexers.git import git_identity

VECTOR_CACHE_FILES = ("vectors.db", "vectors.db-wal", "vectors.db-shm")

UNFINISHED = "being built or broken off"
"""The problem of an index without a first commit."""

_LEAVING = ".leaving-"
"""Prefix of a folder that is being removed: it vanishes by one rename, then its files go one by one."""

MAX_LOOKS = 3
"""A look takes longer than the two renames of a replacement, so the second one finds what the first missed."""

_N_COMPARED = 100
"""Files of an index that are looked for in a folder which may be its root under another name."""


@dataclass(frozen=True, slots=True)
class Located:
    """The index that covers a path."""

    root: Path
    folder: Path
    prefix: str
    """The path below the root, `/` between parts; empty when it is the root itself."""
    moved_from: Path | None = None
    """Where the root stood when it was last used, if it was found again in another."""


def prepare_home(home: Path) -> None:
    """Create the home, private, and keep every walker and git out of what is ours there, wherever it lies."""
    try:
        make_lasting_folder(home)
        # A home that holds other things is somebody's folder: only what lies in `indexes` is then hidden from git.
        indexes = home / "indexes"
        ours = indexes if any(home.iterdir()) else home
        make_lasting_folder(indexes)
        if not (home / ".gitignore").exists() and not (indexes / ".gitignore").exists():
            write_private(ours / ".gitignore", b"*\n")
    except OSError as error:
        message = f"cannot create {home}: {error.strerror}; set CODESEARCH_HOME to a folder you can write to"
        raise StorageError(message) from error


def index_folder(home: Path, root: Path) -> Path:
    """Return where the index of `root` lives: a readable slug and 12 hex digits of its real path."""
    real = os.path.realpath(root)
    digest = blake2b(os.fsencode(real), digest_size=6).hexdigest()
    slug = re.sub(r"[^A-Za-z0-9._-]+", "-", os.path.basename(real)).strip("-.")[:40]  # noqa: PTH119
    return home / "indexes" / f"{slug or 'root'}-{digest}"


def locate(path: Path, home: Path) -> Located:
    """Return the index of the nearest folder at or above `path`, following a root that moved.

    Raises NoIndexError where there is none, AmbiguousRootError where several moved roots could be meant, LockedError
    where the index of a moved root is being written, CorruptIndexError where one is there without its catalogue.
    """
    real = Path(os.path.realpath(path.expanduser()))
    nearest = find_nearest(real, home)
    if nearest is not None:
        return nearest
    _require_no_remains(real, home)
    root, candidates = find_moved(real, home)
    if not candidates:
        raise NoIndexError(f"no index covers {real}; {_advise(real)}")
    if len(candidates) > 1:
        raise AmbiguousRootError(_ambiguity(root, candidates))
    return adopt(candidates[0], root, real, home)


def _require_no_remains(real: Path, home: Path) -> None:
    for root in (real, *real.parents):
        folder = index_folder(home, root)
        if _has_lost_catalogue(folder):
            message = f"{folder / CATALOG_NAME} is missing or empty, and other files of the index are there"
            raise CorruptIndexError(f"{message}; {rebuild_command(root)}")


def _has_lost_catalogue(folder: Path) -> bool:
    """Tell damage from a first build, which has more than an empty catalogue before it writes anything else."""
    try:
        is_there = (folder / CATALOG_NAME).stat().st_size > 0
    except OSError:
        is_there = False
    if is_there or not any(any(folder.glob(pattern)) for pattern in ("vectors-*.bin", "lexical-*")):
        return False
    return not find_writer(standing_folder(folder))


def _advise(real: Path) -> str:
    from indexers.walker import TOO_BROAD, is_too_broad  # what walks is not imported to find what is there

    return f"it is {TOO_BROAD}" if is_too_broad(real) else f"run codesearch index {shlex.quote(str(real))}"


def find_nearest(path: Path, home: Path) -> Located | None:
    """Return the index of the nearest folder at or above `path`, which need not exist any more."""
    real = Path(os.path.realpath(path.expanduser()))
    for root in (real, *real.parents):
        folder = index_folder(home, root)
        if _finds_index(folder):
            return Located(root, folder, _prefix(real, root))
    return None


def _finds_index(folder: Path) -> bool:
    """Return whether something was committed here, also where it is being replaced meanwhile."""
    for _ in range(MAX_LOOKS):
        finish_replacement(folder)
        if has_index(folder):
            return True
        if not is_replaced_now(folder):
            return False
    return False


def read_committed(folder: Path) -> IndexInfo | None:
    """Return what an index says of itself; None where nothing was committed. Raises what reading it raises."""
    try:
        info = _read_info(folder)
    except NoIndexError:
        return None
    return info if info.generation > 0 else None


def is_abandoned(folder: Path) -> bool:
    """Return whether this is what a first build left that ended before its first commit; nobody writes there."""
    if has_index(folder):
        return False
    try:
        WriterLock(standing_folder(folder)).close()
    except CodesearchError:
        return False
    return True


def has_index(folder: Path) -> bool:
    """Return whether something was committed here; a damaged catalogue counts, for its owner must hear of it."""
    if not (folder / CATALOG_NAME).is_file():
        return False
    try:
        return read_committed(folder) is not None
    except CodesearchError:
        return True


def find_moved(real: Path, home: Path) -> tuple[Path, list[RootEntry]]:
    """Return the nearest folder that is the root of an index without a home, and all such indexes.

    The folder itself tells: by its inode and those of the files in it. Where it is a copy, its git identity does.
    """
    known = [(entry, info) for entry, info in _scan(home) if info is not None]
    start = real if real.is_dir() else real.parent
    for root in (start, *start.parents) if known else ():
        if found := [entry for entry, info in known if _is_renamed(entry, info, root, home)]:
            return root, [max(found, key=lambda entry: entry.updated_at or "")]  # all are of this very folder
    known = [(entry, info) for entry, info in known if info.git_identity]
    for root in (start, *start.parents) if known else ():
        identity = _identify(root)
        if identity is None:
            break
        same = [entry for entry, info in known if info.git_identity == identity]
        if found := [entry for entry in same if not _is_at_home(entry, identity, home)]:
            return root, found
    return real, []


def folder_place(folder: Path) -> str | None:
    """Return a folder's device and inode, which a renaming keeps; None where there is no folder."""
    try:
        status = folder.stat()
    except OSError:
        return None
    return f"{status.st_dev}:{status.st_ino}" if status.st_ino else None


def adopt(entry: RootEntry, root: Path, path: Path, home: Path) -> Located:
    """Give a moved root its index back: write the new place into it, then name its folder after it."""
    from codesearch.storage.writer import Writer

    folder = index_folder(home, root)
    with closing(WriterLock(entry.folder)) as lock, closing(WriterLock(folder)):
        if has_index(folder):
            return Located(root, folder, _prefix(path, root))
        with Writer.open(entry.folder, held=lock) as writer:
            writer.set_root(root, folder_place(root))
            info, checked_at = writer.info, writer.info.checked_at or writer.info.updated_at
            writer.commit(complete=info.complete, files_todo=info.files_todo, checked_at=checked_at)
        remove_quietly(folder)  # at most an unfinished build
        entry.folder.rename(folder)
    return Located(root, folder, _prefix(path, root), moved_from=entry.root if entry.root != root else None)


def list_roots(home: Path) -> list[RootEntry]:
    """Return every index under the home, sorted by root; an unreadable one carries its problem."""
    return sorted((entry for entry, _ in _scan(home)), key=lambda entry: (str(entry.root), str(entry.folder)))


def remove(folder: Path) -> None:
    """Remove an index; for everyone who looks it is gone in one step. Raises LockedError while it is written."""
    rebuilt = rebuild_folder(folder)
    with closing(WriterLock(standing_folder(folder))):
        try:
            if rebuilt.is_dir():
                _rename_away(rebuilt)
            remove_quietly(folder.with_name(f"{REPLACED}{folder.name}"))
            _rename_away(folder)
        except OSError as error:
            message = f"cannot remove {folder}: {error.strerror}; check its permissions and remove it by hand"
            raise StorageError(message) from error
    for left in folder.parent.glob(f"{_LEAVING}*"):
        remove_quietly(left)


def _rename_away(folder: Path) -> None:
    leaving = folder.with_name(f"{_LEAVING}{folder.name}")
    remove_quietly(leaving)
    folder.rename(leaving)


def remove_vector_cache(home: Path) -> None:
    """Remove the cache that all roots share; it costs encoding again, nothing else."""
    for name in VECTOR_CACHE_FILES:
        remove_quietly(home / name)


def folder_size(folder: Path) -> int:
    """Return the bytes of all files below, as far as they can be seen; files may vanish meanwhile."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(parent, name)).st_size  # noqa: PTH118
            except OSError:
                continue
    return total


def _scan(home: Path) -> Iterator[tuple[RootEntry, IndexInfo | None]]:
    indexes = home / "indexes"
    if not indexes.is_dir():
        return
    finish_replacements(indexes)
    for folder in sorted(indexes.iterdir()):
        if folder.name.startswith(".") or is_beside_its_index(folder) or not folder.is_dir():
            continue
        try:
            info = read_committed(folder)
        except CodesearchError as error:
            yield _broken_entry(folder, str(error)), None
        else:
            yield (_broken_entry(folder, _explain_absence(folder)) if info is None else _entry(folder, info)), info


def _explain_absence(folder: Path) -> str:
    if not _has_lost_catalogue(folder):
        return UNFINISHED
    return "damaged: its catalogue is missing or empty; run `codesearch index PATH --rebuild` on its root"


def _read_info(folder: Path) -> IndexInfo:
    with closing(Catalog.open_reader(folder)) as catalog:
        return catalog.read_generation().info


def _read_root(folder: Path) -> Path | None:
    """Return the root of an index that is otherwise unreadable: of another format, say."""
    try:
        with closing(Catalog.open_reader(folder)) as catalog:
            rows = catalog.rows("SELECT value FROM meta WHERE key = 'root'")
    except CodesearchError:
        return None
    return Path(to_native(rows[0][0])) if rows else None


def _entry(folder: Path, info: IndexInfo) -> RootEntry:
    root = Path(to_native(str(info.root)))
    return RootEntry(
        root=root,
        folder=folder,
        size_bytes=folder_size(folder),
        updated_at=info.updated_at,
        encoder=info.encoder_name,
        n_files=info.n_files,
        n_chunks=info.n_chunks,
        complete=info.complete,
        is_missing=not root.is_dir(),
        written_by="" if info.complete else find_writer(folder),
    )


def _broken_entry(folder: Path, problem: str) -> RootEntry:
    root = _read_root(folder)
    return RootEntry(
        root=root or folder,
        folder=folder,
        size_bytes=folder_size(folder),
        updated_at=None,
        encoder=None,
        n_files=None,
        n_chunks=None,
        complete=None,
        is_missing=root is not None and not root.is_dir(),
        problem=problem,
        written_by=find_writer(standing_folder(folder)) if problem == UNFINISHED else "",
    )


def _identify(root: Path) -> str | None:
    try:
        return git_identity(root)
    except WalkError:
        return None


def _is_renamed(entry: RootEntry, info: IndexInfo, root: Path, home: Path) -> bool:
    """Tell whether `root` is the very folder that was indexed, and its index is still filed under another name."""
    if info.root_place is None or folder_place(root) != info.root_place:
        return False
    is_at_home = entry.folder == index_folder(home, entry.root) and folder_place(entry.root) == info.root_place
    return not is_at_home and _has_files_of(entry.folder, root)


def _has_files_of(folder: Path, root: Path) -> bool:
    """Tell whether a file of the index lies in `root`, the same to its inode: a folder's own inode is used again."""
    sql = f"SELECT path, size_bytes, mtime_ns, inode FROM files LIMIT {_N_COMPARED}"
    try:
        with closing(Catalog.open_reader(folder)) as catalog:
            rows = catalog.rows(sql)
    except CodesearchError:
        return False
    return any(_has_stat(root / path, (size, mtime_ns, inode)) for path, size, mtime_ns, inode in rows)


def _has_stat(path: Path, known: tuple[int, int, int]) -> bool:
    try:
        status = path.lstat()
    except OSError:
        return False
    return (status.st_size, status.st_mtime_ns, status.st_ino) == known


def _is_at_home(entry: RootEntry, identity: str, home: Path) -> bool:
    """Tell whether the root still stands where its index says, and the index where its root says."""
    is_named_after_root = entry.folder == index_folder(home, entry.root)
    return is_named_after_root and entry.root.is_dir() and _identify(entry.root) == identity


def _prefix(path: Path, root: Path) -> str:
    return "" if path == root else from_native(path.relative_to(root).as_posix())


def _ambiguity(root: Path, candidates: list[RootEntry]) -> str:
    roots = ", ".join(str(entry.root) for entry in candidates)
    return (
        f"{root} may be any of these moved roots: {roots}; "
        f"run codesearch clean on those it is not, or codesearch index {shlex.quote(str(root))} for a new index"
    )
