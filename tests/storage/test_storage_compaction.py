"""An index that loses what updates left dead without being asked: when, through which switch, and what may go wrong."""

import errno
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from benchmarks.trials.seeded import SeededEncoder
from codesearch.build import BuildSeams, build
from codesearch.index import Index
from codesearch.maintenance import verify
from codesearch.registry import index_folder
from codesearch.storage.snapshot import Snapshot
from codesearch.storage.steps import OnStep, Step, WriterSeams, ignore_step
from codesearch.storage.thresholds import Thresholds
from codesearch.storage.writer import Writer
from codesearch.types import BuildOptions, Progress, SearchOptions, UpdateReport
from indexers.encoders.spec import EncoderSpec
from indexers.types import Encoder
from tests.storage.made_files import NOW, build_file, state_of, write_index

ROOT = Path(__file__).resolve().parents[2]
LEXICAL = SearchOptions(mode="lexical")
LOW = Thresholds(dead_rows=8, dead_share=0.25)

KILLED = """
import os, signal, sys
from pathlib import Path
from tests.storage.test_storage_compaction import Tree
def stop(step):
    if step == sys.argv[2] and (Path(sys.argv[1]) / "moved").exists():
        os.kill(os.getpid(), signal.SIGKILL)
    if step == "rows moved":
        (Path(sys.argv[1]) / "moved").touch()
        if sys.argv[2] == step:
            os.kill(os.getpid(), signal.SIGKILL)
Tree(Path(sys.argv[1])).update(stop)
"""


@dataclass
class Tree:
    """A few files in a folder, and their index beside it, which is compacted early."""

    place: Path
    home_name: str = "home"
    encoder: SeededEncoder = field(default_factory=lambda: SeededEncoder(name="embedded"))
    stages: list[str] = field(default_factory=list)

    @property
    def root(self) -> Path:
        return self.place / "repository"

    @property
    def home(self) -> Path:
        return self.place / self.home_name

    @property
    def folder(self) -> Path:
        return index_folder(self.home, self.root)

    def write(self, name: str, word: str) -> None:
        """Write a file of twelve functions."""
        self.root.mkdir(exist_ok=True)
        functions = [f"def {word}_{i}():\n    return {word!r} * {i}\n" for i in range(12)]
        (self.root / name).write_text("\n\n".join(functions))

    def update(self, on_step: OnStep = ignore_step) -> UpdateReport:
        """Build or update the index, which tells its steps."""
        seams = BuildSeams(load=self._load, writer=WriterSeams(on_step, LOW))
        return build(self.root, self.home, BuildOptions(n_workers=1), self._note, seams)

    def answers(self) -> list[tuple[str, int, float]]:
        """Return what two questions find."""
        with Index.open(self.root, self.home) as index:
            found = [result for text in ("heron 3", "return egret") for result in index.search(text, LEXICAL).results]
        return [(result.path, result.start_line, round(result.score, 6)) for result in found]

    def _load(self, spec: EncoderSpec) -> Encoder:  # noqa: ARG002
        return self.encoder

    def _note(self, progress: Progress) -> None:
        self.stages.append(progress.stage)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    tree = Tree(tmp_path)
    for name, word in (("a.py", "heron"), ("b.py", "egret"), ("c.py", "crane")):
        tree.write(name, word)
    tree.update()
    return tree


@pytest.mark.parametrize(
    ("thresholds", "is_due"),
    [
        (Thresholds(dead_rows=22, dead_share=0.5), True),
        (Thresholds(dead_rows=23, dead_share=0.5), False),
        (Thresholds(dead_rows=22, dead_share=0.51), False),
        (Thresholds(), False),
    ],
)
def test_compaction_is_due_where_many_vectors_and_much_of_the_file_are_dead(
    folder: Path, thresholds: Thresholds, is_due: bool
) -> None:
    write_index(folder, [build_file("a.py", windows=3, n_leaves=7), build_file("b.py", windows=3, n_leaves=7)])
    with Writer.open(folder, WriterSeams(thresholds=thresholds)) as writer:
        assert not writer.is_compaction_due()
        writer.remove("a.py")  # 23 vectors: three of each leaf, the class's, the file's
        writer.commit(complete=True, files_todo=0, checked_at=NOW)
        with Snapshot.open(folder) as snapshot:
            assert (snapshot.info.n_rows, snapshot.n_live_rows()) == (46, 23)
        assert writer.is_compaction_due() is is_due


