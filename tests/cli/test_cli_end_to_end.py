"""Real small repositories, real indexes: what each command does from its first letter to its exit status."""

import json
import os
import re
from contextlib import closing
from pathlib import Path

import pytest

from codesearch.encoders.consent import allow_upload, is_allowed
from codesearch.registry import index_folder
from codesearch.settings.settings import Settings
from codesearch.storage.lock import WriterLock
from codesearch.storage.writer import Writer
from indexers.encoders.names import spec_of
from tests.cli.answers import is_one_error, paths_of
from tests.cli.conftest import Run
from tests.cli.repositories import SOURCES, make_repository, run_codesearch, write_files

pytestmark = pytest.mark.slow


@pytest.fixture
def repo(tmp_path: Path, run: Run) -> Path:
    """A folder of sources with an index."""
    root = write_files(tmp_path / "repo", SOURCES)
    assert run("index", root, "--quiet", "--jobs", "1").status == 0
    return root


def test_an_index_is_built_then_updated_by_what_changed(tmp_path: Path, run: Run) -> None:
    root = write_files(tmp_path / "repo", SOURCES)
    first = run("index", root)
    assert (first.status, first.out) == (0, "")
    assert f"indexed {root}: 5 files (5 added)" in first.err
    (root / "README.md").unlink()
    write_files(
        root, {"src/new.py": "def brand_new():\n    pass\n", "src/net/connection.py": "def other():\n    pass\n"}
    )
    second = run("index", root)
    assert "5 files (1 added, 1 changed, 1 removed, 3 unchanged)" in second.err
    assert "(5 unchanged)" in run("index", root).err


def test_quiet_is_quiet(tmp_path: Path, run: Run) -> None:
    answer = run("index", write_files(tmp_path / "repo", SOURCES), "--quiet")
    assert (answer.status, answer.out, answer.err) == (0, "", "")


def test_without_a_path_the_index_around_the_working_folder_is_updated(
    repo: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repo / "src" / "net")
    assert f"indexed {repo}: 5 files" in run("index").err


def test_a_result_whose_file_changed_says_so(repo: Path, run: Run) -> None:
    with (repo / "src/net/retry.py").open("a") as file:
        file.write("\n# changed\n")
    answer = run("search", "retry with backoff", repo, "--json")
    assert answer.json()["results"][0]["stale"] is True
    assert answer.err.count("from files that changed since; --fresh updates the index first") == 1
    assert run("index", repo, "-q").status == 0
    assert run("search", "retry with backoff", repo, "--json").json()["results"][0]["stale"] is False


def test_a_touched_file_is_not_stale(repo: Path, run: Run) -> None:
    os.utime(repo / "src/net/retry.py", ns=(1, 1))
    assert run("search", "retry with backoff", repo, "--json").json()["results"][0]["stale"] is False


def test_scripts_may_build_what_is_missing(tmp_path: Path, run: Run) -> None:
    root = write_files(make_repository(tmp_path / "repo"), SOURCES)
    assert run("search", "retry", root / "src").status == 2
    answer = run("search", "retry", root / "src", "--auto-index", "--json")
    assert answer.status == 0
    assert f"indexed {root}" in answer.err
    assert all(path.startswith("src/") for path in paths_of(answer.out))


def test_code_like_a_line_is_found_without_that_line(repo: Path, run: Run) -> None:
    write_files(repo, {"src/copy.py": SOURCES["src/net/retry.py"].replace("backoff", "patience")})
    assert run("index", repo, "-q").status == 0
    answer = run("similar", f"{repo}/src/net/retry.py:6", "--json", "-n", "3")
    found = answer.json()["results"]
    assert (found[0]["path"], found[0]["symbol"]) == ("src/copy.py", "retry_with_patience")
    assert len(found) <= 3
    assert not [r for r in found if r["path"] == "src/net/retry.py" and r["start_line"] <= 6 <= r["end_line"]]


def test_a_line_of_a_file_that_is_not_indexed_says_what_to_do(repo: Path, run: Run) -> None:
    write_files(repo, {"later.py": "def later():\n    pass\n"})
    answer = run("similar", f"{repo}/later.py:1")
    assert answer.status == 2
    assert "later.py is not in the index; run codesearch index" in answer.err


def test_status_lists_what_was_left_out_and_what_was_masked(repo: Path, run: Run) -> None:
    token = "ghp_" + "a1B2" * 9
    write_files(repo, {"config.py": f"# one\nTOKEN = '{token}'\n", ".env": "PASSWORD=x\n", "package-lock.json": "{}\n"})
    (repo / "logo.png").write_bytes(b"\x89PNG\0\0")
    summary = run("index", repo)
    assert "skipped 3 files: " in summary.err
    assert "codesearch status --skipped lists them" in summary.err
    skipped = run("status", repo, "--skipped").out
    assert ".env: secret" in skipped
    assert "logo.png: binary" in skipped
    assert "package-lock.json: lock file" in skipped
    secrets = run("status", repo, "--secrets").out
    assert secrets.startswith("config.py:2: ")
    assert token not in secrets + run("status", repo, "--json").out + run("search", "TOKEN", repo, "--json").out


