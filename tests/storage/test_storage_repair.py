"""A repair: what is derived is made anew, what is damaged of the truth goes alone, what cannot be mended is refused."""

import errno
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from codesearch.errors import CorruptIndexError, FormatError, LockedError, NoIndexError, StorageError
from codesearch.maintenance import verify
from codesearch.storage.catalog import Catalog
from codesearch.storage.repair import repair
from codesearch.storage.snapshot import Snapshot
from codesearch.storage.steps import Step, WriterSeams
from codesearch.storage.thresholds import BaseThresholds, Thresholds
from codesearch.storage.writer import Writer
from indexers.types import FileStat, Skipped, SkipReason
from tests.storage.damages import Damage, cut, delete, flip_first, run_sql
from tests.storage.made_files import NEW_INDEX, NOW, build_file, state_of

ROOT = Path(__file__).resolve().parents[2]
SMALL = BaseThresholds(changed_rows=20, changed_share=0.0)
LOW = WriterSeams(thresholds=Thresholds(base=SMALL, unfinished_base=SMALL))
SKIPPED = [
    Skipped("logo.png", SkipReason.BINARY, "a byte 0", FileStat(9, 8, 7, 6)),
    Skipped("big.sql", SkipReason.TOO_LARGE, "", None),
]
ENTRY = "FROM sqlite_master WHERE name = 'chunks_by_row'"

KILLED = """
import os, signal, sys
from pathlib import Path
from codesearch.storage.repair import repair
from tests.storage.test_storage_repair import LOW
from codesearch.storage.steps import WriterSeams
def stop(step):
    if step == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)
repair(Path(sys.argv[1]), WriterSeams(stop, LOW.thresholds))
"""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of five files with a coarse base, dead rows and documents, two segments, lists and known answers."""
    folder = tmp_path_factory.mktemp("sound") / "index"
    with Writer.create(folder, NEW_INDEX, LOW) as writer:
        for name in ("a.py", "b.py", "c.py", "d.py", "gone.py"):
            writer.add(build_file(name, n_leaves=7))
        writer.write_probe(build_file("a.py").vectors[:4], "none")
        writer.commit(complete=True, files_todo=0, checked_at=NOW)
        writer.add(build_file("c.py", seed=1, n_leaves=6))
        writer.remove("gone.py")
        writer.set_skipped(SKIPPED)
        writer.set_marks(frozenset({"d.py", "e.py"}))
        writer.commit(complete=True, files_todo=0, checked_at=NOW)
    assert verify(folder) == []
    assert len(list(folder.glob("coarse-*"))) == 1
    return folder


@pytest.fixture
def index(sound: Path, folder: Path) -> Path:
    """A copy of the sound index, to be damaged."""
    shutil.copytree(sound, folder)
    return folder


def read_state(folder: Path) -> dict[str, object]:
    with Snapshot.open(folder) as snapshot:
        return {**state_of(snapshot), "skipped": snapshot.skipped(), "probe": snapshot.probe().tolist()}


def list_files(folder: Path) -> list[tuple[str, Path]]:
    """Return the files of an index without the locks and logs that come and go."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"]
    return [(str(path.relative_to(folder)), path) for path in files if not path.name.endswith(("-wal", "-shm"))]


def leave_index_behind(folder: Path) -> None:
    """Have an index of SQLite's keep an entry of a row that is gone."""
    path = folder / "catalog.db"
    run_sql("INSERT INTO chunks VALUES (99999, 9, '', '', '', '', '', '', '', 0, 0, 0, 0, 0, 0, 999, 1, 1)")(folder)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA writable_schema = ON")
        sql, page = connection.execute(f"SELECT sql, rootpage {ENTRY}").fetchone()
        connection.execute(f"DELETE {ENTRY}")
    run_sql("DELETE FROM chunks WHERE id = 99999")(folder)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA writable_schema = ON")
        row = ("index", "chunks_by_row", "chunks", page, sql)
        connection.execute("INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)", row)


