"""Everything that an index holds, without ids and row numbers: equal for equal trees, however the index came about.

Reads through the snapshot and, for what no search asks for, the catalogue. Knows no ranking.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.trials.sameness import ROUNDED_TOLERANCE, fields_of
from benchmarks.trials.seeded import hash_vector
from codesearch.storage.catalog import Catalog
from codesearch.storage.rows import ChunkRow, FileRow, Selection
from codesearch.storage.snapshot import Snapshot
from codesearch.storage.vectors import VectorReader
from indexers.tokenizer import tokenize
from indexers.types import GRANULARITIES, FileStat

Contents = Mapping[str, object]
"""What is held, by what it is and of which file."""

N_SHOWN = 30
"""Differences that are told; the first say what is wrong."""

ASKED_WORDS = "open retry lock search config total borona name"
"""Words whose chunks the lexical side is asked for one by one; in some no chunk may have one."""


def read_contents(folder: Path) -> Contents:
    """Read all of an index."""
    with Snapshot.open(folder) as snapshot, closing(Catalog.open_reader(folder)) as catalog:
        catalog.begin("DEFERRED")
        return dict(_read(_Sources(folder, snapshot, catalog)))


def find_differences(found: Contents, expected: Contents) -> list[str]:
    """Say in what two indexes differ, a sentence each, no more than can be read."""
    names = sorted(found.keys() | expected.keys(), key=lambda name: (name not in found or name not in expected, name))
    return [
        f"{name}: {_shorten(found.get(name))} instead of {_shorten(expected.get(name))}"
        for name in names
        if not _is_equal(found.get(name), expected.get(name))
    ][:N_SHOWN]


@dataclass(frozen=True, slots=True)
class _Sources:
    folder: Path
    snapshot: Snapshot
    catalog: Catalog


def _read(sources: _Sources) -> Iterator[tuple[str, object]]:
    snapshot, catalog, info = sources.snapshot, sources.catalog, sources.snapshot.info
    places: dict[int, tuple[str, int]] = {}
    generation = catalog.read_generation()
    path = sources.folder / generation.vectors_name
    with closing(VectorReader(path, info.dim, info.n_rows, catalog.mend)) as vectors:
        for file in snapshot.files():
            chunks = snapshot.chunks_of_file(file.id)
            places |= {chunk.id: (file.path, number) for number, chunk in enumerate(chunks)}
            yield from _read_file(snapshot, file, chunks)
            rows = np.arange(file.first_row, file.first_row + file.n_rows)
            yield f"vectors of {file.path}", vectors.read(rows).astype(np.float16)
    yield from _read_totals(snapshot, catalog, places)
    yield from _read_candidates(snapshot, places)


def _read_file(snapshot: Snapshot, file: FileRow, chunks: list[ChunkRow]) -> Iterator[tuple[str, object]]:
    stored = (file.language, file.content_hash, file.encoding, file.note, file.n_chunks, file.n_leaves, file.n_rows)
    yield f"file {file.path}", (*stored, _trusted(file.stat))
    yield f"text of {file.path}", snapshot.text(file.id)
    yield f"chunks of {file.path}", [_fields(chunk, file) for chunk in chunks]
    yield f"bags of {file.path}", [bag.tobytes() for bag in snapshot.bags([chunk.id for chunk in chunks])]


def _read_totals(
    snapshot: Snapshot, catalog: Catalog, places: Mapping[int, tuple[str, int]]
) -> Iterator[tuple[str, object]]:
    info = snapshot.info
    yield "info", (info.n_files, info.n_chunks, info.complete, info.files_todo, info.n_files_without_vectors)
    yield "live rows", snapshot.n_live_rows()
    yield "counts", snapshot.counts()
    yield "secrets", snapshot.secrets()
    yield "skipped", [(skip.path, skip.reason, skip.detail, _trusted(skip.stat)) for skip in snapshot.skipped()]
    yield "marks", sorted(catalog.rows("SELECT path FROM marked_as_source"))
    yield "document frequencies", dict(catalog.rows("SELECT hash, df FROM terms"))
    yield "lengths", sorted(catalog.rows("SELECT granularity, n_chunks, lengths FROM statistics"))
    definitions = catalog.rows("SELECT name, chunk_id FROM definitions")
    yield "definitions", sorted((name, *places.get(chunk, ("nowhere", chunk))) for name, chunk in definitions)


def _read_candidates(snapshot: Snapshot, places: Mapping[int, tuple[str, int]]) -> Iterator[tuple[str, object]]:
    """Read what each side proposes where it may propose everything."""
    probe = hash_vector("probe", snapshot.info.dim).astype(np.float32)
    probe /= np.linalg.norm(probe)
    n_all = 2 * snapshot.info.n_chunks + 1
    for granularity in GRANULARITIES:
        hits = snapshot.find_dense(probe, (granularity,), Selection(), n_all)
        scored = zip(hits.ids.tolist(), hits.scores.tolist(), strict=True)
        yield f"dense {granularity}", {places[i]: score for i, score in scored}
        for term in tokenize(ASKED_WORDS):
            found = snapshot.find_lexical({term: 1.0}, granularity, Selection(), n_all)
            yield f"{granularity} with term {term}", sorted(places[i] for i in found.tolist())


def _trusted(stat: FileStat | None) -> tuple[int, ...]:
    """Return what does not depend on when the file was looked at: a stat that was too fresh lacks its ctime."""
    return () if stat is None else (stat.size_bytes, stat.mtime_ns, stat.inode)


def _fields(chunk: ChunkRow, file: FileRow) -> tuple[object, ...]:
    row = None if chunk.row is None else chunk.row - file.first_row
    return (*fields_of(chunk, file.first_chunk), (row, chunk.n_rows))


def _is_equal(one: object, other: object) -> bool:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return np.array_equal(one, other)
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return all(one[key] == other[key] or _is_near(one[key], other[key]) for key in one)
    return bool(one == other)


def _is_near(one: object, other: object) -> bool:
    return isinstance(one, float) and isinstance(other, float) and abs(one - other) <= ROUNDED_TOLERANCE


def _shorten(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}…"
