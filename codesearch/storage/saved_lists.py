"""What a repair keeps of the tables that it makes anew: the lists of the last walk, what is known of the encoder.

A list that does not match its sum is lost; the next walk makes it. Knows no files and no vectors.
"""

import re
from collections.abc import Callable, Container
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy.typing as npt

from codesearch.errors import CorruptIndexError
from codesearch.storage.catalog import Catalog
from codesearch.storage.ingest import read_marks, read_skipped, write_marks, write_skipped
from codesearch.storage.schema import APPLICATION_ID, TABLES
from codesearch.storage.statistics import start_statistics
from codesearch.storage.table_sums import SECRETS, SUMMED_TABLES, read_summed, replace_sum, start_sums
from indexers.secret_formats import PRIVATE_KEY_KIND, TOKEN_FORMATS
from indexers.types import Skipped

Stored = TypeVar("Stored")

_REMADE = {"files", "terms", "term_totals", "statistics", "arrays", "table_sums", *SUMMED_TABLES}

_SHORTEST_MARK = 3
"""Bytes that the shortest password leaves of its mark."""

_KINDS = sorted({PRIVATE_KEY_KIND, *(form.kind for form in TOKEN_FORMATS)})
_MARK = re.compile(b"|".join(re.escape(f"[{kind}"[:_SHORTEST_MARK].encode()) for kind in _KINDS))


@dataclass(frozen=True, slots=True)
class SavedLists:
    """Lists and arrays as they were; None for one that is damaged."""

    skipped: list[Skipped] | None
    marks: frozenset[str] | None
    secrets: list[tuple[Any, ...]] | None
    probe: npt.NDArray[Any] | None
    cuts: npt.NDArray[Any] | None

    @property
    def lost(self) -> tuple[str, ...]:
        """What the next walk has to find out again."""
        lists = {
            "the list of skipped files": self.skipped,
            "the list of files marked as written by a person": self.marks,
            "the list of masked secrets": self.secrets,
        }
        return tuple(name for name, kept in lists.items() if kept is None)


def read_lists(catalog: Catalog) -> SavedLists:
    """Read what is whole."""
    return SavedLists(
        _attempt(partial(read_skipped, catalog)),
        _attempt(partial(read_marks, catalog)),
        _attempt(partial(read_summed, catalog, SECRETS)),
        _attempt(partial(catalog.read_array, "probe", "<f4")),
        _attempt(partial(catalog.read_array, "cuts", "<u4")),
    )


def may_hold_mark(text: bytes) -> bool:
    """Return whether a text may hold the mark of a masked secret: true for some that hold none, and for all that do."""
    return _MARK.search(text) is not None


def remake_tables(catalog: Catalog) -> None:
    """Empty what is made anew, whatever its structure; drop every index, whose damage forbids to delete rows."""
    for statement in TABLES:
        _, kind, name, *_ = statement.split()
        if kind == "INDEX" or name in _REMADE:
            catalog.run(f'DROP {kind} IF EXISTS "{name}"')
    for statement in TABLES:
        if statement.split()[2] in _REMADE:
            catalog.run(statement)
    start_statistics(catalog)
    start_sums(catalog)


def write_lists(catalog: Catalog, lists: SavedLists, file_ids: Container[int]) -> None:
    """Write what was whole into empty tables, secrets of the given files alone; make the indexes."""
    write_skipped(catalog, lists.skipped or ())
    write_marks(catalog, lists.marks or ())
    secrets = [row for row in lists.secrets or () if row[0] in file_ids]
    catalog.run_many("INSERT INTO secrets VALUES (?, ?, ?)", secrets)
    replace_sum(catalog, SECRETS, secrets)
    for name, values in (("probe", lists.probe), ("cuts", lists.cuts)):
        if values is not None and len(values):
            catalog.write_array(name, values)
    for statement in TABLES:
        if statement.split()[1] == "INDEX":
            catalog.run(statement)
    catalog.run(f"PRAGMA application_id = {APPLICATION_ID}")


def _attempt(read: Callable[[], Stored]) -> Stored | None:
    try:
        return read()
    except CorruptIndexError:
        return None
