from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from codesearch.errors import CodesearchError, CorruptIndexError, FormatError
from codesearch.storage.checksums import find_damaged_blocks, sum_file
from codesearch.storage.path_ranks import PathRanks
from codesearch.storage.rows import Selection
from codesearch.storage.snapshot import Snapshot
from codesearch.storage.writer import Writer
from indexers.terms import hash_term
from indexers.types import GRANULARITIES
from tests.storage.made_files import (
    NEW_INDEX,
    NOW,
    build_big_file,
    build_file,
    execute,
    fake_vector,
    rewrite,
    write_index,
)

REPAIR = "codesearch repair /src/project`"
REBUILD = "codesearch index /src/project --rebuild"


@pytest.fixture
def index(folder: Path) -> Path:
    return write_index(folder, [build_file(f"f{i}.py") for i in range(3)])


def read_chunks(snapshot: Snapshot) -> object:
    return snapshot.chunks(range(1, 20))


def read_files(snapshot: Snapshot) -> object:
    return snapshot.files()


def read_texts(snapshot: Snapshot) -> object:
    return [snapshot.text(file_id) for file_id in (1, 2, 3)]


def read_bags(snapshot: Snapshot) -> object:
    return snapshot.bags(range(1, 19))


def read_statistics(snapshot: Snapshot) -> object:
    return snapshot.statistics([hash_term("py")])


def find_dense(snapshot: Snapshot) -> object:
    return snapshot.find_dense(fake_vector("x"), GRANULARITIES, Selection(), 100)


@pytest.mark.parametrize(
    ("statement", "read"),
    [
        ("UPDATE chunks SET symbol = 'other' WHERE id = 7", read_chunks),
        ("UPDATE chunks SET end_line = end_line + 1 WHERE id = 7", read_chunks),
        ("UPDATE chunks SET start_byte = 'x' WHERE id = 7", read_chunks),
        ("UPDATE chunks SET granularity = 'file' WHERE id = 7", read_chunks),
        ('UPDATE chunks SET "row" = NULL WHERE id = 7', read_chunks),
        ("UPDATE chunks SET documentation = x'ff' WHERE id = 7", read_chunks),
        ("UPDATE files SET path = 'other.py' WHERE id = 2", read_files),
        ("UPDATE files SET mtime_ns = 5 WHERE id = 2", read_files),
        ("UPDATE files SET content_hash = 5 WHERE id = 2", read_files),
        ("UPDATE files SET first_chunk = 1 WHERE id = 2", read_chunks),
        ("UPDATE texts SET data = x'00' WHERE file_id = 2", read_texts),
        ("UPDATE texts SET data = (SELECT data FROM texts WHERE file_id = 1) WHERE file_id = 2", read_texts),
        ("UPDATE texts SET data = 'text' WHERE file_id = 2", read_texts),
        ("UPDATE bags SET bag = x'00' WHERE chunk_id = 2", read_bags),
        ("DELETE FROM bags WHERE chunk_id = 2", read_bags),
        ("UPDATE terms SET df = df + 1", read_statistics),
        ("UPDATE terms SET df = 'x'", read_statistics),
        ("UPDATE statistics SET n_chunks = 5 WHERE granularity = 'class'", read_statistics),
        ("DROP TABLE chunks", read_chunks),
    ],
)
def test_a_changed_row_is_found_when_it_is_read(
    index: Path, statement: str, read: Callable[[Snapshot], object]
) -> None:
    execute(index, statement)
    with (
        Snapshot.open(index) as snapshot,
        pytest.raises(CorruptIndexError, match=REBUILD if "DROP" in statement else REPAIR),
    ):
        read(snapshot)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE meta SET value = '8' WHERE key = 'dim'",
        "UPDATE meta SET value = '99' WHERE key = 'n_rows'",
        "UPDATE arrays SET data = x'0000' WHERE name = 'row_flags'",
        "UPDATE arrays SET data = 'text' WHERE name = 'file_spans'",
        "UPDATE derived_files SET size = size + 1",
        "DELETE FROM meta WHERE key = 'dim'",
        "UPDATE meta SET value = x'ff' WHERE key = 'checksum'",
    ],
)
def test_changed_values_are_found_when_an_index_is_opened(index: Path, statement: str) -> None:
    execute(index, statement)
    with pytest.raises(CorruptIndexError, match=REBUILD if " meta " in statement else REPAIR):
        Snapshot.open(index)


