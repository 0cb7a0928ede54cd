from pathlib import Path

from codesearch.storage.lexical import LexicalDocument, LexicalReader, LexicalWriter
from indexers.types import Terms

LEAF: Terms = {"symbol": ["retry"], "path": ["src", "retry"], "body": ["sleep", "sleep"]}
OTHER: Terms = {"symbol": ["open"], "path": ["src", "file"], "body": ["sleep", "retry"], "documentation": ["naïve"]}


def write(folder: Path, base: Path | None, documents: list[LexicalDocument], dead: tuple[int, ...] = ()) -> None:
    writer = LexicalWriter(folder, base, "mend it")
    writer.delete_files(dead)
    for document in documents:
        writer.add(document)
    writer.commit()


def find(folder: Path, *terms: str) -> list[int]:
    return LexicalReader(folder, "mend it").find(list(terms), "leaf", [], 10)


def test_a_name_weighs_more_than_a_body(tmp_path: Path) -> None:
    documents = [LexicalDocument(1, 1, "leaf", "function", [OTHER]), LexicalDocument(2, 2, "leaf", "method", [LEAF])]
    write(tmp_path / "lexical-1", None, documents)
    assert find(tmp_path / "lexical-1", "retry") == [2, 1]
    assert find(tmp_path / "lexical-1", "naïve") == [1]
    assert find(tmp_path / "lexical-1", "nothing") == []


def test_a_granularity_is_searched_alone(tmp_path: Path) -> None:
    documents = [
        LexicalDocument(1, 1, "leaf", "function", [LEAF]),
        LexicalDocument(2, 1, "file", "file", [LEAF, OTHER]),
    ]
    write(tmp_path / "lexical-1", None, documents)
    reader = LexicalReader(tmp_path / "lexical-1", "mend it")
    assert reader.find(["retry"], "file", [], 10) == [2]
    assert reader.find(["retry"], "class", [], 10) == []
    assert reader.find(["retry"], "leaf", [reader.of_kinds(["class"])], 10) == []
    assert reader.find(["retry"], "leaf", [reader.among("file", [1, 7])], 10) == [1]
    assert reader.find(["retry"], "leaf", [reader.among("id", [2])], 10) == []


def test_a_folder_starts_from_its_base_and_leaves_it_as_it_was(tmp_path: Path) -> None:
    first, second = tmp_path / "lexical-1", tmp_path / "lexical-2"
    write(first, None, [LexicalDocument(1, 1, "leaf", "function", [LEAF])])
    before = {path.name: path.read_bytes() for path in first.iterdir()}
    write(second, first, [LexicalDocument(2, 2, "leaf", "function", [LEAF])], dead=(1,))
    assert find(second, "retry") == [2]
    assert find(first, "retry") == [1]
    unlocked = {path.name: path.read_bytes() for path in first.iterdir() if not path.name.endswith(".lock")}
    assert unlocked == before


def test_many_small_updates_are_merged(tmp_path: Path) -> None:
    base = None
    for number in range(1, 21):
        folder = tmp_path / f"lexical-{number}"
        write(folder, base, [LexicalDocument(number, number, "leaf", "function", [LEAF])], dead=(number - 1,))
        base = folder
    assert find(tmp_path / "lexical-20", "retry") == [20]
    assert len(list((tmp_path / "lexical-20").glob("*.idx"))) < 10


def test_an_aborted_folder_is_gone(tmp_path: Path) -> None:
    writer = LexicalWriter(tmp_path / "lexical-1", None, "mend it")
    writer.add(LexicalDocument(1, 1, "leaf", "function", [LEAF]))
    writer.abort()
    assert not (tmp_path / "lexical-1").exists()
