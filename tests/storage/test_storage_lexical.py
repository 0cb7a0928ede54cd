from pathlib import Path

from codesearch.storage.lexical import LexicalReader, LexicalWriter
from codesearch.storage.rows import TermDocument
from indexers.terms import hash_term, pack_bag, pack_bags
from indexers.types import Terms

LEAF: Terms = {"symbol": ["retry"], "path": ["src", "retry"], "body": ["sleep", "sleep"]}
OTHER: Terms = {"symbol": ["open"], "path": ["src", "file"], "body": ["sleep", "retry"], "documentation": ["naïve"]}


def write(folder: Path, base: Path | None, documents: list[TermDocument], dead: tuple[int, ...] = ()) -> None:
    writer = LexicalWriter(folder, base, "mend it")
    writer.delete_files(dead)
    writer.add(documents)
    writer.commit()


def find(folder: Path, *terms: str) -> list[int]:
    return LexicalReader(folder, "mend it").find({hash_term(term): 1.0 for term in terms}, "leaf", [], 10)


def test_a_name_weighs_more_than_a_body(tmp_path: Path) -> None:
    documents = [
        TermDocument(1, 1, "leaf", "function", pack_bag(OTHER)),
        TermDocument(2, 2, "leaf", "method", pack_bag(LEAF)),
    ]
    write(tmp_path / "lexical-1", None, documents)
    assert find(tmp_path / "lexical-1", "retry") == [2, 1]
    assert find(tmp_path / "lexical-1", "naïve") == [1]
    assert find(tmp_path / "lexical-1", "nothing") == []


def test_a_granularity_is_searched_alone(tmp_path: Path) -> None:
    documents = [
        TermDocument(1, 1, "leaf", "function", pack_bag(LEAF)),
        TermDocument(2, 1, "file", "file", pack_bags([LEAF, OTHER], [(0, 2)])[2]),
    ]
    write(tmp_path / "lexical-1", None, documents)
    reader = LexicalReader(tmp_path / "lexical-1", "mend it")
    assert reader.find({hash_term("retry"): 1.0}, "file", [], 10) == [2]
    assert reader.find({hash_term("retry"): 1.0}, "class", [], 10) == []
    assert reader.find({hash_term("retry"): 1.0}, "leaf", [reader.of_kinds(["class"])], 10) == []
    assert reader.find({hash_term("retry"): 1.0}, "leaf", [reader.among("file", [1, 7])], 10) == [1]
    assert reader.find({hash_term("retry"): 1.0}, "leaf", [reader.among("id", [2])], 10) == []


def test_a_folder_starts_from_its_base_and_leaves_it_as_it_was(tmp_path: Path) -> None:
    first, second = tmp_path / "lexical-1", tmp_path / "lexical-2"
    write(first, None, [TermDocument(1, 1, "leaf", "function", pack_bag(LEAF))])
    before = {path.name: path.read_bytes() for path in first.iterdir()}
    write(second, first, [TermDocument(2, 2, "leaf", "function", pack_bag(LEAF))], dead=(1,))
    assert find(second, "retry") == [2]
    assert find(first, "retry") == [1]
    unlocked = {path.name: path.read_bytes() for path in first.iterdir() if not path.name.endswith(".lock")}
    assert unlocked == before


def test_many_small_updates_are_merged(tmp_path: Path) -> None:
    base = None
    for number in range(1, 21):
        folder = tmp_path / f"lexical-{number}"
        write(folder, base, [TermDocument(number, number, "leaf", "function", pack_bag(LEAF))], dead=(number - 1,))
        base = folder
    assert find(tmp_path / "lexical-20", "retry") == [20]
    assert len(list((tmp_path / "lexical-20").glob("*.idx"))) < 10


def test_an_aborted_folder_is_gone(tmp_path: Path) -> None:
    writer = LexicalWriter(tmp_path / "lexical-1", None, "mend it")
    writer.add([TermDocument(1, 1, "leaf", "function", pack_bag(LEAF))])
    writer.abort()
    assert not (tmp_path / "lexical-1").exists()
