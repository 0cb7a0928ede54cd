"""The pool of parser processes: keeps each busy, ends one that hangs, and hands files back in the order given.

Knows how to run `indexers.parse_worker` and nothing of what happens inside it.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import IO, Any, Self

from indexers.errors import ParserError
from indexers.frames import read_frame, write_frame
from indexers.parse_worker import Bounds, reply_to_file, request_of
from indexers.parser_guard import OUT_OF_MEMORY
from indexers.types import ParsedFile, Skipped, SkipReason, SourceFile

PROCESSOR_S = 5.0
"""A grammar that computes longer on 2 MiB is not slow but stuck: 10 MB/s is usual."""

PARSE_TIMEOUT_S = 60.0
"""By the clock, for what waits and does not compute: a busy machine is no reason to cut a file more coarsely."""

START_TIMEOUT_S = 60.0
"""A parser process imports in a fifth of a second; on a starved machine in some more."""

EXIT_GRACE_S = 1.0
"""How long a process that closed its output may take to report its exit code."""

MEMORY_BYTES = 1 << 30
"""What a parser may take beside its program: the greediest of real files are content with a third."""

MEMORY_PER_BYTE = 128
"""Of the largest file that is read at all: where that is far above the default, so is what a parser may take."""

ENDED_BY_TIMER = {-signal.SIGPROF} if hasattr(signal, "SIGPROF") else set()
"""Exit codes of a process that has computed for too long."""

FILES_AHEAD = 16
"""Files under way for each process: enough to hide one slow file, few enough to bound memory."""

BYTES_AHEAD = 8 << 20
"""Bytes of files under way, as far as no process has to wait for work: parsed, a file takes some times its size."""

_BOOTSTRAP = (
    "import sys; root = sys.argv[1]; root in sys.path or sys.path.insert(0, root); "
    "from indexers.parser_guard import guard; allowance = guard(); "
    "from indexers.parse_worker import main; main(allowance)"
)


@dataclass(frozen=True, slots=True)
class ParserOptions:
    """How to run; `command` is replaced by tests that need a parser which hangs or dies."""

    n_workers: int | None = None
    timeout_s: float = PARSE_TIMEOUT_S
    processor_s: float = PROCESSOR_S
    memory_bytes: int = MEMORY_BYTES
    command: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why a process has no answer."""

    reason: str
    is_of_earlier: bool = False
    """Whether files before this one may have had their share in it."""
    is_of_file: bool = False
    """Whether the same bytes would end the same way, whatever else goes on."""


class ParserPool:
    """Parser processes for one root, started as they are needed and ended by `close`."""

    def __init__(self, root: Path, options: ParserOptions = ParserOptions()) -> None:
        self._root = root
        self._n_workers = options.n_workers or n_parsers(_n_cores(), _all_memory_bytes())
        self._timeout_s = options.timeout_s
        self._processor_s = options.processor_s
        self._memory_bytes = options.memory_bytes
        self._idle: SimpleQueue[_Parser] = SimpleQueue()
        command = options.command or worker_command()
        self._parsers = [_Parser(command, options.timeout_s) for _ in range(self._n_workers)]
        for parser in self._parsers:
            self._idle.put(parser)
        self._threads = ThreadPoolExecutor(self._n_workers, thread_name_prefix="parser")
        self._closing = threading.Event()
        self._watchdog = threading.Thread(target=self._watch, name="parser-watchdog", daemon=True)
        self._watchdog.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def warm_up(self) -> None:
        """Start all processes now, beside whatever comes before the first file."""
        for _ in self._parsers:
            self._threads.submit(self._start_one)

    def parse(self, files: Iterable[SourceFile], max_file_bytes: int) -> Iterator[ParsedFile | Skipped]:
        """Yield one outcome a file, in the order given, while later files are being parsed."""
        under_way: deque[tuple[Future[ParsedFile | Skipped], int]] = deque()
        n_bytes = 0
        for file in files:
            size = file.stat.size_bytes
            while self._is_enough(len(under_way), n_bytes + size):
                future, done = under_way.popleft()
                n_bytes -= done
                yield future.result()
            under_way.append((self._threads.submit(self._parse_one, file, max_file_bytes), size))
            n_bytes += size
        while under_way:
            yield under_way.popleft()[0].result()

    def close(self) -> None:
        """End the processes; work under way is dropped."""
        self._closing.set()
        for parser in self._parsers:
            parser.stop()
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._watchdog.join()
        for parser in self._parsers:
            parser.bury()

    def _is_enough(self, n_files: int, n_bytes: int) -> bool:
        """Tell whether so many files under way leave no room for the next, with which they are so many bytes."""
        if n_files < self._n_workers:
            return False
        return n_files >= self._n_workers * FILES_AHEAD or n_bytes > BYTES_AHEAD

    def _start_one(self) -> None:
        parser = self._idle.get()
        try:
            parser.start()
        finally:
            self._idle.put(parser)

    def _parse_one(self, file: SourceFile, max_file_bytes: int) -> ParsedFile | Skipped:
        memory_bytes = max(self._memory_bytes, MEMORY_PER_BYTE * max_file_bytes)
        ask = partial(request_of, self._root, file, Bounds(max_file_bytes, memory_bytes, self._processor_s))
        parser = self._idle.get()
        try:
            outcome = parser.parse(ask(""))
            if isinstance(outcome, _Failure) and outcome.is_of_earlier:
                outcome = parser.parse(ask(""))
            if isinstance(outcome, _Failure):
                outcome = parser.parse(ask(outcome.reason))
        finally:
            self._idle.put(parser)
        if isinstance(outcome, _Failure):
            known = file.stat if outcome.is_of_file else None
            return Skipped(file.path, SkipReason.UNREADABLE, f"{outcome.reason}, also without its grammar", known)
        return outcome

    def _watch(self) -> None:
        while not self._closing.wait(min(0.25, self._timeout_s / 4)):
            for parser in self._parsers:
                parser.kill_if_overdue()


