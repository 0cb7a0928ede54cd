"""What answers are compared with ranks as its definition says."""

import math
import stat
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from codesearch.evaluation.baselines import find_methods, mode_method, rank_by_ripgrep, raw_bm25_method
from codesearch.evaluation.metrics import Place
from codesearch.index import Index
from codesearch.types import BuildOptions
from indexers.parsing import parse_file
from indexers.tokenizer import tokenize
from indexers.types import FileStat, ParsedFile, SourceFile
from tests.cli.repositories import write_files

FILES = {
    "net/retry.py": "def retry(call):\n    return call()\n\n\ndef wait(call, pause):\n    sleep(pause)\n    call()\n",
    "net/socket.py": "def open_socket(host):\n    return connect(host)\n",
    "tests/test_retry.py": "def test_retry_waits():\n    assert retry(call) == wait(call)\n",
    "README.md": "# Retry\n\nWait and call again.\n",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    folder = tmp_path_factory.mktemp("methods")
    root = write_files(folder / "tree", FILES)
    Index.build(root, BuildOptions(n_workers=1), home=folder / "home")
    with Index.open(root, folder / "home") as opened:
        yield opened


def leaves_of(root: Path) -> Iterator[tuple[Place, Counter[str]]]:
    for path in sorted(FILES):
        parsed = parse_file(root, SourceFile(path, FileStat(0, 0, 0, 0)), 1 << 20)
        assert isinstance(parsed, ParsedFile)
        for chunk in parsed.chunks:
            if chunk.granularity == "leaf":
                text = parsed.text.data[chunk.start_byte : chunk.end_byte].decode()
                yield Place(path, chunk.start_line, chunk.end_line), Counter(tokenize(text))


def naive_bm25(root: Path, query: str) -> list[Place]:
    """Rank as the formula is written, leaf by leaf: the best leaf of each file."""
    leaves = list(leaves_of(root))
    mean = sum(bag.total() for _, bag in leaves) / len(leaves)
    best: dict[str, tuple[float, Place]] = {}
    for place, bag in leaves:
        score = 0.0
        for term in tokenize(query):
            df = sum(term in other for _, other in leaves)
            idf = math.log(1 + (len(leaves) - df + 0.5) / (df + 0.5))
            score += idf * 2.2 * bag[term] / (bag[term] + 1.2 * (0.25 + 0.75 * bag.total() / mean))
        if score > best.get(place.path, (0.0, place))[0]:
            best[place.path] = (score, place)
    return [place for _, place in sorted(best.values(), key=lambda entry: (-entry[0], entry[1].path))]


@pytest.mark.parametrize("query", ["wait and call again", "retry", "open a socket", "call call pause", "nothing here"])
def test_raw_bm25_is_the_formula_over_the_texts_of_leaves_with_one_result_a_file(index: Index, query: str) -> None:
    hits = raw_bm25_method().prepare(index)(query)
    assert [hit.place for hit in hits] == naive_bm25(index.root, query)


@pytest.mark.slow
def test_raw_bm25_follows_an_index_that_changed(tmp_path: Path) -> None:
    root = write_files(tmp_path / "tree", FILES)
    Index.build(root, BuildOptions(n_workers=1), home=tmp_path / "home")
    method = raw_bm25_method()
    with Index.open(root, tmp_path / "home") as opened:
        method.prepare(opened)
        write_files(root, {"net/socket.py": "def listen(port):\n    return port\n"})
        opened.update(BuildOptions(n_workers=1))
        assert [hit.place.path for hit in method.prepare(opened)("listen")] == ["net/socket.py"]


def test_a_mode_gives_the_engine_s_results_and_how_much_there_is_to_read(index: Index) -> None:
    expected = index.search("wait and call again").results
    hits = mode_method("hybrid").prepare(index)("wait and call again")
    assert [hit.place for hit in hits] == [Place(one.path, one.start_line, one.end_line) for one in expected]
    assert [hit.n_tokens for hit in hits] == [len(one.content) // 4 for one in expected]


def test_a_query_that_is_refused_finds_nothing(index: Index) -> None:
    assert mode_method("hybrid").prepare(index)("lang:nonesuch") == []


def test_hybrid_stands_first_and_every_method_has_a_name_of_its_own() -> None:
    names = [method.name for method in find_methods()]
    assert names[:3] == ["hybrid", "dense", "raw BM25"]
    assert len(set(names)) == len(names)


def test_ripgrep_ranks_files_by_distinct_words_then_by_how_often(tmp_path: Path) -> None:
    root = write_files(tmp_path / "tree", {"a.py": "wait\n", "b.py": "wait\ncall\n", "c.py": "wait wait\n"})
    command = tmp_path / "rg"
    command.write_text(
        "#!/bin/sh\n"
        'for word; do case "$word" in\n'
        "  wait) printf 'a.py\\0001\\n./b.py\\0001\\nc.py\\0002\\n' ;;\n"
        "  call) printf './b.py\\0001\\n' ;;\n"
        "esac; done\n",
        encoding="utf-8",
    )
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    hits = rank_by_ripgrep(str(command), root, "Where to wait for a call")
    assert [hit.place for hit in hits] == [Place("b.py", 1, 2), Place("c.py", 1, 1), Place("a.py", 1, 1)]
    assert [hit.n_tokens for hit in hits] == [2, 2, 1]
