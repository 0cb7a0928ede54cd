"""From when on a commit makes anew what updates wore out. The defaults are measured; tests set them low."""

from dataclasses import dataclass, field
from typing import Literal

BaseDue = Literal["base due: tail bytes", "base due: dead rows", "base due: tail rows"]
"""Why a coarse base is written."""


@dataclass(frozen=True, slots=True)
class BaseThresholds:
    """Up to where a coarse base does for an index that has changed since."""

    changed_rows: int = 4096
    """Up to here a query skips the base's dead, and compares the rows since the base once they are read, in 0.3 ms."""
    changed_share: float = 0.05
    """A base is made again when this share of it is dead, or is waiting behind it."""
    tail_bytes: int = 16 << 20
    """Rows behind the base are read at full dimension by the first search of a process: 55 ms for these 3,274 rows of
    2,560 dimensions, warm; 1.1 s for the 65,536 rows that a base of a million would allow without this bound."""
    min_tail_rows: int = 0
    """No base is made for fewer rows behind it, however many of it are dead."""


UNFINISHED_BASE = BaseThresholds(changed_share=1.0, tail_bytes=64 << 20, min_tail_rows=65_536)
"""While a first build is not complete the base may double, and none is made that would last for seconds: the first
search of a process reads 65,536 rows of 256 dimensions in 0.15 s, 13,097 rows of 2,560 dimensions in 0.2 to 0.4 s."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Up to where an index does as it is."""

    base: BaseThresholds = field(default_factory=BaseThresholds)
    unfinished_base: BaseThresholds = UNFINISHED_BASE
    dead_rows: int = 16_384
    """Up to here dead vectors stay in their file: 8 MB of 256 dimensions, less than it costs to think about them."""
    dead_share: float = 0.5
    """From this share of the vector file on, its dead rows are left behind by copying the others; the documents that
    died with them are left behind too. Tantivy needs no threshold of its own: over 300 updates of 1,000 documents each
    an index of 60,000 never had more than 51 % dead documents or 10 segments, and answered in 0.06 to 0.12 ms."""


DEFAULT_THRESHOLDS = Thresholds()
