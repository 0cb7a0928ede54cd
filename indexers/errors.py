"""Errors of the ground floor. Each message says what failed, on what, and what to do next.

IndexersError
├── WalkError      the root cannot be walked
│   └── GitTimeoutError  git gave no answer in time
├── ParserError    parser processes cannot be started
├── EncoderError   the encoder is missing, down or misbehaves
└── CancelledError the caller asked to stop
"""


class IndexersError(Exception):
    """Root of all errors raised here."""


class WalkError(IndexersError):
    """The root is missing, unreadable, or too broad to index without being told so twice."""


class GitTimeoutError(WalkError):
    """git gave no answer in time."""


class ParserError(IndexersError):
    """No parser process comes up; a broken installation, not a broken file."""


class EncoderError(IndexersError):
    """The encoder cannot be used: not installed, not reachable, or its vectors are not finite."""


class CancelledError(IndexersError):
    """The caller's cancel signal was seen between two units of work."""