DERIVED: dict[str, Damage] = {
    "a term": run_sql("UPDATE terms SET df = df + 1 WHERE hash = (SELECT max(hash) FROM terms)"),
    "a missing term": run_sql("DELETE FROM terms WHERE hash = (SELECT max(hash) FROM terms)"),
    "the number of terms": run_sql("UPDATE term_totals SET n_terms = n_terms + 1"),
    "no number of terms": run_sql("DELETE FROM term_totals"),
    "the lengths of fields": run_sql("UPDATE statistics SET lengths = '[1]' WHERE granularity = 'leaf'"),
    "a missing definition": run_sql("DELETE FROM definitions WHERE name = 'thing'"),
    "a definition too many": run_sql("INSERT INTO definitions VALUES ('heron', 3)"),
    "a dead document too many": run_sql("INSERT INTO dead_documents VALUES (2)"),
    "no dead documents": run_sql("DELETE FROM dead_documents"),
    "flags": run_sql("UPDATE arrays SET data = zeroblob(length(data)) WHERE name = 'row_flags'"),
    "spans": run_sql("UPDATE arrays SET crc = 1 WHERE name = 'file_spans'"),
    "no spans": run_sql("DELETE FROM arrays WHERE name = 'file_spans'"),
    "rows of the base": run_sql("UPDATE arrays SET crc = 1 WHERE name = 'coarse_rows'"),
    "cuts": run_sql("UPDATE arrays SET crc = 1 WHERE name = 'cuts'"),
    "sums of files": run_sql("UPDATE derived_files SET block_crcs = zeroblob(length(block_crcs))"),
    "no sums of files": run_sql("DELETE FROM derived_files"),
    "no sum of a table": run_sql("DELETE FROM table_sums WHERE name = 'definitions'"),
    "a dropped index": run_sql("DROP INDEX chunks_by_kind"),
    "the mark of another program": run_sql("PRAGMA application_id = 5"),
    "an index of SQLite's": leave_index_behind,
    "a base flipped": flip_first("coarse-*"),
    "a base cut": cut("coarse-*"),
    "no base": delete("coarse-*"),
    "words flipped": flip_first("lexical-*/*.idx"),
    "a term list flipped": flip_first("lexical-*/*.term"),
    "the list of segments flipped": flip_first("lexical-*/meta.json"),
    "words cut": cut("lexical-*/*.idx"),
    "no words": delete("lexical-*/*.idx"),
    "no lexical folder": delete("lexical-*"),
    "a dead vector": flip_first("vectors-*", 0.42),
}


@pytest.mark.parametrize("damage", DERIVED.values(), ids=DERIVED)
def test_what_is_derived_is_made_anew_as_it_was(index: Path, sound: Path, damage: Damage) -> None:
    damage(index)
    assert verify(index) != []
    report = repair(index)
    assert (report.dropped, report.without_vectors, report.lost, report.complete) == ((), (), (), True)
    assert report.problems
    assert verify(index) == []
    assert read_state(index) == read_state(sound)


OF_B = "(SELECT {} FROM files WHERE path = 'b.py')"
CHUNK = f"id = {OF_B.format('first_chunk + 2')}"
TEXT = f"file_id = {OF_B.format('id')}"

