"""Mends a damaged index: keeps what is whole of its truth, derives the rest anew, and switches to it in one commit.

Nothing is encoded and no source file is read: what is lost is left to the next update. Knows the order of the work.
"""

from pathlib import Path

from codesearch.errors import CorruptIndexError
from codesearch.findings import Problem, RepairReport
from codesearch.storage.catalog import Catalog, require_catalog
from codesearch.storage.catalog_checks import check_structure
from codesearch.storage.checksums import rebuild_command
from codesearch.storage.derived import reclaim
from codesearch.storage.lock import WriterLock
from codesearch.storage.rows import Generation, IndexInfo
from codesearch.storage.salvage import Salvage, salvage
from codesearch.storage.steps import WriterSeams, disk_errors
from codesearch.storage.verification import OnCheck, examine, ignore_check
from codesearch.storage.writer import Writer


def repair(
    folder: Path, seams: WriterSeams = WriterSeams(), held: WriterLock | None = None, on_check: OnCheck = ignore_check
) -> RepairReport:
    """Examine an index and mend what is damaged; readers keep the generation they opened.

    Raises NoIndexError, LockedError, FormatError, StorageError, and CorruptIndexError for what only making the index
    anew can mend: the index stays as it was then, unless that shows in what the repair made of it, which is examined
    once more. A lock that the caller holds already, `held`, stays the caller's.
    """
    require_catalog(folder)
    own = WriterLock(folder) if held is None else None
    try:
        problems = examine(folder, on_check).problems
        if problems:
            return _mend(folder, problems, seams, on_check)
        with Writer.open(folder, seams, held or own) as writer:  # which reclaims what a crash left
            return RepairReport(writer.info.root, (), (), 0, (), (), writer.info.generation, writer.info.complete)
    finally:
        if own is not None:
            own.close()


def _mend(folder: Path, problems: tuple[Problem, ...], seams: WriterSeams, on_check: OnCheck) -> RepairReport:
    seams.on_step("locked")
    catalog = Catalog.open_writer(folder)
    try:
        catalog.begin("IMMEDIATE")
        before = catalog.read_generation()
        writer = Writer(folder, None, catalog, seams)
        salvaged = _salvage(catalog, writer, before, seams)
    except BaseException:
        catalog.close()
        raise
    with writer:
        _require_structure(catalog)
        info = before.info
        is_whole = not (salvaged.n_dropped or salvaged.stripped or salvaged.lost)
        complete = info.complete and is_whole
        writer.commit(complete=complete, files_todo=_count_todo(info, salvaged), checked_at=info.checked_at or "")
        generation = writer.info.generation
    left = examine(folder, on_check).problems
    if left:
        message = f"{len(left)} problems of {folder} are left after a repair ({left[0].what})"
        raise CorruptIndexError(f"{message}; {rebuild_command(info.root)}")
    return RepairReport(
        root=info.root,
        problems=problems,
        dropped=salvaged.dropped,
        n_dropped=salvaged.n_dropped,
        without_vectors=salvaged.stripped,
        lost=salvaged.lost,
        generation=generation,
        complete=complete,
    )


def _salvage(catalog: Catalog, writer: Writer, before: Generation, seams: WriterSeams) -> Salvage:
    """Keep what is whole and derive the rest; where that fails nothing is left of it."""
    folder = catalog.path.parent
    try:
        with disk_errors(folder):
            salvaged = salvage(folder, catalog, before, seams.on_step)
            writer.derive_anew(salvaged.generation, before.file_names)
    except BaseException as error:
        catalog.rollback()
        reclaim(folder, before.file_names)
        if isinstance(error, CorruptIndexError):
            raise CorruptIndexError(f"{str(error).rpartition('; ')[0]}; {catalog.mend_structure}") from error
        raise
    return salvaged


def _require_structure(catalog: Catalog) -> None:
    for problem in check_structure(catalog):
        raise CorruptIndexError(f"{problem.what}; {catalog.mend_structure}")


def _count_todo(info: IndexInfo, salvaged: Salvage) -> int | None:
    """Return how many files the next update reads; None where a lost list hides that."""
    return None if salvaged.lost or info.files_todo is None else info.files_todo + salvaged.n_dropped
