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
from benchmarks.trials.workplace import Workplace, lend_parsers
from codesearch.storage.steps import Step

N_LEAVES = 20_000
"""Chunks of the tree that every script starts from, containers not counted."""

N_WORKERS = 2
"""Parser processes, whatever the machine: a fresh build of the large tree takes the longest part of a script."""

N_UPDATES = (3, 6)
OPERATIONS_EACH = (2, 4)
"""Before each update."""

N_QUESTIONS = 3
"""Of each kind, asked twice of both indexes when a script has ended: 66 in all."""

MEANWHILE_CHANCE = 0.3
"""How often something is done to the tree while an update reads it."""

CROSSED: tuple[Step, ...] = ("base due: tail bytes", "base due: dead rows", "base due: tail rows", "rows moved")
"""The thresholds that the scripts have to cross."""

ENOUGH_SCRIPTS = 6
"""From so many on it is a failure where one was not crossed."""


def run(seed: int, n: int, folder: Path, note: Callable[[str], None]) -> Tally:
    """Try `n` scripts on a tree of 20,000 leaves."""
    return run_at(N_LEAVES, seed, n, folder, note)


def run_at(n_leaves: int, seed: int, n: int, folder: Path, note: Callable[[str], None]) -> Tally:
    """Try `n` scripts on a tree of so many leaves, in an empty folder."""
    root, kept = folder / "place" / "root", folder / "kept"
    make_repository(root, seed, n_leaves)
    failures: list[str] = []
    steps: Counter[Step] = Counter()
    n_done = 0
    with lend_parsers(root, N_WORKERS) as pool:
        places = [
            Workplace(root, root.with_name(name), pool, is_cached=name == "cached") for name in ("plain", "cached")
        ]
        for place in places[:n]:
            note(f"{place.build().n_chunks:,} chunks are indexed")
            place.steps.clear()
        root.parent.rename(kept)
        for number in range(n):
            shutil.copytree(kept, root.parent, symlinks=True)
            script = Script(Repository(root), places[number % 2], N_QUESTIONS)
            untruths = play(script, Random(f"{seed}:{number}"))
            shutil.rmtree(root.parent)
            done = " / ".join(script.done)
            failures += [f"edit script {number} of seed {seed}: {untruth} [{done}]" for untruth in untruths]
            n_done += len(script.done)
            note(f"edit script {number + 1} of {n}: {len(script.done)} steps, {len(untruths)} failures")
            for failure in failures[len(failures) - len(untruths) :]:
                note(failure)
        for place in places:
            steps += place.steps
    if n >= ENOUGH_SCRIPTS:
        failures += [f"no edit script of seed {seed} came by {name!r}" for name in CROSSED if not steps[name]]
    crossed = ", ".join(f"{name} {steps[name]} times" for name in CROSSED)
    return Tally("edit scripts", seed, n, tuple(failures), (f"{n_done} edits and updates", f"crossed: {crossed}"))


def play(script: Script, random: Random) -> list[str]:
    """Do a random script and return what did not hold."""
    names = sorted(OPERATIONS)
    for _ in range(random.randint(*N_UPDATES)):
        for _ in range(random.randint(*OPERATIONS_EACH)):
            script.apply(random.choice(names), random)
        meanwhile = random.choice(names) if random.random() < MEANWHILE_CHANCE else ""
        script.update(meanwhile, random.randrange(1 << 32))
    for _ in range(2):  # little enough that new rows alone make a base due
        script.apply("create", random)
    script.update()
    return script.finish(random.randrange(1 << 32))
