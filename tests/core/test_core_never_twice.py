"""What was encoded once is not encoded again: edits elsewhere, moves, branches, worktrees, clones, rebuilds."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from codesearch.types import BuildOptions
from tests.core.patient import NAME, PatientEncoder, Workplace

pytestmark = pytest.mark.slow  # each build starts a parser process

ONE = BuildOptions(n_workers=1, encoder=NAME)
LEAVES = [f"def heron_{i}():\n" + "".join(f"    go({i}, {j})\n" for j in range(8)) for i in range(4)]
SOURCE = "\n\n".join(LEAVES)
BRANCH = "def only_here():\n    return 'stork'\n"


@pytest.fixture
def encoder() -> PatientEncoder:
    return PatientEncoder()


@pytest.fixture
def place(tmp_path: Path, encoder: PatientEncoder) -> Workplace:
    """A git repository of two files that is indexed, with a branch that has a third."""
    root = tmp_path / "repository"
    (root / "src").mkdir(parents=True)
    (root / "src/heron.py").write_text(SOURCE)
    (root / "readme.md").write_text("# Herons\n\nThey wade.\n")
    run_git(root, "init", "-q", "-b", "main")
    commit(root)
    run_git(root, "checkout", "-q", "-b", "storks")
    (root / "stork.py").write_text(BRANCH)
    commit(root)
    run_git(root, "checkout", "-q", "main")
    place = Workplace(root, tmp_path / "home", {NAME: encoder})
    place.build(ONE)
    return place


def run_git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


def commit(root: Path) -> None:
    run_git(root, "add", "-A")
    run_git(root, "commit", "-q", "-m", "x")


def rename_file(root: Path) -> None:
    (root / "src/heron.py").rename(root / "src/egret.py")


def move_file(root: Path) -> None:
    (root / "deep/down").mkdir(parents=True)
    (root / "src/heron.py").rename(root / "deep/down/heron.py")


def copy_file(root: Path) -> None:
    (root / "copy").mkdir()
    shutil.copy(root / "src/heron.py", root / "copy/heron.py")


def reorder(root: Path) -> None:
    (root / "src/heron.py").write_text("\n\n".join(reversed(LEAVES)))


@pytest.mark.parametrize(("change", "n_texts"), [(move_file, 0), (copy_file, 0), (rename_file, 0), (reorder, 1)])
def test_where_code_stands_costs_no_encoding_but_that_of_the_whole_that_changed(
    place: Workplace, encoder: PatientEncoder, change: Callable[[Path], None], n_texts: int
) -> None:
    encoder.read.clear()
    change(place.root)
    assert place.build(ONE).n_encoded == len(encoder.read) == n_texts


def test_an_edit_costs_the_function_that_changed_and_its_file(place: Workplace, encoder: PatientEncoder) -> None:
    encoder.read.clear()
    (place.root / "src/heron.py").write_text(SOURCE.replace("go(2, 3)", "go(2, 99)"))
    place.build(ONE)
    assert [text.partition("\n")[0] for text in encoder.read] == ["heron_2", "def heron_0():"]


def test_a_branch_costs_what_only_it_has_and_the_way_back_nothing(place: Workplace, encoder: PatientEncoder) -> None:
    encoder.read.clear()
    run_git(place.root, "checkout", "-q", "storks")
    place.build(ONE)
    assert [text.partition("\n")[0] for text in encoder.read] == ["only_here"]
    encoder.read.clear()
    for branch in ("main", "storks"):
        run_git(place.root, "checkout", "-q", branch)
        place.build(ONE)
    assert encoder.read == []


def test_a_worktree_costs_nothing(place: Workplace, encoder: PatientEncoder) -> None:
    encoder.read.clear()
    other = place.root.with_name("worktree")
    run_git(place.root, "worktree", "add", "-q", "--detach", str(other), "main")
    report = replace(place, root=other).build(ONE)
    assert (report.added, encoder.read) == (2, [])


def test_a_clone_costs_nothing(place: Workplace, encoder: PatientEncoder) -> None:
    encoder.read.clear()
    other = place.root.with_name("clone")
    run_git(place.root, "clone", "-q", str(place.root), str(other))
    report = replace(place, root=other).build(ONE)
    assert (report.added, encoder.read) == (2, [])


def test_a_rebuild_costs_nothing(place: Workplace, encoder: PatientEncoder) -> None:
    encoder.read.clear()
    report = place.build(replace(ONE, rebuild=True))
    assert (report.added, report.n_encoded, encoder.read) == (2, 0, [])


def test_there_and_back_to_another_encoder_costs_nothing(place: Workplace, encoder: PatientEncoder) -> None:
    encoder.read.clear()
    place.build(BuildOptions(n_workers=1, encoder="embedded"))
    place.build(ONE)
    assert encoder.read == []


def test_another_identity_shares_no_vectors(place: Workplace, encoder: PatientEncoder) -> None:
    n_texts = len(encoder.read)
    other = PatientEncoder("test/other", "other-1 dim=32")
    place.encoders["test/other"] = other
    place.build(replace(ONE, encoder="test/other"))
    assert len(other.read) == n_texts


def test_the_cache_is_bounded_by_the_settings(
    place: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place.root / "many.py").write_text("\n\n".join(f"def ibis_{i}():\n    return go({i})\n" for i in range(400)))
    place.build(ONE)
    assert place.build(replace(ONE, rebuild=True)).n_encoded == 0
    settings = tmp_path / "config.toml"
    settings.write_text('cache_size = "16KiB"\n')
    monkeypatch.setenv("CODESEARCH_CONFIG", str(settings))
    (place.root / "many.py").write_text("\n\n".join(f"def crane_{i}():\n    return go({i})\n" for i in range(400)))
    place.build(ONE)
    assert place.build(replace(ONE, rebuild=True)).n_encoded > 0


def test_a_cache_without_room_for_the_index_is_told(
    place: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.toml").write_text('cache_size = "100B"\n')
    monkeypatch.setenv("CODESEARCH_CONFIG", str(tmp_path / "config.toml"))
    assert ["cache_size" in warning for warning in place.build(ONE).warnings] == [True]
