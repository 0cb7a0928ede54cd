"""How much memory indexing takes, whatever the repository: a table in Markdown on standard output. Linux only.

    python -m benchmarks.memory [FOLDER ...] [--trees tiny,large,line,deep] [--tiny 100000] [--large 2000]

Each FOLDER is indexed as it stands, each tree is generated first; the index lives in a temporary home. The peak of a
process is what the kernel says was the most that it ever held (`VmHWM`), asked of the command and its parsers.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.tree import read_texts, vary

SAMPLE_S = 0.02
"""A parser that is ended for its memory may live no longer than some tenths of a second."""

LARGE_BYTES = 1_900_000
"""Just under the limit above which files are left out."""

DEEP = 10_000
ENDINGS = "c cpp cs css dart ex go hs java js json kt lua ml php pl py rb rs scala swift ts zig"

HEAD = "| tree | files | MB | chunks | s | main | largest parser | together | index |\n|" + "---|" * 9


@dataclass(frozen=True, slots=True)
class Peak:
    """What one indexing took at most, in bytes."""

    took_s: float
    n_chunks: int
    main: int
    parser: int
    """The largest of the parsers."""
    together: int
    """All processes at one moment, pages that they share counted once for each."""
    index: int


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure each folder and print a row for it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory")
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--trees", default="", help=f"comma between: {', '.join(TREES)}")
    parser.add_argument("--tiny", type=int, default=100_000)
    parser.add_argument("--large", type=int, default=2_000)
    parser.add_argument("--index", nargs="*", default=[], help="further options of codesearch index")
    options = parser.parse_args(arguments)
    print(HEAD)
    for folder in options.folders:
        show(folder.name, folder, options.index)
    for name in filter(None, options.trees.split(",")):
        with tempfile.TemporaryDirectory() as place:
            root = Path(place) / name
            TREES[name](root, options)
            show(name, root, options.index)
    return 0


def show(name: str, root: Path, further: Sequence[str]) -> None:
    """Index one folder and print what it took."""
    sizes = [path.lstat().st_size for path in root.rglob("*") if ".git" not in path.parts and path.is_file()]
    peak = measure(root, further)
    cells = (peak.main, peak.parser, peak.together, peak.index)
    told = " | ".join(f"{cell / 1e6:,.0f} MB" for cell in cells)
    tree = f"{len(sizes):,} | {sum(sizes) / 1e6:,.1f} | {peak.n_chunks:,}"
    print(f"| {name} | {tree} | {peak.took_s:.1f} | {told} |", flush=True)


def measure(root: Path, further: Sequence[str]) -> Peak:
    """Index `root` into an empty home; raises SystemExit where that fails."""
    home = Path(tempfile.mkdtemp())
    command = [sys.executable, "-m", "codesearch", "index", str(root), "--quiet", *further]
    environment = {**os.environ, "CODESEARCH_HOME": str(home)}
    started = time.perf_counter()
    try:
        process = subprocess.Popen(command, env=environment)
        largest: dict[int, int] = {}
        together = 0
        while process.poll() is None:
            now = dict(sample(process.pid))
            together = max(together, sum(held for held, _ in now.values()))
            largest |= {pid: max(peak, largest.get(pid, 0)) for pid, (_, peak) in now.items()}
            time.sleep(SAMPLE_S)
        took_s = time.perf_counter() - started
        if process.returncode:
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
        size = sum(path.stat().st_size for path in home.rglob("*") if path.is_file())
        asked = [*command[:3], "status", str(root), "--json"]
        told = subprocess.run(asked, env=environment, check=True, capture_output=True).stdout
        n_chunks = sum(json.loads(told)["chunks_by_kind"].values())
    finally:
        shutil.rmtree(home, ignore_errors=True)
    main_peak = largest.pop(process.pid, 0)
    return Peak(took_s, n_chunks, main_peak, max(largest.values(), default=0), together, size)


def sample(pid: int) -> Iterator[tuple[int, tuple[int, int]]]:
    """Yield of a process and all below it (pid, (bytes held, most ever held)); nothing of one that has ended."""
    with suppress(OSError, KeyError):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        fields = dict(line.split(":", 1) for line in lines if ":" in line)
        yield pid, (_bytes(fields["VmRSS"]), _bytes(fields["VmHWM"]))
    with suppress(OSError):
        for path in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in path.read_text().split():
                yield from sample(int(child))


def write_tiny(root: Path, options: argparse.Namespace) -> None:
    """Write very many files of three lines."""
    for number in range(options.tiny):
        folder = root / f"{number // 500:04}"
        if number % 500 == 0:
            folder.mkdir(parents=True)
        text = f"def part_{number}(value):\n    return value + {number}\n"
        (folder / f"part_{number}.py").write_text(text, encoding="utf-8")


def write_large(root: Path, options: argparse.Namespace) -> None:
    """Write files of source that are almost too large."""
    root.mkdir(parents=True)
    chance = random.Random(options.large)
    texts = [text for path, text in read_texts() if path.suffix == ".py" and "\0" not in text]
    words = sorted({word for text in texts for word in text.split() if word.isidentifier()})
    for number in range(options.large):
        parts: list[str] = []
        size = 0
        while size < LARGE_BYTES:
            part = vary(chance.choice(texts), words, chance)[: LARGE_BYTES - size]
            parts.append(part)
            size += len(part.encode()) + 1
        (root / f"large_{number}.py").write_text("\n".join(parts), encoding="utf-8")


def write_line(root: Path, options: argparse.Namespace) -> None:  # noqa: ARG001
    """Write files that are one line: a script that was made small, and a table."""
    root.mkdir(parents=True)
    piece = "function f(a,b){return a?b:f(b,a)};"
    (root / "script.js").write_text(piece * (LARGE_BYTES // len(piece)), encoding="utf-8")
    (root / "table.json").write_text(f"[{'1,' * (LARGE_BYTES // 2 - 2)}1]", encoding="utf-8")
    (root / ".gitattributes").write_text("* -linguist-generated\n", encoding="utf-8")


def write_deep(root: Path, options: argparse.Namespace) -> None:  # noqa: ARG001
    """Write nests in many languages, and patches that one grammar has no good way with."""
    root.mkdir(parents=True)
    for ending in ENDINGS.split():
        for name, opening, closing in (("round", "(", ")"), ("curly", "{", "}"), ("square", "[", "]")):
            lines = [opening * 50 for _ in range(DEEP // 50)] + [closing * 50 for _ in range(DEEP // 50)]
            (root / f"{name}.{ending}").write_text("\n".join(["x =", *lines, ""]), encoding="utf-8")
    (root / "tags.html").write_text("<div>\n" * DEEP + "</div>\n" * DEEP, encoding="utf-8")
    (root / "steps.py").write_text("".join(f"{' ' * n}if x:\n" for n in range(1_500)), encoding="utf-8")


TREES: dict[str, Callable[[Path, argparse.Namespace], None]] = {
    "tiny": write_tiny,
    "large": write_large,
    "line": write_line,
    "deep": write_deep,
}


def _bytes(value: str) -> int:
    return int(value.split(maxsplit=1)[0]) * 1024


if __name__ == "__main__":
    raise SystemExit(main())
