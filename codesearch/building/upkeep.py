"""Leaves behind what updates left dead in an index, once that is worth it: an errand that may fail."""

from codesearch.building.reporter import Reporter
from codesearch.errors import StorageError
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
