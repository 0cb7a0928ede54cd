"""Whether an answer says that a file changed since, and what an update before a search does and does not do."""

import os
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from codesearch.index import Index
from codesearch.registry import index_folder
from codesearch.storage.lock import WriterLock
from codesearch.types import BuildOptions, Freshness, SearchOptions
from indexers.errors import CancelledError
from tests.encoders.server.fake_server import FakeServer

pytestmark = pytest.mark.slow  # each build starts a parser process

ONE = BuildOptions(n_workers=1)
EVERYTHING = SearchOptions(limit=100)

PUSH = "def push(job):\n    queue.append(job)\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def file(tmp_path: Path, home: Path) -> Path:
    """The one file of an index; its folder is `src`."""
    file = tmp_path / "root" / "src" / "queue.py"
    file.parent.mkdir(parents=True)
    file.write_text(PUSH)
    Index.build(tmp_path / "root", ONE, home=home)
    return file


def edit(file: Path) -> None:
    file.write_text("# first\n" + PUSH)


def edit_and_keep_size_and_time(file: Path) -> None:
    before = file.stat()
    file.write_text(PUSH.replace("job", "fob"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def put_folder_in_place(file: Path) -> None:
    file.unlink()
    file.mkdir()


def put_link_in_place(file: Path) -> None:
    file.rename(file.with_name("other.py"))
    file.symlink_to("other.py")


def remove_folder(file: Path) -> None:
    file.unlink()
    file.parent.rmdir()


def touch(file: Path) -> None:
    os.utime(file, ns=(1, 1))


def write_again(file: Path) -> None:
    file.unlink()
    file.write_text(PUSH)


def ignore(file: Path) -> None:
    (file.parent / ".codesearchignore").write_text("queue.py\n")


CHANGES: dict[str, tuple[Callable[[Path], object], bool]] = {
    "edited.py": (edit, True),
    "edited_in_its_size.py": (edit_and_keep_size_and_time, True),
    "deleted.py": (Path.unlink, True),
    "folder_instead.py": (put_folder_in_place, True),
    "link_instead.py": (put_link_in_place, True),
    "below/folder_removed.py": (remove_folder, True),
    "touched.py": (touch, False),
    "written_again.py": (write_again, False),
    "besides/queue.py": (ignore, False),
    "untouched.py": (Path.stat, False),
}
"""What is done to a file, and whether a result of it is stale then."""


def test_a_result_says_whether_its_file_is_still_what_was_indexed(tmp_path: Path, home: Path) -> None:
    root = tmp_path / "root"
    for name in CHANGES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(PUSH)
    Index.build(root, ONE, home=home)
    with Index.open(root, home) as index:
        assert not any(result.stale for result in index.search("push a job", EVERYTHING).results)
        for name, (change, _) in CHANGES.items():
            change(root / name)
        for response in (index.search("push a job", EVERYTHING), index.similar(PUSH, EVERYTHING)):
            stale = {result.path: result.stale for result in response.results}
            assert stale == {name: is_stale for name, (_, is_stale) in CHANGES.items()}
            assert response.index.stale_files is None


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="needs a user whom rights keep out")
def test_a_result_of_a_file_that_cannot_be_read_any_more_is_stale(file: Path, home: Path) -> None:
    with Index.open(file, home) as index:
        file.chmod(0)
        assert [result.stale for result in index.search("push a job").results] == [True]


def test_a_file_that_is_ignored_by_now_is_counted_and_goes_with_the_next_update(file: Path, home: Path) -> None:
    with Index.open(file, home) as index:
        ignore(file)
        assert index.status().state.stale_files == 2  # it, and the list that names it
        assert index.freshen(ONE) == Freshness(is_updated=True)
        assert "src/queue.py" not in {result.path for result in index.search("push a job").results}
        assert index.status().state.stale_files == 0


def test_freshening_brings_what_was_written_since(file: Path, home: Path) -> None:
    with Index.open(file, home) as index:
        generation = index.search("push").index.generation
        file.write_text("def flamingo():\n    return 1\n")
        assert index.freshen(ONE) == Freshness(is_updated=True)
        response = index.search("flamingo")
        assert [(result.symbol, result.stale) for result in response.results] == [("flamingo", False)]
        assert response.index.generation == generation + 1
        checked_at = response.index.checked_at
        assert index.freshen(ONE).is_updated
        again = index.search("flamingo").index
        assert str(again.checked_at) > str(checked_at)


def test_an_index_that_is_being_written_answers_as_it_is_and_names_the_writer(file: Path, home: Path) -> None:
    edit(file)
    with closing(WriterLock(index_folder(home, file.parents[1]))), Index.open(file, home) as index:
        fresh = index.freshen(ONE)
        assert not fresh.is_updated
        assert f"process {os.getpid()} " in fresh.problem
        assert [result.stale for result in index.search("push a job").results] == [True]


def test_a_root_that_is_gone_leaves_the_index_as_it_is(file: Path, home: Path) -> None:
    with Index.open(file, home) as index:
        remove_folder(file)
        file.parents[1].rmdir()
        assert "root" in index.freshen(ONE).problem
        assert [result.stale for result in index.search("push a job").results] == [True]


def test_a_server_that_is_away_is_not_waited_for(tmp_path: Path, home: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.py").write_text(PUSH)
    with FakeServer() as server:
        options = BuildOptions(n_workers=1, encoder=server.url, is_consented=True)
        Index.build(root, options, home=home)
    edit(root / "a.py")
    with Index.open(root, home) as index:
        fresh = index.freshen(ONE)
        assert not fresh.is_updated
        assert "127.0.0.1" in fresh.problem
        response = index.search("push a job")
    assert [result.stale for result in response.results] == [True]
    assert response.degraded is not None


def test_who_stops_an_update_stops_the_search_too(file: Path, home: Path) -> None:
    def stop(progress: object) -> None:
        raise CancelledError("enough")

    with Index.open(file, home) as index, pytest.raises(CancelledError):
        index.freshen(ONE, stop)
