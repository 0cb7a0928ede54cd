"""Files that words find first and vectors later: nothing in between is wrong, and in the end all is there."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from codesearch.errors import CorruptIndexError, StorageError
from codesearch.maintenance import verify
from codesearch.storage.rows import Selection
from codesearch.storage.snapshot import Snapshot
from codesearch.storage.steps import OnStep, Step, WriterSeams, ignore_step
from codesearch.storage.writer import Writer
from indexers.types import GRANULARITIES, EncodedFile
from tests.storage.made_files import DIM, NEW_INDEX, NOW, build_big_file, build_file, fake_vector, state_of, write_index

ROOT = Path(__file__).resolve().parents[2]
FILES = [build_file("a.py"), build_file("b.py"), build_big_file("big.py"), build_file("c.py", n_leaves=0)]
QUERY = fake_vector("probe", DIM)

KILLED_FILL = """
import os, signal, sys
from pathlib import Path
from tests.storage.test_storage_filling import fill, FILES
def stop(step):
    if step == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)
fill(Path(sys.argv[1]), FILES, stop)
"""


def write_words(folder: Path, files: list[EncodedFile]) -> Path:
    """Make an index of the files that words alone find."""
    with Writer.create(folder, NEW_INDEX) as writer:
        for file in files:
            writer.add_words(file.parsed)
        writer.commit(complete=False, files_todo=0, checked_at=NOW)
    return folder


def fill(folder: Path, files: list[EncodedFile], on_step: OnStep = ignore_step) -> None:
    """Give those of the files that have no vectors theirs, in one commit."""
    with Writer.open(folder, WriterSeams(on_step)) as writer:
        missing = set(writer.files_without_vectors())
        for file in files:
            if file.parsed.path in missing:
                writer.add_vectors(file)
        is_complete = not writer.files_without_vectors()
        writer.commit(complete=is_complete, files_todo=0, checked_at=NOW)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What an index of the files answers that was made in one go."""
    with Snapshot.open(write_index(tmp_path_factory.mktemp("whole") / "index", FILES)) as snapshot:
        return state_of(snapshot)


def test_words_find_what_has_no_vectors_yet(folder: Path) -> None:
    with Snapshot.open(write_words(folder, FILES)) as snapshot:
        assert snapshot.info.n_files_without_vectors == 4
        assert len(snapshot.find_lexical({"py": 1.0}, "file", Selection(), 9)) == 3
        assert len(snapshot.find_dense(QUERY, GRANULARITIES, Selection(), 9).ids) == 0
        assert np.isnan(snapshot.cosines(QUERY, snapshot.chunks_of_file(1))).all()
    assert verify(folder) == []


def test_an_index_filled_at_once_answers_as_one_made_in_one_go(folder: Path, whole: dict[str, object]) -> None:
    write_words(folder, FILES)
    fill(folder, FILES)
    with Snapshot.open(folder) as snapshot:
        assert state_of(snapshot) == whole
        assert snapshot.info.n_files_without_vectors == 0
    assert verify(folder) == []


def test_an_index_filled_file_by_file_answers_as_one_made_in_one_go(folder: Path, whole: dict[str, object]) -> None:
    write_words(folder, FILES)
    for n_left, file in zip((3, 2, 1, 0), FILES, strict=True):
        fill(folder, [file])
        with Snapshot.open(folder) as snapshot:
            assert snapshot.info.n_files_without_vectors == n_left
    with Snapshot.open(folder) as snapshot:
        assert state_of(snapshot) == whole


def test_vectors_that_come_in_another_order_than_words_find_their_chunks(
    folder: Path, whole: dict[str, object]
) -> None:
    write_words(folder, FILES)
    for file in reversed(FILES):
        fill(folder, [file])
    with Snapshot.open(folder) as snapshot:
        assert state_of(snapshot) == whole


