"""How fast indexing, updating and searching are: a table in Markdown on standard output.

    python -m benchmarks.speed [FOLDER] [--files 5000] [--starts 15] [--rounds 5]

Without FOLDER a tree of source files is generated. FOLDER is copied first, as one of its files is changed. The
index lives in a temporary home that is removed at the end.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

from benchmarks.tree import write_tree

QUERIES = (
    "where are files skipped",
    "how is the index committed atomically",
    "parse filters inside a query",
    "retry with backoff",
    "read a file as text and detect its encoding",
    "compute BM25 scores of candidates",
    "hash words into a vector",
    "show progress on stderr",
    "open the catalogue read-only",
    "tests of the command line",
    "split identifiers into words",
    "load a grammar",
    "remove an index",
    "write json output",
    "secret token masked",
    "tokenize",
    "SearchOptions",
    "git_identity",
    "ranking kind:function",
    "walk path:part_00* -path:tests",
)


@dataclass(frozen=True, slots=True)
class Run:
    """One finished process."""

    took_s: float
    peak_bytes: int
    """Of the largest process that took part: the command or one of its workers."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    what: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Bench:
    """A tree, an empty home, and the installed command."""

    tree: Path
    home: Path

    def run(self, *arguments: str, allowed: Sequence[int] = (0,)) -> Run:
        """Run the installed command to its end; raises SystemExit where it fails."""
        started = time.perf_counter()
        with tempfile.TemporaryFile() as errors:
            process = self.start(arguments, subprocess.DEVNULL, errors)
            _, status, usage = os.wait4(process.pid, 0)
            took_s = time.perf_counter() - started
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode not in allowed:
                errors.seek(0)
                raise SystemExit(f"codesearch {' '.join(arguments)} failed:\n{errors.read().decode()}")
        unit = 1 if sys.platform == "darwin" else 1024
        return Run(took_s, usage.ru_maxrss * unit)

    def read(self, *arguments: str) -> Any:
        """Return the JSON that the installed command prints."""
        return json.loads(self.start(arguments, subprocess.PIPE, subprocess.DEVNULL).communicate()[0])

    def start(self, arguments: Sequence[str], stdout: int, stderr: int | IO[bytes]) -> subprocess.Popen[bytes]:
        """Start the installed command on the tree with the temporary home."""
        command = [str(Path(sys.executable).with_name("codesearch")), *arguments]
        environment = {**os.environ, "CODESEARCH_HOME": str(self.home)}
        return subprocess.Popen(command, cwd=self.tree, env=environment, stdout=stdout, stderr=stderr)

    def best_path(self, query: str) -> str:
        """Return the path of the first result: a file that is surely in the index."""
        return str(self.read("search", "--json", "--limit", "1", query)["results"][0]["path"])

    def indexed(self) -> tuple[int, int]:
        """Return the number of indexed files and the sum of their bytes."""
        from indexers.walker import WalkOptions, walk

        skipped = {entry["path"] for entry in self.read("status", "--json")["skipped"]}
        sizes = [file.stat.size_bytes for file in walk(self.tree, WalkOptions()).files if file.path not in skipped]
        return len(sizes), sum(sizes)

    def median(self, n: int, *arguments: str) -> Run:
        """Return the run of median duration after one that warms the caches."""
        self.run(*arguments, allowed=(0, 1))
        runs = sorted((self.run(*arguments, allowed=(0, 1)) for _ in range(n)), key=lambda run: run.took_s)
        return runs[len(runs) // 2]


def measure_indexing(bench: Bench) -> list[Row]:
    """Time a first build, an update without changes, and one with a single changed file, process start included."""
    built = bench.run("index", str(bench.tree))
    size = sum(path.stat().st_size for path in bench.home.rglob("*") if path.is_file())
    no_op = bench.median(3, "index", str(bench.tree))
    changed = bench.tree / bench.best_path(QUERIES[0])
    updates = []
    for number in range(3):
        with changed.open("a", encoding="utf-8") as stream:
            stream.write(f"\nadded_line_{number} = {number}\n")
        updates.append(bench.run("index", str(bench.tree)).took_s)
    n_files, n_bytes = bench.indexed()
    return [
        Row("index", f"{built.took_s:.1f} s", f"{n_files:,} files, {n_bytes / 1e6:.1f} MB of source"),
        Row("index, rate", f"{n_bytes / 1e6 / built.took_s:.2f} MB/s"),
        Row("index, peak memory", f"{built.peak_bytes / 1e6:.0f} MB", "of the largest process"),
        Row("size of the index", f"{size / 1e6:.0f} MB", f"{size / n_bytes:.1f} times the source"),
        Row("update, nothing changed", f"{no_op.took_s:.2f} s", "whole process, median of 3"),
        Row("update, one file changed", f"{statistics.median(updates):.2f} s", "whole process, median of 3"),
    ]


def measure_queries(bench: Bench, rounds: int) -> list[Row]:
    """Time warm queries in this process."""
    from codesearch.index import Index

    index = Index.open(bench.tree, bench.home)
    for query in QUERIES:
        index.search(query)
    times_ms = []
    for _ in range(rounds):
        for query in QUERIES:
            started = time.perf_counter()
            index.search(query)
            times_ms.append((time.perf_counter() - started) * 1e3)
    n_chunks = index.status().state.n_chunks
    index.close()
    cuts = statistics.quantiles(times_ms, n=20)
    note = f"{len(QUERIES)} queries, {rounds} rounds, {n_chunks:,} chunks"
    return [
        Row("warm query, p50", f"{statistics.median(times_ms):.1f} ms", note),
        Row("warm query, p95", f"{cuts[-1]:.1f} ms"),
    ]


def measure_starts(bench: Bench, n: int) -> list[Row]:
    """Time whole processes, from their start to their end."""
    search = bench.median(n, "search", "--json", QUERIES[0])
    help_ = bench.median(n, "--help")
    return [
        Row("`codesearch search --json`, whole process", f"{search.took_s * 1e3:.0f} ms", f"median of {n}"),
        Row("`codesearch search --json`, peak memory", f"{search.peak_bytes / 1e6:.0f} MB"),
        Row("`codesearch --help`, whole process", f"{help_.took_s * 1e3:.0f} ms", f"median of {n}"),
    ]


def describe_machine() -> str:
    """Return processor, cores, load, system and versions in one line."""
    processor = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        names = [
            line.partition(":")[2].strip() for line in information.read_text().splitlines() if "model name" in line
        ]
        processor = names[0] if names else processor
    load = f", load {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return (
        f"{processor}, {os.cpu_count()} cores{load}; {platform.system()} {platform.release()}; {python}; "
        f"codesearch {version('codesearch')}"
    )


