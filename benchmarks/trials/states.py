"""What an index answers, as values that can be compared: its files, its vectors, its counts, and its answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np

from benchmarks.trials.sameness import SCORE_TOLERANCE, fields_of
from benchmarks.trials.seeded import hash_vector
from codesearch.encoders.own import Load
from codesearch.index import Index
from codesearch.registry import index_folder
from codesearch.storage.rows import FileRow
from codesearch.storage.snapshot import Snapshot
from codesearch.types import MODES, Mode, SearchOptions

Place = tuple[str, int, int]
"""Path, first line, last line."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one query in one mode, best first."""

    query: str
    mode: Mode
    places: tuple[Place, ...]
    scores: tuple[float, ...]

    def is_like(self, other: "Answer") -> bool:
        """Tell whether both say the same."""
        pairs = zip(self.scores, other.scores, strict=False)
        return self.places == other.places and all(abs(mine - theirs) <= SCORE_TOLERANCE for mine, theirs in pairs)


@dataclass(frozen=True, slots=True)
class State:
    """One generation, without ids and generation numbers: equal for equal content, however it came about."""

    complete: bool
    files_done: int
    files_todo: int | None
    n_chunks: int
    n_without_vectors: int
    words: dict[str, str]
    """A digest by path of a file's text, its chunks and their terms."""
    vectors: dict[str, str]
    """A digest by path of what a file's vectors have to do with others; only of files that have theirs."""
    answers: tuple[Answer, ...]

    def differences(self, other: "State") -> list[str]:
        """Say how another one differs, a phrase each; nothing where it is the same."""
        names = ("complete", "files_done", "files_todo", "n_chunks", "n_without_vectors")
        pairs = [(name, getattr(self, name), getattr(other, name)) for name in names]
        found = [f"{name} is {theirs} instead of {mine}" for name, mine, theirs in pairs if mine != theirs]
        for name in ("words", "vectors"):
            mine, theirs = getattr(self, name), getattr(other, name)
            found += [
                f"{name} of {path} differ" for path in sorted({*mine, *theirs}) if mine.get(path) != theirs.get(path)
            ]
        asked = zip(self.answers, other.answers, strict=True)
        return found + [f"{a.query!r} by {a.mode} is answered otherwise" for a, b in asked if not a.is_like(b)]

    def is_part_of(self, whole: "State") -> bool:
        """Tell whether all that is here is in another one as well."""
        return self.words.items() <= whole.words.items() and self.vectors.items() <= whole.vectors.items()


def read_state(root: Path, home: Path, load: Load, queries: Sequence[str], modes: Sequence[Mode] = MODES) -> State:
    """Open an index and read it. Raises what opening it raises; AssertionError where it contradicts itself."""
    folder = index_folder(home, root)
    with Index.open(root, home):  # ends what a crash left half done
        pass
    with Index(root, folder, home, load) as index, Snapshot.open(folder) as snapshot:
        info = snapshot.info
        rows = snapshot.files()
        answers = [_ask(index, query, mode) for query in queries for mode in modes]
        assert {place[0] for answer in answers for place in answer.places} <= {row.path for row in rows}
        assert info.n_files == info.files_done == len(rows)
        assert info.n_chunks == sum(row.n_chunks for row in rows)
        assert info.n_files_without_vectors == sum(not row.has_vectors for row in rows)
        return State(
            complete=info.complete,
            files_done=info.files_done,
            files_todo=info.files_todo,
            n_chunks=info.n_chunks,
            n_without_vectors=info.n_files_without_vectors,
            words={row.path: _digest_words(snapshot, row) for row in rows},
            vectors={row.path: _digest_vectors(snapshot, row) for row in rows if row.has_vectors},
            answers=tuple(answers),
        )


def _ask(index: Index, query: str, mode: Mode) -> Answer:
    response = index.search(query, SearchOptions(mode=mode))
    places = tuple((result.path, result.start_line, result.end_line) for result in response.results)
    return Answer(query, mode, places, tuple(result.score for result in response.results))


def _digest_words(snapshot: Snapshot, row: FileRow) -> str:
    chunks = snapshot.chunks_of_file(row.id)
    bags = [bag.tobytes() for bag in snapshot.bags([chunk.id for chunk in chunks])]
    fields = [fields_of(chunk, row.first_chunk) for chunk in chunks]
    said = (row.language, row.stat.size_bytes, row.content_hash, row.encoding, row.note, snapshot.text(row.id), fields)
    return blake2b(repr((said, bags)).encode(), digest_size=8).hexdigest()


def _digest_vectors(snapshot: Snapshot, row: FileRow) -> str:
    chunks = snapshot.chunks_of_file(row.id)
    probe = hash_vector("a probe", snapshot.info.dim)
    cosines = snapshot.cosines(np.asarray(probe / np.sqrt(probe @ probe), dtype=np.float32), chunks)
    return blake2b(repr((np.round(cosines, 5).tolist(), row.n_rows)).encode(), digest_size=8).hexdigest()
