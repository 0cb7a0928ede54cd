"""Trees that no one should have to index: a clear reason or error, no traceback, and the earlier index stands."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.answers import is_one_error, paths_of
from tests.cli.conftest import Run
from tests.cli.repositories import SOURCES, make_environment, write_files

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="Windows has other names, links and permissions"),
]

NOT_PERMITTED = 77

WITHOUT_PRIVILEGES = f"""
import ctypes, os, sys
if os.geteuid() == 0:
    # Root may read everything only by two capabilities; without them in the bounding set, exec loses them.
    try:
        for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
            if ctypes.CDLL(None).prctl(24, capability, 0, 0, 0) != 0:
                sys.exit({NOT_PERMITTED})
    except AttributeError:
        sys.exit({NOT_PERMITTED})
os.execv(sys.executable, [sys.executable, "-m", "codesearch", *sys.argv[1:]])
"""


@pytest.fixture
def repo(tmp_path: Path, run: Run) -> Path:
    """A folder of sources with an index."""
    root = write_files(tmp_path / "repo", SOURCES)
    assert run("index", root, "-q", "--jobs", "1").status == 0
    return root


def run_without_privileges(*arguments: str | Path, home: Path) -> "subprocess.CompletedProcess[str]":
    """Run one command line that permissions bind, even where the tests run as root."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_PRIVILEGES, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env=make_environment(home),
        timeout=120,
    )
    if done.returncode == NOT_PERMITTED:
        pytest.skip("root cannot give up its right to read everything here")
    return done


def assert_still_answers(repo: Path, run: Run) -> None:
    """The functions that were indexed at first are found as before."""
    answer = run("search", "retry with backoff", repo, "--json")
    assert answer.status == 0
    assert paths_of(answer.out)[0] == "src/net/retry.py"


def skipped_of(repo: Path, run: Run) -> dict[str, str]:
    """Return the reason for each file that was left out."""
    return {skip["path"]: skip["reason"] for skip in run("status", repo, "--json").json()["skipped"]}


def test_an_empty_folder_is_indexed_and_holds_nothing(tmp_path: Path, run: Run) -> None:
    root = write_files(tmp_path / "empty", {})
    root.mkdir()
    answer = run("index", root)
    assert answer.status == 0
    assert "0 files (empty)" in answer.err
    assert run("search", "anything", root).status == 1
    assert run("status", root).status == 0


def test_a_file_that_may_not_be_read_is_skipped_with_the_reason(tmp_path: Path, repo: Path, run: Run) -> None:
    secret = repo / "src" / "closed.py"
    secret.write_text("def closed():\n    pass\n")
    secret.chmod(0)
    done = run_without_privileges("index", repo, home=tmp_path / "home")
    assert done.returncode == 0, done.stderr
    assert "1 unreadable" in done.stderr
    assert skipped_of(repo, run) == {"src/closed.py": "unreadable"}
    assert_still_answers(repo, run)


def test_a_folder_that_may_not_be_read_is_skipped_with_the_reason(tmp_path: Path, repo: Path, run: Run) -> None:
    closed = repo / "closed"
    write_files(closed, {"x.py": "x = 1\n"})
    closed.chmod(0)
    done = run_without_privileges("index", repo, home=tmp_path / "home")
    closed.chmod(0o700)
    assert done.returncode == 0, done.stderr
    assert skipped_of(repo, run) == {"closed": "unreadable"}
    assert_still_answers(repo, run)


def test_a_root_that_may_not_be_read_is_an_error(tmp_path: Path, repo: Path, run: Run) -> None:
    repo.chmod(0)
    done = run_without_privileges("index", repo, home=tmp_path / "home")
    repo.chmod(0o700)
    assert done.returncode == 2
    assert is_one_error(done.stderr)
    assert_still_answers(repo, run)


def test_a_home_that_may_not_be_written_is_an_error(tmp_path: Path) -> None:
    closed, repo = tmp_path / "closed", write_files(tmp_path / "repo", SOURCES)
    closed.mkdir(mode=0o500)
    done = run_without_privileges("index", repo, home=closed / "home")
    assert done.returncode == 2
    assert is_one_error(done.stderr)
    assert "CODESEARCH_HOME" in done.stderr


def test_an_index_that_may_only_be_read_still_answers_or_says_why_not(tmp_path: Path, repo: Path) -> None:
    home = tmp_path / "home"
    folders = [path for path in (home, *home.rglob("*")) if path.is_dir()]
    for folder in folders:
        folder.chmod(0o500)
    found = run_without_privileges("search", "retry", repo, home=home)
    refused = run_without_privileges("index", repo, home=home)
    for folder in folders:
        folder.chmod(0o700)
    assert found.returncode == 0 or is_one_error(found.stderr)
    assert refused.returncode == 2 or "(5 unchanged)" in refused.stderr


def test_a_file_of_100_mb_is_too_large(repo: Path, run: Run) -> None:
    with (repo / "huge.py").open("wb") as file:
        file.truncate(100 << 20)
    assert run("index", repo).status == 0
    assert skipped_of(repo, run) == {"huge.py": "too large"}
    assert_still_answers(repo, run)


