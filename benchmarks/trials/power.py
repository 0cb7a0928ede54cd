"""Cuts the power while an index is written: the calls of real builds are replayed onto a disk that keeps what it was
told to sync, and anything, or nothing, of the rest.

Whatever is left opens as the old index or the new one, passes its own check, and the next update ends as a fresh build
would. What a build has returned from is there. Needs strace.
"""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from benchmarks.trials.cut_disk import LOSSES, CutDisk, digest_of, write_image
from benchmarks.trials.doomed import Job, run_job
from benchmarks.trials.kill_scenes import read
from benchmarks.trials.seeded import NAME
from benchmarks.trials.small_tree import change_tree, write_tree
from benchmarks.trials.states import State
from benchmarks.trials.syscalls import can_record, read_calls, record
from benchmarks.trials.tally import Tally
from codesearch.errors import CodesearchError, NoIndexError
from codesearch.maintenance import verify
from codesearch.registry import index_folder

N_FILES = 8

NEXT_SHARE = 0.2
"""Of the cuts, how many are followed by an update."""

SYNCS = {"fsync", "fdatasync"}
NAMINGS = {"rename", "renameat", "link", "unlink", "rmdir", "mkdir"}
"""Before each sync the most is uncertain; names may also change between two of them."""


@dataclass(frozen=True, slots=True)
class Write:
    """One write that is recorded."""

    task: str
    thresholds: str = "default"
    encoder: str = "embedded"


WRITES = (
    Write("build"),
    Write("build", "tail bytes"),
    Write("compact"),
    Write("rebuild", encoder=NAME),
    Write("build", "changes", NAME),
)


@dataclass(frozen=True, slots=True)
class Stage:
    """One write of a sequence, and what the index said before and after."""

    job: Job
    trace: Path
    tree: Path
    """A copy of the tree as it was then."""
    before: State | None
    after: State


class _Trial:
    """The cuts of one run."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._root = folder / "repository"
        self._work = folder / "work"
        self._random = Random(seed)
        self._seed = seed
        self._seen: set[tuple[str, bool, bytes]] = set()
        self.n_images = 0
        self.failures: list[str] = []
        self.found: Counter[str] = Counter()

    def cut(self, stage: Stage, disk: CutDisk, place: str, is_over: bool) -> None:
        """Lose what may be lost at a moment, each way, and look at what is left; what was seen before is not again."""
        for loss in LOSSES:
            image = disk.image(loss, self._random)
            seen = (str(stage.trace), is_over, digest_of(image))
            if seen in self._seen:
                continue
            self._seen.add(seen)
            self.n_images += 1
            shutil.rmtree(self._work, ignore_errors=True)
            self._work.mkdir()
            write_image(image, self._work)
            try:
                problems = self._look(stage, is_over)
                if self._random.random() < NEXT_SHARE:
                    problems += self._go_on(stage)
            except (CodesearchError, AssertionError, OSError) as error:
                problems = [f"{type(error).__name__}: {error}"]
            self.failures += [f"{place}, {loss} lost: {problem} (seed {self._seed})" for problem in problems]

    def _look(self, stage: Stage, is_over: bool) -> list[str]:
        """Read the index that is left."""
        home = self._work / "home"
        try:
            state = read(self._root, home)
        except NoIndexError:
            self.found["none"] += 1
            return ["the index is gone"] if is_over or stage.before is not None else []
        problems = verify(index_folder(home, self._root))
        if not (differences := stage.after.differences(state)):
            self.found["new"] += 1
            return problems
        if is_over:
            return [*problems, f"what was done is not there: {'; '.join(differences[:3])}"]
        if stage.before is None:
            self.found["begun"] += 1
            is_sound = not state.complete and state.is_part_of(stage.after)
            return problems + ([] if is_sound else ["it has what no fresh build has"])
        self.found["old"] += 1
        return problems + [f"it is neither old nor new: {text}" for text in stage.before.differences(state)[:3]]

    def _go_on(self, stage: Stage) -> list[str]:
        """Update the index that is left."""
        home = self._work / "home"
        run_job(replace(stage.job, home=str(home), log=str(self._work / "next.log"), task="build"))
        self.found["updated"] += 1
        problems = stage.after.differences(read(self._root, home))[:3] + verify(index_folder(home, self._root))
        return [f"after the next update, {problem}" for problem in problems]


def run(seed: int, n: int, folder: Path, note: Callable[[str], None], writes: Sequence[Write] = WRITES) -> Tally:
    """Cut the power at `n` moments, spread over all writes, and at the end of each."""
    if not can_record():
        return Tally("power cuts", seed, 0, (), ("not tried: there is no strace that may trace here",))
    random = Random(seed)
    stages = record_stages(folder, random, writes)
    n_moments = sum(1 for _ in replay(stages, folder))
    note(f"{len(stages)} writes recorded, {n_moments} moments to cut at")
    chosen = set(range(n_moments) if n >= n_moments else random.sample(range(n_moments), n))
    trial = _Trial(folder, seed)
    for number, (stage, disk, is_over) in enumerate(replay(stages, folder)):
        if number in chosen or is_over:
            trial.cut(stage, disk, f"moment {number}, {stage.job.task} {stages.index(stage)}", is_over)
    found = ", ".join(f"{what} {times}" for what, times in sorted(trial.found.items()))
    remarks = (f"{len(chosen)} of {n_moments} moments", f"found: {found}")
    return Tally("power cuts", seed, trial.n_images, tuple(trial.failures), remarks)


def record_stages(folder: Path, random: Random, writes: Sequence[Write]) -> list[Stage]:
    """Write to an index under the eyes of strace, and change its tree before each build but the first."""
    root, home = folder / "repository", folder / "top" / "home"
    home.parent.mkdir()
    write_tree(root, random, N_FILES)
    stages: list[Stage] = []
    state: State | None = None
    for write in writes:
        if write.task == "build" and stages:
            change_tree(root, random)
        number = len(stages)
        job = Job(str(root), str(home), str(folder / f"{number}.log"), write.task, write.encoder, write.thresholds)
        record(job, folder / f"{number}.trace")
        copy = folder / f"copy-{number}"
        shutil.copytree(home, copy)  # a reader leaves files of its own
        shutil.copytree(root, folder / f"tree-{number}")
        before, state = state, read(root, copy)
        stages.append(Stage(job, folder / f"{number}.trace", folder / f"tree-{number}", before, state))
    return stages


def replay(stages: Sequence[Stage], folder: Path) -> Iterator[tuple[Stage, CutDisk, bool]]:
    """Yield the disk at each moment at which a cut may make a difference, and at the end of each write."""
    disk = CutDisk(folder / "top")
    for stage in stages:
        shutil.rmtree(folder / "repository")
        shutil.copytree(stage.tree, folder / "repository")
        for call in read_calls(stage.trace):
            if call.name in SYNCS:
                yield stage, disk, False
            if disk.apply(call) and call.name in NAMINGS:
                yield stage, disk, False
        yield stage, disk, True
