"""A write that is killed: what a process that may die is told to do, and the log that outlives it.

The log has one line a moment, each written at once: steps of the writer, and what the encoder is about to read. Beside
it may be another process that waits for the write to end, and updates what that left.
"""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import Literal

from benchmarks.trials.place import ROOT
from benchmarks.trials.seeded import SeededEncoder
from codesearch.build import BuildSeams, build
from codesearch.building.clearance import Fetching
from codesearch.encoders.probe import PROBE_TEXTS
from codesearch.errors import CodesearchError
from codesearch.index import Index
from codesearch.registry import index_folder
from codesearch.storage.repair import repair
from codesearch.storage.steps import Step, WriterSeams
from codesearch.storage.thresholds import DEFAULT_THRESHOLDS, BaseThresholds, Thresholds
from codesearch.storage.writer import Writer
from codesearch.types import BuildOptions, Progress, UpdateReport
from indexers.encoders.spec import EncoderSpec
from indexers.errors import IndexersError
from indexers.types import FloatArray

_NEVER = BaseThresholds(changed_rows=1 << 30, tail_bytes=1 << 40)
_ANY_CHANGE = replace(_NEVER, changed_rows=0, changed_share=0.0)

THRESHOLDS: dict[str, Thresholds] = {
    "default": DEFAULT_THRESHOLDS,
    "tail bytes": Thresholds(replace(_NEVER, tail_bytes=0), replace(_NEVER, tail_bytes=0)),
    "changes": Thresholds(_ANY_CHANGE),
    "dead rows": Thresholds(_ANY_CHANGE, dead_rows=0, dead_share=0.0),
}
"""By what they make due: a base by the rows behind it, a base by any change, and with that a compaction."""


PATIENCE_S = 120.0
"""How long one waits for a write that others hold up; many times what one takes."""

TOLD = 3
"""Exit code of a process that failed with a message."""


Moment = Step | Literal["slice encoded"]
"""A step of the writer; or a slice is encoded, and nobody but the encoder has it yet."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a process does, and where it dies."""

    root: str
    home: str
    log: str
    task: str = "build"
    """`build`, `wait` (and then build), `rebuild`, `compact`, `repair` or `search`."""
    encoder: str = "embedded"
    thresholds: str = "default"
    step: Moment | None = None
    """Where it ends itself; None where it is left to others."""
    nth: int = 1
    """Which of the moments of that name is meant."""
    has_waiter: bool = False
    """Whether another process waits for this one from its first step on."""


@dataclass
class LoggedEncoder(SeededEncoder):
    """Writes down what it is about to encode, the known answers left out."""

    log: Path = Path()
    on_slice: Callable[[Moment], None] | None = None
    """Told when a slice is encoded."""

    def encode_documents(self, inputs: Sequence[str]) -> FloatArray:
        """Return float32 `[len(inputs), dim]`, each row L2-normalised."""
        if tuple(inputs) == PROBE_TEXTS:
            return super().encode_documents(inputs)
        write_line(self.log, {"encoded": [_digest(text) for text in inputs]})
        vectors = super().encode_documents(inputs)
        if self.on_slice is not None:
            self.on_slice("slice encoded")
        return vectors


@dataclass(frozen=True, slots=True)
class Moments:
    """What a log says."""

    steps: tuple[Moment, ...]
    slices: tuple[tuple[str, ...], ...]
    """Digests of what was encoded together."""
    n_committed_slices: int
    """Slices before the last commit that is known of."""
    n_unchanged: int | None = None
    """Files that one who waited found as they were; None where it did not end."""

    @property
    def encoded(self) -> Counter[str]:
        """How often each text was encoded."""
        return Counter(digest for digests in self.slices for digest in digests)

    def lost(self, *, is_kept: bool) -> Counter[str]:
        """Count the texts that may have to be encoded again: the last slice where slices are kept as they are made,
        else all since the last commit, and the slice that was handed out when that came."""
        slices = self.slices[-1:] if is_kept else self.slices[max(0, self.n_committed_slices - 1) :]
        return Counter(digest for digests in slices for digest in digests)


