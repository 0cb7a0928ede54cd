"""Indexes of every format that there was: opened, or refused with what to do."""

import shutil
from pathlib import Path

import pytest

from codesearch.errors import FormatError
from codesearch.maintenance import compact, repair, verify
from codesearch.storage.schema import FORMAT_HISTORY, FORMAT_VERSION
from codesearch.storage.snapshot import Selection, Snapshot
from codesearch.storage.writer import Writer
from indexers.terms import hash_term
from tests.storage.made_files import NOW
from tests.storage.make_format_fixture import FIXTURES

VERSIONS = [version for version, _ in FORMAT_HISTORY]


def copy_format(version: int, tmp_path: Path) -> Path:
    """Copy an index to where it may be written, without the modes that it was made with."""
    target = tmp_path / "index"
    shutil.copytree(FIXTURES / f"format-{version}", target, copy_function=shutil.copyfile)
    return target


def find_words(folder: Path) -> list[str]:
    with Snapshot.open(folder) as snapshot:
        found = snapshot.find_lexical({"area": 1.0}, "leaf", Selection(), 5)
        return [chunk.symbol for chunk in snapshot.chunks(found)]


def test_an_index_of_every_format_is_kept() -> None:
    kept = {path.name for path in FIXTURES.glob("format-*")}
    assert kept == {f"format-{version}" for version in VERSIONS}


@pytest.mark.parametrize("version", VERSIONS)
def test_an_index_of_any_format_answers_or_is_refused_with_the_command(version: int, tmp_path: Path) -> None:
    folder = copy_format(version, tmp_path)
    if version == FORMAT_VERSION:
        assert find_words(folder) == ["area", "Units"]
        return
    for open_it in (Snapshot.open, Writer.open, verify, compact, repair):
        with pytest.raises(FormatError, match=f"format {version}.*codesearch index /srv/shapes --rebuild"):
            open_it(folder)


def test_the_newest_format_is_sound_and_can_be_updated(tmp_path: Path) -> None:
    folder = copy_format(FORMAT_VERSION, tmp_path)
    assert verify(folder) == []
    with Writer.open(folder) as writer:
        writer.remove("src/square.go")
        writer.commit(complete=True, files_todo=0, checked_at=NOW)
    assert verify(folder) == []
    with Snapshot.open(folder) as snapshot:
        assert [file.path for file in snapshot.files()] == ["README.md", "src/circle.py", "src/triangle.js"]
        assert snapshot.statistics([hash_term("perimet")]).df[hash_term("perimet")] == 0


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_kept_names_no_folder_of_a_machine(version: int) -> None:
    for path in (FIXTURES / f"format-{version}").rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not [word for word in (b"/home/", b"/tmp/", b"/root/", b"/Users/") if word in data]
            assert not path.name.endswith(".lock")
