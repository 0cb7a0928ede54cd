"""An index that answers while what it proposes candidates from is checked."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codesearch.index import CorruptIndexError, Index, SearchOptions
from codesearch.maintenance import repair
from codesearch.registry import index_folder
from codesearch.storage.checksums import BLOCK_SIZE
from tests.storage.made_files import execute, flip

WORDS = SearchOptions(mode="lexical")
MANY = "".join(f"def name_{i}():\n    return {', '.join(f'word_{i}_{k}' for k in range(60))}\n" for i in range(250))
"""More words than one block of postings holds: the last block is compared when a generation is opened."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.py").write_text("def close_the_queue():\n    return 1\n", "utf-8")
    (root / "b.py").write_text(MANY, "utf-8")
    Index.build(root, home=tmp_path / "home")
    return root


def flip_postings(folder: Path) -> None:
    """Flip a bit where only the thread looks."""
    path = max(folder.glob("lexical-*/*.idx"), key=lambda path: path.stat().st_size)
    assert path.stat().st_size > BLOCK_SIZE
    flip(path, 100)


def rename_definition(folder: Path) -> None:
    execute(folder, "UPDATE definitions SET name = 'x' WHERE name = 'close_the_queue'")


Damage = Callable[[Path], None]
DAMAGES = pytest.mark.parametrize("damage", [flip_postings, rename_definition])


@DAMAGES
def test_damage_that_the_check_finds_is_told_by_every_answer_until_it_is_repaired(
    tmp_path: Path, root: Path, damage: Damage
) -> None:
    home = tmp_path / "home"
    folder = index_folder(home, root)
    damage(folder)
    with Index.open(root, home) as index:
        with pytest.raises(CorruptIndexError, match=f"codesearch repair {root}"):
            index.finish_check()
        for _ in range(2):
            with pytest.raises(CorruptIndexError, match=f"codesearch repair {root}"):
                index.search("close the queue", WORDS)
        repair(folder)
        assert index.search("close the queue", WORDS).results[0].symbol == "close_the_queue"
        index.finish_check()


@DAMAGES
def test_the_check_follows_an_update(tmp_path: Path, root: Path, damage: Damage) -> None:
    home = tmp_path / "home"
    with Index.open(root, home) as index:
        index.finish_check()
        (root / "c.py").write_text("def empty_the_queue():\n    return 3\n", "utf-8")
        index.update()
        damage(index_folder(home, root))
        with pytest.raises(CorruptIndexError, match="codesearch repair"):
            index.finish_check()


@pytest.mark.parametrize("update", [Index.update, Index.freshen])
@pytest.mark.parametrize("n_answers", [0, 1])
def test_an_answer_after_an_update_refuses_damage_as_the_first_of_a_process_does(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch, update: Callable[[Index], object], n_answers: int
) -> None:
    monkeypatch.setattr("codesearch.storage.scrub.FIRST_WAIT_S", 30.0)
    with Index.open(root, tmp_path / "home") as index:
        index.finish_check()
        for _ in range(n_answers):
            index.search("close the queue", WORDS)
        update(index)
        flip_postings(index.folder)
        with pytest.raises(CorruptIndexError, match="codesearch repair"):
            index.search("close the queue", WORDS)


def test_an_update_that_reads_nothing_repairs_what_is_damaged(tmp_path: Path, root: Path) -> None:
    with Index.open(root, tmp_path / "home") as index:
        flip_postings(index.folder)
        report = index.update()
        assert report.unchanged == 2
        assert "was repaired" in report.warnings[0]
        assert index.search("close the queue", WORDS).results[0].symbol == "close_the_queue"
        index.finish_check()
