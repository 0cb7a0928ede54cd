"""Questions to one real index of a small repository; nothing here changes it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.answers import is_one_error, paths_of
from tests.cli.conftest import Run
from tests.cli.repositories import SOURCES, make_environment, run_codesearch, write_files

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a home and a repository whose index it holds."""
    folder = tmp_path_factory.mktemp("indexed").resolve()
    done = run_codesearch("index", home=folder / "home", here=write_files(folder / "repo", SOURCES))
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def home(indexed: Path) -> Path:
    """Return the home that all tests of this file share."""
    return indexed / "home"


@pytest.fixture
def repo(indexed: Path) -> Path:
    """Return the repository that all tests of this file share."""
    return indexed / "repo"


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
    assert answer.err == f"index: {repo}, {chunk_count(run)} chunks\n"


@pytest.mark.parametrize("form", [(), ("--json",), ("--jsonl",)])
def test_nothing_found_is_one_line_on_stderr_that_says_which_filter_left_nothing(
    repo: Path, run: Run, form: tuple[str, ...]
) -> None:
    answer = run("search", "retry", repo, "--lang", "go", *form)
    assert answer.status == 1
    assert answer.err.splitlines()[1:] == ["nothing found: no chunk of the index passes lang:go"]
    assert not answer.out or (answer.json()["results"], "stages" in answer.json()) == ([], False)


def test_code_unlike_anything_in_a_language_is_not_found_either(repo: Path, run: Run) -> None:
    answer = run("similar", f"{repo}/src/net/retry.py:6", "--lang", "go")
    assert (answer.status, answer.out) == (1, "")
    assert answer.err.endswith("nothing found: no chunk of the index passes lang:go\n")


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
    assert set(paths_of(run("search", "retry", repo / "src", "--path", "retry", "--json").out)) == {"src/net/retry.py"}
    assert set(paths_of(run("search", "retry", repo / "src", "--path", "src/net/**", "--json").out)) == {
        "src/net/retry.py",
        "src/net/connection.py",
    }


def test_what_is_left_out_is_named_from_the_root(repo: Path, run: Run) -> None:
    found = paths_of(run("search", "retry", repo / "src", "--not-path", "src/net/retry.py", "--json").out)
    assert found
    assert "src/net/retry.py" not in found


def test_a_path_and_a_path_in_the_query_must_both_hold(repo: Path, run: Run) -> None:
    assert run("search", "path:tests retry", repo / "src").status == 1
    assert set(paths_of(run("search", "path:tests retry", repo, "--json").out)) == {"tests/test_retry.py"}


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


def test_a_search_loads_no_front_end_no_highlighter_and_no_grammar(home: Path, repo: Path) -> None:
    source = """
import sys
from codesearch.cli.main import main
main(sys.argv[1:])
print(*sys.modules, file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", source, "search", "retry", "--json"],
        capture_output=True,
        text=True,
        check=True,
        cwd=repo,
        env=make_environment(home),
    )
    assert json.loads(done.stdout)["results"]
    names = {name.split(".")[0] for name in done.stderr.split()}
    assert not names & {"textual", "rich", "pygments", "tree_sitter", "tree_sitter_python", "shtab", "torch", "tui"}


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


def test_words_choose_as_many_chunks_for_the_vectors_as_asked(repo: Path, run: Run) -> None:
    for n_chunks, n_found in (("1", 1), ("2", 2)):
        answer = run("search", "retry backoff", repo, "--jsonl", "--mode", "prefilter", "--prefilter", n_chunks)
        assert len(answer.out.splitlines()) == n_found


def test_filters_alone_list_what_they_leave(repo: Path, run: Run) -> None:
    assert paths_of(run("search", "path:src/net/retry.py", repo, "--json").out) == ["src/net/retry.py"]
    assert "unknown kind 'zzz'" in run("search", "kind:zzz", repo).err


def test_a_query_may_start_with_a_dash_or_come_from_standard_input(repo: Path, run: Run) -> None:
    assert run("search", "--", "-retry", repo).status == 0
    assert "retry_with_backoff" in run("search", "-", repo, stdin="retry\nwith backoff\n").out
    assert run("search", "-", repo, stdin="  \n").status == 2


def test_explaining_puts_stages_on_stderr_and_into_the_document(repo: Path, run: Run) -> None:
    answer = run("search", "retry", repo, "--json", "--explain")
    stages = answer.json()["stages"]
    assert stages
    assert all(f"{stage['name']} " in answer.err for stage in stages)


def test_explaining_puts_the_parts_of_each_score_below_its_line(repo: Path, run: Run) -> None:
    lines = run("search", "retry", repo, "--explain", "-n", "2").out.splitlines()
    results = [place for place, line in enumerate(lines) if not line.startswith("  ")]
    assert len(results) == 2
    assert all(lines[place + 1].startswith("  score     ") for place in results)


@pytest.mark.parametrize("form", ["--json", "--jsonl"])
def test_each_result_of_a_document_is_explained_where_that_is_asked(repo: Path, run: Run, form: str) -> None:
    plain, explained = (run("search", "retry", repo, form, *options).out for options in ((), ("--explain",)))
    n_results = len(run("search", "retry", repo, "--jsonl").out.splitlines())
    assert (plain.count('"explanation": '), explained.count('"explanation": ')) == (0, n_results)


def test_an_answer_to_filters_alone_has_nothing_to_explain(repo: Path, run: Run) -> None:
    answer = run("search", "lang:js", repo, "--explain")
    assert answer.status == 0
    assert "  score" not in answer.out


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


def test_a_place_outside_the_index_that_is_searched_is_refused(repo: Path, run: Run, tmp_path: Path) -> None:
    elsewhere = write_files(tmp_path, {"a.py": "A = 1\n"}) / "a.py"
    answer = run("similar", f"{elsewhere}:1", repo)
    assert answer.status == 2
    assert "lies outside" in answer.err


def test_status_tells_the_same_as_the_index(repo: Path, run: Run) -> None:
    document = run("status", repo, "--json").json()
    assert document["files"] == 5
    assert document["files_by_language"] == {"python": 3, "javascript": 1, "markdown": 1}
    assert document["index"]["chunks"] == sum(document["chunks_by_kind"].values())
    assert document["size_bytes"] > 0
    text = run("status", repo).out
    assert f"root:          {repo}\n" in text
    assert "5 (python 3, javascript 1, markdown 1)" in text