def test_the_list_and_the_cleaning_of_roots(tmp_path: Path, run: Run) -> None:
    for name in ("a", "b", "c"):
        run("index", write_files(tmp_path / name, {"x.py": "x = 1\n"}), "-q")
    (tmp_path / "b" / "x.py").unlink()
    (tmp_path / "b").rmdir()
    listed = run("list", "--json").json()["roots"]
    assert [(Path(root["root"]).name, root["missing"]) for root in listed] == [("a", False), ("b", True), ("c", False)]
    assert "missing" in run("list").out
    refused = run("clean", tmp_path / "a")
    assert (refused.status, is_one_error(refused.err), "--yes" in refused.err) == (2, True, True)
    assert run("clean", "--missing", "--yes").err.startswith(f"removed the index of {tmp_path / 'b'}, ")
    assert run("clean", "--missing", "--yes").status == 1
    assert run("clean", tmp_path / "a", "--yes").status == 0
    assert [Path(root["root"]).name for root in run("list", "--json").json()["roots"]] == ["c"]
    assert run("clean", "--all", "--yes").status == 0
    assert run("list").status == 1
    assert not list((tmp_path / "home").glob("vectors.db*"))


def test_a_cleaned_root_is_asked_about_again_before_its_text_is_sent(repo: Path, run: Run, home: Path) -> None:
    server = spec_of("https://gpu.example.org/v1")
    allow_upload(home, repo, server)
    assert run("clean", repo, "--yes").status == 0
    assert not is_allowed(home, repo, server, Settings())


def test_cleaning_removes_what_a_killed_first_build_left_unless_it_is_running(
    tmp_path: Path, repo: Path, run: Run
) -> None:
    folder = tmp_path / "home" / "indexes" / "killed-0123456789ab"
    folder.mkdir()
    assert "being built or broken off" in run("list").out
    with closing(WriterLock(folder)):
        assert run("clean", "--missing", "--yes").status == 1
    assert run("clean", "--missing", "--yes").status == 0
    assert not folder.exists()
    assert run("search", "retry", repo).status == 0


def test_the_index_of_a_root_that_is_gone_can_be_named_for_cleaning(tmp_path: Path, run: Run) -> None:
    root = write_files(tmp_path / "gone", {"x.py": "x = 1\n"})
    run("index", root, "-q")
    (root / "x.py").unlink()
    root.rmdir()
    assert run("clean", root, "--yes").status == 0


def test_a_damaged_index_is_refused_with_the_command_that_mends_it(tmp_path: Path, repo: Path, run: Run) -> None:
    catalog = index_folder(tmp_path / "home", repo) / "catalog.db"
    catalog.write_bytes(b"\0" * catalog.stat().st_size)
    answer = run("search", "retry", repo)
    assert (answer.status, answer.out) == (2, "")
    assert is_one_error(answer.err)
    assert "--rebuild" in answer.err
    assert "\t" not in run("list").out
    assert run("index", repo, "--rebuild", "-q").status == 0
    assert run("search", "retry", repo).status == 0


def test_an_index_that_is_being_written_is_searched_and_not_written_twice(tmp_path: Path, repo: Path, run: Run) -> None:
    with Writer.open(index_folder(tmp_path / "home", repo)):
        assert run("search", "retry", repo).status == 0
        answer = run("index", repo, "--wait", "0")
        assert answer.status == 2
        assert is_one_error(answer.err)
        assert f"process {os.getpid()}" in answer.err
        assert run("clean", repo, "--yes").status == 2
    assert run("index", repo).status == 0


def test_an_unfinished_index_says_so_in_every_answer(tmp_path: Path, repo: Path, run: Run) -> None:
    with Writer.open(index_folder(tmp_path / "home", repo)) as writer:
        writer.commit(complete=False, files_todo=7, checked_at="2026-11-20T09:00:00+00:00")
    answer = run("search", "retry", repo, "--json")
    assert answer.json()["index"]["complete"] is False
    assert f"incomplete: 7 files to do; run codesearch index {repo} to go on" in answer.err
    assert "7 files to do" in run("status", repo).out
    assert "incomplete" in run("list").out


def test_a_first_build_that_runs_is_named_and_nothing_is_advised(tmp_path: Path, repo: Path, run: Run) -> None:
    folder = index_folder(tmp_path / "home", repo)
    with Writer.open(folder) as writer:
        writer.remove("src/net/retry.py")  # as if it had not been read yet
        writer.commit(complete=False, files_todo=1, checked_at="2026-11-20T09:00:00+00:00")
    assert "changed since: nothing\n" in re.sub(" +", " ", run("status", repo).out)
    with closing(WriterLock(folder)):
        told = [run("search", "queue", repo).err, run("status", repo).out, run("list").out]
    assert all(f"by process {os.getpid()} on " in text for text in told)
    assert not any("codesearch index" in text for text in told)


