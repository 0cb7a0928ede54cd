"""Nothing of a searched repository is run, and nothing that its git folder says leads out of the root."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from codesearch.index import Index
from codesearch.types import BuildOptions
from indexers.errors import WalkError
from indexers.git import find_work_tree, git_identity, list_files, read_marks
from indexers.git_process import end_pipes
from indexers.walker import walk
from tests.walk.hostile_git import (
    COMMANDS,
    HOOKS,
    hostile_variables,
    lose_first_commit,
    set_traps,
    set_value,
    write_index,
    write_trap,
)

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="the traps are shell scripts"),
    pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed"),
]

Plant = Callable[..., Path]
Git = Callable[..., str]

SOURCES: dict[str, str | bytes] = {
    "src/retry.py": "def retry(call):\n    return call()\n",
    "README.md": "# Retries\n\nCall again.\n",
}


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    """Where everything that runs leaves a file."""
    folder = tmp_path / "marks"
    folder.mkdir()
    return folder


@pytest.fixture
def hostile(plant: Plant, git: Git, marks: Path) -> Path:
    root = plant(SOURCES, git=True)
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "one")
    git(root, "commit", "-q", "--allow-empty", "-m", "two")
    set_traps(root, marks)
    return root


def left_in(marks: Path) -> list[str]:
    return sorted(path.name for path in marks.iterdir())


def use(root: Path, home: Path) -> None:
    """Do with a repository what there is to do."""
    Index.build(root, BuildOptions(n_workers=1), home=home)
    (root / "src" / "retry.py").write_text("def retry_again(call):\n    return call()\n")
    Index.build(root, BuildOptions(n_workers=1), home=home)
    with Index.open(root, home=home) as index:
        assert index.search("retry again").results[0].path == "src/retry.py"
        index.status()


def test_the_traps_work(hostile: Path, marks: Path) -> None:
    """A test of the tests: what this project keeps off runs where git is asked plainly."""
    git = ["git", "-C", str(hostile)]
    subprocess.run([*git, "status"], check=False, capture_output=True, timeout=30)
    subprocess.run([*git, "-c", "core.fsmonitor=false", "add", "."], check=False, capture_output=True, timeout=30)
    subprocess.run([*git, "diff"], check=False, capture_output=True, timeout=30)
    ran = left_in(marks)
    assert {"core.fsmonitor", "filter.trap.process"} <= set(ran)
    assert any(name.startswith("hook-") for name in ran)
    assert len(COMMANDS) > 40
    assert len(HOOKS) > 25


def test_nobody_is_advised_to_run_git_where_it_cannot_read_the_repository(hostile: Path, marks: Path) -> None:
    with (hostile / ".git" / "config").open("a") as config:
        config.write("[core\n")
    with pytest.raises(WalkError, match=r"mend|Mend") as caught:
        walk(hostile)
    assert "`git" not in str(caught.value)
    assert left_in(marks) == []


@pytest.mark.slow
def test_nothing_of_a_repository_is_run(hostile: Path, marks: Path, tmp_path: Path) -> None:
    use(hostile, tmp_path / "home")
    assert left_in(marks) == []


@pytest.mark.slow
def test_nothing_that_the_environment_names_is_run_and_nobody_is_led_elsewhere(
    hostile: Path, plant: Plant, git: Git, marks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = plant({"secret.py": "found = 1\n"}, git=True, name="elsewhere")
    git(elsewhere, "add", ".")
    for name, value in hostile_variables(marks, elsewhere).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(write_trap(elsewhere / "git", marks / "git-here").parent)
    assert [file.path for file in walk(hostile).files] == [".gitattributes", "README.md", "src/retry.py"]
    assert left_in(marks) == []


def test_a_missing_object_is_fetched_by_no_command_of_the_repository(
    hostile: Path, marks: Path, tmp_path: Path
) -> None:
    trap = write_trap(tmp_path / "fetch", marks / "fetch", then="exit 1")
    lose_first_commit(hostile, trap)
    assert git_identity(hostile) is None
    assert left_in(marks) == []
    subprocess.run(["git", "-C", str(hostile), "rev-list", "HEAD"], check=False, capture_output=True, timeout=30)
    assert "fetch" in left_in(marks)


def test_an_index_that_names_places_outside_the_tree_lists_none_of_them(plant: Plant, tmp_path: Path) -> None:
    (tmp_path / "outside.py").write_text("password = 1\n")
    root = plant({**SOURCES, "sub/a.py": "a = 1\n"}, git=True)
    outside = [b"../outside.py", b"sub/../../outside.py", os.fsencode(tmp_path / "outside.py"), b".git/config"]
    write_index(root, [*outside, b".GIT/config", b"src/./retry.py", b"src//retry.py", b"sub/a.py"])
    assert [file.path for file in walk(root).files] == ["README.md", "src/retry.py", "sub/a.py"]


def test_a_git_file_that_points_at_another_repository_shows_nothing_of_it(plant: Plant, git: Git) -> None:
    other = plant({"private.py": "x = 1\n"}, git=True, name="other")
    git(other, "add", ".")
    root = plant({".git": f"gitdir: {other}/.git\n", "a.py": "a = 1\n"}, name="mine")
    assert [file.path for file in walk(root).files] == ["a.py"]


@pytest.mark.parametrize("place", ["/", "/etc", "..", "other"])
def test_a_work_tree_elsewhere_shows_nothing_of_it(plant: Plant, place: str) -> None:
    plant({"private.py": "x = 1\n"}, name="other")
    root = plant(SOURCES, git=True)
    set_value(root, "core.worktree", str(root.parent / place) if place == "other" else place)
    assert {file.path for file in walk(root).files} <= {"README.md", "src/retry.py"}


def test_settings_that_are_included_from_elsewhere_run_nothing(hostile: Path, plant: Plant, marks: Path) -> None:
    trap = write_trap(marks.parent / "included-trap", marks / "included")
    outside = plant({"more": f"[core]\n\tfsmonitor = {trap}\n"}, name="outside") / "more"
    set_value(hostile, "include.path", str(outside))
    assert walk(hostile).files
    assert left_in(marks) == []


@pytest.mark.parametrize("name", [".gitignore", "src/.gitignore", "src/.gitattributes", ".codesearchignore"])
def test_a_rule_file_that_is_a_link_out_of_the_root_is_not_followed(plant: Plant, tmp_path: Path, name: str) -> None:
    (tmp_path / "rules").write_text("* linguist-vendored\nREADME.md\n")
    for is_in_git in (True, False):
        root = plant(SOURCES, git=is_in_git, name=f"root-{is_in_git}")
        (root / name).symlink_to(tmp_path / "rules")
        assert [file.path for file in walk(root).files] == ["README.md", "src/retry.py"]


@pytest.mark.slow
def test_rule_files_that_are_pipes_are_not_waited_for(plant: Plant) -> None:
    root = plant(SOURCES, git=True)
    for name in (".gitignore", "src/.gitignore", "src/.gitattributes", ".codesearchignore"):
        os.mkfifo(root / name)
    assert [file.path for file in walk(root).files] == ["README.md", "src/retry.py"]


@pytest.mark.slow
@pytest.mark.parametrize("key", ["core.excludesFile", "core.attributesFile"])
@pytest.mark.parametrize("place", ["inside", "outside"])
def test_a_pipe_that_the_configuration_names_is_not_waited_for(plant: Plant, key: str, place: str) -> None:
    root = plant(SOURCES, git=True)
    os.mkfifo(root / "rules.fifo")
    os.mkfifo(root.parent / "rules.fifo")
    set_value(root, key, "rules.fifo" if place == "inside" else str(root.parent / "rules.fifo"))
    tree = find_work_tree(root)
    assert tree is not None
    assert b"src/retry.py" in list_files(tree, timeout_s=20.0).paths
    assert read_marks(tree, [b"src/retry.py"], timeout_s=20.0) == {}


@pytest.mark.parametrize(
    ("root", "folder"), [("root", ".github/tools"), ("root", ".gitlab/builds"), (".git-worktrees/feature", "run")]
)
def test_a_pipe_that_git_does_not_open_is_left_to_who_reads_it(plant: Plant, root: str, folder: str) -> None:
    (place := plant({}, name=root.partition("/")[0]) / root.partition("/")[2]).mkdir(exist_ok=True)
    (place / folder).mkdir(parents=True)
    pipes = [place / folder / "jobs.fifo", place / ".git" / "info" / "exclude"]
    pipes[1].parent.mkdir(parents=True)
    for is_gits, pipe in enumerate(pipes):
        os.mkfifo(pipe)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        try:
            assert end_pipes(place) is bool(is_gits)
        finally:
            os.close(reader)


def test_a_root_that_is_a_link_is_indexed_as_what_it_leads_to(plant: Plant, tmp_path: Path) -> None:
    for is_in_git in (True, False):
        link = tmp_path / f"link-{is_in_git}"
        link.symlink_to(plant(SOURCES, git=is_in_git, name=f"real-{is_in_git}"))
        assert [file.path for file in walk(link).files] == ["README.md", "src/retry.py"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a folder away")
def test_a_repository_of_somebody_else_is_refused_with_the_command_that_trusts_it(plant: Plant, git: Git) -> None:
    root = plant(SOURCES, git=True)
    for path in (root, root / ".git"):
        os.chown(path, 65534, 65534)
    command = f"git config --global --add safe.directory {root}"
    with pytest.raises(WalkError, match="another user owns it") as caught:
        walk(root)
    assert f"`{command}`" in str(caught.value)


def test_a_git_that_is_too_old_is_named(plant: Plant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "bin" / "git"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho 'unknown option: --no-optional-locks' >&2\nexit 129\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{old.parent}:{os.environ['PATH']}")
    with pytest.raises(WalkError, match="too old to be asked; install git"):
        find_work_tree(plant(SOURCES))


def test_only_places_inside_are_listed_in_a_folder_of_the_tree(plant: Plant) -> None:
    root = plant({"sub/a.py": "a = 1\n", "b.py": "b = 1\n"}, git=True)
    write_index(root, [b"b.py", b"sub/a.py", b"sub/../b.py"])
    tree = find_work_tree(root / "sub")
    assert tree is not None
    assert list_files(tree).paths == [b"a.py"]
