"""What `examine` finds: in which file of the index, of which source file, what mends it, and what nobody can tell."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from codesearch.findings import Problem
from codesearch.maintenance import examine
from codesearch.storage.catalog import Catalog
from codesearch.storage.checksums import sum_file
from codesearch.storage.derived import read_derived_files, write_derived_files
from codesearch.storage.ingest import write_file_row
from codesearch.storage.lexical import LexicalWriter
from codesearch.storage.records import Records
from codesearch.storage.rows import FileRow
from codesearch.storage.table_sums import DEFINITIONS, replace_sum
from codesearch.storage.writer import Writer
from indexers.types import FileStat, Skipped, SkipReason
from tests.storage.made_files import NOW, build_big_file, build_file, execute, flip, write_index

REPAIR = "run `codesearch repair /src/project`"
REBUILD = "run `codesearch index /src/project --rebuild`"


@pytest.fixture
def index(folder: Path) -> Path:
    """An index with something in every table: dead documents, skipped files, marks, a coarse base."""
    write_index(folder, [build_big_file("big.py"), *(build_file(f"f{i}.py") for i in range(4))])
    with Writer.open(folder) as writer:
        writer.remove("f1.py")
        writer.add(build_file("f2.py", seed=7))
        writer.set_skipped([Skipped("b.bin", SkipReason.BINARY, "NUL byte", FileStat(1, 2, 3, 4))])
        writer.set_marks(frozenset({"f3.py"}))
        writer.commit(complete=True, files_todo=0, checked_at=NOW)
    return folder


def change(folder: Path, work: Callable[[Catalog], object]) -> None:
    """Write to the catalogue as the program does, checksums and all."""
    with closing(Catalog.open_writer(folder)) as catalog:
        catalog.begin("IMMEDIATE")
        work(catalog)
        catalog.run("COMMIT")


def only_problem(folder: Path) -> Problem:
    [problem] = examine(folder).problems
    return problem


def file_of(folder: Path, path: str) -> FileRow:
    with closing(Catalog.open_reader(folder)) as catalog:
        found = Records(catalog).file_at(path)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE skipped SET detail = 'nothing'", "the table skipped of"),
        ("UPDATE skipped SET rowid = 5", "the table skipped of"),
        ("DELETE FROM marked_as_source", "the table marked_as_source of"),
        ("UPDATE secrets SET line = line + 1", "the table secrets of"),
        ("DELETE FROM dead_documents WHERE file_id = 3", "the table dead_documents of"),
        ("UPDATE derived_files SET size = size + 1 WHERE name LIKE '%.idx'", "the table derived_files of"),
        (
            "UPDATE definitions SET name = 'x' WHERE name = (SELECT max(name) FROM definitions)",
            "the table definitions of",
        ),
        ("UPDATE table_sums SET n_rows = 9 WHERE name = 'secrets'", "the sum of the table secrets of"),
        ("INSERT INTO table_sums VALUES ('others', 0, 0, 0)", "the table table_sums of .* too many or too few"),
        ("UPDATE arrays SET crc = crc + 1 WHERE name = 'cuts'", "the array cuts of"),
        ("INSERT INTO arrays VALUES ('more', x'', 0)", "the arrays of .* are not those"),
        ("UPDATE statistics SET n_chunks = 3 WHERE granularity = 'file'", "the statistics of"),
    ],
)
def test_every_list_is_summed(index: Path, statement: str, words: str) -> None:
    execute(index, statement)
    problem = only_problem(index)
    assert (problem.file, problem.mend, problem.path) == ("catalog.db", REPAIR, None)
    with pytest.raises(AssertionError, match=words):
        raise AssertionError(problem.what)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE chunks SET symbol = 'x' WHERE id = (SELECT first_chunk FROM files WHERE path = 'f3.py')",
        "DELETE FROM bags WHERE chunk_id = (SELECT first_chunk FROM files WHERE path = 'f3.py')",
        "UPDATE texts SET data = x'00' WHERE file_id = (SELECT id FROM files WHERE path = 'f3.py')",
        "UPDATE files SET language = 'x' WHERE path = 'f3.py'",
    ],
)
def test_damage_to_a_file_names_the_file(index: Path, statement: str) -> None:
    execute(index, statement)
    problem = only_problem(index)
    assert (problem.file, problem.path, problem.mend) == ("catalog.db", "f3.py", REPAIR)


def test_damaged_vectors_name_the_file_that_has_them(index: Path) -> None:
    row = file_of(index, "f3.py").first_row
    vectors = index / "vectors-1.bin"
    flip(vectors, row * 36)
    flip(vectors, (row + 1) * 36 + 35)
    problem = only_problem(index)
    assert (problem.file, problem.path, problem.mend) == ("vectors-1.bin", "f3.py", REPAIR)
    assert f"vector {row} of {vectors} and 1 more do not match" in problem.what


def test_a_damaged_vector_of_a_file_that_is_gone_is_found(index: Path) -> None:
    with closing(Catalog.open_reader(index)) as catalog:
        dead = int(np.flatnonzero(catalog.read_array("row_flags", "<u2") == 0)[0])
    vectors = index / "vectors-1.bin"
    flip(vectors, dead * 36)
    assert only_problem(index).path is None


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("CREATE TABLE more (x)", "other tables"),
        ("CREATE INDEX more ON files (size_bytes)", "other tables"),
        ("UPDATE meta SET value = 9 WHERE key = 'n_rows'", "the table meta"),
    ],
)
def test_what_no_repair_can_mend_names_the_rebuild(index: Path, statement: str, words: str) -> None:
    execute(index, statement)
    problem = only_problem(index)
    assert problem.mend == REBUILD
    assert words in problem.what
    assert examine(index).n_bytes is None


@pytest.mark.parametrize(
    ("statement", "words"),
    [("DROP INDEX chunks_by_row", "other indexes"), ("PRAGMA application_id = 5", "another program")],
)
def test_structure_that_a_repair_mends_names_the_repair(index: Path, statement: str, words: str) -> None:
    execute(index, statement)
    problem = only_problem(index)
    assert problem.mend == REPAIR
    assert words in problem.what


def test_vectors_beyond_the_last_are_found(index: Path) -> None:
    def forget(catalog: Catalog) -> None:
        generation = catalog.read_generation()
        n_rows = file_of(index, "f2.py").first_row + 1  # which was added last
        catalog.write_generation(replace(generation, info=replace(generation.info, n_rows=n_rows)))

    change(index, forget)
    assert "f2.py has vectors beyond the last" in only_problem(index).what


def test_a_torn_catalogue_is_a_finding_and_no_error(index: Path) -> None:
    catalog = index / "catalog.db"
    catalog.write_bytes(catalog.read_bytes()[:5000])
    assert only_problem(index).mend == "run `codesearch index PATH --rebuild`"


def test_an_index_of_sqlite_that_misses_a_row_is_mended_by_repair(folder: Path) -> None:
    catalog = write_index(folder, [build_file("a.py")]) / "catalog.db"
    with closing(sqlite3.connect(catalog)) as connection:
        [(root, size)] = connection.execute(
            "SELECT rootpage, page_size FROM sqlite_master, pragma_page_size WHERE name = 'chunks_by_kind'"
        )
    data = catalog.read_bytes()
    place = data.index(b"class", (root - 1) * size, root * size)
    catalog.write_bytes(data[:place] + b"C" + data[place + 1 :])
    problem = only_problem(folder)
    assert problem.mend == REPAIR
    assert "index chunks_by_kind" in problem.what


def test_rows_that_two_files_share_are_found(index: Path) -> None:
    row = replace(file_of(index, "f3.py"), first_row=file_of(index, "f0.py").first_row)
    change(index, lambda catalog: write_file_row(catalog, row))
    assert any("has vectors of another file" in problem.what for problem in examine(index).problems)


def test_flags_that_do_not_fit_the_chunks_are_found(index: Path) -> None:
    def forget(catalog: Catalog) -> None:
        flags = catalog.read_array("row_flags", "<u2")
        flags[file_of(index, "f3.py").first_row] = 0
        catalog.write_array("row_flags", flags)

    change(index, forget)
    assert "row_flags" in only_problem(index).what


def test_definitions_that_do_not_come_from_the_chunks_are_found(index: Path) -> None:
    def add(catalog: Catalog) -> None:
        catalog.run("INSERT INTO definitions VALUES ('stranger', 1)")
        replace_sum(catalog, DEFINITIONS, catalog.rows("SELECT name, chunk_id FROM definitions"))

    change(index, add)
    assert "the sum of the table definitions" in only_problem(index).what


def test_words_of_other_chunks_than_the_catalogue_has_are_found(index: Path) -> None:
    """The folder is as its checksums say, and not what the catalogue says."""
    [lexical] = index.glob("lexical-*")
    other = LexicalWriter(index / "lexical-other", lexical, "")
    other.delete_files([file_of(index, "f3.py").id])
    other.commit()
    names = sorted(path.name for path in (index / "lexical-other").iterdir())
    for path in lexical.iterdir():
        path.unlink()
    for name in names:
        (index / "lexical-other" / name).rename(lexical / name)
    (index / "lexical-other").rmdir()

    def sum_again(catalog: Catalog) -> None:
        others = [file for file in read_derived_files(catalog) if "/" not in file.name]
        write_derived_files(catalog, [*others, *(sum_file(index, f"{lexical.name}/{name}") for name in names)])

    change(index, sum_again)
    problem = only_problem(index)
    assert (problem.file, problem.mend) == (lexical.name, REPAIR)
    assert "does not hold the chunks of the catalogue" in problem.what


def test_a_base_of_other_numbers_than_the_vectors_is_found(index: Path) -> None:
    [base] = index.glob("coarse-*")
    flip(base, -40)

    def sum_again(catalog: Catalog) -> None:
        others = [file for file in read_derived_files(catalog) if file.name != base.name]
        write_derived_files(catalog, [*others, sum_file(index, base.name)])

    change(index, sum_again)
    problem = only_problem(index)
    assert problem.file == base.name
    assert "compares 1 vectors by other numbers" in problem.what


def test_bytes_that_nothing_sums_are_listed(index: Path) -> None:
    with (index / "vectors-1.bin").open("ab") as vectors:
        vectors.write(b"left")
    (index / "lexical-99").mkdir()
    (index / "lexical-99" / "x.idx").write_bytes(b"torn")
    verification = examine(index)
    assert verification.problems == ()
    listed = {unsummed.file: unsummed.n_bytes for unsummed in verification.unsummed}
    assert {listed["vectors-1.bin"], listed["lexical-99/x.idx"]} == {4}
    size = (index / "catalog.db").stat().st_size
    assert listed["catalog.db"] is None or 0 < listed["catalog.db"] < size


def test_steps_are_told_in_order(index: Path) -> None:
    told: list[str] = []
    examine(index, lambda what, _done, _total: told.append(what))
    assert told[0] == "the structure of the catalogue"
    assert told.count("files") == 4
