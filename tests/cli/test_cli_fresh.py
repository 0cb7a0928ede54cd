"""`--fresh`, waiting for another writer, and what both say."""

import os
import sys
from contextlib import closing
from pathlib import Path

import pytest

from codesearch.registry import index_folder
from codesearch.storage.lock import WriterLock
from tests.cli.conftest import Run
from tests.cli.repositories import SOURCES, write_files
from tests.storage.made_files import flip

pytestmark = pytest.mark.slow


@pytest.fixture
def repo(tmp_path: Path, run: Run) -> Path:
    """A folder of sources with an index."""
    root = write_files(tmp_path / "repo", SOURCES)
    assert run("index", root, "--quiet", "--jobs", "1").status == 0
    return root


@pytest.fixture
def folder(repo: Path, home: Path) -> Path:
    """Where the index lies."""
    return index_folder(home, repo)


def test_a_fresh_search_finds_what_was_just_written_and_says_nothing_of_it(repo: Path, run: Run) -> None:
    write_files(repo, {"src/net/retry.py": "def flamingo():\n    return 1\n"})
    answer = run("search", "--fresh", "flamingo", repo, "--json")
    first = answer.json()["results"][0]
    assert (first["symbol"], first["stale"]) == ("flamingo", False)
    assert answer.json()["fresh"] == {"updated": True, "problem": None}
    assert answer.err.count("\n") == 1
    assert answer.err.startswith(f"index: {repo}, ")


def test_similar_code_can_be_asked_for_freshly_too(repo: Path, run: Run) -> None:
    write_files(repo, {"src/new.py": "def retry_again(call):\n    return call()\n"})
    answer = run("similar", "--fresh", f"{repo / 'src/new.py'}:1", "--json")
    assert answer.status == 0
    assert answer.json()["fresh"]["updated"] is True
    assert run("similar", "--fresh", "-", repo, "--json", stdin="def retry(): pass").json()["fresh"]["updated"] is True


def test_an_update_that_finds_nothing_new_repairs_what_proposes_candidates(repo: Path, folder: Path, run: Run) -> None:
    sound = run("search", "retry", repo, "--json").json()["results"]
    flip(next(folder.glob("lexical-*/*.idx")))
    done = run("index", repo)
    assert done.status == 0
    assert "the index is damaged and is repaired first" in done.err
    assert run("search", "retry", repo, "--json").json()["results"] == sound


def test_a_fresh_search_repairs_an_index_that_is_too_damaged_to_be_opened(repo: Path, folder: Path, run: Run) -> None:
    sound = run("search", "retry", repo, "--json").json()["results"]
    next(folder.glob("lexical-*/meta.json")).unlink()
    assert run("search", "retry", repo).status == 2
    answer = run("search", "--fresh", "retry", repo, "--json")
    assert answer.status == 0
    assert answer.json()["results"] == sound


def test_without_the_option_the_answer_says_nothing_of_an_update(repo: Path, run: Run) -> None:
    assert run("search", "retry", repo, "--json").json()["fresh"] is None


def test_a_fresh_search_without_an_index_fails_as_any_other(tmp_path: Path, run: Run) -> None:
    root = write_files(tmp_path / "bare", SOURCES)
    answer = run("search", "--fresh", "retry", root)
    assert answer.status == 2
    assert "run codesearch index" in answer.err


def test_a_fresh_search_of_an_index_that_stays_locked_answers_from_it_and_says_so(
    repo: Path, folder: Path, run: Run
) -> None:
    with closing(WriterLock(folder)):
        answer = run("search", "--fresh", "--wait", "0", "retry with backoff", repo, "--json")
    assert answer.status == 0
    assert answer.json()["results"][0]["path"] == "src/net/retry.py"
    fresh = answer.json()["fresh"]
    assert fresh["updated"] is False
    assert f"process {os.getpid()} " in fresh["problem"]
    assert answer.err.count("note: answered from the index as it is, it was not updated: the index in ") == 1


def test_a_second_index_command_says_who_it_waits_for_and_goes_on_when_that_ends(
    repo: Path, folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = WriterLock(folder)
    with closing(lock), monkeypatch.context() as patch:
        write = sys.stderr.write

        def end_when_waited_for(text: str) -> int:
            if "waiting for that to end" in text:
                lock.close()
            return write(text)

        patch.setattr(sys.stderr, "write", end_when_waited_for)
        answer = run("index", repo, "--wait", "60")
    assert answer.status == 0
    assert f"the index is being written by process {os.getpid()} on " in answer.err
    assert answer.err.count("waiting for that to end") == 1
    assert "(5 unchanged)" in answer.err


@pytest.mark.parametrize("command", ["index", "verify", "repair"])
def test_a_command_that_waited_in_vain_fails_with_who_holds_the_lock(
    repo: Path, folder: Path, run: Run, command: str
) -> None:
    with closing(WriterLock(folder)):
        answer = run(command, repo, "--wait", "1")
    assert answer.status == 2
    last = answer.err.splitlines()[-1]
    assert last.startswith("codesearch: error: ")
    assert f"process {os.getpid()} " in last
    assert "1 s were not enough" in last
    assert "try again" in last
