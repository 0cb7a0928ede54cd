"""What an examination of an index finds, as values: what is damaged, what was compared, which bytes nothing sums."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as it was written."""

    what: str
    """What is wrong, and where, without what to do."""
    file: str
    """The file of the index it is in, relative to its folder, `/` between parts."""
    mend: str
    """What the user does about it."""
    path: str | None = None
    """The source file that it concerns; None where it is several or none."""

    def __str__(self) -> str:
        return f"{self.what}; {self.mend}"


@dataclass(frozen=True, slots=True)
class Unsummed:
    """Bytes that no checksum of the index covers."""

    file: str
    n_bytes: int | None
    """None where SQLite does not tell them apart."""
    what: str
    """What they are, and what stands in for a checksum."""


@dataclass(frozen=True, slots=True)
class Verification:
    """The outcome of reading a whole index."""

    problems: tuple[Problem, ...]
    n_files: int
    """Files of the index that were compared with checksums."""
    n_bytes: int | None
    """Their bytes under checksums; None where none was compared, or SQLite does not tell its own from those of rows."""
    unsummed: tuple[Unsummed, ...]


@dataclass(frozen=True, slots=True)
class RepairReport:
    """What a repair found and did."""

    root: Path
    problems: tuple[Problem, ...]
    """What was damaged; empty where nothing was, and nothing was done then."""
    dropped: tuple[str, ...]
    """Paths of files that the index holds no more, as far as they can be read."""
    n_dropped: int
    """How many there are: of some nothing may be left that could be read."""
    without_vectors: tuple[str, ...]
    """Paths of files that words alone find now."""
    lost: tuple[str, ...]
    """Lists that the next walk has to make."""
    generation: int
    complete: bool
    """Whether the index holds all that it held when it was last complete."""
