"""The pool of parser processes: keeps each busy, ends one that hangs, and hands files back in the order given.

Knows how to run `indexers.parse_worker` and nothing of what happens inside it.
"""

import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import IO, Any, Self

from indexers.errors import ParserError
from indexers.frames import read_frame, write_frame
from indexers.parse_worker import reply_to_file, request_of
from indexers.types import ParsedFile, Skipped, SkipReason, SourceFile

PARSE_TIMEOUT_S = 5.0
"""A grammar that takes longer on 2 MiB is not slow but stuck: 10 MB/s is usual."""

START_TIMEOUT_S = 60.0
"""A parser process imports in a fifth of a second; on a starved machine in some more."""

EXIT_GRACE_S = 1.0
"""How long a process that closed its output may take to report its exit code."""

FILES_AHEAD = 16
"""Files under way for each process: enough to hide one slow file, few enough to bound memory."""

_BOOTSTRAP = (
    "import sys; root = sys.argv[1]; root in sys.path or sys.path.insert(0, root); "
    "from indexers.parse_worker import main; main()"
)


@dataclass(frozen=True, slots=True)
class ParserOptions:
    """How to run; `command` is replaced by tests that need a parser which hangs or dies."""

    n_workers: int | None = None
    timeout_s: float = PARSE_TIMEOUT_S
    command: Sequence[str] | None = None


class ParserPool:
    """Parser processes for one root, started as they are needed and ended by `close`."""

    def __init__(self, root: Path, options: ParserOptions = ParserOptions()) -> None:
        self._root = root
        self._n_workers = options.n_workers or _n_cores()
        self._timeout_s = options.timeout_s
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
        under_way: deque[Future[ParsedFile | Skipped]] = deque()
        for file in files:
            under_way.append(self._threads.submit(self._parse_one, file, max_file_bytes))
            if len(under_way) >= self._n_workers * FILES_AHEAD:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()

    def close(self) -> None:
        """End the processes; work under way is dropped."""
        self._closing.set()
        for parser in self._parsers:
            parser.stop()
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._watchdog.join()
        for parser in self._parsers:
            parser.bury()

    def _start_one(self) -> None:
        parser = self._idle.get()
        try:
            parser.start()
        finally:
            self._idle.put(parser)

    def _parse_one(self, file: SourceFile, max_file_bytes: int) -> ParsedFile | Skipped:
        parser = self._idle.get()
        try:
            outcome = parser.parse(request_of(self._root, file, max_file_bytes, ""))
            if isinstance(outcome, str):
                outcome = parser.parse(request_of(self._root, file, max_file_bytes, outcome))
        finally:
            self._idle.put(parser)
        if isinstance(outcome, str):
            return Skipped(file.path, SkipReason.UNREADABLE, f"{outcome}, also without its grammar")
        if isinstance(outcome, Skipped) and outcome.reason != SkipReason.UNREADABLE:
            return replace(outcome, stat=file.stat)
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
        self._deadline: float | None = None
        self._is_overdue = False
        self._is_stopped = False

    def parse(self, request: dict[str, Any]) -> ParsedFile | Skipped | str:
        """Return what the process found, or why it could not, in words. Raises ParserError where none comes up."""
        process = self._process or self.start()
        if process is None:
            return "the parser was stopped"
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
            return reply_to_file(*frame)
        code = self.bury()
        return f"the parser took over {self._timeout_s:g} s" if is_overdue else f"the parser died (exit code {code})"

    def kill_if_overdue(self) -> None:
        """End the process where its file takes longer than the time-out; whoever waits for it sees its end."""
        with self._lock:
            if self._process is not None and self._deadline is not None and time.monotonic() > self._deadline:
                self._is_overdue = True
                self._deadline = None
                self._process.kill()

    def stop(self) -> None:
        """End the process and start none again."""
        with self._lock:
            self._is_stopped = True
            if self._process is not None:
                self._process.kill()

    def bury(self) -> int | None:
        """Wait for the process's end, hastening it where needed, and return its exit code; None without a process."""
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return None
        try:
            process.wait(timeout=EXIT_GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
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


def worker_command() -> list[str]:
    """Return the command of a parser process; `-P` keeps modules of the current folder out of it."""
    return [sys.executable, "-P", "-c", _BOOTSTRAP, str(Path(__file__).resolve().parent.parent)]


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


def _n_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
