"""Hand-made encoded files: small sources from a seeded vocabulary, with a fake encoder that hashes its text."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from hashlib import blake2b
from pathlib import Path
from random import Random

import numpy as np

from codesearch.storage.rows import ChunkRow, NewIndex, Selection
from codesearch.storage.snapshot import Snapshot
from codesearch.storage.writer import Writer
from indexers.terms import hash_term, pack_bags
from indexers.types import (
    GRANULARITIES,
    Chunk,
    EncodedFile,
    EncoderDescription,
    FileStat,
    FloatArray,
    Granularity,
    Kind,
    ParsedFile,
    Secret,
    SourceText,
    Terms,
)

DIM = 16
COARSE_DIM = 8
WORDS = [
    "retry backoff parse token open close read write lock switch vector chunk file class term größe",
    "merge split count total index search update remove commit begin cache store fetch send queue",
]
VOCABULARY = " ".join(WORDS).split()
LEAF_KINDS: tuple[Kind, ...] = ("function", "method", "section", "block")


def fake_vector(text: str, dim: int = DIM) -> FloatArray:
    """Return a unit vector that depends on nothing but the text."""
    seed = int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")
    vector = np.random.default_rng(seed).standard_normal(dim).astype(np.float32)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


class _Draft:
    """One file being made up."""

    def __init__(self, path: str, seed: int, dim: int, windows: int) -> None:
        self.random = Random(f"{path}:{seed}")
        self.path = path
        self.dim = dim
        self.windows = windows
        self.lines: list[str] = []
        self.size = 0
        self.chunks: list[Chunk] = []
        self.terms: list[Terms] = []
        self.vectors: list[FloatArray] = []
        self.first_row: list[int] = []
        self.n_rows: list[int] = []

    def add_leaf(self, number: int, scope: str) -> None:
        name = f"{self.random.choice(VOCABULARY)}_{number}"
        words = self.random.choices(VOCABULARY, k=self.random.randint(3, 12))
        first_line = len(self.lines) + 1
        start = self.size
        self.lines += [f"def {name}():\n", f"    {' '.join(words)}\n", "\n"]
        self.size += len("".join(self.lines[first_line - 1 :]).encode())
        qualified = f"{scope}.{name}" if scope else name
        self._add_chunk(
            Chunk(
                kind=self.random.choice(LEAF_KINDS),
                granularity="leaf",
                symbol=name,
                qualified_name=qualified,
                signature=f"def {name}()",
                documentation=words[0],
                names=(f"{name}_local", "Größe") if number % 3 == 0 else (),
                start_byte=start,
                end_byte=self.size,
                start_line=first_line,
                end_line=len(self.lines),
                first_leaf=number,
                n_leaves=1,
            ),
            self.windows or self.random.choice((1, 1, 1, 2, 3)),
        )
        self.terms.append(
            {
                "symbol": name.split("_"),
                "qualified_name": qualified.split("."),
                "path": self.path.replace("/", ".").split("."),
                "documentation": words[:1],
                "body": [word.lower() for word in words],
            }
        )

    def add_container(self, kind: Kind, first_leaf: int, n_leaves: int, name: str) -> None:
        first, last = self.chunks[first_leaf], self.chunks[first_leaf + n_leaves - 1]
        granularity: Granularity = "file" if kind == "file" else "class"
        chunk = Chunk(
            kind=kind,
            granularity=granularity,
            symbol=name,
            qualified_name=name,
            signature=f"{kind} {name}",
            documentation="",
            names=(),
            start_byte=first.start_byte,
            end_byte=last.end_byte,
            start_line=first.start_line,
            end_line=last.end_line,
            first_leaf=first_leaf,
            n_leaves=n_leaves,
        )
        if n_leaves == 1:
            self.chunks.append(chunk)
            self.first_row.append(self.first_row[first_leaf])
            self.n_rows.append(self.n_rows[first_leaf])
        else:
            self._add_chunk(chunk, 1)

    def _add_chunk(self, chunk: Chunk, n_windows: int) -> None:
        self.chunks.append(chunk)
        self.first_row.append(len(self.vectors))
        self.n_rows.append(n_windows)
        text = "".join(self.lines[chunk.start_line - 1 : chunk.end_line])
        self.vectors += [fake_vector(f"{chunk.kind}{window}{text}", self.dim) for window in range(n_windows)]

    def finish(self, stat: FileStat) -> EncodedFile:
        data = "".join(self.lines).encode()
        bags = pack_bags(self.terms, [(c.first_leaf, c.n_leaves) for c in self.chunks[len(self.terms) :]])
        secrets = (Secret(1, "token"),) if self.random.random() < 0.2 else ()
        text = SourceText(data, "utf-8", blake2b(data, digest_size=16).digest(), secrets)
        parsed = ParsedFile(self.path, "python", stat, text, tuple(self.chunks), tuple(bags))
        vectors = np.array(self.vectors, dtype=np.float32).reshape(-1, self.dim)
        return EncodedFile(parsed, vectors, tuple(self.first_row), tuple(self.n_rows))


def build_file(path: str, seed: int = 0, n_leaves: int = 4, dim: int = DIM, windows: int = 0) -> EncodedFile:
    """Return a made-up file: leaves, one class over the first of them, the file. Equal arguments, equal file.

    Every leaf has `windows` vectors, some have several where that is 0.
    """
    draft = _Draft(path, seed, dim, windows)
    for number in range(n_leaves):
        draft.add_leaf(number, "Thing" if number < n_leaves // 2 else "")
    if n_leaves >= 2:
        draft.add_container("class", 0, n_leaves // 2, "Thing")
    if n_leaves:
        draft.add_container("file", 0, n_leaves, path)
    return draft.finish(FileStat(draft.size, 1_000 + seed, 2_000 + seed, (1 << 64) - 1 - seed))


def describe_encoder(dim: int = DIM) -> EncoderDescription:
    """Return the fake encoder's description."""
    return EncoderDescription("fake", f"fake/{dim}", "none", dim, (dim // 2, dim), None, False, "A fake.")


def build_big_file(path: str, seed: int = 0) -> EncodedFile:
    """Return a file with enough vectors to make a coarse base due."""
    return build_file(path, seed, n_leaves=420, windows=10)


NEW_INDEX = NewIndex(Path("/src/project"), "git:1", describe_encoder(), COARSE_DIM, 1 << 21, 1, 1)
NOW = "2026-01-02T00:00:00Z"


def write_index(folder: Path, files: Sequence[EncodedFile], new: NewIndex = NEW_INDEX) -> Path:
    """Make a complete index of the files in one commit."""
    with Writer.create(folder, new) as writer:
        for file in files:
            writer.add(file)
        writer.commit(complete=True, files_todo=0, checked_at=NOW)
    return folder


def rewrite(path: Path, data: bytes | bytearray) -> None:
    """Replace a file that somebody may have mapped: cutting it in place would crash them."""
    changed = path.with_name("changed")
    changed.write_bytes(data)
    changed.replace(path)


def flip(path: Path, place: int = -10) -> None:
    """Change one bit of a file."""
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    rewrite(path, data)


def execute(folder: Path, *statements: str) -> None:
    """Change the catalogue of an index behind the program's back."""
    with closing(sqlite3.connect(folder / "catalog.db")) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def state_of(snapshot: Snapshot) -> dict[str, object]:
    """Return everything an index answers with, without ids: equal for equal content, however it came about."""
    probes = [fake_vector(f"probe {i}", snapshot.info.dim) for i in range(2)]
    state: dict[str, object] = {"complete": snapshot.info.complete, "n_chunks": snapshot.info.n_chunks}
    places: dict[int, tuple[str, int]] = {}
    for row in snapshot.files():
        chunks = snapshot.chunks_of_file(row.id)
        places |= {chunk.id: (row.path, i) for i, chunk in enumerate(chunks)}
        bags = [bag.tobytes() for bag in snapshot.bags([chunk.id for chunk in chunks])]
        cosines = [snapshot.cosines(probe, chunks).tolist() for probe in probes]
        fields = [_fields(chunk, row.first_chunk) for chunk in chunks]
        stored = (
            row.language,
            row.stat,
            row.content_hash,
            row.encoding,
            row.note,
            row.n_chunks,
            row.n_leaves,
            row.n_rows,
        )
        state[row.path] = (stored, snapshot.text(row.id), fields, bags, cosines)
    statistics = snapshot.statistics([hash_term(word) for word in VOCABULARY])
    state["statistics"] = (
        statistics.n_leaves,
        statistics.df,
        {granularity: mean.tolist() for granularity, mean in statistics.mean_lengths.items()},
    )
    for granularity in GRANULARITIES:
        words = snapshot.find_lexical({"retry": 1.0, "py": 1.0}, granularity, Selection(), 10_000)
        state[f"lexical {granularity}"] = {places[i] for i in words.tolist()}
        hits = snapshot.find_dense(probes[0], [granularity], Selection(), 10_000)
        scored = zip(hits.ids.tolist(), hits.scores.tolist(), strict=True)
        state[f"dense {granularity}"] = {(places[i], round(score, 5)) for i, score in scored}
    defined = snapshot.chunks_defining(["thing", "größe"])
    state["definitions"] = {name: {places[i] for i in ids.tolist()} for name, ids in defined.items()}
    state["counts"] = snapshot.counts()
    state["secrets"] = snapshot.secrets()
    return state


def _fields(chunk: ChunkRow, first_chunk: int) -> tuple[object, ...]:
    return (
        chunk.path,
        chunk.kind,
        chunk.granularity,
        chunk.symbol,
        chunk.qualified_name,
        chunk.signature,
        chunk.documentation,
        chunk.names,
        (chunk.start_byte, chunk.end_byte, chunk.start_line, chunk.end_line),
        chunk.first_leaf_id - first_chunk,
        chunk.n_leaves,
        chunk.n_rows,
    )
