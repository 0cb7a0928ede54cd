"""Flips bits and bytes anywhere in the files of a real index, and holds every answer against those of the whole one.

An answer has to be the same, or an error that names a command; before the background check has ended it may lack
candidates. `verify` has to find the flip, unless what the index holds is the same as before.
"""

import json
import os
import queue
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks.trials.flip_scene import Scene, make_scenes
from benchmarks.trials.place import ROOT
from benchmarks.trials.tally import Tally

SILENCE_S = 60.0
"""How long one flip may take before it counts as a hang: asking everything twice takes a second."""

LOGGED_EVERY = 4
"""One in so many flips hits the index that has a log."""

NOTED_EVERY = 100


@dataclass(frozen=True, slots=True)
class _Trial:
    """What a process that flips is told."""

    scene: Scene
    work: Path
    seed: int


def run(seed: int, n: int, folder: Path, note: Callable[[str], None]) -> Tally:
    """Flip `n` times."""
    quiet, logged = make_scenes(folder, Random(seed))
    n_logged = n // LOGGED_EVERY
    kinds: Counter[str] = Counter()
    failures: list[str] = []
    for scene, n_here in ((quiet, n - n_logged), (logged, n_logged)):
        outcomes = _flip(_Trial(scene, folder / "work", seed), n_here)
        for done, (number, kind, text) in enumerate(outcomes, start=1):
            kinds[kind] += 1
            if text:
                failures.append(f"seed {seed}, index {scene.name}, flip {number}: {text}")
                note(failures[-1])
            if done % NOTED_EVERY == 0:
                note(f"{scene.name}: {done} of {n_here} flips, {len(failures)} failures")
    remarks = tuple(f"{kind}: {count}" for kind, count in sorted(kinds.items()))
    return Tally("flips", seed, n, tuple(failures), remarks)


def _flip(trial: _Trial, n: int) -> Iterator[tuple[int, str, str]]:
    """Yield number, kind and failure of each flip; start another process after one that died."""
    number = 0
    while number < n:
        flip, started = "", number
        for number, what, text in _run_process(trial, number, n):  # noqa: B020
            if what == "flip":
                flip = text
            elif what in {"died", "hangs"}:
                yield number, what, f"{flip}: the process {what}{text}"
            elif what != "begin":
                yield number, what, f"{flip}: {text}" if text else ""
        number = max(number, started) + 1


def _run_process(trial: _Trial, first: int, end: int) -> Iterator[tuple[int, str, str]]:
    scene = trial.scene
    order = {"name": scene.name, "root": str(scene.root), "home": str(scene.home), "work": str(trial.work)}
    order_json = json.dumps({**order, "seed": trial.seed, "first": first, "end": end})
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.trials.flip_batch", order_json],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    lines: queue.Queue[str | None] = queue.Queue()
    errors: list[str] = []
    assert process.stdout is not None
    assert process.stderr is not None
    readers = [
        threading.Thread(target=_forward, args=(process.stdout, lines), daemon=True),
        threading.Thread(target=errors.extend, args=(process.stderr,), daemon=True),
    ]
    for reader in readers:
        reader.start()
    number = first
    try:
        while (line := lines.get(timeout=SILENCE_S)) is not None:
            number, what, text = json.loads(line)
            yield number, what, text
        if process.wait() != 0:
            readers[1].join()
            yield number, "died", f" with status {process.returncode}: {''.join(errors)[-2000:]}"
    except queue.Empty:
        yield number, "hangs", ""
    finally:
        process.kill()
        process.wait()
        for reader in readers:
            reader.join()
        process.stdout.close()
        process.stderr.close()


def _forward(stream: Iterator[str], lines: "queue.Queue[str | None]") -> None:
    for line in stream:
        lines.put(line)
    lines.put(None)
