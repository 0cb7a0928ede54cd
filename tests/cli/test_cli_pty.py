"""What a person sees: real processes in real pseudo-terminals."""

import re
import sys
from pathlib import Path
from shutil import copytree, rmtree

import pytest

from tests.cli.repositories import ROOT, SOURCES, git, make_repository, run_codesearch, write_files

if sys.platform == "win32":
    pytest.skip("Windows has no pseudo-terminals of this kind", allow_module_level=True)

from tests.cli.terminals import TerminalSession

pytestmark = pytest.mark.slow

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A home and a repository whose index it holds."""
    folder = tmp_path_factory.mktemp("terminal").resolve()
    home, repo = folder / "home", write_files(folder / "repo", SOURCES)
    done = run_codesearch("index", str(repo), home=home, here=folder)
    assert done.returncode == 0, done.stderr
    return home, repo


def test_results_are_coloured_blocks_in_a_terminal(indexed: tuple[Path, Path]) -> None:
    home, repo = indexed
    with TerminalSession("search", "retry with backoff", home=home, here=repo) as session:
        assert session.finish() == 0
    assert "\x1b[" in session.screen
    plain = ESCAPE.sub("", session.screen)
    assert f"index: {repo}, " in plain
    assert re.search(r"^src/net/retry\.py:4-11  function retry_with_backoff  \d", plain, re.MULTILINE)
    assert "\n 4  def retry_with_backoff(call, attempts=3):\n" in plain


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_the_environment_may_refuse_colour(indexed: tuple[Path, Path], variables: dict[str, str]) -> None:
    home, repo = indexed
    with TerminalSession("search", "retry", home=home, here=repo, **variables) as session:
        assert session.finish() == 0
    assert "\x1b" not in session.screen


def test_colour_can_be_switched_off(indexed: tuple[Path, Path]) -> None:
    home, repo = indexed
    with TerminalSession("search", "retry", "--color", "never", home=home, here=repo) as session:
        assert session.finish() == 0
    assert "\x1b" not in session.screen


def test_nothing_found_is_said_to_a_person(indexed: tuple[Path, Path]) -> None:
    home, repo = indexed
    with TerminalSession("search", '"no such text anywhere"', home=home, here=repo) as session:
        assert session.finish() == 1
    assert "nothing found" in session.screen


def test_a_search_offers_to_build_the_missing_index(tmp_path: Path) -> None:
    repo = write_files(make_repository(tmp_path / "repo"), SOURCES)
    with TerminalSession("search", "retry", home=tmp_path / "home", here=repo / "src" / "net") as session:
        session.wait_for(f"No index covers {repo}. Build it now? [y/N] ")
        session.type("y\n")
        assert session.finish() == 0
    plain = ESCAPE.sub("", session.screen)
    assert f"indexed {repo}: 5 files (5 added)" in plain
    assert "retry_with_backoff" in plain


def test_an_offer_that_is_declined_builds_nothing(tmp_path: Path) -> None:
    repo = write_files(tmp_path / "repo", SOURCES)
    with TerminalSession("search", "retry", home=tmp_path / "home", here=repo) as session:
        session.wait_for("[y/N] ")
        session.type("n\n")
        assert session.finish() == 2
    assert "run codesearch index" in session.screen
    assert not (tmp_path / "home").exists()


def test_ctrl_c_at_a_question_is_quiet(tmp_path: Path) -> None:
    with TerminalSession("search", "retry", home=tmp_path / "home", here=tmp_path) as session:
        session.wait_for("[y/N] ")
        session.type("\x03")
        assert session.finish() == 130
    assert "Traceback" not in session.screen


def test_ctrl_c_during_a_build_is_one_line_and_keeps_what_was_done(tmp_path: Path) -> None:
    home, repo = tmp_path / "home", tmp_path / "repo"
    text = SOURCES["src/net/retry.py"] + SOURCES["src/net/connection.py"]
    write_files(repo, {f"src/file_{number}.py": text for number in range(600)})
    with TerminalSession("index", str(repo), home=home, here=tmp_path) as session:
        session.wait_for("indexing: ")
        session.type("\x03")
        assert session.finish() == 130
    assert "Traceback" not in session.screen
    after = session.screen.rpartition("\r\x1b[2K")[2]
    assert after.startswith("interrupted: ")
    assert after.endswith((f"codesearch index {repo} to start again\n", " goes on from there\n"))
    again = run_codesearch("index", str(repo), home=home, here=tmp_path)
    assert (again.returncode, b"600 files" in again.stderr) == (0, True)


def test_progress_is_one_updating_line_that_leaves_the_summary_behind(tmp_path: Path) -> None:
    repo = write_files(tmp_path / "repo", SOURCES)
    with TerminalSession("index", str(repo), home=tmp_path / "home", here=tmp_path) as session:
        assert session.finish() == 0
    before, _, after = session.screen.rpartition("\r\x1b[2K")
    assert "\r\x1b[2K" in before
    assert "\n" not in before
    assert after.startswith(f"indexed {repo}: 5 files (5 added), ")


def test_cleaning_asks_first(tmp_path: Path) -> None:
    home, repo = tmp_path / "home", write_files(tmp_path / "repo", SOURCES)
    assert run_codesearch("index", home=home, here=repo).returncode == 0
    for answer, status, n_left in (("n\n", 1, 1), ("y\n", 0, 0)):
        with TerminalSession("clean", home=home, here=repo) as session:
            session.wait_for("Remove 1 index? [y/N] ")
            session.type(answer)
            assert session.finish() == status
        assert len(list((home / "indexes").iterdir())) == n_left


def test_the_full_screen_interface_is_found_by_its_entry_point(tmp_path: Path) -> None:
    write_files(
        tmp_path / "installed",
        {
            "screens.py": "def run(path, home):\n    print('opened', path, home)\n    return 0\n",
            "screens-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: screens\nVersion: 1.0\n",
            "screens-1.0.dist-info/entry_points.txt": "[codesearch.tui]\napp = screens:run\n",
        },
    )
    variables = {"PYTHONPATH": f"{tmp_path / 'installed'}:{ROOT}"}
    for arguments, path in (((), None), (("tui", str(tmp_path)), tmp_path)):
        with TerminalSession(*arguments, home=tmp_path / "home", here=tmp_path, **variables) as session:
            assert session.finish() == 0
        assert session.screen == f"opened {path} None\n"


def test_an_ambiguous_move_is_asked_about(tmp_path: Path) -> None:
    home = tmp_path / "home"
    make_repository(tmp_path / "one")
    git(tmp_path, "clone", "-q", "one", "two")
    for name in ("one", "two"):
        write_files(tmp_path / name, {"src/net/retry.py": SOURCES["src/net/retry.py"]})
        assert run_codesearch("index", name, home=home, here=tmp_path).returncode == 0
    for name in ("one", "two"):  # as by a move to another disk: what is left to know a root by is its history
        copytree(tmp_path / name, tmp_path / f"moved-{name}")
    for name in ("one", "two"):
        rmtree(tmp_path / name)
    refused = run_codesearch("search", "retry", "moved-two", home=home, here=tmp_path)
    assert refused.returncode == 2
    assert f"may be any of these moved roots: {tmp_path / 'one'}, {tmp_path / 'two'}" in refused.stderr.decode()
    with TerminalSession("search", "retry", "moved-two", home=home, here=tmp_path) as session:
        session.wait_for("Which one [1-2, empty for none]? ")
        session.type("2\n")
        assert session.finish() == 0
    assert f"index: {tmp_path / 'moved-two'}, " in session.screen
    with TerminalSession("search", "retry", "moved-one", home=home, here=tmp_path) as session:
        assert session.finish() == 0
    assert f"{tmp_path / 'moved-one'} was found again; it moved from {tmp_path / 'one'}" in session.screen
