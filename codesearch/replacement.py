"""A rebuilt index takes the place of the old one by two renames, and a crash between them is mended later.

Knows names of folders and whether an index in one is complete. The writer's lock tells a swap that is under way from
one that was cut off. Between the renames there is no index, so whoever looks then does the second one at once: a
rebuilt index that is complete takes the place in any case. Only who holds the lock removes anything.
"""

from contextlib import closing, suppress
from pathlib import Path

from codesearch.errors import CodesearchError, StorageError
from codesearch.storage.catalog import CATALOG_NAME, Catalog
from codesearch.storage.lock import WriterLock
from codesearch.storage.platform import remove_quietly, sync_folder
from codesearch.storage.steps import OnStep, ignore_step

REPLACED = ".replaced-"
"""Prefix of an index whose rebuilt successor is on its way."""

_REBUILD = ".rebuild"


def rebuild_folder(folder: Path) -> Path:
    """Return where an index is built anew, beside the old one."""
    return folder.with_name(f"{folder.name}{_REBUILD}")


def is_beside_its_index(folder: Path) -> bool:
    """Tell whether this is a rebuilding of an index that still stands; alone it is all that is left of one."""
    base = standing_folder(folder)
    return base != folder and base.is_dir()


def standing_folder(folder: Path) -> Path:
    """Return the folder whose lock guards this one: that of a rebuilding is its index's."""
    return folder.with_name(folder.name.removesuffix(_REBUILD))


def replace_index(folder: Path, on_step: OnStep = ignore_step) -> None:
    """Put the rebuilt index in the place of the old one, whose lock the caller holds. Raises StorageError.

    Nothing of the old one is removed before the disk knows the new one by its name.
    """
    replaced = _replaced_folder(folder)
    end_replacement(folder)
    try:
        folder.rename(replaced)
        on_step("index set aside")
        _move(rebuild_folder(folder), folder)
        on_step("index replaced")
        sync_folder(folder.parent)
    except OSError as error:
        raise StorageError(f"cannot replace {folder}: {error.strerror}; check its permissions and try again") from error
    remove_quietly(replaced)
    on_step("replaced removed")


def finish_replacement(folder: Path) -> None:
    """End a replacement that was cut off, for one who holds no lock: see `end_replacement`.

    Raises LockedError where there is no index and it is being written, StorageError where files cannot be moved.
    """
    if not _replaced_folder(folder).is_dir():
        return
    if not _holds_index(folder) and _is_complete(rebuild_folder(folder)):
        with suppress(OSError):  # then it is told below, or done by another
            rebuild_folder(folder).rename(folder)
    try:
        lock = WriterLock(folder)
    except CodesearchError:
        if _holds_index(folder):
            return
        raise
    with closing(lock):
        end_replacement(folder)


def end_replacement(folder: Path) -> None:
    """Put a rebuilt index in its place if it is complete, else the old one back, as who holds the lock.

    The old one is removed only where there is another. Raises StorageError where files cannot be moved.
    """
    replaced, fresh = _replaced_folder(folder), rebuild_folder(folder)
    if not replaced.is_dir():
        return
    try:
        if not _holds_index(folder):
            remove_quietly(folder)  # nothing, or what never came to a catalogue
            _move(fresh if _is_complete(fresh) else replaced, folder)
        sync_folder(folder.parent)
    except OSError as error:
        message = f"cannot put {folder} back: {error.strerror}; check the permissions of {folder.parent}"
        raise StorageError(message) from error
    remove_quietly(replaced)


def is_replaced_now(folder: Path) -> bool:
    """Tell whether something is here, or on its way here: who finds no index then looks again."""
    return folder.is_dir() or _replaced_folder(folder).is_dir()


def finish_replacements(indexes: Path) -> None:
    """End every replacement in a folder of indexes that was cut off, as far as it can be."""
    for replaced in indexes.glob(f"{REPLACED}*"):
        try:
            finish_replacement(indexes / replaced.name.removeprefix(REPLACED))
        except CodesearchError:
            continue


def _move(source: Path, folder: Path) -> None:
    """Give an index its place, unless one who looked did it just now."""
    try:
        source.rename(folder)
    except OSError:
        if not _holds_index(folder):
            raise


def _holds_index(folder: Path) -> bool:
    return (folder / CATALOG_NAME).is_file()


def _replaced_folder(folder: Path) -> Path:
    return folder.with_name(f"{REPLACED}{folder.name}")


def _is_complete(folder: Path) -> bool:
    try:
        with closing(Catalog.open_reader(folder)) as catalog:
            return catalog.read_generation().info.complete
    except CodesearchError:
        return False
