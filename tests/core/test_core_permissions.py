"""What is kept of a repository is its owner's alone, at every moment, whatever the umask."""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.trials.seeded import SeededEncoder
from codesearch.build import BuildSeams, build
from codesearch.building.clearance import Fetching
from codesearch.encoders.consent import allow_upload
from codesearch.encoders.speeds import Speed, record_speed
from codesearch.index import Index
from codesearch.maintenance import compact
from codesearch.registry import index_folder
from codesearch.settings.user_file import set_value
from codesearch.storage.steps import WriterSeams
from codesearch.storage.thresholds import BaseThresholds, Thresholds
from codesearch.storage.vector_cache import CACHE_FILE, SqliteVectorCache
from codesearch.types import BuildOptions
from indexers.encoders.spec import EncoderSpec, ServerOptions

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions"),
]


@pytest.fixture(params=[0o000, 0o022], ids=["umask 000", "umask 022"])
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def open_to_others(home: Path) -> set[str]:
    """Return what others than the owner may read or change."""
    found = set()
    for path in (home, *home.rglob("*")):
        try:
            mode = path.lstat().st_mode
        except FileNotFoundError:
            continue  # a file of SQLite that came and went
        if stat.S_IMODE(mode) & 0o077:
            found.add(f"{path.relative_to(home)} {stat.filemode(mode)}")
    return found


def is_being_written(shown: str) -> bool:
    """Tell whether a file is one of tantivy, which makes its files as the system does until they are committed."""
    return re.search(r"/lexical-\d+/[^/]+ -", shown) is not None


@pytest.mark.usefixtures("_umask")
def test_at_every_moment_of_builds_updates_and_compaction_all_is_the_owners(tmp_path: Path) -> None:
    root, outside, home = tmp_path / "root", tmp_path / "outside", tmp_path / "outside" / "inner" / "home"
    root.mkdir()
    for number in range(4):
        (root / f"f{number}.py").write_text(f"def f{number}():\n    return {number}\n")
    found: dict[str, set[str]] = {}

    def look(step: str) -> None:
        bad = {shown for shown in open_to_others(outside) if not is_being_written(shown)}
        found.setdefault(step, set()).update(bad)

    thresholds = Thresholds(base=BaseThresholds(tail_bytes=0))
    seams = BuildSeams(
        lambda _: SeededEncoder(is_cached=True, name="qwen3-0.6b"),
        fetching=Fetching(find_missing=lambda _: None),
        writer=WriterSeams(look, thresholds),
    )
    options = BuildOptions(n_workers=1, encoder="qwen3-0.6b", is_consented=True)
    build(root, home, options, seams=seams)
    (root / "f1.py").write_text("def again():\n    return 9\n")
    build(root, home, options, seams=seams)
    build(root, home, replace(options, rebuild=True), seams=seams)
    compact(index_folder(home, root))
    assert {"locked", "file written", "lexical committed", "coarse saved", "index set aside"} <= set(found)
    assert {step: bad for step, bad in found.items() if bad} == {}
    assert open_to_others(outside) == set()


@pytest.mark.usefixtures("_umask")
def test_what_is_remembered_beside_the_indexes_is_the_owners_too(tmp_path: Path) -> None:
    home, config = tmp_path / "deep" / "home", tmp_path / "settings" / "config.toml"
    record_speed(home, "somebody", Speed(1.0, "2026-11-20", "test 1", "somebody"))
    allow_upload(home, tmp_path, EncoderSpec("far", "server", "m", server=ServerOptions("https://example.org/v1")))
    set_value(config, "offline", "true")
    with SqliteVectorCache(home / CACHE_FILE) as cache:
        cache.put_many({b"k" * 16: np.ones(4, np.float32)})
    assert {path.name for path in home.iterdir()} >= {"vectors.db"}
    assert open_to_others(tmp_path / "deep") == open_to_others(tmp_path / "settings") == set()


@pytest.mark.usefixtures("_umask")
def test_what_readers_leave_is_the_owner_s_too(tmp_path: Path) -> None:
    root, home = tmp_path / "root", tmp_path / "home"
    root.mkdir()
    (root / "queue.py").write_text("def pop(jobs):\n    return jobs.pop()\n")
    Index.build(root, BuildOptions(n_workers=1), home=home)
    with Index.open(root, home=home) as index:
        assert index.search("pop").results
    assert list(home.glob("indexes/*/lexical-*/.tantivy-meta.lock"))
    assert open_to_others(home) == set()
