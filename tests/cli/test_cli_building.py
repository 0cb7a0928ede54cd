"""What Ctrl-C leaves of a build, as it is told."""

from io import StringIO
from pathlib import Path

import pytest

from codesearch.cli.building import build_index
from codesearch.cli.terminal import Terminal
from codesearch.encoders.consent import CONSENTS_FILE
from codesearch.errors import ConsentError
from codesearch.registry import index_folder
from codesearch.storage.writer import Writer
from codesearch.types import BuildOptions
from indexers.errors import EncoderError
from tests.cli.repositories import write_files
from tests.cli.samples import Desk
from tests.storage.made_files import NEW_INDEX, build_file

SOURCES = {"a.py": "def heron():\n    pass\n"}


class Interrupted(StringIO):
    """A terminal at which Ctrl-C is pressed when the first progress appears."""

    is_pressed = False

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not self.is_pressed:
            self.is_pressed = True
            raise KeyboardInterrupt
        return super().write(text)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_files(tmp_path / "my repo", SOURCES)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


ONE = BuildOptions(n_workers=1)


def build(root: Path, home: Path, stderr: StringIO, options: BuildOptions = ONE) -> str:
    build_index(root, options, home, Terminal(StringIO(), StringIO(), stderr, True), quiet=False)
    return stderr.getvalue()


def interrupt(root: Path, home: Path, options: BuildOptions = ONE) -> str:
    stderr = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        build(root, home, stderr, options)
    return stderr.getvalue()


def test_ctrl_c_before_anything_is_kept_says_so(root: Path, home: Path) -> None:
    wanted = f"interrupted: nothing was kept yet; run codesearch index '{root}' to start again\n"
    assert interrupt(root, home) == wanted


@pytest.mark.slow
def test_ctrl_c_in_an_update_says_that_the_earlier_index_stands(root: Path, home: Path) -> None:
    assert "1 added" in build(root, home, StringIO())
    assert interrupt(root, home).startswith("interrupted: the index is as it was before; run codesearch index '")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "told"),
    [
        (BuildOptions(n_workers=1, rebuild=True), "and the same command starts again"),
        (BuildOptions(n_workers=1, granularities=("leaf",)), "and the same command starts again"),
        (
            BuildOptions(n_workers=1, encoder="http://127.0.0.1:1/v1"),
            "what was encoded is kept, and the same command goes on from there",
        ),
    ],
)
def test_ctrl_c_in_a_build_beside_says_that_the_index_stands_and_the_same_command_goes_on(
    root: Path, home: Path, options: BuildOptions, told: str
) -> None:
    build(root, home, StringIO())
    assert interrupt(root, home, options) == f"interrupted: the index that was there stands, {told}\n"


@pytest.mark.slow
def test_ctrl_c_in_a_first_build_says_what_is_kept_and_how_to_go_on(root: Path, home: Path) -> None:
    assert "1 added" in build(root, home, StringIO())
    with Writer.open(index_folder(home, root)) as writer:
        writer.commit(complete=False, files_todo=7, checked_at="2026-11-20T09:00:00+00:00")
    assert interrupt(root, home) == (
        f"interrupted: 1 file and 2 chunks are kept and can be searched; codesearch index '{root}' goes on from there\n"
    )


def test_ctrl_c_while_vectors_come_says_that_words_and_some_vectors_are_kept(root: Path, home: Path) -> None:
    with Writer.create(index_folder(home, root), NEW_INDEX) as writer:
        writer.add(build_file("a.py"))
        writer.add_words(build_file("b.py").parsed)
        writer.commit(complete=False, files_todo=0, checked_at="2026-11-20T09:00:00+00:00")
    assert interrupt(root, home) == (
        "interrupted: the words of 2 files and the vectors of 1 can be searched, all that was encoded is kept; "
        f"codesearch index '{root}' goes on from there\n"
    )


FAR = BuildOptions(n_workers=1, encoder="http://127.1:9/v1")
"""Another machine by its looks, a short spelling of 127.0.0.1, where nobody listens."""
"""Offline, so that nothing is sent however the question is answered."""

QUESTION = "would send 1 file"


def ask(root: Path, home: Path, desk: Desk) -> str:
    build_index(root, FAR, home, desk.terminal(), quiet=False)
    return desk.stderr.getvalue()


def test_a_person_is_asked_before_text_is_sent_and_a_no_is_the_end(root: Path, home: Path) -> None:
    desk = Desk("n\n", is_screen=True)
    with pytest.raises(ConsentError):
        ask(root, home, desk)
    assert QUESTION in desk.stderr.getvalue()
    assert "127.1:9 (unencrypted), which is not this machine. Allow it? [y/N] " in desk.stderr.getvalue()
    assert not (home / CONSENTS_FILE).exists()


def test_a_yes_is_remembered_and_the_build_goes_on(root: Path, home: Path) -> None:
    desk = Desk("y\n", is_screen=True)
    with pytest.raises(EncoderError, match="nobody accepts a connection"):
        ask(root, home, desk)
    assert "127.1" in (home / CONSENTS_FILE).read_text()


def test_a_script_is_not_asked_and_told_how_to_allow_it(root: Path, home: Path) -> None:
    desk = Desk("y\n")
    with pytest.raises(ConsentError, match="--yes"):
        ask(root, home, desk)
    assert QUESTION not in desk.stderr.getvalue()
