"""An index that answers while what it proposes candidates from is checked."""

from contextlib import closing
from pathlib import Path

import pytest

from codesearch.index import CorruptIndexError, Index, SearchOptions
from codesearch.maintenance import repair
from codesearch.registry import index_folder

WORDS = SearchOptions(mode="lexical")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.py").write_text("def close_the_queue():\n    return 1\n", "utf-8")
    (root / "b.py").write_text("def open_the_queue():\n    return 2\n", "utf-8")
    Index.build(root, home=tmp_path / "home")
    return root


def flip_postings(home: Path, root: Path) -> None:
    for path in index_folder(home, root).glob("lexical-*/*.idx"):
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.unlink()
        path.write_bytes(data)


@pytest.mark.slow
def test_damage_that_the_check_finds_is_told_by_every_answer_until_it_is_repaired(tmp_path: Path, root: Path) -> None:
    home = tmp_path / "home"
    flip_postings(home, root)
    with Index.open(root, home) as index:
        with pytest.raises(CorruptIndexError, match=f"codesearch repair {root}"):
            index.finish_check()
        for _ in range(2):
            with pytest.raises(CorruptIndexError, match=f"codesearch repair {root}"):
                index.search("close the queue", WORDS)
        repair(index_folder(home, root))
        assert index.search("close the queue", WORDS).results[0].symbol == "close_the_queue"
        index.finish_check()


@pytest.mark.slow
def test_the_check_follows_an_update(tmp_path: Path, root: Path) -> None:
    home = tmp_path / "home"
    with closing(Index.open(root, home)) as index:
        index.finish_check()
        (root / "c.py").write_text("def empty_the_queue():\n    return 3\n", "utf-8")
        index.update()
        assert index.search("empty the queue", WORDS).results[0].symbol == "empty_the_queue"
        index.finish_check()
        flip_postings(home, root)
        with closing(Index.open(root, home)) as other, pytest.raises(CorruptIndexError, match="codesearch repair"):
            other.finish_check()
