"""What an answer says of files that changed since: found out once a file, and never through a link."""

import os
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest

from codesearch.building.changes import has_content
from codesearch.index import Index
from codesearch.storage.rows import KnownFile
from codesearch.types import BuildOptions
from indexers.types import FileStat

pytestmark = pytest.mark.slow  # builds an index

ONE = BuildOptions(n_workers=1)

Opening = Callable[..., int]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "src").mkdir(parents=True)
    functions = (f"def retry_{n}(call):\n    return call({n})\n" for n in range(8))
    (root / "src" / "retry.py").write_text("\n\n".join(functions))
    return root


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_a_file_with_several_results_is_read_once_for_all_of_them(
    root: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Index.build(root, ONE, home=home)
    os.utime(root / "src" / "retry.py", ns=(1, 1))
    opened: list[str] = []
    really_open: Opening = os.open

    def note_opening(path: Any, *arguments: Any, **options: Any) -> int:
        opened.append(os.path.basename(os.fsdecode(path)))  # noqa: PTH119
        return really_open(path, *arguments, **options)

    with Index.open(root, home) as index:
        monkeypatch.setattr(os, "open", note_opening)
        monkeypatch.setattr(os, "supports_dir_fd", {*os.supports_dir_fd, note_opening})
        results = index.search("retry call").results
    assert [result.stale for result in results] == [False] * len(results)
    assert len(results) > 2
    assert opened.count("retry.py") == 1


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_file_behind_a_folder_that_became_a_link_is_stale_for_a_search_as_for_a_walk(
    root: Path, home: Path, tmp_path: Path
) -> None:
    Index.build(root, ONE, home=home)
    (root / "src").rename(tmp_path / "outside")
    (root / "src").symlink_to(tmp_path / "outside")
    with Index.open(root, home) as index:
        assert {result.stale for result in index.search("retry call").results} == {True}


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_bytes_behind_a_folder_that_became_a_link_are_not_compared(root: Path, tmp_path: Path) -> None:
    data = (root / "src" / "retry.py").read_bytes()
    known = KnownFile(1, FileStat(len(data), 0, 0, 0), blake2b(data, digest_size=16).digest())
    assert has_content(root, "src/retry.py", len(data), known)
    (root / "src").rename(tmp_path / "outside")
    (root / "src").symlink_to(tmp_path / "outside")
    assert not has_content(root, "src/retry.py", len(data), known)