LOSSES: dict[str, tuple[Damage, tuple[str, ...], tuple[str, ...]]] = {
    "a file's row": (run_sql("UPDATE files SET size_bytes = size_bytes + 1 WHERE path = 'b.py'"), ("b.py",), ()),
    "a path": (run_sql("UPDATE files SET path = 'c.pz' WHERE path = 'b.py'"), ("c.pz",), ()),
    "a path that is no text": (run_sql("UPDATE files SET path = x'ff' WHERE path = 'b.py'"), ("?",), ()),
    "a path that cannot be decoded": (
        run_sql("UPDATE files SET path = CAST(x'ff' AS TEXT) WHERE path = 'b.py'"), ("?",), ()
    ),
    "a missing row of a file": (run_sql("DELETE FROM files WHERE path = 'b.py'"), (), ()),
    "a hash of a text": (run_sql(f"UPDATE texts SET hash = x'00' WHERE {TEXT}"), ("b.py",), ()),
    "a text": (run_sql(f"UPDATE texts SET data = x'00' WHERE {TEXT}"), ("b.py",), ()),
    "a missing text": (run_sql(f"DELETE FROM texts WHERE {TEXT}"), ("b.py",), ()),
    "a chunk": (run_sql(f"UPDATE chunks SET end_byte = end_byte + 1 WHERE {CHUNK}"), ("b.py",), ()),
    "a symbol that cannot be decoded": (
        run_sql(f"UPDATE chunks SET symbol = CAST(x'ff' AS TEXT) WHERE {CHUNK}"), ("b.py",), ()
    ),
    "a missing chunk": (run_sql(f"DELETE FROM chunks WHERE {CHUNK}"), ("b.py",), ()),
    "a bag": (run_sql(f"UPDATE bags SET bag = zeroblob(20) WHERE chunk_{CHUNK}"), ("b.py",), ()),
    "a missing bag": (run_sql(f"DELETE FROM bags WHERE chunk_{CHUNK}"), ("b.py",), ()),
    "a vector": (flip_first("vectors-*", 0.25), (), ("b.py",)),
    "vectors cut off": (cut("vectors-*"), (), ("c.py",)),
    "no vectors": (delete("vectors-*"), (), ("a.py", "b.py", "c.py", "d.py")),
    "known answers": (run_sql("UPDATE arrays SET crc = 1 WHERE name = 'probe'"), (), ("a.py", "b.py", "c.py", "d.py")),
}  # fmt: skip


def test_a_file_whose_vectors_lie_beyond_the_last_goes(index: Path) -> None:
    with closing(Catalog.open_writer(index)) as catalog:
        catalog.begin("IMMEDIATE")
        generation = catalog.read_generation()
        catalog.write_generation(replace(generation, info=replace(generation.info, n_rows=generation.info.n_rows - 1)))
        catalog.run("COMMIT")
    assert repair(index).dropped == ("c.py",)
    assert verify(index) == []


@pytest.mark.parametrize(("damage", "dropped", "stripped"), LOSSES.values(), ids=LOSSES)
def test_what_is_lost_is_lost_of_the_damaged_files_alone(
    index: Path, sound: Path, damage: Damage, dropped: tuple[str, ...], stripped: tuple[str, ...]
) -> None:
    damage(index)
    assert verify(index) != []
    report = repair(index)
    assert [path if path.endswith((".py", ".pz")) else "?" for path in report.dropped] == list(dropped)
    assert (sorted(report.without_vectors), report.lost, report.complete) == (list(stripped), (), False)
    assert verify(index) == []
    with Snapshot.open(index) as snapshot, Snapshot.open(sound) as before:
        assert [row.path for row in snapshot.files()] == ["a.py", *(["b.py"] if stripped else []), "c.py", "d.py"]
        assert snapshot.info.files_todo == report.n_dropped == (0 if stripped else 1)
        assert {row.path for row in snapshot.files() if not row.has_vectors} == set(stripped)
        for row in snapshot.files():
            assert snapshot.text(row.id) == before.text(row.id)


def test_files_that_were_lost_can_be_added_again_and_all_is_as_before(index: Path, sound: Path) -> None:
    LOSSES["a text"][0](index)
    flip_first("vectors-*", 0.05)(index)
    repair(index)
    with Writer.open(index, LOW) as writer:
        assert writer.files_without_vectors() == ["a.py"]
        writer.add(build_file("b.py", n_leaves=7))
        writer.add_vectors(build_file("a.py", n_leaves=7))
        writer.commit(complete=True, files_todo=0, checked_at=NOW)
    assert verify(index) == []
    assert read_state(index) == read_state(sound)


def test_an_index_of_which_no_file_is_left_is_empty_and_sound(index: Path, sound: Path) -> None:
    run_sql("UPDATE texts SET hash = x'00'")(index)
    assert repair(index).n_dropped == 4
    assert verify(index) == []
    with Writer.open(index, LOW) as writer:
        for name, seed, n_leaves in (("a.py", 0, 7), ("b.py", 0, 7), ("c.py", 1, 6), ("d.py", 0, 7)):
            writer.add(build_file(name, seed, n_leaves))
        writer.commit(complete=True, files_todo=0, checked_at=NOW)
    assert read_state(index) == read_state(sound)


