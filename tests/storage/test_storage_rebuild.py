"""What an open index answers after its folder was made anew: indexes of real trees, rebuilt by the public API."""

from pathlib import Path

import pytest

from codesearch.errors import NoIndexError
from codesearch.index import Index
from codesearch.registry import index_folder, remove
from codesearch.types import BuildOptions

ONE = BuildOptions(n_workers=1)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "queue.py").write_text("def drain():\n    return 1\n")
    return folder


def found(index: Index) -> set[str]:
    return {result.path for result in index.search("drain").results}


@pytest.mark.slow
def test_an_open_index_follows_a_rebuild(root: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = Index.build(root, ONE, home=home)
    with Index.open(root, home) as index:
        (root / "queue.py").rename(root / "stack.py")
        assert found(index) == {"queue.py"}
        second = Index.build(root, BuildOptions(n_workers=1, rebuild=True), home=home)
        assert second.generation == first.generation
        assert found(index) == {"stack.py"}


@pytest.mark.slow
def test_status_counts_the_vectors_that_are_left(root: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    Index.build(root, ONE, home=home)
    (root / "queue.py").write_text("def drain():\n    return 2\n")
    Index.build(root, ONE, home=home)
    Index.build(root, ONE, home=tmp_path / "fresh")
    with Index.open(root, home) as updated, Index.open(root, tmp_path / "fresh") as fresh:
        assert updated.status().n_vectors == fresh.status().n_vectors > 0


@pytest.mark.slow
def test_an_open_index_follows_an_index_that_was_removed_and_made_again(root: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    Index.build(root, ONE, home=home)
    with Index.open(root, home) as index:
        (root / "queue.py").rename(root / "stack.py")
        remove(index_folder(home, root))
        with pytest.raises(NoIndexError):
            index.search("drain")
        Index.build(root, ONE, home=home)
        assert found(index) == {"stack.py"}
