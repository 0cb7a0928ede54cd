"""Errors a caller can act on. Each message says what failed, on what, and what to do next.

CodesearchError
├── QueryError        the query or its filters make no sense
├── ConfigError       a configuration file says what it cannot say
├── ConsentError      a download, or the sending of text, needs the user's word first
├── NoIndexError      nothing is indexed here
├── AmbiguousRootError  several indexes may belong to a moved root
├── LockedError       another writer holds the index
├── CorruptIndexError what is stored does not match its checksums
├── FormatError       the index was written by another format version or encoder
└── StorageError      the disk refused (full, read-only, I/O error)
"""


class CodesearchError(Exception):
    """Root of all errors raised by the engine."""


class QueryError(CodesearchError):
    """The query is empty, or a filter has an unknown key or value."""


class ConfigError(CodesearchError):
    """A configuration file, or a value for one, is not valid; nothing of it was taken."""


class ConsentError(CodesearchError):
    """Something has to be allowed by the user before it is done; nothing of it was done."""

    def __init__(self, request: str, remedy: str) -> None:
        super().__init__(f"{request}; {remedy}")
        self.request = request
        """What would be done, with its size: what a person is shown before being asked."""
        self.remedy = remedy
        """How it is allowed, and what to do instead."""


class NoIndexError(CodesearchError):
    """No index covers the path."""


class AmbiguousRootError(CodesearchError):
    """More than one index could be the moved root's; the message lists them."""


class LockedError(CodesearchError):
    """Another process is writing this index; the message names it and its age."""


class CorruptIndexError(CodesearchError):
    """Stored bytes do not match their checksum; nothing of them is returned."""


class FormatError(CodesearchError):
    """The index has another format version or another encoder than asked for."""


class StorageError(CodesearchError):
    """The operating system refused a read or write of the index."""
