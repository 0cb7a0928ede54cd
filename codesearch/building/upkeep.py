"""What keeps an index well beside its updates: leaving behind what is dead, mending what is found damaged.

Knows when to do it and what to tell; how it is done is storage's.
"""

from pathlib import Path

from codesearch.building.reporter import Reporter
from codesearch.errors import CorruptIndexError, StorageError
from codesearch.storage.checksums import rebuild_command
from codesearch.storage.lock import WriterLock
from codesearch.storage.repair import repair
from codesearch.storage.steps import WriterSeams
from codesearch.storage.writer import Writer


def compact_where_due(writer: Writer, reporter: Reporter, checked_at: str) -> str:
    """Compact and switch once more; return what a person should know where the disk refused, else nothing.

    What was committed before stands either way. Nothing may be written after a refusal; the next update tries again.
    """
    if not writer.is_compaction_due():
        return ""
    reporter.report("compact", 0, None)
    try:
        writer.compact()
        writer.commit(complete=True, files_todo=0, checked_at=checked_at)
    except StorageError as error:
        return f"the index is up to date but still holds what was removed; the next update tries again: {error}"
    return ""


def mend(folder: Path, lock: WriterLock, error: CorruptIndexError, seams: WriterSeams) -> str:
    """Repair an index whose update met damage; return what a person should know of it.

    Raises CorruptIndexError where only a new index helps, be it that no damage is found.
    """
    report = repair(folder, seams, lock)
    what = str(error).rpartition("; ")[0] or str(error)
    if not report.problems:
        raise CorruptIndexError(f"{what}; a repair found nothing to mend, {rebuild_command(report.root)}") from error
    n_lost = report.n_dropped + len(report.without_vectors)
    again = f", and {n_lost:,} of its files were read again" if n_lost else ""
    return f"the index was damaged ({what}); it was repaired{again}"
