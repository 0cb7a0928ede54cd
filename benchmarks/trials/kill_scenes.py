"""The writes that are killed: for each the tree, the index as it was before, and how it goes where nobody kills it."""

import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from benchmarks.trials.doomed import Job, Moment, make_encoder, read_moments, run_job
from benchmarks.trials.seeded import NAME
from benchmarks.trials.small_tree import QUERIES, add_files, change_tree, write_tree
from benchmarks.trials.states import State, read_state
from codesearch.registry import index_folder
from codesearch.types import Mode

MODES: tuple[Mode, ...] = ("hybrid", "lexical")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is written in one scene."""

    name: str
    encoder: str
    thresholds: str = "default"
    has_index: bool = True
    """Whether there is an index of an earlier tree."""
    task: str = "build"
    change: str = "change"
    """What happens to the tree after the first build: `change`, `add` or `none`."""
    is_damaged: bool = False
    """Whether the index is damaged before, in what can be derived anew."""
    has_waiter: bool = False
    """Whether another process waits for the write, and goes on where it is killed."""


PLANS = (
    Plan("first build, quick encoder", "embedded", has_index=False),
    Plan("first build, slow encoder", NAME, has_index=False),
    Plan("first build with bases", "embedded", "tail bytes", has_index=False),
    Plan("update, quick encoder", "embedded"),
    Plan("update, slow encoder", NAME),
    Plan("update, base due by its tail", "embedded", "tail bytes"),
    Plan("update, base due by its dead", "embedded", "changes"),
    Plan("update, base due by what was added", "embedded", "changes", change="add"),
    Plan("update that compacts", "embedded", "dead rows"),
    Plan("compaction", "embedded", task="compact", change="none"),
    Plan("repair", "embedded", "tail bytes", task="repair", change="none", is_damaged=True),
    Plan("rebuild, quick encoder", "embedded", task="rebuild"),
    Plan("rebuild, slow encoder", NAME, task="rebuild"),
    Plan("rebuild that another waits for", "embedded", task="rebuild", has_waiter=True),
)


@dataclass(frozen=True, slots=True)
class Scene:
    """A plan made real: files on a disk, and the states between which a kill may fall."""

    plan: Plan
    root: Path
    home: Path
    """As it is before each write; copied for each."""
    old: State | None
    new: State
    steps: tuple[Moment, ...]
    """Moments of a write that nobody kills."""
    took_s: float
    n_files: int

    def job(self, home: Path, log: Path) -> Job:
        """Return the write of this scene in a copy of its home."""
        plan = self.plan
        job = Job(str(self.root), str(home), str(log), plan.task, plan.encoder, plan.thresholds)
        return replace(job, has_waiter=plan.has_waiter)

    def read(self, home: Path) -> State:
        """Read the index of a copy of the home."""
        return read(self.root, home)


def read(root: Path, home: Path) -> State:
    """Read an index with the encoder of these trials."""
    return read_state(root, home, lambda spec: make_encoder(spec, home.with_name("queries.log")), QUERIES, MODES)


def set_scene(plan: Plan, folder: Path, seed: int) -> Scene:
    """Make the tree and the index before the write, write once without a kill, and build the tree afresh."""
    random = Random(f"{seed}:{plan.name}")
    root, home, fresh = folder / "repository", folder / "home", folder / "fresh"
    write_tree(root, random)
    home.mkdir(parents=True)
    first = Job(str(root), str(home), str(folder / "first.log"), encoder=plan.encoder, thresholds=plan.thresholds)
    if plan.has_index:
        run_job(first)
    old = read(root, home) if plan.has_index else None
    if plan.change != "none":
        {"change": change_tree, "add": add_files}[plan.change](root, random)
    if plan.is_damaged:
        damage(index_folder(home, root))
    run_job(replace(first, home=str(fresh), log=str(folder / "fresh.log"), thresholds="default"))
    new = read(root, fresh)
    tried = folder / "tried"
    shutil.copytree(home, tried)
    started = time.monotonic()
    log = folder / "tried.log"
    scene = Scene(plan, root, home, old, new, (), 0.0, len(new.words))
    run_job(scene.job(tried, log))
    took_s = time.monotonic() - started
    if differences := new.differences(scene.read(tried)):
        raise AssertionError(f"{plan.name} without a kill is no fresh build: {'; '.join(differences[:3])}")
    return replace(scene, steps=read_moments(log).steps, took_s=took_s)


def damage(folder: Path) -> None:
    """Take a file of words away and change a byte of the coarse base."""
    next(folder.glob("lexical-*/*.store")).unlink()
    base = next(folder.glob("coarse-*"))
    data = bytearray(base.read_bytes())
    data[len(data) // 2] ^= 1
    base.write_bytes(data)
