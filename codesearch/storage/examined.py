"""What every check of an examination needs: the index that is read, and how a failed read becomes a finding."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from codesearch.errors import CorruptIndexError
from codesearch.findings import Problem
from codesearch.storage.catalog import CATALOG_NAME, Catalog
from codesearch.storage.records import Records
from codesearch.storage.rows import FileRow, Generation


@dataclass(frozen=True, slots=True)
class Examined:
    """One generation, open for reading; nobody writes meanwhile."""

    folder: Path
    catalog: Catalog
    generation: Generation
    records: Records
    files: Sequence[FileRow]
    """Those whose row is whole, by id."""

    def problem(self, what: str, path: str | None = None, file: str = CATALOG_NAME) -> Problem:
        """Return a finding that repair mends."""
        return Problem(what, file, self.catalog.mend, path)

    def attempt(
        self, read: Callable[[], object], path: str | None = None, file: str = CATALOG_NAME
    ) -> Iterator[Problem]:
        """Read something; yield a finding where it is damaged."""
        try:
            read()
        except CorruptIndexError as error:
            what, _, mend = str(error).rpartition("; ")
            yield Problem(what, file, mend, path)
