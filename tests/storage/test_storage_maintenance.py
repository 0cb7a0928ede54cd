import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from codesearch.building.upkeep import mend
from codesearch.errors import CorruptIndexError, LockedError, NoIndexError
from codesearch.maintenance import compact, examine, repair, verify
from codesearch.storage.lock import Patience, WriterLock
from codesearch.storage.rows import Selection
from codesearch.storage.snapshot import Snapshot
from codesearch.storage.steps import WriterSeams
from codesearch.storage.writer import Writer
from indexers.types import GRANULARITIES
from tests.storage.made_files import NOW, build_big_file, build_file, flip, state_of, write_index


def make_updated(folder: Path) -> None:
    """An index with dead rows in front, between and behind the live ones."""
    write_index(folder, [build_big_file("big.py"), *(build_file(f"f{i}.py") for i in range(6))])
    with Writer.open(folder) as writer:
        for path in ("big.py", "f1.py", "f3.py", "f5.py"):
            writer.remove(path)
        writer.add(build_file("f2.py", seed=5, n_leaves=7))
        writer.commit(complete=True, files_todo=0, checked_at=NOW)


def test_compaction_changes_no_answer_and_leaves_live_rows_only(folder: Path) -> None:
    make_updated(folder)
    with Snapshot.open(folder) as before:
        state = state_of(before)
        assert compact(folder) > 50_000
        assert state_of(before) == state
    with Snapshot.open(folder) as after:
        assert state_of(after) == state
        assert after.info.n_rows == sum(row.n_rows for row in after.files())
        assert (folder / "vectors-2.bin").stat().st_size == after.info.n_rows * 36
        assert after.info.checked_at == NOW
    assert not (folder / "vectors-1.bin").exists()
    assert verify(folder) == []


def proposals(folder: Path) -> list[list[tuple[str, int]]]:
    """What tantivy proposes for some words, best first, by path and place within the file."""
    with Snapshot.open(folder) as snapshot:
        files = {row.id: row for row in snapshot.files()}
        found: list[list[tuple[str, int]]] = []
        for words in ("retry", "retry token", "parse close read", "größe thing write", "py"):
            weights = dict.fromkeys(words.split(), 1.0)
            for granularity in GRANULARITIES:
                chunks = snapshot.chunks(snapshot.find_lexical(weights, granularity, Selection(), 30))
                found.append([(chunk.path, chunk.id - files[chunk.file_id].first_chunk) for chunk in chunks])
        return found


def test_after_compaction_words_propose_what_they_propose_in_a_fresh_build(folder: Path) -> None:
    """Dead chunks, and the rare words that only they had, weigh in tantivy's order until then."""
    kept = [build_file(f"f{i}.py", n_leaves=9) for i in range(0, 30, 2)]
    write_index(folder, [*kept, *(build_file(f"f{i}.py", n_leaves=25) for i in range(1, 30, 2))])
    with Writer.open(folder) as writer:
        for i in range(1, 30, 2):
            writer.remove(f"f{i}.py")
        writer.add(build_file("f0.py", seed=4))
        writer.commit(complete=True, files_todo=0, checked_at=NOW)
    compact(folder)
    fresh = sorted([build_file("f0.py", seed=4), *kept[1:]], key=lambda file: file.parsed.path)
    assert proposals(folder) == proposals(write_index(folder.with_name("fresh"), fresh))
    assert verify(folder) == []


@pytest.mark.slow
def test_a_compacted_index_can_be_updated(folder: Path) -> None:
    make_updated(folder)
    compact(folder)
    with Writer.open(folder) as writer:
        writer.add(build_big_file("big.py", seed=3))
        writer.remove("f0.py")
        writer.commit(complete=True, files_todo=0, checked_at=NOW)
    fresh = [build_big_file("big.py", seed=3), build_file("f2.py", seed=5, n_leaves=7), build_file("f4.py")]
    write_index(folder.with_name("fresh"), fresh)
    with Snapshot.open(folder) as snapshot, Snapshot.open(folder.with_name("fresh")) as built:
        assert state_of(snapshot) == state_of(built)


