"""How soon what is saved is found while `codesearch index --watch` runs: a table in Markdown on standard output.

    python -m benchmarks.watch FOLDER [--saves 25] [--seed 0] [--revision HEAD~1000] [--idle 30]

FOLDER is copied first, with its history, into a temporary folder that is removed at the end. A save appends a line to a
random source file, as an editor does; the time ends when this process, which is not the watcher, finds the line by a
search. The branch switch is a `git checkout` of the revision and back, and ends when no file differs from the index.
"""

import argparse
import os
import random
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.speed import Bench, Row, describe_machine, print_table
from codesearch.index import Index, SearchOptions

GIVE_UP_S = 120.0
"""Nothing here takes a tenth of that on any machine that is not broken."""

LOOK_S = 0.02
"""Between two searches: short beside what is measured, long beside a search."""


@dataclass(frozen=True, slots=True)
class Watch:
    """A watcher at work, and an index that follows it."""

    tree: Path
    process: "subprocess.Popen[bytes]"
    index: Index

    def cpu_s(self) -> float:
        """Return the processor time of the watcher so far, its ended children included."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")

    def memory(self, name: str) -> float:
        """Return a figure of the watcher's memory in MB."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024 / 1e6

    def await_(self, is_so: Callable[[], bool], what: str) -> None:
        """Wait until something is so."""
        until = time.monotonic() + GIVE_UP_S
        while not is_so():
            if self.process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"the watcher never came to this: {what}")
            time.sleep(LOOK_S)

    def finds(self, word: str) -> bool:
        """Tell whether a search finds a line with the word."""
        return any(word in result.content for result in self.index.search(word, SearchOptions(limit=3)).results)

    def is_current(self) -> bool:
        """Tell whether no file differs from the index, as far as a walk tells."""
        return self.index.status().state.stale_files == 0


@contextmanager
def watching(bench: Bench) -> Iterator[Watch]:
    """Run the installed command from where it has nothing to do."""
    with tempfile.TemporaryFile() as errors:
        process = bench.start(("index", "--watch", str(bench.tree)), subprocess.DEVNULL, errors)
        try:
            deadline = time.monotonic() + GIVE_UP_S
            while b"\nwatching" not in os.pread(errors.fileno(), 1 << 20, 0):
                if time.monotonic() > deadline or process.poll() is not None:
                    raise SystemExit("codesearch index --watch does not begin")
                time.sleep(LOOK_S)
            time.sleep(3)  # its first update, which finds nothing
            with Index.open(bench.tree, bench.home) as index:
                yield Watch(bench.tree, process, index)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(GIVE_UP_S)


def measure_saves(watch: Watch, paths: list[str], n: int, numbers: random.Random) -> list[Row]:
    """Time saves from the write to the first search that finds it."""
    times_s = []
    for number in range(n):
        path = watch.tree / numbers.choice(paths)
        word = "quagga" + "".join(numbers.choices("bcdfgjkpvwz", k=12))
        data = path.read_bytes() + f"\n# {word} = {number}\n".encode()
        fresh = path.with_name(f".{path.name}.tmp")
        fresh.write_bytes(data)
        started = time.perf_counter()
        fresh.replace(path)
        watch.await_(lambda word=word: watch.finds(word), f"{word} in {path}")  # type: ignore[misc]
        times_s.append(time.perf_counter() - started)
        time.sleep(numbers.uniform(0.5, 1.5))
    note = f"{n} saves, {len(paths):,} files"
    return [
        Row("save → found, median", f"{statistics.median(times_s):.2f} s", note),
        Row("save → found, longest", f"{max(times_s):.2f} s"),
    ]


def measure_switch(watch: Watch, revision: str) -> list[Row]:
    """Time a checkout and what follows, there and back."""
    before = _git(watch.tree, "rev-parse", "HEAD")
    _git(watch.tree, "stash", "-q")
    watch.await_(watch.is_current, "the saves undone")
    n_files = len(_git(watch.tree, "diff", "--name-only", before, revision).splitlines())
    rows = []
    for name, target in (("there", revision), ("back", before)):
        time.sleep(2)
        started = time.perf_counter()
        _git(watch.tree, "checkout", "-q", target)
        switched = time.perf_counter()
        watch.await_(watch.is_current, f"what {target} has")
        ended = time.perf_counter()
        note = f"{n_files:,} files differ; git itself took {switched - started:.1f} s"
        rows.append(Row(f"branch switch {name} → index current, after git's end", f"{ended - switched:.1f} s", note))
    return rows


def measure_idle(watch: Watch, idle_s: float) -> list[Row]:
    """Measure what watching costs while nothing happens."""
    time.sleep(2)
    before = watch.cpu_s()
    time.sleep(idle_s)
    share = (watch.cpu_s() - before) / idle_s
    return [
        Row("processor, idle", f"{share:.2%}", f"of one core over {idle_s:g} s"),
        Row("memory, idle", f"{watch.memory('VmRSS'):.0f} MB", f"{watch.memory('VmHWM'):.0f} MB at most"),
    ]


def _git(tree: Path, *arguments: str) -> str:
    options = ("-c", "advice.detachedHead=false", "-c", "gc.auto=0", "-c", "user.name=a", "-c", "user.email=a@b.c")
    command = ["git", *options, *arguments]
    return subprocess.run(command, cwd=tree, check=True, capture_output=True, text=True).stdout.strip()


def read_arguments() -> argparse.Namespace:
    """Return what was typed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.watch", description="Measure and print a table.")
    parser.add_argument("folder", type=Path, help="a git work tree")
    parser.add_argument("--saves", type=int, default=25, help="saves that are timed")
    parser.add_argument("--seed", type=int, default=0, help="which files are saved, and when")
    parser.add_argument("--revision", default="HEAD~1000", help="what is checked out")
    parser.add_argument("--idle", type=float, default=30.0, help="seconds in which nothing happens")
    return parser.parse_args()


def main() -> None:
    """Measure in a temporary folder; Linux alone tells of a process what is asked here."""
    arguments = read_arguments()
    machine = describe_machine()
    with tempfile.TemporaryDirectory(prefix="codesearch-watch-") as folder:
        bench = Bench(Path(folder).resolve() / "tree", Path(folder).resolve() / "home")
        shutil.copytree(arguments.folder, bench.tree, symlinks=True)
        bench.run("index", str(bench.tree))
        paths = [path for path in _git(bench.tree, "ls-files", "*.py").splitlines() if (bench.tree / path).is_file()]
        with watching(bench) as watch:
            rows = measure_saves(watch, paths, arguments.saves, random.Random(arguments.seed))
            rows += measure_idle(watch, arguments.idle)
            rows += measure_switch(watch, arguments.revision)
            rows += [Row("memory, most of all", f"{watch.memory('VmHWM'):.0f} MB")]
    print_table(machine, rows)


if __name__ == "__main__":
    main()
