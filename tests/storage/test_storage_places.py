"""Whole rows at a wrong place, and rows that are missing: what a checksum of the content alone would not notice."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codesearch.errors import CorruptIndexError, StorageError
from codesearch.maintenance import verify
from codesearch.storage.rows import Selection
from codesearch.storage.snapshot import Snapshot
from codesearch.storage.writer import Writer
from indexers.terms import hash_term
from indexers.types import GRANULARITIES, Skipped, SkipReason
from tests.storage.made_files import NOW, build_file, execute, fake_vector, rewrite, write_index

RECORD_BYTES = 36


@pytest.fixture
def index(folder: Path) -> Path:
    return write_index(folder, [build_file(f"f{i}.py") for i in range(3)])


def read_bags(snapshot: Snapshot) -> object:
    return snapshot.bags(range(1, 19))


def read_texts(snapshot: Snapshot) -> object:
    return [snapshot.text(file_id) for file_id in (1, 2, 3)]


def read_statistics(snapshot: Snapshot) -> object:
    return snapshot.statistics([hash_term("nowhere"), hash_term("py")])


def copy_of(table: str, column: str, key: str) -> str:
    return f"(SELECT {column} FROM {table} WHERE {key} = 1)"


@pytest.mark.parametrize(
    ("statements", "read"),
    [
        (("UPDATE bags SET chunk_id = -chunk_id", "UPDATE bags SET chunk_id = 19 + chunk_id"), read_bags),
        (
            (
                f"UPDATE texts SET data = {copy_of('texts', 'data', 'file_id')}, "
                f"hash = {copy_of('texts', 'hash', 'file_id')} WHERE file_id = 2",
            ),
            read_texts,
        ),
        (("DELETE FROM terms",), read_statistics),
        (("DELETE FROM statistics",), read_statistics),
        (("DELETE FROM statistics WHERE granularity = 'class'",), read_statistics),
    ],
)
def test_rows_that_were_moved_or_deleted_are_found_when_they_are_read(
    index: Path, statements: tuple[str, ...], read: Callable[[Snapshot], object]
) -> None:
    execute(index, *statements)
    with Snapshot.open(index) as snapshot, pytest.raises(CorruptIndexError, match="codesearch repair"):
        read(snapshot)
    assert verify(index) != []


def test_arrays_that_were_swapped_are_found_when_an_index_is_opened(index: Path) -> None:
    names = "('row_flags', 'file_spans')"
    swap = "UPDATE arrays SET name = CASE name WHEN 'xrow_flags' THEN 'file_spans' ELSE 'row_flags' END"
    execute(
        index,
        f"UPDATE arrays SET name = 'x' || name WHERE name IN {names}",
        f"{swap} WHERE name IN ('xrow_flags', 'xfile_spans')",
    )
    with pytest.raises(CorruptIndexError, match="codesearch repair"):
        Snapshot.open(index)


def test_vectors_that_were_swapped_are_found_when_they_are_read(index: Path) -> None:
    vectors = next(index.glob("vectors-*"))
    data = vectors.read_bytes()
    first, second = data[:RECORD_BYTES], data[RECORD_BYTES : 2 * RECORD_BYTES]
    rewrite(vectors, second + first + data[2 * RECORD_BYTES :])
    with Snapshot.open(index) as snapshot:
        with pytest.raises(CorruptIndexError, match="vector 0 of"):
            snapshot.cosines(fake_vector("x"), snapshot.chunks(range(1, 19)))
        with pytest.raises(CorruptIndexError, match="vector 0 of"):
            snapshot.find_dense(fake_vector("x"), GRANULARITIES, Selection(), 100)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM terms WHERE hash = (SELECT max(hash) FROM terms)",
        "DELETE FROM term_totals",
        "UPDATE term_totals SET n_terms = n_terms + 1",
        "DELETE FROM definitions WHERE name = 'thing' AND chunk_id < 7",
        "UPDATE definitions SET chunk_id = chunk_id + 1 WHERE name = 'f1.py'",
    ],
)
def test_verify_counts_what_cannot_be_summed_alone(index: Path, statement: str) -> None:
    execute(index, statement)
    problems = verify(index)
    assert len(problems) == 1
    assert "codesearch repair" in problems[0]


def test_a_missing_term_is_not_taken_over_by_an_update(index: Path) -> None:
    execute(index, "DELETE FROM term_totals")
    with Writer.open(index) as writer:
        writer.remove("f0.py")
        with pytest.raises(CorruptIndexError, match="number of terms"):
            writer.commit(complete=True, files_todo=0, checked_at=NOW)


def test_terms_of_removed_files_are_gone_without_an_error(index: Path) -> None:
    with Writer.open(index) as writer:
        for path in ("f0.py", "f1.py", "f2.py"):
            writer.remove(path)
        writer.commit(complete=True, files_todo=0, checked_at=NOW)
    with Snapshot.open(index) as snapshot:
        assert snapshot.statistics([hash_term("py")]).df == {hash_term("py"): 0}
        assert snapshot.n_live_rows() == 0
        assert snapshot.info.n_rows > 0
    assert verify(index) == []


def test_live_rows_are_those_of_the_files_that_are_left(index: Path) -> None:
    with Writer.open(index) as writer:
        writer.remove("f1.py")
        writer.commit(complete=True, files_todo=0, checked_at=NOW)
    with Snapshot.open(index) as snapshot:
        assert snapshot.n_live_rows() == sum(file.n_rows for file in snapshot.files()) < snapshot.info.n_rows


def test_a_chunk_that_is_damaged_is_not_mended_by_compaction(index: Path) -> None:
    execute(index, "UPDATE chunks SET symbol = 'other' WHERE id = 7")
    with Writer.open(index) as writer, pytest.raises(CorruptIndexError, match="chunk 7"):
        writer.compact()


@pytest.mark.parametrize("change", ["reason = 'for fun'", "inode = 'x'"])
def test_a_skipped_file_that_makes_no_sense_is_damage(folder: Path, change: str) -> None:
    write_index(folder, [])
    with Writer.open(folder) as writer:
        writer.set_skipped([Skipped("b.bin", SkipReason.BINARY, "NUL byte", build_file("b").parsed.stat)])
        writer.commit(complete=True, files_todo=0, checked_at=NOW)
    execute(folder, f"UPDATE skipped SET {change}")
    with Snapshot.open(folder) as snapshot, pytest.raises(CorruptIndexError, match="table skipped of"):
        snapshot.skipped()


def test_a_closed_snapshot_says_that_it_is_closed(index: Path) -> None:
    snapshot = Snapshot.open(index)
    chunks = snapshot.chunks(range(1, 19))
    snapshot.close()
    reads: list[Callable[[], object]] = [
        snapshot.files,
        snapshot.counts,
        lambda: snapshot.text(1),
        lambda: snapshot.cosines(fake_vector("x"), chunks),
        lambda: snapshot.find_dense(fake_vector("x"), GRANULARITIES, Selection(), 9),
        lambda: snapshot.find_lexical({"py": 1.0}, "leaf", Selection(), 9),
    ]
    for read in reads:
        with pytest.raises(StorageError, match="closed"):
            read()