def print_table(machine: str, rows: Sequence[Row]) -> None:
    """Print the rows as a Markdown table."""
    print(f"{machine}\n\n| what | measured | |\n|---|---|---|")
    for row in rows:
        print(f"| {row.what} | {row.value} | {row.note} |")


def read_arguments() -> argparse.Namespace:
    """Return what was typed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description="Measure and print a table.")
    parser.add_argument("folder", nargs="?", type=Path, help="what to index (default: a generated tree)")
    parser.add_argument("--files", type=int, default=5000, help="files of the generated tree")
    parser.add_argument("--starts", type=int, default=15, help="process starts a median is taken of")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of warm queries")
    return parser.parse_args()


def main() -> None:
    """Measure in a temporary folder; processes first, as a small parent keeps their memory figures honest."""
    arguments = read_arguments()
    machine = describe_machine()
    with tempfile.TemporaryDirectory(prefix="codesearch-speed-") as folder:
        bench = Bench(Path(folder).resolve() / "tree", Path(folder).resolve() / "home")
        if arguments.folder is None:
            write_tree(bench.tree, arguments.files)
        else:
            shutil.copytree(arguments.folder, bench.tree, symlinks=True)
        rows = measure_indexing(bench)
        rows += measure_starts(bench, arguments.starts)
        rows += measure_queries(bench, arguments.rounds)
    print_table(machine, rows)


if __name__ == "__main__":
    main()
