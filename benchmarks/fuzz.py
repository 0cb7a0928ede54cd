"""Throws bytes at the chunker or at the search until the time is over, guided by which lines of ours they reach.

    python -m benchmarks.fuzz chunker|query FOLDER [--minutes 20] [--replay FILE...]

Needs atheris, which is no dependency (`pip install atheris`). FOLDER keeps the inputs that reached something new, so
that a later run goes on from there, and what was found under `findings/`. A process that a grammar brings down is
started again; a language that did so three times is left out from then on. `--replay` runs inputs without a fuzzer.
Grammars are native code and not watched: only our own lines guide the search.
"""

import argparse
import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

LONGEST_INPUT = 8_192
HANG_S = 60
"""Of the clock, not of the processor: whoever runs this gives it the lowest priority."""

MAX_MEMORY_MB = 6_000
MAX_FALLS = 3

_RUNS = re.compile(r"^#(\d+)\s", re.MULTILINE)
_COVERED = re.compile(r"\bcov: (\d+)")

_MISSING = "atheris is not installed: run `pip install atheris` (Linux, CPython 3.11 to 3.13) in this environment"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; exit code 1 where something was found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__.partition("\n")[0])
    parser.add_argument("target", choices=("chunker", "query"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--replay", type=Path, nargs="+", default=[])
    parser.add_argument("--process", nargs="*", default=None, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.replay:
        return replay(chosen.target, chosen.replay)
    if chosen.process is not None:
        return fuzz_in_process(chosen.target, [f"-{option}" for option in chosen.process], chosen.folder)
    return supervise(chosen.target, chosen.folder, chosen.minutes)


def replay(name: str, paths: Sequence[Path]) -> int:
    """Run stored inputs as the fuzzer did."""
    from benchmarks.fuzz_targets import make_target

    target = make_target(name)
    for path in paths:
        print(path, flush=True)
        target.check(path.read_bytes())
    return 0


def supervise(name: str, folder: Path, minutes: float) -> int:
    """Start fuzzing processes one after the other until the time is over; print what came of it."""
    try:
        import atheris  # noqa: F401
    except ImportError:
        print(_MISSING, file=sys.stderr)
        return 2
    findings = folder / "findings"
    findings.mkdir(parents=True, exist_ok=True)
    _write_seeds(name, folder / "corpus")
    deadline = time.monotonic() + minutes * 60
    n_runs, coverage, n_processes = 0, 0, 0
    while (left_s := int(deadline - time.monotonic())) > 0:
        log = folder / f"log-{int(time.time())}-{n_processes}.txt"
        _run_process(name, folder, left_s, log)
        said = log.read_text("utf-8", "replace")
        n_runs += max(map(int, _RUNS.findall(said)), default=0)
        coverage = max([coverage, *map(int, _COVERED.findall(said))])
        n_processes += 1
    found = sorted(path.name for path in findings.iterdir())
    print(
        f"{name}: {n_runs:,} inputs in {n_processes} processes and {minutes:g} minutes, {coverage:,} branches reached"
    )
    print(f"{len(found)} findings" + "".join(f"\n  {findings / one}" for one in found))
    return int(bool(found))


def _write_seeds(name: str, corpus: Path) -> None:
    from benchmarks.fuzz_targets import make_target

    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(make_target(name).seeds()):
        (corpus / f"seed-{number:04}").write_bytes(seed)


def _run_process(name: str, folder: Path, left_s: int, log: Path) -> None:
    """Run one process until it falls or the time is over."""
    options = (
        f"max_total_time={left_s}",
        f"max_len={LONGEST_INPUT}",
        f"timeout={HANG_S}",
        f"report_slow_units={HANG_S}",
        f"rss_limit_mb={MAX_MEMORY_MB}",
        f"artifact_prefix={folder / 'findings'}/",
    )
    command = (sys.executable, "-m", "benchmarks.fuzz", name, str(folder), "--process", *options)
    with log.open("wb") as stream:
        subprocess.run(command, stdout=stream, stderr=subprocess.STDOUT, check=False, timeout=left_s + 10 * HANG_S)


def fuzz_in_process(name: str, options: Sequence[str], folder: Path) -> int:
    """Fuzz until something is found; does not come back."""
    import atheris

    with atheris.instrument_imports(include=["indexers", "codesearch"], enable_loader_override=False):
        from benchmarks.fuzz_targets import LANGUAGES_READ, make_target
    target = make_target(name)
    fallen = _fallen(folder / "findings", len(LANGUAGES_READ)) if name == "chunker" else frozenset()
    pieces = [seed[1:] for seed in target.seeds()]

    def check(data: bytes) -> None:
        if not (data and data[0] % len(LANGUAGES_READ) in fallen):
            target.check(data)

    def mutate(data: bytes, max_size: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if chance.random() < 0.5:
            return bytes(atheris.Mutate(data, max_size))
        if chance.random() < 0.5:
            return splice(data, chance.choice(pieces), chance)[:max_size]
        return chance.choice((repeat, cut))(data, chance)[:max_size]

    atheris.Setup(["fuzz", *options, str(folder / "corpus")], check, custom_mutator=mutate)
    atheris.Fuzz()
    return 0


def _fallen(findings: Path, n_languages: int) -> frozenset[int]:
    """Return the languages, by number, that have brought down several processes."""
    paths = [path for path in findings.iterdir() if path.stat().st_size] if findings.is_dir() else []
    falls = Counter(path.read_bytes()[0] % n_languages for path in paths)
    return frozenset(number for number, n in falls.items() if n >= MAX_FALLS)


def repeat(data: bytes, chance: random.Random) -> bytes:
    """Say something short many times: depth is what grammars fall over."""
    at, length = _slice(data, chance, 40)
    return data[:at] + data[at : at + length] * chance.choice((2, 3, 10, 100, 1_000)) + data[at + length :]


def splice(data: bytes, seed: bytes, chance: random.Random) -> bytes:
    """Put a piece of a seed into the input."""
    start, length = _slice(seed, chance, 400)
    at, replaced = _slice(data, chance, 100)
    return data[:at] + seed[start : start + length] + data[at + replaced * chance.randrange(2) :]


def cut(data: bytes, chance: random.Random) -> bytes:
    """Leave something out, as an editor does in the middle of a change."""
    at, length = _slice(data, chance, 200)
    return data[:at] + data[at + length :]


def _slice(data: bytes, chance: random.Random, longest: int) -> tuple[int, int]:
    """Return a start behind the first byte and a length."""
    return chance.randint(min(1, len(data)), max(len(data), 1)), chance.randint(1, longest)


if __name__ == "__main__":
    sys.exit(main())