def test_filling_leaves_words_and_their_files_as_they_are(folder: Path) -> None:
    write_words(folder, FILES)
    before = {path.name: path.stat().st_mtime_ns for path in folder.glob("lexical-*/*")}
    fill(folder, FILES)
    assert {path.name: path.stat().st_mtime_ns for path in folder.glob("lexical-*/*")} == before


def test_a_reader_keeps_the_answers_of_its_generation_while_vectors_come(folder: Path) -> None:
    with Snapshot.open(write_words(folder, FILES)) as snapshot:
        fill(folder, FILES)
        assert np.isnan(snapshot.cosines(QUERY, snapshot.chunks_of_file(1))).all()
        assert not snapshot.is_current()


def test_what_was_filled_and_what_was_not_survive_compacting(folder: Path, whole: dict[str, object]) -> None:
    write_words(folder, FILES)
    fill(folder, FILES[:1])
    with Writer.open(folder) as writer:
        writer.add_words(FILES[0].parsed)
        writer.compact()
        writer.commit(complete=False, files_todo=0, checked_at=NOW)
        assert set(writer.files_without_vectors()) == {"a.py", "b.py", "big.py", "c.py"}
    assert verify(folder) == []
    fill(folder, FILES[1:])
    with Writer.open(folder) as writer:
        writer.compact()
        writer.commit(complete=False, files_todo=0, checked_at=NOW)
    fill(folder, FILES)
    with Snapshot.open(folder) as snapshot:
        assert state_of(snapshot) == whole


def test_a_file_without_vectors_can_be_removed_and_replaced(folder: Path, whole: dict[str, object]) -> None:
    write_words(folder, [*FILES, build_file("gone.py"), build_file("x.py", seed=1)])
    with Writer.open(folder) as writer:
        writer.remove("gone.py")
        writer.add(build_file("x.py"))
        writer.remove("x.py")
        writer.commit(complete=False, files_todo=0, checked_at=NOW)
    fill(folder, FILES)
    with Snapshot.open(folder) as snapshot:
        assert state_of(snapshot) == whole


def test_a_file_is_read_back_as_it_was_parsed(folder: Path) -> None:
    write_words(folder, FILES)
    with Writer.open(folder) as writer:
        for file in FILES:
            found = writer.read_parsed(file.parsed.path)
            assert (found.chunks, found.text.data) == (file.parsed.chunks, file.parsed.text.data)
            assert (found.language, found.stat, found.text.content_hash) == (
                file.parsed.language,
                file.parsed.stat,
                file.parsed.text.content_hash,
            )


def test_a_damaged_chunk_is_found_before_it_gets_a_vector(folder: Path) -> None:
    write_words(folder, FILES)
    with Writer.open(folder) as writer:
        writer._catalog.run("UPDATE chunks SET end_byte = end_byte + 1 WHERE id = 1")
        with pytest.raises(CorruptIndexError, match="chunk 1"):
            writer.add_vectors(FILES[0])
        with pytest.raises(StorageError, match="again"):
            writer.commit(complete=False, files_todo=0, checked_at=NOW)


@pytest.mark.slow
@pytest.mark.parametrize(
    "step",
    ["file written", "vectors appended", "lexical committed", "catalogue written", "catalogue committed"],
)
def test_a_killed_filling_leaves_what_was_or_what_comes_and_the_next_goes_on(
    folder: Path, step: Step, whole: dict[str, object]
) -> None:
    write_words(folder, FILES)
    fill(folder, FILES[:1])
    command = [sys.executable, "-c", KILLED_FILL, str(folder), step]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == -9, done.stderr
    with Snapshot.open(folder) as snapshot:
        assert snapshot.info.n_files_without_vectors == (0 if step == "catalogue committed" else 3)
        assert snapshot.info.complete is (step == "catalogue committed")
        assert len(snapshot.find_lexical({"py": 1.0}, "file", Selection(), 9)) == 3
    assert verify(folder) == []
    fill(folder, FILES)
    with Snapshot.open(folder) as snapshot:
        assert state_of(snapshot) == whole
