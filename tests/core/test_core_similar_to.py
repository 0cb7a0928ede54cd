"""Code like an indexed line, asked of the index and not of the disk."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from codesearch.errors import QueryError
from codesearch.index import BuildOptions, Index, SearchOptions

pytestmark = pytest.mark.slow

QUEUE = "class Queue:\n    def push(self, job):\n        self.jobs.append(job)\n\n\ndef report():\n    print(1)\n"
STACK = "def put(self, job):\n    self.jobs.append(job)\n"
PADDING = "padding\n" * 400_000


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    root = tmp_path / "repo"
    root.mkdir()
    (root / "queue.py").write_text(QUEUE)
    (root / "stack.py").write_text(STACK)
    (root / "big.py").write_text(f'{STACK}\n"""{PADDING}"""\n')
    Index.build(root, BuildOptions(max_file_bytes=8 << 20, n_workers=1), home=tmp_path / "home")
    with Index.open(root, tmp_path / "home") as opened:
        yield opened


def test_the_code_around_the_line_is_asked_for_and_left_out(index: Index) -> None:
    found = index.similar_to("queue.py", 3, SearchOptions(limit=2))
    assert "def push" in found.query
    assert "report" not in found.query
    assert found.results[0].symbol == "put"
    assert len(found.results) <= 2
    assert not [r for r in found.results if r.path == "queue.py" and r.start_line <= 3 <= r.end_line]


def test_a_file_over_the_usual_size_limit_is_known_if_it_was_indexed(index: Index) -> None:
    assert "def put" in index.similar_to("big.py", 1).query


def test_the_text_is_that_of_the_index_and_not_of_the_disk(index: Index) -> None:
    (index.root / "queue.py").unlink()
    assert "def push" in index.similar_to("queue.py", 3).query


@pytest.mark.parametrize(
    ("path", "line", "part"),
    [
        ("queue.py", 4, "queue.py has no code at line 4"),
        ("queue.py", 900, "queue.py has no code at line 900"),
        ("nowhere.py", 1, "nowhere.py is not in the index"),
        ("od\udcffd.py", 1, "is not in the index"),
    ],
)
def test_a_place_that_the_index_has_not_is_named(index: Index, path: str, line: int, part: str) -> None:
    with pytest.raises(QueryError, match=part):
        index.similar_to(path, line)
