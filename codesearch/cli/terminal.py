"""The three streams of a command: results on one, everything else on the other, answers from the third.

Knows whether a person is looking and what may be shown to them; knows nothing of what is shown.
"""

import shutil
import sys
from dataclasses import dataclass
from io import StringIO
from typing import Literal, TextIO

ColorChoice = Literal["auto", "always", "never"]


@dataclass(frozen=True, slots=True)
class Terminal:
    """Where a command writes and from where it is answered."""

    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    allows_color: bool
    """Whether the environment does; the streams have their say besides."""

    @property
    def is_interactive(self) -> bool:
        """A person can be asked: both the question and the answer have a terminal."""
        return self.stdin.isatty() and self.stderr.isatty()

    @property
    def shows_results_to_a_person(self) -> bool:
        """Results go to a terminal rather than to a pipe or file."""
        return self.stdout.isatty()

    def has_color(self, choice: ColorChoice) -> bool:
        """Return whether results are coloured."""
        if choice == "auto":
            return self.allows_color and self.stdout.isatty()
        return choice == "always"

    def width(self) -> int:
        """Return the columns of the terminal, 80 where none can be asked."""
        return shutil.get_terminal_size().columns

    def result(self, text: str) -> None:
        """Write one line, or several, of results."""
        self.stdout.write(f"{text}\n")

    def note(self, text: str) -> None:
        """Write one line that is no result."""
        self.stderr.write(f"{text}\n")
        self.stderr.flush()

    def confirms(self, question: str) -> bool:
        """Ask a yes-no question; only a yes is a yes."""
        return self.answer(f"{question} [y/N] ").lower() in {"y", "yes"}

    def answer(self, question: str) -> str:
        """Ask and return what was typed, empty at the end of input."""
        self.stderr.write(question)
        self.stderr.flush()
        return self.stdin.readline().strip()


def open_terminal(*, allows_color: bool) -> Terminal:
    """Return the process's own streams, made safe for text that their encoding cannot express.

    A stream that was closed before the start (`>&-`) is empty, and swallows what is written.
    """
    for stream, errors in ((sys.stdin, "replace"), (sys.stdout, "backslashreplace"), (sys.stderr, "backslashreplace")):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors=errors)
    return Terminal(sys.stdin or StringIO(), sys.stdout or StringIO(), sys.stderr or StringIO(), allows_color)