@pytest.mark.slow
def test_an_update_that_leaves_much_dead_is_followed_by_a_compaction_of_the_same_answers(tree: Tree) -> None:
    steps: list[Step] = []
    tree.write("d.py", "stork")
    (tree.root / "c.py").unlink()
    (tree.root / "b.py").unlink()
    tree.stages.clear()
    report = tree.update(steps.append)
    assert steps.index("catalogue committed") < steps.index("rows moved")
    assert steps[steps.index("rows moved") :][-2:] == ["catalogue committed", "stale removed"]
    assert tree.stages[-1] == "compact"
    assert (report.warnings, verify(tree.folder)) == ((), [])
    with Snapshot.open(tree.folder) as snapshot:
        assert snapshot.info.n_rows == snapshot.n_live_rows()
        assert snapshot.info.generation == report.generation
    fresh = Tree(tree.place, "fresh")
    fresh.update()
    assert tree.answers() == fresh.answers()


@pytest.mark.slow
def test_a_disk_that_is_full_for_a_compaction_leaves_the_update_and_the_next_one_tries_again(tree: Tree) -> None:
    def fill_disk(step: Step) -> None:
        if step == "rows moved":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tree.root / "c.py").unlink()
    report = tree.update(fill_disk)
    assert report.removed == 1
    assert len(report.warnings) == 1
    assert "next update tries again" in report.warnings[0]
    assert "No space left" in report.warnings[0]
    assert [path.name for path in tree.folder.glob("vectors-*")] == ["vectors-1.bin"]
    with Snapshot.open(tree.folder) as snapshot:
        assert snapshot.info.generation == report.generation
        assert [row.path for row in snapshot.files()] == ["a.py", "b.py"]
        assert snapshot.n_live_rows() < snapshot.info.n_rows
    assert verify(tree.folder) == []
    assert tree.update().warnings == ()
    with Snapshot.open(tree.folder) as snapshot:
        assert snapshot.n_live_rows() == snapshot.info.n_rows


@pytest.mark.slow
@pytest.mark.parametrize("step", ["rows moved", "vectors appended", "lexical committed", "catalogue written"])
def test_a_compaction_that_is_killed_before_its_switch_leaves_the_update_before_it(tree: Tree, step: str) -> None:
    (tree.root / "c.py").unlink()
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tree.place), step],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == -9, done.stderr
    with Snapshot.open(tree.folder) as before:
        state = state_of(before)
        assert [row.path for row in before.files()] == ["a.py", "b.py"]
        assert before.n_live_rows() < before.info.n_rows
        tree.update()
        assert state_of(before) == state
    with Snapshot.open(tree.folder) as after:
        assert state_of(after) == state
        assert after.n_live_rows() == after.info.n_rows


@pytest.mark.slow
def test_many_small_updates_leave_few_segments_and_few_dead_documents(folder: Path) -> None:
    """Tantivy merges them by itself, and leaves dead documents behind where it does: no threshold of ours is needed."""
    write_index(folder, [build_file(f"f{i}.py") for i in range(20)])
    for seed in range(1, 21):
        with Writer.open(folder) as writer:
            writer.add(build_file(f"f{seed % 10}.py", seed))
            writer.commit(complete=True, files_todo=0, checked_at=NOW)
    meta = json.loads(next(folder.glob("lexical-*/meta.json")).read_bytes())
    n_documents = sum(segment["max_doc"] for segment in meta["segments"])
    with Snapshot.open(folder) as snapshot:
        assert len(meta["segments"]) <= 10
        assert snapshot.info.n_chunks < n_documents <= 1.5 * snapshot.info.n_chunks
