"""A damaged index, repaired and brought up to date: what is encoded again, and that it is as a fresh one."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.trials import repairs
from benchmarks.trials.contents import find_differences, read_contents
from benchmarks.trials.states import read_state
from benchmarks.trials.workplace import LentPool, Workplace, lend_parsers
from codesearch.errors import CorruptIndexError
from codesearch.maintenance import repair, verify
from codesearch.registry import index_folder
from tests.storage.damages import Damage, delete, flip_first, run_sql

pytestmark = pytest.mark.slow  # parsers are processes

BIRDS = ("crane", "egret", "heron", "stork")
QUERIES = ("heron 3", "def egret", "return token")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, LentPool]]:
    """A folder with a small tree, with an index in `home`, another made of vectors that are kept in `cached`."""
    place = tmp_path_factory.mktemp("place")
    root = place / "repository"
    root.mkdir()
    write_sources(root)
    with lend_parsers(root) as pool:
        for name in ("home", "cached"):
            workplace = Workplace(root, place / name, pool, is_cached=name == "cached")
            (root / "gone.py").write_text("def gone():\n    return 1\n")
            workplace.build()
            (root / "gone.py").unlink()
            workplace.build()
            assert verify(workplace.folder) == []
        yield place, pool


def write_sources(root: Path) -> None:
    """Write files whose every function names a bird of its own, one file with a token, and one that is left out."""
    for bird in BIRDS:
        functions = [f"def {bird}_{i}(token):\n    return {bird!r}, token * {i}\n" for i in range(9)]
        (root / f"{bird}.py").write_text("\n\n".join(functions))
    (root / "wagtail.py").write_text("def wagtail():\n    return 'ghp_" + "a1B2" * 9 + "'\n")
    (root / "logo.png").write_bytes(b"\x89PNG\x00\x00")


@pytest.fixture
def place(built: tuple[Path, LentPool], tmp_path: Path) -> Workplace:
    """A copy of the index, to be damaged."""
    return copy_of(built, "home", tmp_path)


def copy_of(built: tuple[Path, LentPool], name: str, tmp_path: Path) -> Workplace:
    folder, pool = built
    shutil.copytree(folder / name, tmp_path / "home")
    return Workplace(folder / "repository", tmp_path / "home", pool, is_cached=name == "cached")


def birds_read(place: Workplace) -> set[str]:
    """Return of which files something was encoded."""
    return {bird for bird in (*BIRDS, "wagtail") if any(bird in text for text in place.encoder.read)}


def assert_as_fresh(place: Workplace) -> None:
    """Compare all that is stored, and answers in every mode, with an index made now."""
    fresh = place.home.with_name("fresh")
    place.build_fresh(fresh)
    assert find_differences(read_contents(place.folder), read_contents(index_folder(fresh, place.root))) == []
    found, wanted = (read_state(place.root, home, place.load, QUERIES) for home in (place.home, fresh))
    assert found.differences(wanted) == []


EGRET = "(SELECT {} FROM files WHERE path = 'egret.py')"
ALL = {*BIRDS, "wagtail"}

DAMAGES: dict[str, tuple[Damage, set[str]]] = {
    "a row": (run_sql("UPDATE files SET mtime_ns = 1 WHERE path = 'egret.py'"), {"egret"}),
    "a text": (run_sql(f"UPDATE texts SET data = zeroblob(9) WHERE file_id = {EGRET.format('id')}"), {"egret"}),
    "a chunk": (run_sql(f"UPDATE chunks SET kind = 'class' WHERE id = {EGRET.format('first_chunk')}"), {"egret"}),
    "a bag": (run_sql(f"UPDATE bags SET bag = x'' WHERE chunk_id = {EGRET.format('first_chunk')}"), {"egret"}),
    "a vector": (
        lambda folder: flip_first("vectors-*", row_share(folder, "egret.py"))(folder), {"egret"}
    ),
    "no vectors": (delete("vectors-*"), ALL),
    "known answers": (run_sql("UPDATE arrays SET crc = 9 WHERE name = 'probe'"), ALL),
    "secrets": (run_sql("UPDATE secrets SET line = 9"), {"wagtail"}),
    "skipped files": (run_sql("DELETE FROM skipped"), set()),
    "terms": (run_sql("UPDATE terms SET df = 9"), set()),
    "flags": (run_sql("UPDATE arrays SET crc = 9 WHERE name = 'row_flags'"), set()),
    "words": (flip_first("lexical-*/*.idx"), set()),
    "a base": (delete("coarse-*"), set()),
}  # fmt: skip


def row_share(folder: Path, path: str) -> float:
    """Return where in the vector file the first row of a file lies, 0 to 1."""
    with closing(sqlite3.connect(folder / "catalog.db")) as connection:
        row: int = connection.execute("SELECT first_row FROM files WHERE path = ?", (path,)).fetchone()[0]
    size = min(folder.glob("vectors-*")).stat().st_size
    return (row + 0.5) * (2 * 256 + 4) / size


@pytest.mark.parametrize(("damage", "again"), DAMAGES.values(), ids=DAMAGES)
def test_after_a_repair_an_update_encodes_damaged_files_alone_and_the_index_is_as_a_fresh_one(
    place: Workplace, damage: Damage, again: set[str]
) -> None:
    damage(place.folder)
    repair(place.folder)
    assert verify(place.folder) == []
    place.build()
    assert birds_read(place) == again
    assert verify(place.folder) == []
    assert_as_fresh(place)


def test_vectors_that_are_damaged_come_back_from_the_cache(built: tuple[Path, LentPool], tmp_path: Path) -> None:
    place = copy_of(built, "cached", tmp_path)
    delete("vectors-*")(place.folder)
    assert len(repair(place.folder).without_vectors) == 5
    place.build()
    assert birds_read(place) == set()
    assert_as_fresh(place)


@pytest.mark.parametrize(
    ("damage", "end"),
    [
        (delete("lexical-*/meta.json"), "; it was repaired"),
        (DAMAGES["words"][0], "; it was repaired"),
        (DAMAGES["terms"][0], "; it was repaired"),
        (DAMAGES["no vectors"][0], "; it was repaired, and 5 of its files were read again"),
        (DAMAGES["a chunk"][0], "; it was repaired, and 1 of its files were read again"),
    ],
)
def test_an_update_that_meets_damage_repairs_it_and_says_so(place: Workplace, damage: Damage, end: str) -> None:
    damage(place.folder)
    (place.root / "egret.py").write_text("def egret():\n    return 'changed'\n")
    try:
        report = place.build()
        assert verify(place.folder) == []
        assert len(report.warnings) == 1
        assert report.warnings[0].startswith("the index was damaged (")
        assert report.warnings[0].endswith(end)
        assert_as_fresh(place)
    finally:
        write_sources(place.root)


def test_what_is_damaged_at_random_is_mended_or_refused(tmp_path: Path) -> None:
    notes: list[str] = []
    assert repairs.run(seed=7, n=6, folder=tmp_path, note=notes.append).failures == ()


def test_an_update_of_what_only_a_new_index_mends_says_so(place: Workplace) -> None:
    run_sql("UPDATE meta SET value = '9' WHERE key = 'n_files'")(place.folder)
    with pytest.raises(CorruptIndexError, match="--rebuild"):
        place.build()
