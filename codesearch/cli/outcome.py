"""What a command can come to, and the one place where that becomes an exit status."""

from enum import Enum


class Outcome(Enum):
    """The end of a command; the value is the exit status."""

    FOUND = 0
    NOTHING = 1
    FAILED = 2
    INTERRUPTED = 130
    """128 and the number of SIGINT, as a shell reports a process that Ctrl-C ended."""
