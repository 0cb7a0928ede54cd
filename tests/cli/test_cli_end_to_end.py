"""Real small repositories, real indexes: what each command does from its first letter to its exit status."""

import json
import os
from pathlib import Path

import pytest

from codesearch.registry import index_folder
from codesearch.storage.writer import Writer
from tests.cli.conftest import Run
from tests.cli.repositories import SOURCES, make_repository, run_codesearch, write_files

pytestmark = pytest.mark.slow


@pytest.fixture
def repo(tmp_path: Path, run: Run) -> Path:
    """A folder of sources with an index."""
    root = write_files(tmp_path / "repo", SOURCES)
    assert run("index", root, "--quiet").status == 0
    return root


def paths_of(out: str) -> list[str]:
    return [result["path"] for result in json.loads(out)["results"]]


def is_one_error(err: str) -> bool:
    return err.startswith("codesearch: error: ") and err.count("\n") == 1


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
    assert "generation 2" in second.err
    assert "(5 unchanged)" in run("index", root).err


def test_quiet_is_quiet(tmp_path: Path, run: Run) -> None:
    answer = run("index", write_files(tmp_path / "repo", SOURCES), "--quiet")
    assert (answer.status, answer.out, answer.err) == (0, "", "")


def test_without_a_path_the_index_around_the_working_folder_is_updated(
    repo: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repo / "src" / "net")
    assert f"indexed {repo}: 5 files" in run("index").err


def test_json_has_the_promised_shape(repo: Path, run: Run) -> None:
    answer = run("search", "retry with backoff", repo, "--json")
    assert answer.status == 0
    document = answer.json()
    assert document["version"] == 1
    assert document["query"] == "retry with backoff"
    assert document["index"]["complete"] is True
    assert document["index"]["stale_files"] is None
    best = document["results"][0]
    assert (best["path"], best["symbol"], best["kind"]) == ("src/net/retry.py", "retry_with_backoff", "function")
    assert best["content"].startswith("def retry_with_backoff")
    assert (best["start_line"], best["end_line"], best["stale"]) == (4, 11, False)


def test_in_a_pipe_each_result_is_one_line_that_opens_from_here(
    repo: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repo / "tests")
    answer = run("search", "retry with backoff")
    assert answer.out.splitlines()[0] == "../src/net/retry.py:4:def retry_with_backoff(call, attempts=3):"
    assert answer.err == f"index: {repo}, generation 1, {chunk_count(run)} chunks\n"


def chunk_count(run: Run) -> int:
    count = run("status", "--json").json()["index"]["chunks"]
    assert isinstance(count, int)
    return count


def test_a_path_below_the_root_filters_and_paths_stay_relative_to_the_root(repo: Path, run: Run) -> None:
    everywhere = paths_of(run("search", "retry", repo, "--json").out)
    below = paths_of(run("search", "retry", repo / "src" / "net", "--json").out)
    assert {path.split("/")[0] for path in everywhere} > {"src"}
    assert below
    assert all(path.startswith("src/net/") for path in below)


def test_a_folder_name_with_glob_characters_means_itself(repo: Path, run: Run) -> None:
    assert paths_of(run("search", "render page", repo / "src/app/[id]", "--json").out) == ["src/app/[id]/page.js"]


def test_a_path_and_a_glob_must_both_hold(repo: Path, run: Run) -> None:
    assert set(paths_of(run("search", "retry", repo / "src", "--path", "*.js", "--json").out)) == {
        "src/app/[id]/page.js"
    }
    assert paths_of(run("search", "retry", repo / "tests", "--path", "*.js", "--json").out) == []


def test_a_single_file_can_be_searched(repo: Path, run: Run) -> None:
    assert set(paths_of(run("search", "open", repo / "src/net/connection.py", "--json").out)) == {
        "src/net/connection.py"
    }


def test_a_subfolder_without_a_path_searches_the_whole_index(
    repo: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repo / "src" / "app")
    assert "src/net/retry.py" in paths_of(run("search", "retry", "--json").out)


def test_filters_limit_what_is_found(repo: Path, run: Run) -> None:
    def found(*options: str) -> set[str]:
        return set(paths_of(run("search", "retry", repo, "--json", *options).out))

    assert found("--lang", "js") == {"src/app/[id]/page.js"}
    assert found("--lang", "js,markdown") == {"src/app/[id]/page.js", "README.md"}
    assert "tests/test_retry.py" not in found("--not-path", "tests")
    assert found("--kind", "section") == {"README.md"}
    assert "README.md" not in found("--not-kind", "section", "--not-lang", "markdown")


