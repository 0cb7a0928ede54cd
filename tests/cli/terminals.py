"""A codesearch process in a real pseudo-terminal, and what appears on its screen."""

import os
import struct
import subprocess
import sys
import termios
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.cli.repositories import make_environment

_RUN_IN_TERMINAL = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from codesearch.cli.main import main
sys.exit(main())
"""
"""Makes standard input the controlling terminal first, so that Ctrl-C reaches the process."""


class TerminalSession:
    """Runs one command with all three streams on a terminal of 100 columns."""

    def __init__(self, *arguments: str, home: Path, here: Path, **variables: str) -> None:
        import fcntl
        import pty

        self._fd, process_end = pty.openpty()
        fcntl.ioctl(process_end, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        environment = make_environment(home) | {"TERM": "xterm-256color"} | variables
        environment.pop("COLUMNS", None)
        self._process = subprocess.Popen(
            [sys.executable, "-c", _RUN_IN_TERMINAL, *arguments],
            stdin=process_end,
            stdout=process_end,
            stderr=process_end,
            cwd=here,
            env=environment,
            start_new_session=True,
        )
        os.close(process_end)
        self.screen = ""
        """All that was written, carriage returns before newlines taken away."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._fd)

    def wait_for(self, text: str) -> None:
        """Read until the text has appeared."""
        while text not in self.screen:
            if not self._read():
                raise AssertionError(f"{text!r} never appeared on {self.screen!r}")

    def type(self, text: str) -> None:
        """Type the text; `\\x03` is Ctrl-C."""
        os.write(self._fd, text.encode())

    def finish(self) -> int:
        """Read to the end and return the exit status."""
        while self._read():
            pass
        return self._process.wait(timeout=60)

    def _read(self) -> bool:
        data = b""
        with suppress(OSError):  # Linux reports the end of a pseudo-terminal as an I/O error
            data = os.read(self._fd, 65536)
        self.screen = (self.screen + data.decode("utf-8", "replace")).replace("\r\n", "\n")
        return bool(data)
