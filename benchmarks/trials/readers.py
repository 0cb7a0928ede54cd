"""Many processes read an index while another updates, compacts and rebuilds it, and is now and then killed.

The tree says of each generation which one it is, so an answer that mixed two would show; scores and counts must be
those that a quiet index gave. No reader may wait for a lock for longer than `one_reader.LIMIT_S`: SQLite gives up then.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, get_args

from benchmarks.trials.generations import QUESTIONS, write_generation
from benchmarks.trials.one_reader import LIMIT_S
from benchmarks.trials.reading_check import Line, Reads, check, from_document
from benchmarks.trials.tally import Tally
from codesearch.storage.steps import Step

N_READERS = 4
READS_PER_ACT = 50
"""How many reads there are for each thing that is done to the index."""

PATIENCE_S = 300.0
"""A process that says nothing for so long hangs."""

ACTS = ("update", "kill rebuild", "compact", "kill", "update", "rebuild", "kill by time")
MIN_ACTS = 4

ONE_SHOT = f"""
import sys
from codesearch.storage import catalog
catalog.READER_WAIT_S = {LIMIT_S}
from codesearch.cli.main import main
sys.exit(main())
"""
"""`codesearch` with a reader's waits cut short."""


def run(seed: int, n: int, folder: Path, note: Callable[[str], None]) -> Tally:
    """Read at least `n` times, beside a writer that does something to the index every so often."""
    trial = _Trial(seed, folder, Random(seed))
    n_acts = max(MIN_ACTS, n // READS_PER_ACT)
    trial.begin()
    with trial.reading():
        for number in range(n_acts):
            trial.do(ACTS[number % len(ACTS)])
            trial.wait_for_reads(n * (number + 1) // n_acts)
            note(f"{number + 1} of {n_acts} things done to the index, {trial.reads.n} reads")
    failures = check(trial.reads, seed)
    if trial.reads.n < n:
        failures.append(f"seed {seed}: there were {trial.reads.n} reads instead of {n}")
    remarks = (*trial.reads.remarks(), f"no reader may wait for a lock for over {LIMIT_S * 1000:.0f} ms")
    return Tally("concurrent reads", seed, trial.reads.n, tuple(failures), remarks)


@dataclass
class _Trial:
    """A tree, its index, a writer and many readers."""

    seed: int
    folder: Path
    random: Random
    reads: Reads = field(default_factory=Reads)
    generation: int = 0
    writer: subprocess.Popen[str] | None = None

    @property
    def root(self) -> Path:
        """The tree."""
        return self.folder / "root"

    @property
    def home(self) -> Path:
        """Where its index lies."""
        return self.folder / "home"

    def begin(self) -> None:
        """Make the first index."""
        self._write_tree()
        self._order("update")

    def do(self, act: str) -> None:
        """Do one thing to the index; after a death the next process brings it to the tree's generation."""
        if act in {"compact", "rebuild"}:
            self._order(act)
            return
        self._write_tree()
        match act:
            case "kill":
                self._order("update", die_at=(self.random.choice(get_args(Step)), self.random.randint(1, 2)))
            case "kill rebuild":
                steps = ("index set aside", "index replaced", "catalogue committed", "file written")
                self._order("rebuild", die_at=(self.random.choice(steps), 1))
            case "kill by time":
                self._order("update", dies_after_s=self.random.uniform(0.0, 0.3))
        self._order("update")

    def wait_for_reads(self, n: int) -> None:
        """Let the readers come to so many reads."""
        self.reads.wait(n, PATIENCE_S)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Have readers, and one that starts a new process each time, read meanwhile."""
        stop = self.folder / "stop"
        module = "benchmarks.trials.one_reader"
        commands = [
            [sys.executable, "-m", module, str(self.root), str(self.home), f"{self.seed}:{number}", str(stop)]
            for number in range(N_READERS)
        ]
        processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for command in commands]
        threads = [threading.Thread(target=self._listen, args=(str(i), p)) for i, p in enumerate(processes)]
        threads.append(threading.Thread(target=self._read_once_each, args=(stop,)))
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.touch()
            for process in processes:
                try:
                    process.wait(PATIENCE_S)
                except subprocess.TimeoutExpired:
                    process.kill()
            for thread in threads:
                thread.join()
            if self.writer is not None:
                _end(self.writer)

    def _listen(self, reader: str, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                self.reads.add(Line(reader, _parse(line)))
        if process.wait():
            self.reads.add(Line(reader, {"kind": "end", "error": f"a reader ended with {process.returncode}"}))

    def _read_once_each(self, stop: Path) -> None:
        random = Random(f"{self.seed}:once")
        while not stop.exists():
            place = random.choice([i for i, question in enumerate(QUESTIONS) if not question.is_code])
            question = QUESTIONS[place]
            command = [sys.executable, "-c", ONE_SHOT, "search", "--json", "--mode", question.mode, question.text]
            self.reads.add(Line("once", self._run([*command, str(self.root)], place)))

    def _run(self, command: list[str], place: int) -> dict[str, Any]:
        environment = {**os.environ, "CODESEARCH_HOME": str(self.home)}
        try:
            done = subprocess.run(
                command, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False
            )
        except subprocess.TimeoutExpired:
            return {"kind": "once", "error": f"no answer to question {place} within {PATIENCE_S:.0f} s"}
        return _read_document(done, place)

    def _write_tree(self) -> None:
        self.generation += 1
        write_generation(self.root, self.generation, self.seed)

    def _order(self, act: str, die_at: tuple[str, int] | None = None, dies_after_s: float | None = None) -> None:
        """Have the writer do it, and keep what a quiet index answers then; a new writer takes a dead one's place."""
        if self.writer is None:
            command = [sys.executable, "-m", "benchmarks.trials.one_writer", str(self.root), str(self.home)]
            self.writer = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        writer = self.writer
        assert writer.stdin is not None
        assert writer.stdout is not None
        order = {"act": act, "die_at": die_at, "low": self.random.random() < 0.5}
        writer.stdin.write(json.dumps(order) + "\n")
        writer.stdin.flush()
        killer = threading.Timer(PATIENCE_S if dies_after_s is None else dies_after_s, writer.kill)
        killer.start()
        reply = writer.stdout.readline()
        is_hung = dies_after_s is None and not killer.is_alive()
        killer.cancel()
        if reply:
            self.reads.learn(self.generation, json.loads(reply))
            return
        _end(writer)
        self.writer = None
        is_meant = (die_at or dies_after_s is not None) and not is_hung
        if not is_meant or writer.returncode != -signal.SIGKILL:
            self.reads.add(Line("writer", {"kind": act, "error": f"the writer ended with {writer.returncode}"}))
        self.reads.n_deaths += 1


def _end(writer: subprocess.Popen[str]) -> None:
    for stream in (writer.stdin, writer.stdout):
        if stream is not None:
            with suppress(BrokenPipeError):
                stream.close()
    writer.wait(PATIENCE_S)


def _read_document(done: subprocess.CompletedProcess[str], place: int) -> dict[str, Any]:
    """Return a line from what `codesearch search --json` printed."""
    line: dict[str, Any] = {"kind": "once", "question": place}
    if done.returncode not in {0, 1}:
        return {**line, "error": f"exit {done.returncode}: {done.stderr.strip()[-400:]}"}
    try:
        return line | from_document(json.loads(done.stdout))
    except (ValueError, KeyError) as error:
        return {**line, "error": f"no document: {type(error).__name__}: {error}"}


def _parse(line: str) -> dict[str, Any]:
    """Return what a reader says; one that was ended may say half of it."""
    try:
        said: dict[str, Any] = json.loads(line)
    except ValueError:
        return {"kind": "end", "error": f"half a line: {line[:80]}"}
    return said