def test_an_abandoned_compaction_leaves_the_index(folder: Path) -> None:
    make_updated(folder)
    with Snapshot.open(folder) as snapshot:
        state = state_of(snapshot)
    with Writer.open(folder) as writer:
        writer.compact()
    with Snapshot.open(folder) as snapshot:
        assert state_of(snapshot) == state
    Writer.open(folder).close()
    assert [path.name for path in folder.glob("vectors-*")] == ["vectors-1.bin"]


@pytest.mark.parametrize(
    ("pattern", "words"),
    [("coarse-*", "in 1 block"), ("lexical-*/*.idx", "in 1 block"), ("vectors-*", "vector [0-9]+ of")],
)
def test_verify_names_what_is_damaged(folder: Path, pattern: str, words: str) -> None:
    write_index(folder, [build_big_file("big.py")])
    path = next(folder.glob(pattern))
    flip(path, path.stat().st_size // 2)
    assert len(verify(folder)) == 1
    with pytest.raises(AssertionError, match=words):
        raise AssertionError(verify(folder)[0])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE terms SET df = df + 1 WHERE hash = (SELECT max(hash) FROM terms)",
        "UPDATE chunks SET symbol = 'x' WHERE id = 3",
        "UPDATE bags SET crc = 1 WHERE chunk_id = 3",
        "DELETE FROM chunks WHERE id = 3",
        "UPDATE texts SET hash = x'00'",
        "UPDATE files SET size_bytes = 3",
        "UPDATE arrays SET crc = 3 WHERE name = 'file_spans'",
    ],
)
def test_verify_reads_every_table(folder: Path, statement: str) -> None:
    write_index(folder, [build_file("a.py")])
    with closing(sqlite3.connect(folder / "catalog.db")) as connection, connection:
        connection.execute(statement)
    problems = verify(folder)
    assert len(problems) == 1
    assert "codesearch repair" in problems[0]


def test_upkeep_waits_for_nobody_and_needs_an_index(folder: Path) -> None:
    for work in (compact, verify):
        with pytest.raises(NoIndexError):
            work(folder)
    write_index(folder, [build_file("a.py")])
    for work in (compact, verify):
        with Writer.open(folder), pytest.raises(LockedError):
            work(folder)


@pytest.mark.parametrize(
    "work",
    [
        compact,
        lambda folder, patience: examine(folder, patience=patience),
        lambda folder, patience: repair(folder, patience=patience),
    ],
    ids=["compact", "examine", "repair"],
)
def test_upkeep_that_waited_for_a_removal_finds_no_index(
    folder: Path, work: Callable[[Path, Patience], object]
) -> None:
    lock = WriterLock(write_index(folder, [build_file("a.py")]))

    def remove(owner: str) -> None:
        shutil.rmtree(folder)
        lock.close()

    with pytest.raises(NoIndexError, match="codesearch index"):
        work(folder, Patience(60.0, remove))


def test_compaction_counts_what_it_freed_itself(folder: Path) -> None:
    write_index(folder, [build_file("a.py")])
    left = folder / "left"
    left.write_bytes(bytes(10_000_000))
    lock = WriterLock(folder)

    def write(owner: str) -> None:
        left.unlink()
        lock.close()

    assert compact(folder, Patience(60.0, write)) < 1_000_000


def test_damage_that_a_repair_does_not_find_is_left_to_a_rebuild(folder: Path) -> None:
    write_index(folder, [build_file("a.py")])
    met = CorruptIndexError("a text is damaged; run `codesearch repair`")
    with closing(WriterLock(folder)) as lock, pytest.raises(CorruptIndexError) as caught:
        mend(folder, lock, met, WriterSeams())
    assert str(caught.value).startswith("a text is damaged; a repair found nothing to mend")
    assert "--rebuild" in str(caught.value)
    assert "codesearch repair" not in str(caught.value)
