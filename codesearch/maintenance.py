"""Upkeep of an index that needs no source tree and no encoder. Knows folders, not roots."""

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from codesearch.errors import CorruptIndexError, StorageError
from codesearch.findings import RepairReport, Verification
from codesearch.registry import folder_size
from codesearch.storage import verification
from codesearch.storage.catalog import require_catalog
from codesearch.storage.lock import NO_PATIENCE, Patience, WriterLock
from codesearch.storage.platform import is_writable
from codesearch.storage.repair import repair as mend
from codesearch.storage.revisions import current_revision
from codesearch.storage.rows import Revision
from codesearch.storage.verification import OnCheck, ignore_check
from codesearch.storage.writer import Writer

__all__ = ["Patience", "compact", "examine", "repair", "verify"]


def compact(folder: Path, patience: Patience = NO_PATIENCE) -> int:
    """Rewrite what updates left dead, through the same switch as an update; return the bytes that were freed.

    Readers keep the generation they opened. Raises NoIndexError, LockedError, CorruptIndexError, StorageError.
    """
    with _locked(folder, patience) as lock:
        before = folder_size(folder)
        with Writer.open(folder, held=lock) as writer:
            writer.compact()
            info = writer.info
            writer.commit(complete=info.complete, files_todo=info.files_todo, checked_at=info.checked_at or "")
        return before - folder_size(folder)


def verify(folder: Path) -> list[str]:
    """Return what `examine` finds damaged, one sentence each."""
    return [str(problem) for problem in examine(folder).problems]


def examine(folder: Path, on_check: OnCheck = ignore_check, patience: Patience = NO_PATIENCE) -> Verification:
    """Read all that is stored and compare it: checksums, counts, ranges, words and vectors against the catalogue.

    Holds the writer's lock meanwhile, except where this process may make none: then it reads one commit, and raises
    StorageError rather than tell of damage where another user wrote. Raises NoIndexError, LockedError, FormatError,
    StorageError.
    """
    if _is_beyond_writing(folder):
        return _examine_unlocked(folder, on_check)
    with _locked(folder, patience):
        return verification.examine(folder, on_check)


def repair(folder: Path, on_check: OnCheck = ignore_check, patience: Patience = NO_PATIENCE) -> RepairReport:
    """Mend what is damaged without encoding anything and without the source files, through the switch of an update.

    What is lost is left to the next `codesearch index`. Raises NoIndexError, LockedError, FormatError, StorageError,
    and CorruptIndexError where only making the index anew helps; nothing is changed then, unless the message says that
    problems are left after a repair.
    """
    with _locked(folder, patience) as lock:
        return mend(folder, held=lock, on_check=on_check)


def _is_beyond_writing(folder: Path) -> bool:
    """Tell whether neither the index nor the lock beside it can be written."""
    return folder.is_dir() and not is_writable(folder) and not is_writable(folder.parent)


def _examine_unlocked(folder: Path, on_check: OnCheck) -> Verification:
    before = _read_revision(folder)
    found = verification.examine(folder, on_check)
    if found.problems and _read_revision(folder) != before:
        raise StorageError(f"{folder} was written by another user meanwhile; verify it once more")
    return found


def _read_revision(folder: Path) -> Revision | None:
    """Return what is committed; None also where the catalogue is too damaged to tell."""
    with suppress(CorruptIndexError):
        return current_revision(folder)
    return None


@contextmanager
def _locked(folder: Path, patience: Patience) -> Iterator[WriterLock]:
    """Hold the lock of an index that is there, and still is after a wait."""
    require_catalog(folder)
    with closing(WriterLock(folder, patience)) as lock:
        require_catalog(folder)
        yield lock