def test_an_unknown_language_says_which_are_near(repo: Path, run: Run) -> None:
    answer = run("search", "retry", repo, "--lang", "pyton")
    assert answer.status == 2
    assert is_one_error(answer.err)
    assert "python" in answer.err


def test_nothing_found_is_exit_one_and_an_empty_list(repo: Path, run: Run) -> None:
    text, document = (run("search", '"no such text"', repo, *options) for options in ((), ("--json",)))
    assert (text.status, text.out) == (1, "")
    assert (document.status, document.json()["results"]) == (1, [])


def test_the_limit_holds_and_lines_of_json_are_results(repo: Path, run: Run) -> None:
    answer = run("search", "retry", repo, "-n", "2", "--jsonl")
    results = [json.loads(line) for line in answer.out.splitlines()]
    assert len(results) == 2
    assert results[0]["path"] == "src/net/retry.py"


def test_every_mode_answers(repo: Path, run: Run) -> None:
    for mode in ("hybrid", "lexical", "dense", "prefilter"):
        answer = run("search", "retry with backoff", repo, "--json", "--mode", mode)
        assert "src/net/retry.py" in paths_of(answer.out), mode


def test_a_query_may_start_with_a_dash_or_come_from_standard_input(repo: Path, run: Run) -> None:
    assert run("search", "--", "-retry", repo).status == 0
    assert "retry_with_backoff" in run("search", "-", repo, stdin="retry\nwith backoff\n").out
    assert run("search", "-", repo, stdin="  \n").status == 2


def test_explaining_puts_stages_on_stderr_and_into_the_document(repo: Path, run: Run) -> None:
    answer = run("search", "retry", repo, "--json", "--explain")
    stages = answer.json()["stages"]
    assert stages
    assert all(f"{stage['name']} " in answer.err for stage in stages)


def test_a_result_whose_file_changed_says_so(repo: Path, run: Run) -> None:
    with (repo / "src/net/retry.py").open("a") as file:
        file.write("\n# changed\n")
    answer = run("search", "retry with backoff", repo, "--json")
    assert answer.json()["results"][0]["stale"] is True
    assert "changed on disk since; run codesearch index" in answer.err
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


def test_code_like_a_text_is_found(repo: Path, run: Run) -> None:
    answer = run("similar", "-", repo, "--json", stdin="def retry(call):\n    lang: python\n    wait(2**attempt)\n")
    assert answer.json()["results"][0]["path"] == "src/net/retry.py"
    assert run("similar", "-", repo, stdin="").status == 2


@pytest.mark.parametrize(
    ("place", "part"),
    [
        ("src/net/retry.py", "PATH:LINE"),
        ("src/net/retry.py:900", "no code at line 900"),
        ("nowhere.py:1", "no such file"),
    ],
)
def test_a_place_that_is_none_says_what_to_write(
    repo: Path, run: Run, monkeypatch: pytest.MonkeyPatch, place: str, part: str
) -> None:
    monkeypatch.chdir(repo)
    answer = run("similar", place)
    assert answer.status == 2
    assert is_one_error(answer.err)
    assert part in answer.err


def test_status_tells_the_same_as_the_index(repo: Path, run: Run) -> None:
    document = run("status", repo, "--json").json()
    assert document["files"] == 5
    assert document["files_by_language"] == {"python": 3, "javascript": 1, "markdown": 1}
    assert document["index"]["chunks"] == sum(document["chunks_by_kind"].values())
    assert document["size_bytes"] > 0
    text = run("status", repo).out
    assert f"root:          {repo}\n" in text
    assert "5 (python 3, javascript 1, markdown 1)" in text


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
        answer = run("index", repo)
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
    assert "incomplete" in answer.err
    assert "7 to do" in answer.err
    assert "7 to do" in run("status", repo).out
    assert "incomplete" in run("list").out


def test_a_home_inside_the_repository_is_not_indexed(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write_files(tmp_path / "repo", SOURCES)
    monkeypatch.setenv("CODESEARCH_HOME", str(root / "indexes-here"))
    run("index", root, "-q")
    write_files(root, {"indexes-here/indexes/stray.py": "def stray_function():\n    pass\n"})
    assert "(5 unchanged)" in run("index", root).err


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
