"""The process around a parser: waits for its end, and tells one that died of memory from one that died of itself.

Only whoever waits for a process learns what it held at most, and only of one that began as a fork: what is started
anew counts as its own what its starter once held. Linux alone. Knows no frames and no files.
"""

import mmap
import os
import signal
import sys
from contextlib import suppress
from typing import NoReturn

OUT_OF_MEMORY = 75
"""Exit code of a process that died of its bound of memory."""

TELLING_SHARE = 3
"""A process that dies with this part of its memory taken died of it: it asked for more in one piece than there was."""

_SIZE_BYTES = 8


class Allowance:
    """How much memory a process may take, told to the one that waits for it."""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, _SIZE_BYTES)

    def set(self, memory_bytes: int) -> None:
        """Tell it."""
        self._shared[:] = memory_bytes.to_bytes(_SIZE_BYTES, "little")

    def was_cause(self, peak_bytes: int) -> bool:
        """Tell whether a process that died with so much taken died of it; not where none was set."""
        memory_bytes = int.from_bytes(self._shared[:], "little")
        return bool(memory_bytes) and peak_bytes > memory_bytes // TELLING_SHARE


def guard() -> Allowance:
    """Return in a process of its own; this one waits for its end, and ends as it did or with `OUT_OF_MEMORY`.

    SIGTERM ends both, the parser first: nothing is left for others to bury.
    """
    allowance = Allowance()
    if sys.platform != "linux":
        return allowance
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    pid = os.fork()
    if pid:
        signal.signal(signal.SIGTERM, lambda *_: os.kill(pid, signal.SIGKILL))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    if pid:
        _wait(pid, allowance)
    return allowance


def _wait(pid: int, allowance: Allowance) -> NoReturn:
    os.close(0)  # what is written for a dead process must fail
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # from here on its number may be another's
    _, status, usage = os.wait4(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, -signal.SIGPROF) and allowance.was_cause(usage.ru_maxrss << 10):
        os._exit(OUT_OF_MEMORY)
    if code < 0:
        _die_of(-code)
    os._exit(code)


def _die_of(number: int) -> None:
    """Die of a signal, and leave no core file."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError, ValueError):  # of some, whose handling is fixed
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
