"""What a tree holds before anything is decided about its files: the value that both ways of looking return.

Paths are bytes relative to the root, `/` between parts, as the file system has them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from indexers.attributes import UNMARKED, Marks
from indexers.types import Skipped


@dataclass(frozen=True, slots=True)
class Listing:
    """Files that no rule ignores, and the places that were not entered."""

    paths: list[bytes]
    skipped: list[Skipped] = field(default_factory=list)
    marks: Mapping[bytes, Marks] = field(default_factory=dict)
    """Only of files about which `.gitattributes` says something."""

    def marks_of(self, path: bytes) -> Marks:
        """Return what `.gitattributes` says about one file."""
        return self.marks.get(path, UNMARKED)


def printable(path: bytes) -> str:
    """Decode a path; bytes that are not UTF-8 appear as `\\xNN`."""
    return path.decode("utf-8", "backslashreplace")