def test_a_chunk_whose_kind_was_changed_is_found_rather_than_left_out_of_what_vectors_propose(index: Path) -> None:
    execute(index, "UPDATE chunks SET granularity = 'lead' WHERE id = 7")
    with Snapshot.open(index) as snapshot, pytest.raises(CorruptIndexError, match=REPAIR):
        find_dense(snapshot)


def test_a_changed_vector_is_found_when_it_is_read(index: Path) -> None:
    vectors = next(index.glob("vectors-*"))
    data = bytearray(vectors.read_bytes())
    data[5 * 36 + 3] ^= 1
    rewrite(vectors, data)
    with Snapshot.open(index) as snapshot:
        with pytest.raises(CorruptIndexError, match=f"vector 5 of .*{REPAIR}"):
            find_dense(snapshot)
        with pytest.raises(CorruptIndexError, match="vector 5 of"):
            snapshot.cosines(fake_vector("x"), snapshot.chunks(range(1, 19)))


@pytest.mark.parametrize("pattern", ["vectors-*", "lexical-*/*.idx", "lexical-*/meta.json"])
def test_a_shortened_file_is_found_when_an_index_is_opened(index: Path, pattern: str) -> None:
    path = next(index.glob(pattern))
    rewrite(path, path.read_bytes()[:-1])
    for open_it in (Snapshot.open, Writer.open):
        with pytest.raises(CorruptIndexError, match=REPAIR):
            open_it(index)


@pytest.mark.parametrize("pattern", ["vectors-*", "lexical-*/*.idx", "lexical-*/meta.json", "lexical-*/*.fast"])
def test_a_missing_file_is_found_when_an_index_is_opened(index: Path, pattern: str) -> None:
    next(index.glob(pattern)).unlink()
    for open_it in (Snapshot.open, Writer.open):
        with pytest.raises(CorruptIndexError, match=REPAIR):
            open_it(index)


def test_a_foreign_or_torn_catalogue_is_corrupt_and_can_be_made_anew(index: Path) -> None:
    catalog = index / "catalog.db"
    whole = catalog.read_bytes()
    for data in (b"x" * 8192, whole[:5000], whole[:4096] + bytes(len(whole) - 4096)):
        catalog.write_bytes(data)
        for open_it in (Snapshot.open, Writer.open):
            with pytest.raises(CorruptIndexError, match=r"codesearch index \S+ --rebuild"):
                open_it(index)
        write_index(index, [build_file("a.py")])
        with Snapshot.open(index) as snapshot:
            assert [row.path for row in snapshot.files()] == ["a.py"]