def test_one_line_of_20_mb_is_left_out_for_a_reason(tmp_path: Path, repo: Path, run: Run) -> None:
    with (repo / "line.js").open("wb") as file:
        for _ in range(20):
            file.write(b"var x=1;" * (1 << 17))
    assert run("index", repo).status == 0
    assert skipped_of(repo, run) == {"line.js": "too large"}
    other = tmp_path / "other"
    other.mkdir()
    (repo / "line.js").rename(other / "line.js")
    assert run("index", other, "--max-file-size", "64MiB").status == 0
    assert skipped_of(other, run) == {"line.js": "minified"}
    assert_still_answers(repo, run)


def test_bytes_that_are_no_text_are_binary_and_old_encodings_are_read(repo: Path, run: Run) -> None:
    (repo / "zeros.py").write_bytes(b"x = 1\n\0\0\0\n")
    (repo / "old.py").write_bytes("def grüße():\n    return 'schöne Grüße'\n".encode("latin-1"))
    assert run("index", repo).status == 0
    assert skipped_of(repo, run) == {"zeros.py": "binary"}
    assert "old.py" in paths_of(run("search", '"schöne Grüße"', repo, "--json").out)
    assert "latin-1" in run("status", repo).out
    assert_still_answers(repo, run)


def test_names_with_newlines_and_invalid_bytes_reach_no_terminal(repo: Path, run: Run) -> None:
    (repo / "new\nline\x1b[31m.py").write_text("def oddly_named():\n    pass\n")
    try:
        (Path(os.fsdecode(os.fsencode(repo) + b"/bad\xff.py"))).write_text("x = 1\n")
    except OSError:
        pytest.skip("this file system refuses names that are not UTF-8")
    assert run("index", repo).status == 0
    assert skipped_of(repo, run) == {"bad\\xff.py": "name is not UTF-8"}
    found = run("search", "oddly_named", repo)
    assert found.out.splitlines()[0].endswith(r"new\nline\x1b[31m.py:1:def oddly_named():")
    assert "\x1b" not in found.out + run("status", repo, "--skipped").out
    assert "new\nline\x1b[31m.py" in paths_of(run("search", "oddly_named", repo, "--json").out)
    assert_still_answers(repo, run)


def test_a_root_whose_name_is_not_utf8_is_an_error(tmp_path: Path, run: Run) -> None:
    root = Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff"))
    try:
        root.mkdir()
    except OSError:
        pytest.skip("this file system refuses names that are not UTF-8")
    answer = run("index", root)
    assert answer.status == 2
    assert is_one_error(answer.err)
    assert "rename the folder" in answer.err


def test_a_root_with_a_strange_name_works_like_any_other(tmp_path: Path, run: Run) -> None:
    root = write_files(tmp_path / "a b'\n\"[c]*\x1b[31m", SOURCES)
    assert run("index", root, "-q", "--jobs", "1").status == 0
    assert set(paths_of(run("search", "retry", root / "tests", "--json").out)) == {"tests/test_retry.py"}
    assert r"a b'\n" in run("list").out


def test_links_that_loop_end(repo: Path, run: Run) -> None:
    (repo / "one").symlink_to("two")
    (repo / "two").symlink_to("one")
    (repo / "src" / "up").symlink_to("..")
    (repo / "outside").symlink_to("/")
    answer = run("index", repo)
    assert answer.status == 0
    assert "(5 unchanged)" in answer.err
    assert_still_answers(repo, run)


def test_things_that_are_no_files_are_not_waited_for(repo: Path, run: Run) -> None:
    os.mkfifo(repo / "pipe.py")
    assert run("index", repo).status == 0
    assert_still_answers(repo, run)
    assert run("search", "q", repo / "pipe.py").status in {0, 1}


def test_10000_brackets_are_indexed_like_any_text(repo: Path, run: Run) -> None:
    deep = "(" * 10_000 + ")" * 10_000
    text = "\n".join(["value =", *(deep[at : at + 100] for at in range(0, len(deep), 100)), ""])
    write_files(repo, {f"deep.{ending}": text for ending in ("py", "js", "json", "c", "rb")})
    answer = run("index", repo)
    assert answer.status == 0
    assert "5 added" in answer.err
    assert_still_answers(repo, run)


def test_a_root_that_vanished_is_an_error_and_its_index_still_answers(tmp_path: Path, repo: Path, run: Run) -> None:
    repo.rename(tmp_path / "away")
    answer = run("index", repo)
    assert answer.status == 2
    assert is_one_error(answer.err)
    (tmp_path / "away").rename(repo)
    assert_still_answers(repo, run)


def test_a_query_may_be_anything(repo: Path, run: Run) -> None:
    for query in (
        "\x1b[31m",
        "(" * 10_000,
        "a" * 100_000,
        "🦊",
        "\udcff",
        '"',
        "lang:",
        "path:[",
        "-",
        "\0",
        "OR AND NOT *",
    ):
        answer = (
            run("search", repo, "--json", "--", query) if query == "-" else run("search", "--json", "--", query, repo)
        )
        assert answer.status in {0, 1, 2}, query
        assert "internal error" not in answer.err, query
        assert answer.status != 2 or is_one_error(answer.err), query
