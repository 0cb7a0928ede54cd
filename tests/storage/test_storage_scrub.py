"""What proposes candidates is checked before it is parsed, or by a thread, and what was whole is not read again."""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from codesearch.errors import CorruptIndexError
from codesearch.storage.checksums import BLOCK_SIZE, DerivedFile, describe_damage, sum_file
from codesearch.storage.scrub import Scrub, require_parsed_parts
from codesearch.storage.snapshot import Snapshot
from codesearch.storage.whole_files import WholeFiles
from codesearch.storage.writer import Writer, WriterSeams
from tests.storage.made_files import build_big_file, build_file, execute, flip, write_index

MEND = "run `codesearch repair /src/project`"


@pytest.fixture
def index(folder: Path) -> Path:
    return write_index(folder, [build_big_file("big.py"), build_file("a.py")])


@pytest.fixture
def scrub(index: Path) -> Iterator[Scrub]:
    with closing(Scrub(index)) as made:
        yield made


def derived_files(index: Path) -> list[DerivedFile]:
    with Snapshot.open(index) as snapshot:
        return snapshot.derived_files


def flip_and_check(scrub: Scrub, index: Path, pattern: str) -> None:
    files = derived_files(index)
    flip(next(index.glob(pattern)))
    scrub.follow(files, MEND)
    scrub.wait()
    scrub.require_sound()


@pytest.mark.parametrize("pattern", ["lexical-*/*.idx", "lexical-*/*.term", "coarse-*"])
def test_damage_is_found_by_the_thread_and_told_from_then_on(scrub: Scrub, index: Path, pattern: str) -> None:
    with pytest.raises(CorruptIndexError, match="damaged in 1 block; run `codesearch repair /src/project`"):
        flip_and_check(scrub, index, pattern)
    with pytest.raises(CorruptIndexError):
        scrub.require_sound()


def test_a_sound_index_stays_sound(scrub: Scrub, index: Path) -> None:
    scrub.follow(derived_files(index), MEND)
    scrub.wait()
    scrub.require_sound()


@pytest.mark.parametrize("pattern", ["meta.json", ".managed.json", "*.fast", "*.fieldnorm", "*.store"])
def test_what_tantivy_parses_is_checked_before_it_does(index: Path, pattern: str) -> None:
    flip(next(index.glob(f"lexical-*/{pattern}")))
    with pytest.raises(CorruptIndexError, match="damaged in 1 block; run `codesearch repair"):
        Snapshot.open(index)


def test_what_faiss_parses_is_checked_before_it_does(index: Path) -> None:
    flip(next(index.glob("coarse-*")), 12)
    with pytest.raises(CorruptIndexError, match="damaged in block 0; run `codesearch repair"):
        Snapshot.open(index)


def test_only_the_header_of_a_base_is_checked_at_once(tmp_path: Path) -> None:
    (tmp_path / "coarse-1.faiss").write_bytes(bytes(3 * BLOCK_SIZE))
    file = sum_file(tmp_path, "coarse-1.faiss")
    flip(tmp_path / file.name)
    require_parsed_parts(tmp_path, [file], WholeFiles(), MEND)
    with pytest.raises(CorruptIndexError, match="damaged in 1 block"):
        WholeFiles().require(tmp_path, file, MEND)


def test_a_file_that_was_whole_is_not_read_again_under_another_name(tmp_path: Path) -> None:
    """Bytes that change behind an unchanged stat are not seen: that shows that nobody read them."""
    path = tmp_path / "a.idx"
    path.write_bytes(bytes(100))
    file, whole = sum_file(tmp_path, "a.idx"), WholeFiles()
    whole.require(tmp_path, file, MEND)
    status = path.stat()
    with path.open("r+b") as opened:
        opened.write(b"x")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    (tmp_path / "b.idx").hardlink_to(path)
    whole.require(tmp_path, DerivedFile("b.idx", file.size, file.block_size, file.block_crcs), MEND)
    with pytest.raises(CorruptIndexError):
        WholeFiles().require(tmp_path, file, MEND)


def test_a_file_that_is_gone_is_called_missing(tmp_path: Path) -> None:
    path = tmp_path / "a.idx"
    path.write_bytes(bytes(3 * BLOCK_SIZE))
    file = sum_file(tmp_path, path.name)
    assert describe_damage(tmp_path, file) == ""
    path.write_bytes(bytes(BLOCK_SIZE))
    assert describe_damage(tmp_path, file) == f"{path} is damaged in 2 blocks"
    path.unlink()
    assert describe_damage(tmp_path, file) == f"{path} is missing"