def test_no_flipped_byte_of_the_catalogue_raises_anything_else(index: Path) -> None:
    catalog = index / "catalog.db"
    whole = catalog.read_bytes()
    reads = (read_chunks, read_files, read_texts, read_bags, read_statistics, find_dense)
    for place in range(100, len(whole), len(whole) // 60):
        catalog.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            with Snapshot.open(index) as snapshot:
                for read in reads:
                    read(snapshot)
                snapshot.chunks_defining(["thing"])
                snapshot.find_lexical({"py": 1.0}, "leaf", Selection(), 9)
        except CodesearchError as error:
            assert "codesearch" in str(error)  # noqa: PT017


@pytest.mark.parametrize("pattern", ["*.term", "*.fast", "*.idx", "meta.json"])
def test_no_flipped_byte_of_a_lexical_file_raises_anything_else(index: Path, pattern: str) -> None:
    path = next(index.glob(f"lexical-*/{pattern}"))
    whole = path.read_bytes()
    for place in range(0, len(whole), len(whole) // 20):
        rewrite(path, whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            with Snapshot.open(index) as snapshot:
                found = snapshot.find_lexical(
                    {"py": 1.0, "retry": 1.0}, "leaf", Selection(kinds=frozenset({"method"})), 9
                )
                snapshot.chunks(found)
        except CorruptIndexError as error:
            assert REPAIR in str(error)  # noqa: PT017


@pytest.mark.parametrize(("version", "words"), [(99, "upgrade codesearch"), (0, "not a catalogue")])
def test_another_format_is_refused_with_what_to_do(index: Path, version: int, words: str) -> None:
    execute(index, f"PRAGMA user_version = {version}")
    for open_it in (Snapshot.open, Writer.open):
        with pytest.raises((FormatError, CorruptIndexError), match=f"{words}.*--rebuild"):
            open_it(index)
    write_index(index, [build_file("a.py")])
    Snapshot.open(index).close()


def test_damaged_blocks_of_derived_files_are_named(folder: Path) -> None:
    write_index(folder, [build_big_file("big.py")])
    name = next(folder.glob("coarse-*")).name
    before = sum_file(folder, name)
    data = bytearray((folder / name).read_bytes())
    data[40_000] ^= 1
    rewrite(folder / name, data)
    assert find_damaged_blocks(folder, before) == [0]
    (folder / name).unlink()
    assert find_damaged_blocks(folder, before) == list(range(len(before.block_crcs) // 4))


def test_a_damaged_index_is_not_updated(index: Path) -> None:
    execute(index, "UPDATE bags SET bag = x'00' WHERE chunk_id = 2")
    with Writer.open(index) as writer:
        with pytest.raises(CorruptIndexError, match=REPAIR):
            writer.remove("f0.py")
        with pytest.raises(CodesearchError):
            writer.commit(complete=True, files_todo=0, checked_at=NOW)
    with Writer.create(index, NEW_INDEX) as writer:
        writer.commit(complete=True, files_todo=0, checked_at=NOW)


def test_a_damaged_name_that_sqlite_quotes_in_its_error_is_corruption(index: Path) -> None:
    """The message is then not valid UTF-8, which Python's module finds while it makes the exception."""
    catalog = index / "catalog.db"
    data = catalog.read_bytes()
    place = data.index(b"CREATE TABLE meta") + 3
    catalog.write_bytes(data[:place] + b"\xe5" + data[place + 1 :])
    with pytest.raises(CorruptIndexError, match="--rebuild"):
        Snapshot.open(index)


def test_a_text_that_is_no_utf_8_is_damage_to_its_row_alone(index: Path) -> None:
    catalog = index / "catalog.db"
    with Snapshot.open(index) as snapshot:
        [chunk] = snapshot.chunks([7])
    data = catalog.read_bytes()
    place = data.index(f"def {chunk.symbol}()".encode())
    catalog.write_bytes(data[:place] + b"\xff" + data[place + 1 :])
    with Snapshot.open(index) as snapshot, pytest.raises(CorruptIndexError, match=f"chunk 7 in .*{REPAIR}"):
        read_chunks(snapshot)


@pytest.mark.parametrize("name", ["row_flags", "file_spans"])
def test_an_array_that_cannot_be_found_is_found_missing_when_an_index_is_opened(index: Path, name: str) -> None:
    execute(index, f"UPDATE arrays SET name = 'other' WHERE name = '{name}'")
    with pytest.raises(CorruptIndexError, match=f"number of rows or files.*{REPAIR}"):
        Snapshot.open(index)


@pytest.mark.parametrize("change", ['"row" = 999', '"row" = -1', "n_rows = 1 << 40", "n_rows = 'x'", "\"row\" = x'00'"])
def test_a_chunk_that_claims_vectors_which_are_not_there_is_damage(index: Path, change: str) -> None:
    execute(index, f"UPDATE chunks SET {change} WHERE id = 7")
    with Snapshot.open(index) as snapshot, pytest.raises(CorruptIndexError, match=REPAIR):
        snapshot.find_dense_among(fake_vector("x"), np.array([6, 7, 8]), 5)


def test_a_file_that_sqlite_lists_under_another_number_is_damage(folder: Path) -> None:
    """Equal vectors, of which some are chosen by the order of their paths, as SQLite's own index has it."""
    write_index(folder, [build_file("a.py"), build_file("b.py")])
    with Snapshot.open(folder) as snapshot:
        ranks = PathRanks(snapshot._catalog, snapshot._spans, snapshot._row_spans)
        assert ranks._of_files(np.array([2, 1])).tolist() == [1, 0]
        with pytest.raises(CorruptIndexError, match="the list of paths"):
            ranks._of_files(np.array([3]))


def test_a_definition_of_no_chunk_number_is_damage(index: Path) -> None:
    execute(index, "UPDATE definitions SET chunk_id = x'00' WHERE name = 'f1.py'")
    with Snapshot.open(index) as snapshot, pytest.raises(CorruptIndexError, match="table definitions"):
        snapshot.chunks_defining(["f1.py"])


def test_a_key_of_another_type_is_damage(index: Path) -> None:
    execute(index, "UPDATE meta SET key = CAST(key AS BLOB) WHERE key = 'dim'")
    with pytest.raises(CorruptIndexError, match="the table meta"):
        Snapshot.open(index)
