"""How fast the embedded encoder is on one core: a table in Markdown on standard output.

    python -m benchmarks.encoder FOLDER [--starts 15]

FOLDER is parsed first; then the encoder's own work is timed, splitting into sub-tokens and containers included, once
with nothing remembered and once more. Loading is timed in processes of its own, numpy's import taken off.
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from indexers.encoders.embedded import MODEL_PATH, EmbeddedEncoder
from indexers.parsers import ParserPool
from indexers.pipeline import EncodingPipeline
from indexers.types import ParsedFile
from indexers.walker import DEFAULT_MAX_FILE_BYTES, walk

LOADING = (
    "import time, numpy\n"
    "started = time.perf_counter()\n"
    "from indexers.encoders.embedded import EmbeddedEncoder\n"
    "EmbeddedEncoder()\n"
    "print(time.perf_counter() - started)\n"
)


def parse(root: Path) -> list[ParsedFile]:
    """Return all files of a tree, cut into chunks."""
    with ParserPool(root) as pool:
        outcomes = pool.parse(walk(root).files, DEFAULT_MAX_FILE_BYTES)
        return [outcome for outcome in outcomes if isinstance(outcome, ParsedFile)]


def time_encoding(encoder: EmbeddedEncoder, files: Sequence[ParsedFile]) -> float:
    """Return the processor seconds that all vectors of some files take."""
    started = time.process_time()
    for _ in EncodingPipeline(encoder).encode(files):
        pass
    return time.process_time() - started


def time_loading(n_starts: int) -> float:
    """Return the median seconds that importing and opening the encoder takes in a new process."""
    command = [sys.executable, "-c", LOADING]
    took = [float(subprocess.run(command, capture_output=True, check=True, text=True).stdout) for _ in range(n_starts)]
    return statistics.median(took)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--starts", type=int, default=15)
    options = parser.parse_args(arguments)
    files = parse(options.folder)
    megabytes = sum(len(file.text.data) for file in files) / 1e6
    n_chunks = sum(len(file.chunks) for file in files)
    encoder = EmbeddedEncoder()
    rates = [megabytes / time_encoding(encoder, files) for _ in range(2)]
    print(f"{len(files):,} files, {n_chunks:,} chunks, {megabytes:.1f} MB\n")
    print("| what | measured | aim |\n|---|---|---|")
    print(f"| model file | {MODEL_PATH.stat().st_size / 1e6:.1f} MB | 25 MB |")
    print(f"| import and load, median of {options.starts} | {time_loading(options.starts) * 1e3:.0f} ms | 30 ms |")
    print(f"| encode, a core, nothing remembered | {rates[0]:.1f} MB/s | 4 MB/s |")
    print(f"| encode, a core, words remembered | {rates[1]:.1f} MB/s | |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