def test_files_of_other_generations_are_forgotten(tmp_path: Path) -> None:
    for name in ("a.idx", "b.idx"):
        (tmp_path / name).write_bytes(bytes(100))
    whole, files = WholeFiles(), [sum_file(tmp_path, "a.idx"), sum_file(tmp_path, "b.idx")]
    for file in files:
        whole.require(tmp_path, file, MEND)
    whole.keep(tmp_path, files[1:])
    assert len(whole._known) == 1


def test_damage_is_forgotten_with_the_generation_that_had_it(scrub: Scrub, index: Path) -> None:
    files = derived_files(index)
    with pytest.raises(CorruptIndexError):
        flip_and_check(scrub, index, "lexical-*/*.idx")
    scrub.follow([file for file in files if not file.name.endswith(".idx")], MEND)
    scrub.wait()
    scrub.require_sound()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes that have names")
def test_what_a_check_of_another_generation_finds_late_is_no_damage_of_this_one(tmp_path: Path) -> None:
    """A pipe keeps the check waiting until the next generation is followed."""
    (tmp_path / "a.idx").write_bytes(b"whole")
    file = sum_file(tmp_path, "a.idx")
    (tmp_path / "a.idx").unlink()
    os.mkfifo(tmp_path / "a.idx")
    with closing(Scrub(tmp_path)) as scrub:
        scrub.follow([file], MEND)
        with (tmp_path / "a.idx").open("wb") as late:  # which waits until the check has opened it
            scrub.follow([], MEND)
            late.write(b"other")
        scrub.wait()
        scrub.require_sound()


def test_the_catalogue_is_checked_again_with_each_generation(scrub: Scrub, index: Path) -> None:
    files = derived_files(index)
    scrub.follow(files, MEND)
    scrub.wait()
    execute(index, "DROP INDEX chunks_by_kind")
    scrub.follow(files, MEND)
    scrub.wait()
    with pytest.raises(CorruptIndexError, match="other indexes"):
        scrub.require_sound()


def test_files_of_a_generation_that_is_gone_are_no_damage(scrub: Scrub, index: Path) -> None:
    files = derived_files(index)
    for path in index.glob("lexical-*/*"):
        path.unlink()
    scrub.follow(files, MEND)
    scrub.wait()
    scrub.require_sound()


def test_files_that_a_rebuild_gave_the_same_names_are_no_damage(scrub: Scrub, index: Path) -> None:
    files = derived_files(index)
    shutil.rmtree(index)
    write_index(index, [build_big_file("other.py"), build_file("b.py")])
    assert {file.name for file in files} & {file.name for file in derived_files(index)}
    scrub.follow(files, MEND)
    scrub.wait()
    scrub.require_sound()


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (
            "UPDATE definitions SET name = 'x' WHERE name = (SELECT min(name) FROM definitions)",
            "the table definitions of",
        ),
        ("DROP INDEX chunks_by_kind", "has other indexes than this format"),
    ],
)
def test_the_catalogue_is_checked_after_the_first_answer(scrub: Scrub, index: Path, statement: str, words: str) -> None:
    execute(index, statement)
    scrub.follow(derived_files(index), MEND)
    scrub.require_sound()
    scrub.wait()
    with pytest.raises(CorruptIndexError, match=words):
        scrub.require_sound()


def test_closing_ends_the_thread_that_still_waits_for_an_answer(index: Path) -> None:
    scrub = Scrub(index)
    scrub.follow(derived_files(index), MEND)
    scrub.close()
    assert scrub._thread is None


def test_damage_to_what_an_update_takes_over_is_told_at_once(scrub: Scrub, index: Path) -> None:
    with pytest.raises(CorruptIndexError):
        flip_and_check(scrub, index, "coarse-*")
    scrub.close()  # nothing is read from now on
    files = derived_files(index)
    assert "damaged in 1 block" in scrub.whole.find_damage(index, files)
    assert scrub.whole.find_damage(index, [file for file in files if not file.name.startswith("coarse-")]) == ""


def test_a_writer_compares_what_another_process_may_have_damaged_and_remembers_it(index: Path) -> None:
    seams = WriterSeams(whole=WholeFiles())
    with Writer.open(index, seams):
        pass
    path = next(index.glob("coarse-*"))
    times = path.stat()
    with path.open("r+b") as file:
        file.seek(-10, os.SEEK_END)
        file.write(b"\x5a\xa5")
    with pytest.raises(CorruptIndexError, match="damaged in 1 block; run `codesearch repair"):
        Writer.open(index, seams)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    with Writer.open(index, seams):
        pass  # not read again: for the system it is the file that was whole
