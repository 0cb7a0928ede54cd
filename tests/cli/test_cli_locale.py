"""A locale that can spell ASCII alone: names of files are bytes to it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.repositories import make_environment, run_codesearch, write_files

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="names are UTF-8 there in every locale"),
]

SOURCES = {"ä.py": "def grüße():\n    return 1\n", "ö.py": "def grüße_gern():\n    return 1\n"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An indexed folder whose name and files are not ASCII."""
    root = write_files(tmp_path / "prö", SOURCES)
    assert run_codesearch("index", "-q", home=tmp_path / "home", here=root).returncode == 0
    return root


def run_in_ascii(*arguments: str, home: Path) -> "subprocess.CompletedProcess[bytes]":
    environment = make_environment(home) | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    environment.pop("PYTHONIOENCODING", None)
    command = [sys.executable, "-m", "codesearch", *arguments]
    return subprocess.run(command, capture_output=True, check=False, env=environment, timeout=120)


def test_a_search_shows_names_and_code_with_escapes(root: Path, tmp_path: Path) -> None:
    for arguments in (("grüße", str(root)), ("grüße", str(root / "ä.py"))):
        found = run_in_ascii("search", *arguments, home=tmp_path / "home")
        assert (found.returncode, b"error" in found.stderr, b"stale" in found.stderr) == (0, False, False)
        assert rb"/\xe4.py:1:def gr\xfc\xdfe():" in found.stdout


def test_code_like_a_line_is_looked_for_in_a_file_of_such_a_name(root: Path, tmp_path: Path) -> None:
    done = run_in_ascii("similar", f"{root}/ä.py:1", home=tmp_path / "home")
    assert done.returncode == 0, done.stderr


def test_the_root_is_not_taken_for_missing(root: Path, tmp_path: Path) -> None:
    listed = run_in_ascii("list", home=tmp_path / "home")
    assert (listed.returncode, b"missing" in listed.stdout) == (0, False)
    assert run_in_ascii("clean", "--missing", "--yes", home=tmp_path / "home").returncode == 1


def test_an_index_of_such_a_root_is_refused_with_what_to_set(root: Path, tmp_path: Path) -> None:
    done = run_in_ascii("index", str(root), home=tmp_path / "home")
    assert done.returncode == 2
    assert b"set PYTHONUTF8=1" in done.stderr
    assert b"internal error" not in done.stderr
