import tempfile
from pathlib import Path
from typing import Literal, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codesearch.storage.snapshot import Snapshot
from codesearch.storage.writer import Writer
from indexers.types import EncodedFile, FileStat
from tests.storage.made_files import NEW_INDEX, NOW, build_file, state_of, write_index

Name = Literal["add", "words", "fill", "remove", "restat", "commit", "reopen", "abandon", "compact"]
Operation = tuple[Name, int, int]

operations = st.lists(
    st.tuples(
        st.sampled_from(["add", "add", "words", "words", "fill", *get_args(Name)]),
        st.integers(0, 5),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=14,
)


class _Model:
    """What the index should hold: committed files, and files of the open writer."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[str, EncodedFile] = {}
        self.committed: dict[str, EncodedFile] = {}
        self.writer = Writer.create(folder, NEW_INDEX)
        self.commit()

    def apply(self, operation: Operation) -> None:
        name, number, seed = operation
        path = f"f{number}.py"
        if name == "add":
            self.files[path] = build_file(path, seed, n_leaves=number + seed)
            self.writer.add(self.files[path])
        elif name == "words":
            self.files[path] = build_file(path, seed, n_leaves=number + seed)
            self.writer.add_words(self.files[path].parsed)
        elif name == "fill" and path in self.writer.files_without_vectors():
            self.writer.add_vectors(self.files[path])
        elif name == "remove" and path in self.files:
            del self.files[path]
            self.writer.remove(path)
        elif name == "restat" and path in self.files:
            self._restat(path, FileStat(7, seed, 8, 9))
        elif name == "compact":
            self.writer.compact()
        elif name in {"commit", "reopen"}:
            self.commit()
            if name == "reopen":
                self.reopen()
        elif name == "abandon":
            self.files = dict(self.committed)
            self.reopen()

    def commit(self) -> None:
        is_complete = not self.writer.files_without_vectors()
        self.writer.commit(complete=is_complete, files_todo=0, checked_at=NOW)
        self.committed = dict(self.files)

    def finish(self) -> None:
        """Drop what was not committed and fill what was."""
        self.files = dict(self.committed)
        self.reopen()
        for path in self.writer.files_without_vectors():
            self.writer.add_vectors(self.files[path])
        self.commit()
        self.writer.close()

    def reopen(self) -> None:
        self.writer.close()
        self.writer = Writer.open(self.folder)

    def _restat(self, path: str, stat: FileStat) -> None:
        file = self.files[path]
        parsed = file.parsed
        moved = type(parsed)(parsed.path, parsed.language, stat, parsed.text, parsed.chunks, parsed.bags, parsed.note)
        self.files[path] = EncodedFile(moved, file.vectors, file.first_row, file.n_rows)
        self.writer.restat(path, stat)


@pytest.mark.slow
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(operations)
def test_any_sequence_of_updates_equals_a_fresh_build(sequence: list[Operation]) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        model = _Model(Path(temporary) / "updated")
        for operation in sequence:
            model.apply(operation)
            assert set(model.writer.known_files()) == set(model.files)
        model.finish()
        fresh = write_index(Path(temporary) / "fresh", list(model.committed.values()))
        with Snapshot.open(model.folder) as updated, Snapshot.open(fresh) as built:
            assert state_of(updated) == state_of(built)
            rows = built.info.n_rows
            assert int((updated._flags != 0).sum()) == int((built._flags != 0).sum()) == rows
