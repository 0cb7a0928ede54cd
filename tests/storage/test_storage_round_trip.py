from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from codesearch.errors import NoIndexError
from codesearch.storage.rows import Selection
from codesearch.storage.snapshot import Snapshot
from codesearch.storage.writer import Writer
from indexers.terms import hash_term, unpack_bag
from indexers.types import FileStat, Skipped, SkipReason
from tests.storage.made_files import NEW_INDEX, NOW, build_file, write_index


def test_every_chunk_comes_back_as_it_was_written(folder: Path) -> None:
    files = [build_file(f"src/f{i}.py", n_leaves=i) for i in range(6)]
    with Snapshot.open(write_index(folder, files)) as snapshot:
        assert [row.path for row in snapshot.files()] == sorted(f.parsed.path for f in files)
        for row, file in zip(snapshot.files(), files, strict=True):
            assert (row.stat, row.content_hash) == (file.parsed.stat, file.parsed.text.content_hash)
            assert snapshot.text(row.id) == file.parsed.text.data
            chunks = snapshot.chunks_of_file(row.id)
            for chunk, wanted in zip(chunks, file.parsed.chunks, strict=True):
                names = ("kind", "granularity", "symbol", "qualified_name", "signature", "documentation", "names")
                spans = ("start_byte", "end_byte", "start_line", "end_line", "n_leaves")
                assert [getattr(chunk, n) for n in names + spans] == [getattr(wanted, n) for n in names + spans]
                assert chunk.first_leaf_id == row.first_chunk + wanted.first_leaf
            bags = snapshot.bags([chunk.id for chunk in chunks])
            assert [bag.tobytes() for bag in bags] == list(file.parsed.bags)


def test_a_chunk_is_its_own_nearest_neighbour(folder: Path) -> None:
    files = [build_file(f"f{i}.py", n_leaves=5) for i in range(20)]
    with Snapshot.open(write_index(folder, files)) as snapshot:
        row = next(row for row in snapshot.files() if row.path == "f7.py")
        vector = files[7].vectors[files[7].first_row[2]]
        hits = snapshot.find_dense(vector, ["leaf"], Selection(), 5)
        assert hits.ids[0] == row.first_chunk + 2
        assert len(hits.ids) == 5
        assert np.all(np.diff(hits.scores) <= 0)
        assert snapshot.cosines(vector, snapshot.chunks(hits.ids[:1]))[0] == pytest.approx(1, abs=1e-3)


def test_a_second_window_finds_its_chunk(folder: Path) -> None:
    files = [build_file(f"f{i}.py", n_leaves=5) for i in range(10)]
    ordinal, file = next((i, f) for f in files for i in range(5) if f.n_rows[i] == 3)
    with Snapshot.open(write_index(folder, files)) as snapshot:
        row = next(row for row in snapshot.files() if row.path == file.parsed.path)
        vector = file.vectors[file.first_row[ordinal] + 2]
        assert snapshot.find_dense(vector, ["leaf"], Selection(), 1).ids.tolist() == [row.first_chunk + ordinal]


def test_a_term_finds_the_leaves_that_contain_it(folder: Path) -> None:
    files = [build_file(f"f{i}.py", n_leaves=5) for i in range(20)]
    with Snapshot.open(write_index(folder, files)) as snapshot:
        found = snapshot.find_lexical({"backoff": 1.0, "no\ud800text": 1.0}, "leaf", Selection(), 1000)
        wanted = [
            row.first_chunk + i
            for row in snapshot.files()
            for i, bag in enumerate(next(f for f in files if f.parsed.path == row.path).parsed.bags[: row.n_leaves])
            if hash_term("backoff") in unpack_bag(bag)["term"]
        ]
        assert sorted(found.tolist()) == sorted(wanted)
        statistics = snapshot.statistics([hash_term("backoff"), hash_term("nowhere")])
        assert statistics.df == {hash_term("backoff"): len(wanted), hash_term("nowhere"): 0}
        assert statistics.n_leaves == 100


