"""Names of files as the operating system is asked for them, and as an index has them: always UTF-8.

The two differ only where the locale's encoding is another, such as ASCII; knows nothing of files themselves.
"""

import os


def to_native(name: str) -> str:
    """Return a name of an index as functions of the system take it, whatever the locale can spell."""
    return os.fsdecode(name.encode("utf-8", "surrogateescape"))


def from_native(name: str) -> str:
    """Return what the system or a command line gave as an index has it; bytes that are not UTF-8 stay surrogates."""
    return os.fsencode(name).decode("utf-8", "surrogateescape")