@dataclass
class _Doom:
    """Writes down each step, and ends the process at the one that was named."""

    job: Job
    seen: Counter[Moment] = field(default_factory=Counter)
    waiter: "subprocess.Popen[bytes] | None" = None

    def __call__(self, step: Moment) -> None:
        if self.job.has_waiter and self.waiter is None:
            self.waiter = _start_waiter(self.job)
        write_line(Path(self.job.log), {"step": step})
        self.seen[step] += 1
        if step == self.job.step and self.seen[step] == self.job.nth:
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class _Waiting:
    """Tells who started this process that it waits, at its first look: who is told may be gone after that."""

    has_told: bool = False

    def __call__(self, progress: Progress) -> None:
        if progress.stage == "wait" and not self.has_told:
            self.has_told = True
            print("waiting", flush=True)


def _start_waiter(job: Job) -> "subprocess.Popen[bytes]":
    """Start the process that waits for this one; return it once it does."""
    waiting = replace(job, task="wait", log=str(waiter_log(Path(job.log))), step=None, has_waiter=False)
    command = [sys.executable, "-m", "benchmarks.trials.doomed", json.dumps(asdict(waiting))]
    waiter = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    assert waiter.stdout is not None
    if not waiter.stdout.readline():
        raise AssertionError("who should wait for this process ended")
    return waiter


def waiter_log(log: Path) -> Path:
    """Return the log of the process that waits for the one of this log."""
    return log.with_name(f"{log.name}-waiter")


def run_job(job: Job) -> UpdateReport | None:
    """Do what the job says, and have its waiter end; what was built, if anything."""
    doom = _Doom(job)
    report = _do(job, doom)
    if report is not None and job.task == "wait":
        write_line(Path(job.log), {"unchanged": report.unchanged})
    if doom.waiter is not None:
        doom.waiter.communicate(timeout=PATIENCE_S)
        if doom.waiter.returncode:
            raise AssertionError("who waited for this process failed")
    return report


def _do(job: Job, doom: _Doom) -> UpdateReport | None:
    root, home = Path(job.root), Path(job.home)
    seams = WriterSeams(doom, THRESHOLDS[job.thresholds])
    if job.task == "search":
        with Index(root, index_folder(home, root), home, lambda spec: make_encoder(spec, Path(job.log))) as index:
            index.search("retry backoff")
        return None
    if job.task == "repair":
        repair(index_folder(home, root), seams)
        return None
    if job.task == "compact":
        with Writer.open(index_folder(home, root), seams) as writer:
            writer.compact()
            writer.commit(complete=True, files_todo=0, checked_at=writer.info.checked_at or "")
        return None
    patience_s = PATIENCE_S if job.task == "wait" else 0.0
    options = BuildOptions(encoder=job.encoder, n_workers=1, rebuild=job.task == "rebuild", patience_s=patience_s)
    return build(
        root,
        home,
        options,
        _Waiting() if job.task == "wait" else None,
        seams=BuildSeams(
            load=lambda spec: make_encoder(spec, Path(job.log), doom),
            first_commit_s=0.0,
            fill_commit_s=0.0,
            fetching=Fetching(find_missing=_find_nothing),
            writer=seams,
        ),
    )


def main() -> None:
    """Do the job that the command line gives as JSON; an error that a user would be told is told, and ends it."""
    try:
        run_job(Job(**json.loads(sys.argv[1])))
    except (CodesearchError, IndexersError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(TOLD)


def make_encoder(spec: EncoderSpec, log: Path, on_slice: Callable[[Moment], None] | None = None) -> SeededEncoder:
    """Return the encoder of that name; vectors of all but `embedded` are kept in the cache."""
    return LoggedEncoder(is_cached=spec.name != "embedded", name=spec.name, log=log, on_slice=on_slice)


def write_line(log: Path, line: dict[str, object]) -> None:
    """Append to a log in one call, so that a process killed next has said it."""
    fd = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(fd, json.dumps(line).encode() + b"\n")
    os.close(fd)


def read_moments(log: Path) -> Moments:
    """Read what a process said before it ended; a line that was cut off does not count."""
    steps: list[Moment] = []
    slices: list[tuple[str, ...]] = []
    n_committed, n_unchanged = 0, None
    lines = log.read_bytes().split(b"\n")[:-1] if log.exists() else []
    for line in map(json.loads, lines):
        if "encoded" in line:
            slices.append(tuple(line["encoded"]))
            continue
        if "unchanged" in line:
            n_unchanged = line["unchanged"]
            continue
        steps.append(line["step"])
        if line["step"] == "catalogue committed":
            n_committed = len(slices)
    return Moments(tuple(steps), tuple(slices), n_committed, n_unchanged)


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=6).hexdigest()


def _find_nothing(spec: EncoderSpec) -> None:  # noqa: ARG001
    return None


if __name__ == "__main__":
    main()
