"""Gives the files of an index that words alone find their vectors, and commits what is done from time to time.

Reads files back from the index itself: what changed in the tree meanwhile is the next update's. Knows no walk.
"""

import time
from dataclasses import dataclass

from codesearch.building.reporter import Reporter
from codesearch.storage.writer import Writer
from indexers.errors import EncoderError
from indexers.pipeline import EncodingPipeline
from indexers.types import Skipped

FILL_COMMIT_S = 10.0
"""How long vectors wait to be searched; the cache has them already, so that nothing hangs on it."""

COMMIT_COST = 20
"""Encoding goes on for so many times what the last commit took: commits cost 5 % at most."""


@dataclass(frozen=True, slots=True)
class Filling:
    """What filling works with."""

    writer: Writer
    pipeline: EncodingPipeline
    reporter: Reporter
    checked_at: str
    """When the tree was walked, for the catalogue, ISO 8601."""
    commit_s: float = FILL_COMMIT_S


def fill(filling: Filling) -> None:
    """Encode every file that has no vectors; the last of them are left to the caller's commit.

    Raises EncoderError; what was encoded before is committed then.
    """
    writer = filling.writer
    paths = writer.files_without_vectors()
    known = writer.known_files()
    n_total, n_bytes_total = len(paths), sum(known[path].stat.size_bytes for path in paths)
    n_done = n_bytes_done = 0
    filling.reporter.report_encoding((0, n_total), (0, n_bytes_total))
    due = time.monotonic() + filling.commit_s
    try:
        for file in filling.pipeline.encode(writer.read_parsed(path) for path in paths):
            if isinstance(file, Skipped):
                continue
            writer.add_vectors(file)
            n_done += 1
            n_bytes_done += file.parsed.stat.size_bytes
            filling.reporter.report_encoding((n_done, n_total), (n_bytes_done, n_bytes_total))
            if n_done < n_total and time.monotonic() >= due:
                due = time.monotonic() + max(filling.commit_s, COMMIT_COST * _commit(filling))
    except EncoderError:
        _commit(filling)
        raise


def _commit(filling: Filling) -> float:
    """Make what was encoded searchable; return the seconds that took."""
    started = time.monotonic()
    filling.writer.commit(complete=False, files_todo=0, checked_at=filling.checked_at)
    return time.monotonic() - started
