"""Reads everything that a generation holds and says what does not match. Mends nothing.

Puts the checks in order: what a later one builds on, an earlier one has found to be whole.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np

from codesearch.errors import CorruptIndexError
from codesearch.findings import Problem, Verification
from codesearch.storage.candidate_checks import check_blocks, check_candidates, check_vectors
from codesearch.storage.catalog import CATALOG_NAME, Catalog
from codesearch.storage.catalog_checks import check_counts, check_derivation, check_lists, check_structure
from codesearch.storage.coverage import count_summed, list_unsummed
from codesearch.storage.examined import Examined
from codesearch.storage.file_checks import check_file, check_flags, check_spans, read_files
from codesearch.storage.records import Records
from codesearch.storage.row_flags import FLAGS_DTYPE
from codesearch.storage.rows import FileRow
from codesearch.storage.statistics import check_terms
from codesearch.storage.steps import disk_read_errors

OnCheck = Callable[[str, int, int], None]
"""Told what is read, how much of it is done, and of how much."""


def ignore_check(what: str, done: int, total: int) -> None:
    """Do nothing."""


def examine(folder: Path, on_check: OnCheck = ignore_check) -> Verification:
    """Read an index and compare all that it holds; nobody may write to the folder meanwhile.

    Raises NoIndexError, FormatError, StorageError.
    """
    try:
        with disk_read_errors(folder), closing(Catalog.open_reader(folder)) as catalog:
            catalog.begin("DEFERRED")
            return _examine_generation(folder, catalog, on_check)
    except CorruptIndexError as error:
        return _unreadable(error)


def _examine_generation(folder: Path, catalog: Catalog, on_check: OnCheck) -> Verification:
    generation = catalog.read_generation()
    on_check("the structure of the catalogue", 0, 1)
    problems = list(check_structure(catalog))
    if any(problem.mend == catalog.mend_structure for problem in problems):
        return Verification(tuple(problems), 0, None, ())
    files: list[FileRow] = []
    problems += read_files(catalog, files)
    examined = Examined(folder, catalog, generation, Records(catalog), files)
    problems += _check_all(examined, on_check, has_all_files=not problems)
    n_files, n_bytes = count_summed(examined)
    return Verification(tuple(problems), n_files, n_bytes, list_unsummed(examined))


def _check_all(examined: Examined, on_check: OnCheck, *, has_all_files: bool) -> Iterator[Problem]:
    yield from check_lists(examined)
    on_check("vectors", 0, 1)
    yield from check_vectors(examined)
    blocks = list(check_blocks(examined))
    yield from blocks
    if not has_all_files:
        yield from examined.attempt(partial(check_terms, examined.catalog))
    flags = np.zeros(examined.generation.info.n_rows, dtype=FLAGS_DTYPE)
    spans = list(check_spans(examined)) if has_all_files else []
    yield from spans
    is_whole = has_all_files and not spans
    for done, file in enumerate(examined.files, start=1):
        on_check("files", done, len(examined.files))
        for problem in check_file(examined, file, flags):
            is_whole = False
            yield problem
    if is_whole:
        yield from check_counts(examined)
        yield from check_flags(examined, flags)
        on_check("terms and definitions", 0, 1)
        yield from check_derivation(examined)
    if is_whole and not blocks:
        on_check("words and vectors that propose candidates", 0, 1)
        yield from check_candidates(examined)


def _unreadable(error: CorruptIndexError) -> Verification:
    what, _, mend = str(error).rpartition("; ")
    return Verification((Problem(what, CATALOG_NAME, mend),), 0, None, ())
