"""Trial: after any script of edits, with updates in between, an index equals one that is built afresh.

One tree is generated and indexed; each script starts from copies of both, every second one with vectors that are kept.
"""

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

from benchmarks.trials.git_operations import OPERATIONS
from benchmarks.trials.repository import Repository, make_repository
from benchmarks.trials.script import Script
from benchmarks.trials.tally import Tally
from benchmarks.trials.workplace import Workplace
from codesearch.storage.steps import Step

N_LEAVES = 20_000
"""Chunks of the tree that every script starts from, containers not counted."""

N_UPDATES = (3, 6)
OPERATIONS_EACH = (2, 4)
"""Before each update."""

MEANWHILE_CHANCE = 0.3
"""How often something is done to the tree while an update reads it."""

CROSSED: tuple[Step, ...] = ("base due: tail bytes", "base due: dead rows", "base due: tail rows", "rows moved")
"""The thresholds that the scripts have to cross."""


def run(seed: int, n: int, folder: Path, note: Callable[[str], None]) -> Tally:
    """Try `n` scripts on a tree of 20,000 leaves."""
    return run_at(N_LEAVES, seed, n, folder, note)


def run_at(n_leaves: int, seed: int, n: int, folder: Path, note: Callable[[str], None]) -> Tally:
    """Try `n` scripts on a tree of so many leaves, in an empty folder."""
    root, kept = folder / "place" / "root", folder / "kept"
    make_repository(root, seed, n_leaves)
    shutil.copytree(root.parent, kept, symlinks=True)
    for is_cached in (False, True)[: min(n, 2)]:
        with Workplace(root, _home(root.parent, is_cached), is_cached) as workplace:
            note(f"{workplace.build().n_chunks:,} chunks are indexed")
        shutil.move(workplace.home, kept)
    failures: list[str] = []
    steps: Counter[Step] = Counter()
    n_operations = 0
    for number in range(n):
        shutil.rmtree(root.parent)
        shutil.copytree(kept, root.parent, symlinks=True)
        with Workplace(root, _home(root.parent, number % 2 == 1), is_cached=number % 2 == 1) as workplace:
            script = Script(Repository(root), workplace)
            untruths = play(script, Random(f"{seed}:{number}"))
        done = " / ".join(script.done)
        found = [f"edit script {number} of seed {seed}: {untruth} [{done}]" for untruth in untruths]
        for failure in found:
            note(failure)
        failures += found
        steps += workplace.steps
        n_operations += len(script.done)
        note(f"edit script {number + 1} of {n}: {len(script.done)} steps, {len(untruths)} failures")
    crossed = ", ".join(f"{name} {steps[name]} times" for name in CROSSED)
    return Tally("edit scripts", seed, n, tuple(failures), (f"{n_operations} edits and updates", f"crossed: {crossed}"))


def play(script: Script, random: Random) -> list[str]:
    """Do a random script and return what did not hold."""
    names = sorted(OPERATIONS)
    for _ in range(random.randint(*N_UPDATES)):
        for _ in range(random.randint(*OPERATIONS_EACH)):
            script.apply(random.choice(names), random)
        meanwhile = random.choice(names) if random.random() < MEANWHILE_CHANCE else ""
        script.update(meanwhile, random.randrange(1 << 32))
    return script.finish(random.randrange(1 << 32))


def _home(place: Path, is_cached: bool) -> Path:
    return place / ("cached" if is_cached else "plain")
