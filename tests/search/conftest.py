"""Small real indexes for the tests of search: parsed, encoded, written and opened by the project's own code."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from codesearch.storage.rows import NewIndex
from codesearch.storage.snapshot import Snapshot
from codesearch.storage.writer import Writer
from indexers.encoders.embedded import EmbeddedEncoder
from indexers.errors import EncoderError
from indexers.parsing import parse_file
from indexers.pipeline import EncodingPipeline
from indexers.template import TEMPLATE_VERSION
from indexers.tokenizer import TOKENIZER_VERSION
from indexers.types import (
    EncodedFile,
    Encoder,
    EncoderDescription,
    FileStat,
    FloatArray,
    Skipped,
    SourceFile,
    Task,
)

MAX_FILE_BYTES = 2 << 20


@dataclass
class MarkedEncoder:
    """Gives a text the vector of the first marker word that it contains; a fixed point of 8 dimensions, 2 coarse."""

    vectors: Mapping[str, Sequence[float]]
    tasks: list[Task] = field(default_factory=list)

    def encode_documents(self, inputs: Sequence[str]) -> FloatArray:
        """Return float32 `[n, 8]` of unit length."""
        return np.array([self._vector(text) for text in inputs], dtype=np.float32).reshape(-1, 8)

    def encode_query(self, text: str, task: Task) -> FloatArray:
        """Return float32 `[8]` of unit length and remember the task."""
        self.tasks.append(task)
        return self._vector(text)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count words."""
        return [len(text.split()) for text in texts]

    def describe(self) -> EncoderDescription:
        """Return a description with a valid cut at 2."""
        return EncoderDescription("marked", "marked-8", "test", 8, (2,), None, False, "A stand-in for tests.")

    def _vector(self, text: str) -> FloatArray:
        found = next((vector for marker, vector in self.vectors.items() if marker in text), [0.0] * 7 + [1.0])
        vector = np.array(found, dtype=np.float32)
        return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


class BrokenEncoder(MarkedEncoder):
    """Encodes documents and fails on every query, like a server that went down."""

    def encode_query(self, text: str, task: Task) -> FloatArray:
        """Fail."""
        raise EncoderError(f"the server does not answer {text!r} ({task})")


@dataclass
class AnsweringEncoder(MarkedEncoder):
    """Gives one vector for every query, whatever the index needs."""

    answer: FloatArray = field(default_factory=lambda: np.zeros(0, dtype=np.float32))

    def encode_query(self, text: str, task: Task) -> FloatArray:  # noqa: ARG002
        """Return the one vector."""
        return self.answer


@dataclass(frozen=True)
class SearchRoom:
    """Makes indexes under one folder and closes them after the test."""

    folder: Path
    stack: ExitStack

    def index(self, files: Mapping[str, str], encoder: Encoder | None = None) -> Snapshot:
        """Index sources by path and open the result."""
        chosen = encoder or EmbeddedEncoder()
        return self.write(self.encode(files, chosen), chosen)

    def index_in_steps(self, steps: Sequence[Mapping[str, str]]) -> Snapshot:
        """Index the first step, then update it to each later one, files in reverse order; open the result."""
        encoder = EmbeddedEncoder()
        folder = self.create(reversed(list(self.encode(steps[0], encoder))), encoder)
        for step in steps[1:]:
            with Writer.open(folder) as writer:
                for path in sorted(set(writer.known_files()) - set(step)):
                    writer.remove(path)
                for file in reversed(list(self.encode(step, encoder))):
                    writer.add(file)
                writer.commit(complete=True, files_todo=0, checked_at="2026-01-01T00:00:00Z")
        return self.stack.enter_context(Snapshot.open(folder))

    def encode(self, files: Mapping[str, str], encoder: Encoder) -> Iterator[EncodedFile]:
        """Write sources below the root, parse and encode them, by path."""
        root = self.folder / "tree"
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
        parsed = (parse_file(root, SourceFile(path, _stat(root / path)), MAX_FILE_BYTES) for path in sorted(files))
        for file in EncodingPipeline(encoder).encode(parsed):
            if not isinstance(file, Skipped):
                yield file

    def write(self, files: Iterable[EncodedFile], encoder: Encoder) -> Snapshot:
        """Write encoded files as a complete index and open it."""
        return self.stack.enter_context(Snapshot.open(self.create(files, encoder)))

    def create(self, files: Iterable[EncodedFile], encoder: Encoder) -> Path:
        """Write encoded files as a complete index; return its folder."""
        described = encoder.describe()
        folder = self.folder / f"index-{len(list(self.folder.iterdir()))}"
        new = NewIndex(
            root=self.folder / "tree",
            git_identity=None,
            encoder=described,
            coarse_dim=described.coarse_dims[0],
            max_file_bytes=MAX_FILE_BYTES,
            template_version=TEMPLATE_VERSION,
            tokenizer_version=TOKENIZER_VERSION,
        )
        with Writer.create(folder, new) as writer:
            for file in files:
                writer.add(file)
            writer.commit(complete=True, files_todo=0, checked_at="2026-01-01T00:00:00Z")
        return folder


@pytest.fixture
def _room(tmp_path: Path) -> Iterator[SearchRoom]:
    with ExitStack() as stack:
        yield SearchRoom(tmp_path, stack)


@pytest.fixture
def index_of(_room: SearchRoom) -> Callable[..., Snapshot]:
    """Give `(sources by path, encoder=None) -> Snapshot`; what it opens is closed after the test."""
    return _room.index


@pytest.fixture
def index_in_steps(_room: SearchRoom) -> Callable[[Sequence[Mapping[str, str]]], Snapshot]:
    """Give the same for an index that is updated from each tree to the next."""
    return _room.index_in_steps


@pytest.fixture
def write_index(_room: SearchRoom) -> Callable[[Iterable[EncodedFile], Encoder], Snapshot]:
    """Give the same for files that are encoded already."""
    return _room.write


@pytest.fixture
def marked() -> Callable[[Mapping[str, Sequence[float]]], Encoder]:
    """Give the encoder with chosen vectors."""
    return MarkedEncoder


@pytest.fixture
def broken() -> Encoder:
    """Give the encoder that fails on queries."""
    return BrokenEncoder({})


@pytest.fixture
def answering() -> Callable[[FloatArray], Encoder]:
    """Give the encoder with one vector for every query."""
    return lambda vector: AnsweringEncoder({}, answer=vector)


def _stat(path: Path) -> FileStat:
    found = path.stat()
    return FileStat(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
