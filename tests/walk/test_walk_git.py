"""Who a root is to git: an identity that stays when the folder moves."""

from collections.abc import Callable
from pathlib import Path

from indexers.git import find_work_tree, git_identity

Plant = Callable[..., Path]
Git = Callable[..., str]


def committed(plant: Plant, git: Git, name: str) -> Path:
    root = plant({"sub/a.py": name}, git=True, name=name)
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", name)
    return root


def test_the_identity_stays_when_the_folder_moves(plant: Plant, git: Git, tmp_path: Path) -> None:
    root = committed(plant, git, "one")
    identity = git_identity(root)
    assert identity == git(root, "rev-parse", "HEAD").strip() + ":"
    moved = root.rename(tmp_path / "elsewhere")
    assert git_identity(moved) == identity


def test_the_identity_stays_when_history_grows(plant: Plant, git: Git) -> None:
    root = committed(plant, git, "one")
    identity = git_identity(root)
    git(root, "commit", "-q", "--allow-empty", "-m", "more")
    assert git_identity(root) == identity


def test_two_repositories_and_two_folders_of_one_differ(plant: Plant, git: Git) -> None:
    one, two = committed(plant, git, "one"), committed(plant, git, "two")
    identities = {git_identity(one), git_identity(two), git_identity(one / "sub")}
    assert len(identities) == 3
    assert str(git_identity(one / "sub")).endswith(":sub/")


def test_without_git_or_commits_there_is_no_identity(plant: Plant) -> None:
    assert git_identity(plant({}, name="plain")) is None
    assert git_identity(plant({}, git=True)) is None


def test_a_folder_that_git_ignores_has_none(plant: Plant, git: Git) -> None:
    root = committed(plant, git, "one")
    (root / ".gitignore").write_text("build/\n")
    (root / "build").mkdir()
    assert git_identity(root / "build") is None


def test_the_work_tree_is_found_from_a_folder_with_a_strange_name(plant: Plant) -> None:
    root = plant({"two\nlines/:x/a.py": ""}, git=True)
    tree = find_work_tree(root / "two\nlines" / ":x")
    assert tree is not None
    assert tree.prefix == b"two\nlines/:x/"
    assert tree.top == root.resolve()


def test_a_bare_repository_and_a_git_folder_are_no_work_trees(plant: Plant, git: Git) -> None:
    root = plant({}, git=True)
    bare = plant({}, name="bare")
    git(bare, "init", "-q", "--bare")
    assert find_work_tree(root / ".git") is None
    assert find_work_tree(bare) is None