def test_mean_lengths_are_those_of_the_bags(folder: Path) -> None:
    files = [build_file(f"f{i}.py", n_leaves=5) for i in range(5)]
    with Snapshot.open(write_index(folder, files)) as snapshot:
        means = snapshot.statistics([]).mean_lengths
        for granularity, mean in means.items():
            bags = [
                unpack_bag(bag)
                for file in files
                for chunk, bag in zip(file.parsed.chunks, file.parsed.bags, strict=True)
                if chunk.granularity == granularity
            ]
            lengths = [[int(b["count"][b["field"] == field].sum()) for field in range(6)] for b in bags]
            assert mean == pytest.approx(np.mean(lengths, axis=0))


def test_one_selected_file_fills_its_results(folder: Path) -> None:
    files = [build_file(f"f{i}.py", n_leaves=5) for i in range(30)]
    with Snapshot.open(write_index(folder, files)) as snapshot:
        row = snapshot.files()[17]
        only = Selection(file_ids=np.array([row.id]))
        leaves = list(range(row.first_chunk, row.first_chunk + 5))
        dense = snapshot.find_dense(files[3].vectors[0], ["leaf"], only, 5)
        assert sorted(dense.ids.tolist()) == leaves
        assert sorted(snapshot.find_lexical({"py": 1.0}, "leaf", only, 5).tolist()) == leaves


def test_kinds_and_chunk_ids_limit_both_stages(folder: Path) -> None:
    files = [build_file(f"f{i}.py", n_leaves=5) for i in range(30)]
    with Snapshot.open(write_index(folder, files)) as snapshot:
        everything = snapshot.chunks(range(1, snapshot.info.n_chunks + 1))
        wanted = sorted(c.id for c in everything if c.kind == "method")
        methods = Selection(kinds=frozenset({"method"}))
        assert sorted(snapshot.find_dense(files[0].vectors[0], ["leaf"], methods, 999).ids.tolist()) == wanted
        assert sorted(snapshot.find_lexical({"py": 1.0}, "leaf", methods, 999).tolist()) == wanted
        some = Selection(chunk_ids=np.array(wanted[::3]))
        assert sorted(snapshot.find_dense(files[0].vectors[0], ["leaf"], some, 999).ids.tolist()) == wanted[::3]
        assert sorted(snapshot.find_lexical({"py": 1.0}, "leaf", some, 999).tolist()) == wanted[::3]
        among = snapshot.find_dense_among(files[0].vectors[0], np.array(wanted[::-1]), 4)
        best = snapshot.find_dense(files[0].vectors[0], ["leaf"], methods, 4)
        assert among.ids.tolist() == best.ids.tolist()


def test_definitions_are_found_by_any_case_and_by_every_name(folder: Path) -> None:
    file = build_file("f.py", n_leaves=6)
    with Snapshot.open(write_index(folder, [file])) as snapshot:
        symbol = file.parsed.chunks[1].symbol
        found = snapshot.chunks_defining([symbol.upper(), "GRÖSSE", "größe", "nothing"])
        assert found[symbol].tolist() == [2]
        assert found["größe"].tolist() == [1, 4]
        assert set(found) == {symbol, "größe"}


def test_replaced_and_removed_files_are_gone(folder: Path) -> None:
    write_index(folder, [build_file(f"f{i}.py") for i in range(4)])
    with Writer.open(folder) as writer:
        writer.add(build_file("f1.py", seed=9, n_leaves=2))
        writer.remove("f2.py")
        writer.restat("f3.py", FileStat(1, 2, 3, 4))
        assert writer.commit(complete=True, files_todo=0, checked_at=NOW) == 2
    with Snapshot.open(folder) as snapshot:
        assert [row.path for row in snapshot.files()] == ["f0.py", "f1.py", "f3.py"]
        assert snapshot.files()[2].stat == FileStat(1, 2, 3, 4)
        assert snapshot.info.n_chunks == 6 + 4 + 6
        assert len(snapshot.find_lexical({"py": 1.0}, "leaf", Selection(), 99)) == 4 + 2 + 4
        assert snapshot.info.updated_at == NOW
        assert snapshot.chunks([8, 1]) == snapshot.chunks([1])