@pytest.mark.parametrize(
    ("damage", "lost"),
    [
        (run_sql("UPDATE skipped SET reason = 'binary'"), "skipped"),
        (run_sql("DELETE FROM skipped WHERE rowid = 1"), "skipped"),
        (run_sql("DELETE FROM table_sums WHERE name = 'skipped'"), "skipped"),
        (run_sql("UPDATE marked_as_source SET path = 'f.py' WHERE path = 'e.py'"), "written by a person"),
    ],
)
def test_a_list_that_is_damaged_is_emptied_and_left_to_the_next_walk(index: Path, damage: Damage, lost: str) -> None:
    damage(index)
    report = repair(index)
    assert len(report.lost) == 1
    assert lost in report.lost[0]
    assert (report.dropped, report.complete) == ((), False)
    assert verify(index) == []
    with Writer.open(index) as writer:
        assert (writer.known_skipped() == []) is (lost == "skipped")
        assert (writer.known_marks() == frozenset()) is (lost != "skipped")
        assert writer.info.files_todo is None


def test_an_index_that_is_sound_is_left_as_it_is_but_for_leftovers(index: Path) -> None:
    (index / "lexical-77").mkdir()
    (index / "vectors-9.bin").write_bytes(b"x")
    data = (index / "catalog.db").read_bytes()
    report = repair(index)
    assert (report.problems, report.complete, report.root) == ((), True, NEW_INDEX.root)
    assert (index / "catalog.db").read_bytes() == data
    assert not (index / "lexical-77").exists()
    assert not (index / "vectors-9.bin").exists()


@pytest.mark.parametrize(
    ("damage", "kind"),
    [
        (run_sql("UPDATE meta SET value = '9' WHERE key = 'n_files'"), CorruptIndexError),
        (run_sql("PRAGMA user_version = 99"), FormatError),
        (run_sql("ALTER TABLE bags RENAME TO sacks"), CorruptIndexError),
        (flip_first("catalog.db", 0.0), CorruptIndexError),
    ],
)
def test_what_only_a_new_index_mends_is_refused_and_left_as_it_is(
    index: Path, damage: Damage, kind: type[Exception]
) -> None:
    damage(index)
    before = {name: path.read_bytes() for name, path in list_files(index)}
    with pytest.raises(kind, match=r"codesearch index .* --rebuild"):
        repair(index)
    assert {name: path.read_bytes() for name, path in list_files(index)} == before


@pytest.mark.slow
@pytest.mark.parametrize(
    "step", ["rows moved", "vectors appended", "lexical committed", "coarse saved", "catalogue written"]
)
def test_a_repair_that_is_killed_leaves_the_index_as_it_was_and_the_next_one_mends_it(index: Path, step: str) -> None:
    LOSSES["a vector"][0](index)
    with Snapshot.open(index) as snapshot:
        generation = snapshot.info.generation
    command = [sys.executable, "-c", KILLED, str(index), step]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == -9, done.stderr
    with Snapshot.open(index) as snapshot:
        assert (snapshot.info.generation, snapshot.info.complete) == (generation, True)
    assert len(verify(index)) == 1
    assert repair(index).without_vectors == ("b.py",)
    assert verify(index) == []


def test_a_disk_that_refuses_leaves_the_index_as_it_was_and_nothing_beside_it(index: Path) -> None:
    def fill_disk(step: Step) -> None:
        if step == "rows moved":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    LOSSES["a vector"][0](index)
    before = {name: path.read_bytes() for name, path in list_files(index)}
    with pytest.raises(StorageError, match="No space left"):
        repair(index, WriterSeams(fill_disk))
    assert {name: path.read_bytes() for name, path in list_files(index)} == before


def test_readers_keep_their_generation_while_an_index_is_repaired(index: Path) -> None:
    with Snapshot.open(index) as reader:
        state = state_of(reader)
        DERIVED["a missing definition"](index)
        repair(index)
        assert state_of(reader) == state


def test_a_repair_needs_an_index_and_nobody_who_writes_to_it(index: Path, tmp_path: Path) -> None:
    with Writer.open(index), pytest.raises(LockedError, match="process"):
        repair(index)
    with pytest.raises(NoIndexError):
        repair(tmp_path / "nothing")
