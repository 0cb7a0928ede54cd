"""Processes that may be killed, at the price of a fork: a zygote has everything imported and forks one for each job.

It takes in the orphans of those that died, and so knows whether their own children end by themselves. Unix alone.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

from benchmarks.trials.doomed import Job, run_job
from benchmarks.trials.place import ROOT

ORPHAN_S = 60.0
"""How long a parser process may outlive its killed owner: it ends at the next file that it would take."""

POLL_S = 0.002

_PR_SET_CHILD_SUBREAPER = 36

_COMMAND = "from benchmarks.trials.zygote import serve; serve()"


@dataclass(frozen=True, slots=True)
class Death:
    """How a job's process ended."""

    was_killed: bool
    error: str
    """The traceback of one that failed."""
    took_s: float
    orphans_s: float
    """How long its own children lived on."""
    n_orphans_left: int
    """Children that had to be killed after `ORPHAN_S`."""


class Zygote:
    """The process that forks, seen from outside. A context manager."""

    def __init__(self) -> None:
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-c", _COMMAND], cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def run(self, job: Job, kill_after_s: float | None = None) -> Death:
        """Do a `Job` in a process of its own; kill it after a while where that is asked for."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = {"job": asdict(job), "kill_after_s": kill_after_s}
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()
        return Death(**json.loads(self._process.stdout.readline()))


def serve() -> None:
    """Fork a process for each line of standard input, and answer how it ended."""
    import faiss  # noqa: F401  loaded once instead of in each process
    import tantivy  # noqa: F401

    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    _adopt_orphans()
    for line in sys.stdin:
        request = json.loads(line)
        reading, writing = os.pipe()
        started = time.monotonic()
        pid = os.fork()
        if not pid:
            os.close(reading)
            _live(partial(run_job, Job(**request["job"])), writing)
        os.close(writing)
        status = _wait(pid, request["kill_after_s"])
        took_s = time.monotonic() - started
        with os.fdopen(reading) as pipe:
            error = pipe.read()
        orphans_s, n_left = _bury_orphans()
        death = Death(os.WIFSIGNALED(status), error, took_s, orphans_s, n_left)
        print(json.dumps(asdict(death)), file=replies, flush=True)


def _live(work: Callable[[], object], writing: int) -> NoReturn:
    """Be the process of a job."""
    code = 0
    try:
        work()
    except BaseException:  # noqa: BLE001  the process's front door
        os.write(writing, traceback.format_exc()[-4000:].encode())
        code = 1
    finally:
        os._exit(code)


def _wait(pid: int, kill_after_s: float | None) -> int:
    deadline = None if kill_after_s is None else time.monotonic() + kill_after_s
    while True:
        ended, status = os.waitpid(pid, 0 if deadline is None else os.WNOHANG)
        if ended:
            return status
        if deadline is not None and time.monotonic() >= deadline:
            os.kill(pid, signal.SIGKILL)
            deadline = None
        else:
            time.sleep(POLL_S)


def _adopt_orphans() -> None:
    """Become the parent of whatever a killed child leaves; elsewhere than on Linux the system takes them."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _bury_orphans() -> tuple[float, int]:
    """Wait until all that was taken in has ended; return how long that took and how many had to be killed."""
    started = time.monotonic()
    with suppress(ChildProcessError):
        while time.monotonic() - started < ORPHAN_S:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(POLL_S)
        left = _children()
        for pid in left:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        return ORPHAN_S, len(left)
    return time.monotonic() - started, 0


def _children() -> list[int]:
    me = os.getpid()
    return [int(pid) for pid in Path(f"/proc/{me}/task/{me}/children").read_text().split()]
