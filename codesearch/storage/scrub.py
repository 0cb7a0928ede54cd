"""Scrubbing: what proposes candidates is compared with its checksums, so that no damage to it goes unnoticed for long.

What tantivy and FAISS parse when they open a generation is checked before; the rest by a thread, and the catalogue of
each generation once an answer was given. What was whole stays known: segments go from generation to generation.
"""

import threading
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

from codesearch.errors import CodesearchError, CorruptIndexError
from codesearch.storage.catalog import Catalog
from codesearch.storage.catalog_checks import check_structure
from codesearch.storage.checksums import DerivedFile, is_block_whole
from codesearch.storage.derived import read_derived_files
from codesearch.storage.table_sums import check_definitions
from codesearch.storage.whole_files import WholeFiles

FIRST_WAIT_S = 0.05
"""How long a first answer waits for the thread: 100 MB are compared in that time where the disk has them in memory."""

PAUSE_S = 0.25
"""How long after the first answer the catalogue's turn comes: a process that asks once is gone by then."""

REST = 20
"""How many times as long as the last check of a catalogue the next one waits: watched trees commit every second."""

CLOSING_WAIT_S = 1.0
"""How long closing waits for the thread to see that it is to end; it looks after each file."""

_LARGE = {".idx", ".term"}
"""Postings and terms: most of the bytes, read in parts as queries need them. Their end says where the parts are."""


def require_parsed_parts(folder: Path, files: Sequence[DerivedFile], whole: WholeFiles, mend: str) -> None:
    """Check what is parsed when a generation is opened; raises CorruptIndexError, OSError."""
    for file in files:
        n_blocks = len(file.block_crcs) // 4
        if "/" not in file.name:
            _require_block(folder, file, 0, mend)
        elif Path(file.name).suffix not in _LARGE:
            whole.require(folder, file, mend)
        elif n_blocks:
            _require_block(folder, file, n_blocks - 1, mend)


def _require_block(folder: Path, file: DerivedFile, number: int, mend: str) -> None:
    """Check the first block of a base, which holds all sizes that FAISS trusts, or the last of what ends with them."""
    if not is_block_whole(folder, file, number):
        raise CorruptIndexError(f"{folder / file.name} is damaged in block {number}; {mend}")


class Scrub:
    """The thread that checks one index, generation after generation, and what it found in the one that it follows.

    Each generation has a number here: what a check of another one finds, or has done, does not count.
    """

    def __init__(self, folder: Path) -> None:
        self.whole = WholeFiles()
        self._folder = folder
        self._changed = threading.Condition()
        self._number = 0
        self._is_answered = False
        """Whether the generation gave an answer: the first one waits a moment for what is compared."""
        self._waiting: list[DerivedFile] = []
        self._mend = ""
        self._damage: CorruptIndexError | None = None
        self._thread: threading.Thread | None = None
        self._catalog: Catalog | None = None
        self._has_checked_files = threading.Event()
        self._n_catalogue_checked = 0
        self._catalogue_due_at: float | None = None
        self._is_hurried = False
        self._is_closed = False

    def follow(self, files: Sequence[DerivedFile], mend: str) -> None:
        """Check the files of a generation, in the stead of those before; damage that it left behind is forgotten.

        What an update took over as it was stays damaged, without being read once more.
        """
        with self._changed:
            if self._is_closed:
                return
            self._number += 1
            self._is_answered = False
            self._damage = None
            self._mend = mend
            self._waiting = list(files)
            with suppress(OSError):  # a generation that is gone already is followed by another
                self.whole.keep(self._folder, files)
                if what := self.whole.find_damage(self._folder, files):
                    self._damage = CorruptIndexError(f"{what}; {mend}")
            self._has_checked_files.clear()
            self._changed.notify_all()
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="codesearch-scrub", daemon=True)
                self._thread.start()

    def require_sound(self) -> None:
        """Raise CorruptIndexError where damage was found; before its first answer, give the thread a moment."""
        if not self._is_answered:
            self._has_checked_files.wait(FIRST_WAIT_S)
        if self._damage is not None:
            raise self._damage

    def note_answer(self) -> None:
        """Let the thread go on to the catalogue, soon."""
        self._is_answered = True
        if self._catalogue_due_at is None:
            with self._changed:
                self._catalogue_due_at = time.monotonic() + PAUSE_S
                self._changed.notify_all()

    def wait(self) -> None:
        """Wait until all of the generation is checked, the catalogue too, without a rest before it."""
        with self._changed:
            self._is_hurried = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join()
        self._is_hurried = False

    def close(self) -> None:
        """End the thread, at what it is."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
            thread, catalog = self._thread, self._catalog
            if catalog is not None:
                catalog.interrupt()
        self._has_checked_files.set()
        if thread is not None:
            thread.join(CLOSING_WAIT_S)

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._waiting:
                    self._has_checked_files.set()
                while not self._has_work():
                    self._changed.wait(self._rest())
                if self._is_closed or self._is_done():
                    self._thread = None
                    return
                number, mend = self._number, self._mend
                file = self._waiting.pop(0) if self._waiting else None
            if file is None:
                self._check_catalogue(number)
            else:
                self._check_file(file, number, mend)

    def _is_done(self) -> bool:
        return not self._waiting and self._n_catalogue_checked == self._number

    def _has_work(self) -> bool:
        """Return whether there is something to do at once, if only to end."""
        return self._is_closed or bool(self._waiting) or self._is_done() or self._rest() == 0

    def _rest(self) -> float | None:
        """Return for how many seconds the catalogue has to wait; None until somebody wants something."""
        if self._is_hurried:
            return 0
        return None if self._catalogue_due_at is None else max(self._catalogue_due_at - time.monotonic(), 0)

    def _check_file(self, file: DerivedFile, number: int, mend: str) -> None:
        try:
            self.whole.require(self._folder, file, mend)
        except CorruptIndexError as error:
            if self._is_named(file):
                self._note(error, number)
        except OSError:
            return  # of a generation that is gone, or of a disk of which the next search says so

    def _is_named(self, file: DerivedFile) -> bool:
        """Return whether the catalogue still names a file: a rebuild gives its names to others."""
        try:
            with closing(Catalog.open_reader(self._folder)) as catalog:
                try:
                    is_named = file in read_derived_files(catalog)
                except CorruptIndexError:
                    is_named = True
                return is_named and catalog.is_in_place()
        except CodesearchError:
            return False

    def _check_catalogue(self, number: int) -> None:
        began = time.monotonic()
        try:
            with closing(Catalog.open_reader(self._folder)) as catalog:
                try:
                    self._read_catalogue(catalog)
                except CorruptIndexError as error:
                    if catalog.is_in_place():  # else it may have been read with the log of a rebuilt one
                        self._note(error, number)
        except CodesearchError:
            pass  # removed, or in the way of another program: searches find out themselves
        with self._changed:
            ended = time.monotonic()
            self._n_catalogue_checked = number
            self._catalogue_due_at = ended + REST * (ended - began)

    def _read_catalogue(self, catalog: Catalog) -> None:
        with self._changed:
            if self._is_closed:
                return
            self._catalog = catalog
        try:
            _require_sound_catalogue(catalog)
        finally:
            with self._changed:
                self._catalog = None

    def _note(self, error: CorruptIndexError, number: int) -> None:
        with self._changed:
            if number == self._number and not self._is_closed:
                self._damage = error


def _require_sound_catalogue(catalog: Catalog) -> None:
    catalog.begin("DEFERRED")
    catalog.read_generation()
    for problem in check_structure(catalog):
        raise CorruptIndexError(str(problem))
    check_definitions(catalog)
