"""What a transaction changes on the lexical side: which documents come and go, and the folder that this makes.

Starts a folder when something is added, none before. Knows the catalogue's list of dead documents and no vectors.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from codesearch.storage.catalog import Catalog
from codesearch.storage.derived import read_derived_files
from codesearch.storage.ingest import read_documents
from codesearch.storage.lexical import LexicalWriter, lexical_name
from codesearch.storage.rows import FileRow, Generation, TermDocument
from codesearch.storage.table_sums import DEAD_DOCUMENTS, read_summed, replace_sum, take_from_sum
from codesearch.storage.tally import Tally
from codesearch.storage.whole_files import WholeFiles


class LexicalChanges:
    """The next lexical folder of an index, from one commit to the next."""

    def __init__(self, folder: Path, catalog: Catalog, generation: Generation, whole: WholeFiles) -> None:
        """Continue from a committed generation."""
        self._folder = folder
        self._catalog = catalog
        self._whole = whole
        self._writer: LexicalWriter | None = None
        self.start(generation)

    def start(self, generation: Generation) -> None:
        """Begin what follows the commit of a generation."""
        self._base = generation.lexical_name
        self._next = lexical_name(generation.info.generation + 1)
        self._dead_files = [row[0] for row in read_summed(self._catalog, DEAD_DOCUMENTS)]

    def add(self, documents: Sequence[TermDocument]) -> None:
        """Add chunks; deletes are those of generations before, for readers of the current one."""
        if self._writer is None:
            self._writer = self._open(self._require_base())
            self._writer.delete_files(self._dead_files)
            gone = [(file_id,) for file_id in self._dead_files]
            self._catalog.run_many("DELETE FROM dead_documents WHERE file_id = ?", gone)
            take_from_sum(self._catalog, DEAD_DOCUMENTS, gone)
        self._writer.add(documents)

    def renew(self, files: Iterable[FileRow], tally: Tally | None = None) -> None:
        """Start over with the documents of these files alone, in the order of a fresh build; `tally` counts them."""
        self.abort()
        self._writer = self._open(None)
        for file in sorted(files, key=lambda file: file.path):
            documents = read_documents(self._catalog, file)
            self._writer.add(documents)
            if tally is not None:
                tally.count(documents, 1)
        self._catalog.run("DELETE FROM dead_documents")
        replace_sum(self._catalog, DEAD_DOCUMENTS, [])

    def commit(self) -> str | None:
        """Make what was added durable; return the name of the folder that counts from the switch on."""
        if self._writer is not None:
            self._writer.commit()
            self._writer = None
            self._base = self._next
        return self._base

    def abort(self) -> None:
        """Forget what was added."""
        if self._writer is not None:
            self._writer.abort()
            self._writer = None

    def _require_base(self) -> Path | None:
        """Return the folder to start from, which has to be whole: what tantivy merges gets new checksums."""
        if self._base is None:
            return None
        for file in read_derived_files(self._catalog):
            if file.name.startswith(f"{self._base}/"):
                self._whole.require(self._folder, file, self._catalog.mend)
        return self._folder / self._base

    def _open(self, base: Path | None) -> LexicalWriter:
        return LexicalWriter(self._folder / self._next, base, self._catalog.mend)
