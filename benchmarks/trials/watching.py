"""Trial: whatever happens to a tree that is watched, as fast as it can be done, the index becomes what the tree is.

Bursts of edits, git and rules among them, with and without pauses; after each burst the index has to become what a
fresh build makes of the tree, by hints alone: the watcher's own regular look comes later than the trial waits.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Event, Thread

from benchmarks.trials.contents import N_SHOWN, Contents, find_differences, read_contents
from benchmarks.trials.git_operations import OPERATIONS
from benchmarks.trials.operations import LIMIT_BYTES
from benchmarks.trials.repository import Repository, make_repository
from benchmarks.trials.tally import Tally
from benchmarks.trials.workplace import LentPool, Workplace, lend_parsers
from codesearch.build import BuildSeams
from codesearch.errors import CodesearchError
from codesearch.registry import index_folder
from codesearch.types import BuildOptions
from codesearch.watching.events import Failed, Updated, WatchEvent
from codesearch.watching.watcher import Watcher, WatchOptions, WatchSeams

N_LEAVES = 200
MAX_OPERATIONS = 12
PAUSE_CHANCE = 0.3
MAX_PAUSE_S = 1.5
"""Some operations come while an update is at work, others while the watcher waits."""

GIVE_UP_S = 60.0
"""A fifth of the time after which the watcher compares without any hint."""

LOOK_S = 0.1


@dataclass
class _Watch:
    """A watcher in a thread."""

    place: Workplace
    pool: LentPool
    fresh_home: Path
    stop: Event = field(default_factory=Event)
    n_updates: int = 0
    problems: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Watch until the end."""
        seams = BuildSeams(load=self.place.load, open_pool=lambda _root, _options: self.pool)
        options = WatchOptions(BuildOptions(max_file_bytes=LIMIT_BYTES))
        try:
            Watcher(self.place.root, self.place.home, options, WatchSeams(seams)).run(self.stop, self.hear)
        except CodesearchError as error:
            self.problems.append(f"the watch ended: {error}")

    def hear(self, event: WatchEvent) -> None:
        """Count updates, keep failures."""
        self.n_updates += isinstance(event, Updated)
        if isinstance(event, Failed):
            self.problems.append(f"an update failed: {event.error}")

    def await_truth(self) -> float:
        """Return the seconds until the index equals a fresh build; a failure where that takes too long."""
        started = time.monotonic()
        self.place.build_fresh(self.fresh_home)
        expected = read_contents(index_folder(self.fresh_home, self.place.root))
        while differences := _compare(read_contents(self.place.folder), expected):
            if time.monotonic() - started > GIVE_UP_S:
                self.problems += [f"{what}, {self._ask_update(expected)}" for what in differences]
                break
            time.sleep(LOOK_S)
        return time.monotonic() - started

    def _ask_update(self, expected: Contents) -> str:
        """Say whether it is hints that were missing: then an update mends what is wrong."""
        report = self.place.build()
        is_mended = not _compare(read_contents(self.place.folder), expected)
        mended = "mends it" if is_mended else "does not mend it"
        return f"which an update by hand {mended} ({report.added} added, {report.changed} changed)"


def run(seed: int, n: int, folder: Path, note: Callable[[str], None], fixed: Sequence[str] = ()) -> Tally:
    """Try `n` bursts of edits on one watched tree; a fixed one is of these operations, without a pause."""
    root = folder / "root"
    repository = make_repository(root, seed, N_LEAVES)
    failures: list[str] = []
    longest_s, n_operations = 0.0, 0
    with lend_parsers(root) as pool, lend_parsers(root) as other_pool:
        place = Workplace(root, folder / "home", other_pool)
        place.build()
        with _watching(_Watch(place, pool, folder / "fresh")) as watch:
            for number in range(n):
                random = Random(f"{seed}:{number}")
                done = list(_do_burst(repository, random, fixed))
                n_operations += len(done)
                longest_s = max(longest_s, watch.await_truth())
                found = [f"burst {number} of seed {seed}: {what} [{' / '.join(done)}]" for what in watch.problems]
                watch.problems.clear()
                failures += found
                for text in (*found, f"burst {number + 1} of {n}: {len(done)} operations, {len(found)} failures"):
                    note(text)
            n_updates = watch.n_updates
    remarks = (f"{n_operations} operations, {n_updates} updates", f"longest wait for the truth {longest_s:.1f} s")
    return Tally("bursts of edits under a watcher", seed, n, tuple(failures), remarks)


def _compare(found: Contents, expected: Contents) -> list[str]:
    """Say in what two indexes differ; first of all in what there is."""
    alone = sorted(found.keys() ^ expected.keys())[:N_SHOWN]
    if not alone:
        return find_differences(found, expected)
    return [f"{name} is {'missing' if name in expected else 'still there'}" for name in alone]


def _do_burst(repository: Repository, random: Random, fixed: Sequence[str]) -> Iterator[str]:
    """Do some operations and yield what each did."""
    for name in fixed or random.choices(sorted(OPERATIONS), k=random.randint(1, MAX_OPERATIONS)):
        if said := OPERATIONS[name](repository, random):
            yield said
        if not fixed and random.random() < PAUSE_CHANCE:
            time.sleep(random.uniform(0, MAX_PAUSE_S))


@contextmanager
def _watching(watch: _Watch) -> Iterator[_Watch]:
    thread = Thread(target=watch.run)
    thread.start()
    try:
        yield watch
    finally:
        watch.stop.set()
        thread.join()