def test_a_commit_without_changes_keeps_the_generation(folder: Path) -> None:
    write_index(folder, [build_file("f.py")])
    skipped = [Skipped("b.bin", SkipReason.BINARY, "NUL byte")]
    with Writer.open(folder) as writer:
        assert writer.commit(complete=True, files_todo=0, checked_at=NOW) == 1
        writer.set_skipped(skipped)
        assert writer.commit(complete=True, files_todo=0, checked_at=NOW) == 2
        writer.set_skipped(skipped)
        assert writer.commit(complete=True, files_todo=0, checked_at=NOW) == 2
    with Snapshot.open(folder) as snapshot:
        assert snapshot.info.checked_at == NOW
        assert snapshot.skipped() == skipped


def test_an_empty_index_answers_with_nothing(folder: Path) -> None:
    with Snapshot.open(write_index(folder, [])) as snapshot:
        assert (snapshot.info.generation, snapshot.info.n_chunks, list(snapshot.files())) == (1, 0, [])
        assert len(snapshot.find_lexical({"x": 1.0}, "leaf", Selection(), 9)) == 0
        assert len(snapshot.find_dense(build_file("f.py").vectors[0], ["leaf"], Selection(), 9).ids) == 0


def test_chunks_without_vectors_are_found_by_their_words(folder: Path) -> None:
    file = build_file("f.py")
    none = (0,) * len(file.n_rows)
    write_index(folder, [replace(file, vectors=file.vectors[:0], first_row=none, n_rows=none)])
    with Snapshot.open(folder) as snapshot:
        ids = snapshot.find_lexical({"py": 1.0}, "leaf", Selection(), 9)
        chunks = snapshot.chunks(ids)
        assert len(ids) == 4
        assert {chunk.row for chunk in chunks} == {None}
        assert np.isnan(snapshot.cosines(file.vectors[0], chunks)).all()
        assert len(snapshot.find_dense(file.vectors[0], ["leaf"], Selection(), 9).ids) == 0


def test_nothing_is_visible_before_the_first_commit(folder: Path) -> None:
    with Writer.create(folder, NEW_INDEX) as writer:
        writer.add(build_file("f.py"))
        with pytest.raises(NoIndexError, match="codesearch index"):
            Snapshot.open(folder)
    with pytest.raises(NoIndexError, match="codesearch index"):
        Writer.open(folder)


def test_an_unfinished_index_says_so(folder: Path) -> None:
    with Writer.create(folder, NEW_INDEX) as writer:
        for i in range(3):
            writer.add(build_file(f"f{i}.py"))
            writer.commit(complete=False, files_todo=2 - i, checked_at=NOW)
            with Snapshot.open(folder) as snapshot:
                info = snapshot.info
                assert (info.complete, info.files_done, info.files_todo) == (False, i + 1, 2 - i)
                assert len(snapshot.find_lexical({"py": 1.0}, "file", Selection(), 9)) == i + 1


def test_making_an_index_anew_keeps_the_old_one_until_its_first_commit(folder: Path) -> None:
    write_index(folder, [build_file("old.py")])
    with Writer.create(folder, NEW_INDEX) as writer:
        writer.add(build_file("new.py"))
        with Snapshot.open(folder) as snapshot:
            assert [row.path for row in snapshot.files()] == ["old.py"]
            writer.commit(complete=True, files_todo=0, checked_at=NOW)
            assert len(snapshot.find_lexical({"old": 1.0}, "file", Selection(), 9)) == 1
    with Snapshot.open(folder) as snapshot:
        assert [row.path for row in snapshot.files()] == ["new.py"]
        assert snapshot.info.generation == 2
    assert len(list(folder.glob("vectors-*"))) == 1