class _Parser:
    """One parser process at a time; a new one after each death, none after `stop`."""

    def __init__(self, command: Sequence[str], timeout_s: float) -> None:
        self._command = command
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._n_parsed = 0
        self._deadline: float | None = None
        self._is_overdue = False
        self._is_stopped = False

    def parse(self, request: dict[str, Any]) -> ParsedFile | Skipped | _Failure:
        """Return what the process found, or why it could not. Raises ParserError where none comes up."""
        process = self._process or self.start()
        if process is None:
            return _Failure("the parser was stopped")
        with self._lock:
            self._is_overdue = False
            self._deadline = time.monotonic() + self._timeout_s
        frame = None
        with suppress(BrokenPipeError):
            write_frame(_stream(process.stdin), request)
            frame = read_frame(_stream(process.stdout))
        with self._lock:
            self._deadline = None
            is_overdue = self._is_overdue
        if frame is not None:
            self._n_parsed += 1
            return reply_to_file(*frame)
        n_parsed, code = self._n_parsed, self.bury()
        if is_overdue:
            return _Failure(f"the parser took over {self._timeout_s:g} s")
        if code in ENDED_BY_TIMER:
            return _Failure(f"the parser took over {request['processor_s']:g} s", is_of_file=True)
        if code == OUT_OF_MEMORY:
            return _Failure("the parser needed too much memory", n_parsed > 0, n_parsed == 0)
        return _Failure(f"the parser died (exit code {code})")

    def kill_if_overdue(self) -> None:
        """End the process where its file takes longer than the time-out; whoever waits for it sees its end."""
        with self._lock:
            if self._process is not None and self._deadline is not None and time.monotonic() > self._deadline:
                self._is_overdue = True
                self._deadline = None
                _end(self._process)

    def stop(self) -> None:
        """End the process and start none again."""
        with self._lock:
            self._is_stopped = True
            if self._process is not None:
                _end(self._process)

    def bury(self) -> int | None:
        """Wait for the process's end, hastening it where needed; return its exit code, None where there was none."""
        with self._lock:
            process, self._process = self._process, None
            self._n_parsed = 0
        if process is None:
            return None
        _wait(process)
        for stream in (process.stdin, process.stdout):
            with suppress(BrokenPipeError):  # what was still buffered for a dead process is of no use
                _stream(stream).close()
        return process.returncode

    def start(self) -> subprocess.Popen[bytes] | None:
        """Start the process and wait until it is ready; None after `stop`. Raises ParserError where none comes up."""
        with self._lock:
            if self._is_stopped:
                return None
            # A group of its own: Ctrl-C is for whoever asked, who then ends the parsers.
            process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0)
            self._process = process
            self._deadline = time.monotonic() + START_TIMEOUT_S
        if read_frame(_stream(process.stdout)) is not None:
            return process
        code = self.bury()
        if self._is_stopped:
            return None
        raise ParserError(f"the parser process does not start (exit code {code}); reinstall this program")


def n_parsers(n_cores: int, memory_bytes: int) -> int:
    """Return how many processes run where nobody says: one a core, as far as all could take their memory at once."""
    return max(1, min(n_cores, memory_bytes // MEMORY_BYTES))


def worker_command() -> list[str]:
    """Return the command of a parser process; `-P` keeps modules of the current folder out of it."""
    return [sys.executable, "-P", "-c", _BOOTSTRAP, str(Path(__file__).resolve().parent.parent)]


def _wait(process: subprocess.Popen[bytes]) -> None:
    """Wait until a process has ended, which is hastened after a while."""
    try:
        process.wait(timeout=EXIT_GRACE_S)
    except subprocess.TimeoutExpired:
        _kill(process)
        process.wait()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process: on Linux it is a guard, which ends the parser first and buries it, unless it is dead itself."""
    if sys.platform == "linux" and process.poll() is None:
        process.terminate()
    else:
        _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a process, and what one that is dead may have left."""
    if sys.platform == "win32":
        process.kill()
        return
    with suppress(ProcessLookupError, PermissionError):  # it has ended
        os.killpg(process.pid, signal.SIGKILL)


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


def _n_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _all_memory_bytes() -> int:
    """Return what this machine, or the container that this is, has; more than any has where nobody tells."""
    known = [1 << 62]
    with suppress(AttributeError, OSError, ValueError):
        known.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    with suppress(OSError, ValueError):
        known.append(int(Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii")))
    return min(known)
