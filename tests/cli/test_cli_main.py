import errno
import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest

from codesearch import __version__
from codesearch.cli.main import main

ROOT = Path(__file__).resolve().parents[2]

HEAVY = (
    "numpy",
    "tantivy",
    "faiss",
    "textual",
    "pygments",
    "tree_sitter",
    "sqlite3",
    "codesearch.index",
    "indexers.types",
)

REPORT_IMPORTS = """
import json, sys
from codesearch.cli.main import main
status = main(sys.argv[1:])
sys.stderr.write(json.dumps([status, sorted(sys.modules)]))
"""


def run_python(*arguments: str, home: Path) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "CODESEARCH_HOME": str(home)}
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False, env=environment, timeout=60
    )


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_load_nothing_heavy(option: str, tmp_path: Path) -> None:
    done = run_python("-c", REPORT_IMPORTS, option, home=tmp_path)
    status, modules = json.loads(done.stderr)
    assert status == 0
    assert [name for name in modules if name.startswith(HEAVY)] == []


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"codesearch {__version__}\n"


def test_the_bare_command_prints_help_where_no_person_looks(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert capsys.readouterr().out.startswith("usage: codesearch")


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["serch"], "search"),
        (["search", ""], "the query is empty"),
        (
            ["search", "q", "no/such/folder"],
            "no such file or folder: no/such/folder; a query of several words goes in quotes",
        ),
        (["search", "q"], "run codesearch index"),
        (["similar", "here"], "PATH:LINE"),
        (["status"], "run codesearch index"),
        (["clean"], "codesearch list"),
        (["clean", "x", "--all"], "give one of the three"),
        (["tui"], "use codesearch search in scripts"),
        (["index", "no/such/folder"], "no such file or folder"),
        (["index", "~no-such-user/folder"], "no such file or folder"),
        (["clean", "~no-such-user/folder"], "PATH: ~no-such-user/folder begins with the home of a user"),
    ],
)
def test_an_error_is_one_line_on_stderr_that_says_what_to_do(
    arguments: list[str], part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CODESEARCH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("codesearch: error: ")
    assert captured.err.count("\n") == 1
    assert part in captured.err


def test_a_name_cannot_smuggle_an_escape_sequence_into_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CODESEARCH_HOME", str(tmp_path))
    assert main(["status", "no\x1b[31m\nsuch"]) == 2
    assert r"no\x1b[31m\nsuch" in capsys.readouterr().err


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_completions_know_every_command(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completions", shell]) == 0
    script = capsys.readouterr().out
    assert all(command in script for command in ("index", "search", "similar", "status", "clean"))


def test_completions_know_the_kinds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completions", "bash"]) == 0
    assert "function method class file section block" in capsys.readouterr().out.replace("'", "")


def test_completions_for_bash_are_a_valid_script(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["completions", "bash"])
    script = tmp_path / "completions.bash"
    script.write_text(capsys.readouterr().out)
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0


def test_a_list_of_nothing_finds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CODESEARCH_HOME", str(tmp_path))
    assert main(["list"]) == 1
    assert capsys.readouterr().out == ""
    assert main(["list", "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == {"version": 1, "roots": []}


def test_looking_creates_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODESEARCH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    for arguments in (["list"], ["status"], ["search", "q"], ["clean", "--all"]):
        main(arguments)
    assert list(tmp_path.iterdir()) == []


def test_a_broken_pipe_is_quiet(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    process = subprocess.Popen(
        [sys.executable, "-m", "codesearch", "completions", "zsh"], stdout=writer, stderr=subprocess.PIPE, cwd=ROOT
    )
    os.close(writer)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
@pytest.mark.parametrize(("closing", "status"), [(">&-", 0), ("2>&-", 0), (">&- 2>&-", 0), ("<&-", 0)])
def test_a_stream_that_is_closed_from_the_start_is_no_failure(closing: str, status: int) -> None:
    command = f"{sys.executable} -m codesearch --version {closing}"
    assert subprocess.run(["sh", "-c", command], check=False, cwd=ROOT).returncode == status


class Interrupted(StringIO):
    """An input at which Ctrl-C is pressed."""

    def read(self, _: int | None = -1) -> str:
        raise KeyboardInterrupt


def test_ctrl_c_is_quiet_and_exits_130(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", Interrupted())
    assert main(["search", "-", str(tmp_path)]) == 130
    assert capsys.readouterr() == ("", "")


class Full(StringIO):
    """A disk without space."""

    def write(self, _: str) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_under_stdout_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdout", Full())
    assert main(["completions", "bash"]) == 2
    assert capsys.readouterr().err == "codesearch: error: No space left on device\n"


class Broken(StringIO):
    """A stream with a bug of our own behind it."""

    def write(self, _: str) -> int:
        raise ZeroDivisionError("oops")


def test_an_unforeseen_error_is_one_line_and_says_how_to_see_more(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdout", Broken())
    assert main(["completions", "bash"]) == 2
    assert capsys.readouterr().err == (
        "codesearch: error: internal error: ZeroDivisionError: oops; "
        "set CODESEARCH_DEBUG=1 to see where, and report it\n"
    )
    monkeypatch.setenv("CODESEARCH_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        main(["completions", "bash"])


class Ascii(StringIO):
    """A system that is asked for a name that its locale cannot spell."""

    def write(self, _: str) -> int:
        raise UnicodeEncodeError("ascii", "ä.py", 0, 1, "ordinal not in range(128)")


def test_a_name_that_the_locale_cannot_spell_is_no_internal_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdout", Ascii())
    assert main(["completions", "bash"]) == 2
    wanted = "codesearch: error: this locale cannot spell ä.py; set PYTHONUTF8=1 or a UTF-8 locale\n"
    assert capsys.readouterr().err == wanted
