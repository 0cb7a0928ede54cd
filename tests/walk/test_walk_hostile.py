"""Trees that are made to hang, to mislead or to be changed while they are read."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from indexers.git import find_work_tree
from indexers.ignore import parse_rules
from indexers.own_ignore import list_work_tree
from indexers.text import read_source
from indexers.types import FileStat, Skipped, SkipReason, SourceFile
from indexers.walker import walk

Plant = Callable[..., Path]
Git = Callable[..., str]
Make = Callable[[Path], None]

needs_rm = pytest.mark.skipif(shutil.which("rm") is None, reason="there is no rm here")

NEVER_ENDING = "**/" * 40 + "x\n"
"""A rule for which git tries every way to part a path into folders, and for each the ways of the rest."""

FOREVER = (
    b"*a" * 20 + b"b",
    b"**/" * 50 + b"x",
    b"**/a" * 30 + b"/x",
    b"a?" * 100,
    b"*" * 500 + b"!",
    b"**/*a*a*a*a*a*a*b",
    b"[a-z]*" * 30 + b"!",
)
"""Patterns for which a matcher that tries all ways takes longer than anybody lives."""


def refusal(root: Path, name: str) -> tuple[SkipReason, str]:
    """Read a file of the walk; return why there is no text."""
    found = read_source(root, SourceFile(name, FileStat(0, 0, 0, 0)), 1 << 20)
    assert isinstance(found, Skipped)
    return found.reason, found.detail


@pytest.mark.parametrize("pattern", FOREVER)
def test_no_pattern_is_matched_for_ever(pattern: bytes) -> None:
    rules = parse_rules(pattern)
    assert rules.decide(b"a" * 250, is_dir=False) is None
    assert rules.decide(b"/".join([b"a" * 20] * 100), is_dir=True) is None


def test_rules_that_git_matches_for_ever_are_matched_here(plant: Plant, git: Git) -> None:
    deep = "/".join("abcdefghijklmnopqrstuvw")
    files = {
        ".gitignore": f"{NEVER_ENDING}*.log\n",
        f"{deep}/a.py": "1",
        "kept.log": "2",
        "left.log": "3",
        ".codesearchignore": "own.py\n",
        "own.py": "4",
        "own_too.py": "5",
        "made.py": "6",
        ".gitattributes": "made.py linguist-generated\n",
    }
    root = plant(files, git=True)
    git(root, "add", "-f", "own.py", "own_too.py")
    (root / ".gitignore").write_text("*.log\n")
    git(root, "add", "-f", "kept.log")
    (root / ".gitignore").write_text(files[".gitignore"])
    tree = find_work_tree(root)
    assert tree is not None
    listing = list_work_tree(tree, timeout_s=0.5)
    wanted = {".gitignore", f"{deep}/a.py", "kept.log", ".codesearchignore", "own_too.py", "made.py", ".gitattributes"}
    assert {os.fsdecode(path) for path in listing.paths} == wanted
    assert listing.marks_of(b"made.py").generated


def test_a_folder_replaced_by_a_link_since_the_walk_is_not_followed(plant: Plant, tmp_path: Path) -> None:
    root = plant({"a/b/c.py": "mine = 1\n"})
    outside = plant({"b/c.py": "foreign = 1\n"}, name="outside")
    shutil.rmtree(root / "a")
    (root / "a").symlink_to(outside)
    assert refusal(root, "a/b/c.py") == (SkipReason.CHANGED, "a folder above it was replaced since the walk")


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_file_or_folder_replaced_by_a_link_at_any_depth_shows_nothing_of_outside(plant: Plant, depth: int) -> None:
    root = plant({"a/b/c.py": "mine = 1\n"})
    outside = plant({"b/c.py": "foreign = 1\n", "c.py": "foreign = 1\n"}, name="outside")
    replaced = root / "/".join(("a", "b", "c.py")[: depth + 1])
    shutil.move(replaced, root / "moved")
    replaced.symlink_to((outside, outside / "b", outside / "c.py")[depth])
    reason, _ = refusal(root, "a/b/c.py")
    assert reason in (SkipReason.CHANGED, SkipReason.LINK)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["pipe", "folder"])
def test_a_file_replaced_by_something_else_since_the_walk_is_not_read(
    plant: Plant, make: Callable[[Path], None]
) -> None:
    root = plant({"a.py": "mine = 1\n"})
    (root / "a.py").unlink()
    make(root / "a.py")
    assert refusal(root, "a.py")[0] == SkipReason.SPECIAL


def test_a_folder_replaced_by_a_file_since_the_walk_has_changed(plant: Plant) -> None:
    root = plant({"a/b.py": "mine = 1\n"})
    shutil.rmtree(root / "a")
    (root / "a").write_text("file\n")
    assert refusal(root, "a/b.py")[0] == SkipReason.CHANGED


@pytest.fixture
def deep_root(plant: Plant) -> Iterator[Path]:
    """Return an empty root that is removed by a program that does not call itself for each folder."""
    root = plant({})
    yield root
    subprocess.run(["rm", "-rf", str(root)], check=True)


@needs_rm
def test_files_deeper_than_a_path_may_be_long_are_listed_and_stop_nothing(deep_root: Path) -> None:
    root = deep_root
    (root / "a.py").write_text("1")
    here = Path.cwd()
    os.chdir(root)
    try:
        for _ in range(25):  # 25 names of 200 bytes: 5,000
            Path("d" * 200).mkdir()
            os.chdir("d" * 200)
        Path("deep.py").write_text("2")
    finally:
        os.chdir(here)
    walked = walk(root)
    assert [file.path for file in walked.files] == ["a.py"]
    assert [(entry.reason, entry.detail) for entry in walked.skipped] == [
        (SkipReason.UNREADABLE, "folder: File name too long")
    ]


@pytest.mark.parametrize("in_git", [True, False], ids=["inside git", "outside git"])
@needs_rm
def test_more_folders_inside_each_other_than_python_has_calls_are_walked(
    deep_root: Path, plant: Plant, in_git: bool
) -> None:
    root = plant({".codesearchignore": "b.py\n"}, git=in_git)
    assert root == deep_root
    deep = "d"
    (root / deep).mkdir()
    for _ in range(1_049):
        deep += "/d"
        os.mkdir(f"{root}/{deep}")  # noqa: PTH102 - pathlib calls itself for each part
    for name in ("a.py", "b.py"):
        Path(f"{root}/{deep}/{name}").write_text("1")
    assert [file.path for file in walk(root).files] == [".codesearchignore", f"{deep}/a.py"]


def test_ten_thousand_files_in_one_folder_are_walked(plant: Plant) -> None:
    root = plant({"many/a.py": "1"})
    for number in range(10_000):
        os.link(root / "many" / "a.py", root / "many" / f"{number}.py")
    assert len(walk(root).files) == 10_001