@pytest.mark.parametrize("is_empty", [False, True])
def test_an_index_without_its_catalogue_is_damaged_and_no_first_build(
    tmp_path: Path, repo: Path, run: Run, *, is_empty: bool
) -> None:
    catalog = index_folder(tmp_path / "home", repo) / "catalog.db"
    catalog.unlink()
    if is_empty:
        catalog.touch()
    for command in ("verify", "status"):
        answer = run(command, repo)
        assert answer.status == 2
        assert is_one_error(answer.err)
        assert f"run `codesearch index {repo} --rebuild`" in answer.err
    assert "damaged: its catalogue is missing or empty" in run("list").out
    assert run("index", repo, "--rebuild").status == 0
    assert "is sound" in run("verify", repo).out


def test_a_first_build_without_a_commit_is_listed_with_its_process(tmp_path: Path, repo: Path, run: Run) -> None:
    folder = tmp_path / "home" / "indexes" / "begun-0123456789ab"
    folder.mkdir()
    with closing(WriterLock(folder)):
        assert f"being built by process {os.getpid()} on " in run("list").out


def test_a_home_inside_the_repository_is_not_indexed(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write_files(tmp_path / "repo", SOURCES)
    monkeypatch.setenv("CODESEARCH_HOME", str(root / "indexes-here"))
    run("index", root, "-q")
    write_files(root, {"indexes-here/indexes/stray.py": "def stray_function():\n    pass\n"})
    assert "(5 unchanged)" in run("index", root).err


def test_an_index_inside_an_indexed_root_is_built_and_said_to_cover_searches_there(repo: Path, run: Run) -> None:
    answer = run("index", repo / "src")
    assert answer.status == 0
    assert f"note: {repo} is indexed and covers this folder" in answer.err
    assert run("search", "retry", repo / "src", "--json").json()["index"]["root"] == str(repo / "src")


def test_another_index_is_spoken_of_only_once_there_is_one_of_the_folder(repo: Path, run: Run) -> None:
    answer = run("index", repo / "src", "--encoder", "no-such-encoder")
    assert answer.status == 2
    assert is_one_error(answer.err)


def test_a_search_of_a_whole_tree_does_not_advise_what_would_be_refused(run: Run) -> None:
    answer = run("search", "retry", "/")
    assert answer.status == 2
    assert is_one_error(answer.err)
    assert "too broad to index" in answer.err


def test_a_time_below_nothing_is_called_negative(repo: Path, run: Run) -> None:
    assert "-1 must not be negative" in run("index", repo, "--wait", "-1").err


def test_code_like_that_of_a_file_that_is_gone_is_found_as_it_was_indexed(repo: Path, run: Run) -> None:
    (repo / "src" / "net" / "retry.py").unlink()
    answer = run("similar", f"{repo}/src/net/retry.py:6", "--json", "-n", "3")
    assert answer.status == 0
    assert f"stale: {repo}/src/net/retry.py is gone" in answer.err


def test_a_whole_tree_is_refused_unless_it_is_forced(run: Run) -> None:
    answer = run("index", "/")
    assert answer.status == 2
    assert is_one_error(answer.err)
    assert "--force" in answer.err


def test_an_encoder_that_does_not_exist_is_an_error(tmp_path: Path, run: Run) -> None:
    answer = run("index", write_files(tmp_path / "repo", SOURCES), "--encoder", "no-such")
    assert answer.status == 2
    assert is_one_error(answer.err)


def test_the_real_process_does_the_same(tmp_path: Path) -> None:
    root, home = write_files(tmp_path / "repo", SOURCES), tmp_path / "home"
    built = run_codesearch("index", home=home, here=root)
    assert (built.returncode, built.stdout) == (0, b"")
    found = run_codesearch("search", "retry with backoff", "--json", home=home, here=root)
    assert found.returncode == 0
    assert json.loads(found.stdout)["results"][0]["symbol"] == "retry_with_backoff"
    nothing = run_codesearch("search", '"no such text"', home=home, here=root)
    assert (nothing.returncode, nothing.stdout) == (1, b"")


def test_the_old_name_of_a_root_that_moved_cannot_act_on_the_terminal(tmp_path: Path, run: Run) -> None:
    root = write_files(tmp_path / "a\x1b[2Jb", {"a.py": "def heron():\n    pass\n"})
    assert run("index", root, "-q").status == 0
    new = root.rename(tmp_path / "new")
    answer = run("search", "heron", new)
    assert "moved from" in answer.err
    assert "\x1b" not in answer.err
