"""Does harm to real indexes, many times, and prints a table of what was tried and what did not hold.

    python -m benchmarks.reliability [--seed N] [--only NAME] [--NAME N]

Trials, each in a scratch folder of its own: writes killed at every step, flipped bits in every file of an index, full
disks, calls that fail, power cuts, damaged indexes repaired, readers beside writers, random edit scripts over a tree of
20,000 chunks, edits under watch, hostile files. Exits with 1 where anything failed, nothing was
tried, or a named step was never hit in the usual number; the same seed and number try the same things again.
"""

import argparse
import platform
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path

from benchmarks.trials.tally import Tally

Run = Callable[[int, int, Path, Callable[[str], None]], Tally]


@dataclass(frozen=True, slots=True)
class Trial:
    """One kind of harm: a module of `benchmarks.trials`, and how often it is tried unless told otherwise."""

    option: str
    module: str
    n: int


TRIALS = (
    Trial("kills", "kills", 600),
    Trial("flips", "flips", 1000),
    Trial("disks", "full_disk", 40),
    Trial("errors", "disk_errors", 150),
    Trial("cuts", "power", 200),
    Trial("repairs", "repairs", 300),
    Trial("reads", "readers", 4000),
    Trial("scripts", "edits", 10),
    Trial("bursts", "watching", 100),
    Trial("files", "hostile", 400),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A trial's tally and its time."""

    tally: Tally
    took_s: float
    lack: str = ""
    """Why the trial says too little, if it does."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the trials that are asked for; return the exit status."""
    parsed = _make_parser().parse_args(arguments)
    seed = random.SystemRandom().randrange(1 << 32) if parsed.seed is None else parsed.seed
    outcomes: list[Outcome] = []
    for trial in TRIALS:
        if parsed.only is None or trial.option in parsed.only:
            outcomes.append(run_trial(trial, seed, getattr(parsed, trial.option)))
            print(render_failures(outcomes[-1].tally), end="", flush=True)
    print(render(outcomes))
    return 1 if any(outcome.tally.failures or outcome.lack for outcome in outcomes) else 0


def run_trial(trial: Trial, seed: int, n: int) -> Outcome:
    """Run one trial in a scratch folder, telling its progress on stderr."""
    started = time.monotonic()
    try:
        run: Run = import_module(f"benchmarks.trials.{trial.module}").run
        with tempfile.TemporaryDirectory(prefix="codesearch-trial-") as folder:
            tally = run(seed, n, Path(folder), partial(_note, trial.option))
    except Exception as error:  # noqa: BLE001  the other trials go on, and what they found is printed
        _note(trial.option, traceback.format_exc())
        tally = Tally(trial.option, seed, 0, (f"it broke off with {type(error).__name__}: {error} (seed {seed}, {n})",))
    return Outcome(tally, time.monotonic() - started, lack_of(tally, is_usual=n >= trial.n))


def lack_of(tally: Tally, *, is_usual: bool) -> str:
    """Say in what a trial says too little; steps may be missed where less than the usual number was tried."""
    if not tally.tried:
        return "NOTHING WAS TRIED"
    if is_usual and tally.missed:
        return f"NEVER HIT: {', '.join(tally.missed)}"
    return ""


def _note(option: str, text: str) -> None:
    print(f"{option}: {text}", file=sys.stderr, flush=True)


def render(outcomes: Sequence[Outcome]) -> str:
    """Return the table in Markdown."""
    machine = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    lines = [
        f"On {machine}.",
        "",
        "| trial | tried | failures | seed | time | remarks |",
        "|---|---:|---:|---:|---:|---|",
    ]
    for outcome in outcomes:
        tally = outcome.tally
        lines.append(
            f"| {tally.name} | {tally.tried:,} | {len(tally.failures):,} | {tally.seed} | {outcome.took_s:.0f} s "
            f"| {'; '.join([*filter(None, [outcome.lack]), *tally.remarks])} |"
        )
    return "\n".join(lines)


def render_failures(tally: Tally) -> str:
    """Return what failed, one line each."""
    return "".join(f"FAILED {tally.name}: {failure}\n" for failure in tally.failures)


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reliability")
    parser.add_argument("--seed", type=int, help="what decides everything random (default: a new one, printed)")
    parser.add_argument("--only", action="append", choices=[trial.option for trial in TRIALS], help="repeatable")
    for trial in TRIALS:
        parser.add_argument(f"--{trial.option}", type=int, default=trial.n, metavar="N", help=f"default {trial.n}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
