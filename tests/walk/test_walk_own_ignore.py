"""What `.codesearchignore` adds to the ignore rules of git, and what it takes back."""

from collections.abc import Callable
from pathlib import Path

import pytest

from indexers.types import SkipReason, Walked
from indexers.walker import walk

Plant = Callable[..., Path]
Git = Callable[..., str]

RULES = (".codesearchignore", ".gitignore")

both = pytest.mark.parametrize("in_git", [True, False], ids=["inside git", "outside git"])


def offered(walked: Walked) -> list[str]:
    return [file.path for file in walked.files if not file.path.endswith(RULES)]


@both
def test_it_leaves_out_further_files(plant: Plant, in_git: bool) -> None:
    files = {".codesearchignore": "*.sql\n/docs/\n", "a.py": "", "b.sql": "", "docs/x.md": "", "sub/docs/y.md": ""}
    assert offered(walk(plant(files, git=in_git))) == ["a.py", "sub/docs/y.md"]


def test_it_leaves_out_tracked_files_too(plant: Plant, git: Git) -> None:
    root = plant({"a.py": "", "b.sql": ""}, git=True)
    git(root, "add", ".")
    (root / ".codesearchignore").write_text("*.sql\n")
    assert offered(walk(root)) == ["a.py"]


@both
def test_a_nested_file_outranks_the_one_above(plant: Plant, in_git: bool) -> None:
    files = {
        ".codesearchignore": "*.sql\n",
        "a/.codesearchignore": "!*.sql\n*.md\n",
        "a/x.sql": "",
        "a/x.md": "",
        "x.sql": "",
    }
    assert offered(walk(plant(files, git=in_git))) == ["a/x.sql"]


@both
def test_an_exclamation_mark_brings_back_what_git_ignores(plant: Plant, in_git: bool) -> None:
    files = {
        ".gitignore": "*.gen.py\n*.log\n",
        ".codesearchignore": "!*.gen.py\n",
        "api.gen.py": "",
        "deep/er/model.gen.py": "",
        "x.log": "",
    }
    assert offered(walk(plant(files, git=in_git))) == ["api.gen.py", "deep/er/model.gen.py"]


@both
def test_a_folder_is_brought_back_without_what_other_rules_ignore_in_it(plant: Plant, in_git: bool) -> None:
    files = {
        ".gitignore": "gen/\n*.log\n",
        ".codesearchignore": "!gen/\n",
        "gen/a.py": "",
        "gen/sub/b.py": "",
        "gen/c.log": "",
    }
    assert offered(walk(plant(files, git=in_git))) == ["gen/a.py", "gen/sub/b.py"]


@both
@pytest.mark.parametrize("line", ["!gen/v1/api.py", "!/gen/*/api.py", "!gen/**/api.py"])
def test_one_file_of_an_ignored_folder_is_brought_back(plant: Plant, in_git: bool, line: str) -> None:
    files = {
        ".gitignore": "gen/\n",
        ".codesearchignore": line + "\n",
        "gen/v1/api.py": "",
        "gen/v1/b.py": "",
        "gen/c.py": "",
    }
    assert offered(walk(plant(files, git=in_git))) == ["gen/v1/api.py"]


@both
def test_a_name_alone_does_not_reach_into_ignored_folders(plant: Plant, in_git: bool) -> None:
    files = {".gitignore": "deps/\n", ".codesearchignore": "!*.py\n", "deps/a.py": "", "b.py": ""}
    assert offered(walk(plant(files, git=in_git))) == ["b.py"]


@both
def test_its_own_folders_stay_out(plant: Plant, in_git: bool) -> None:
    files = {".codesearchignore": "old/\n!old/a.py\n", "old/a.py": "", "b.py": ""}
    assert offered(walk(plant(files, git=in_git))) == ["b.py"]


def test_it_counts_although_git_ignores_the_file_itself(plant: Plant) -> None:
    files = {".gitignore": ".codesearchignore\n", ".codesearchignore": "*.sql\n", "a.sql": "", "b.py": ""}
    assert offered(walk(plant(files, git=True))) == ["b.py"]


def test_rules_from_above_a_sub_folder_hold_beside_it(plant: Plant) -> None:
    files = {
        ".gitignore": "/sub/gen/\n*.log\n",
        "sub/.codesearchignore": "!gen/\n",
        "sub/gen/a.py": "",
        "sub/gen/b.log": "",
        "sub/c.py": "",
    }
    assert offered(walk(plant(files, git=True) / "sub")) == ["c.py", "gen/a.py"]


def test_the_repositorys_own_list_is_outranked_too(plant: Plant) -> None:
    root = plant({".codesearchignore": "!notes.md\n", "notes.md": "", "todo.md": ""}, git=True)
    (root / ".git/info").mkdir(exist_ok=True)
    (root / ".git/info/exclude").write_text("*.md\n")
    assert offered(walk(root)) == ["notes.md"]


def test_dependencies_can_be_brought_back_outside_git(plant: Plant) -> None:
    walked = walk(plant({".codesearchignore": "!node_modules/\n", "node_modules/left/index.js": ""}))
    assert offered(walked) == ["node_modules/left/index.js"]


def test_a_secret_stays_a_secret_when_brought_back(plant: Plant) -> None:
    walked = walk(plant({".gitignore": ".env\n", ".codesearchignore": "!.env\n", ".env": "A=1"}, git=True))
    assert offered(walked) == []
    assert [(entry.path, entry.reason) for entry in walked.skipped] == [(".env", SkipReason.SECRET)]


def test_a_repository_inside_what_is_brought_back_is_named(plant: Plant, git: Git) -> None:
    root = plant({".gitignore": "gen/\n", ".codesearchignore": "!gen/\n", "gen/other/a.py": ""}, git=True)
    git(root / "gen/other", "init", "-q")
    assert [(entry.path, entry.reason) for entry in walk(root).skipped] == [("gen/other", SkipReason.SUBMODULE)]


def test_a_rule_file_that_is_a_link_is_not_read(plant: Plant, tmp_path: Path) -> None:
    (tmp_path / "rules").write_text("*.py\n")
    root = plant({"a.py": ""})
    (root / ".codesearchignore").symlink_to(tmp_path / "rules")
    assert offered(walk(root)) == ["a.py"]
