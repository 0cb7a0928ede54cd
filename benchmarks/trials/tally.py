"""What a trial found: how often it was tried, what did not hold, and how to see it again."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tally:
    """The outcome of one trial."""

    name: str
    """What was done, in the plural: kills, flips, concurrent reads."""
    seed: int
    """With the same seed and number the same things are tried."""
    tried: int
    failures: tuple[str, ...]
    """One sentence each: what did not hold, and at which number."""
    remarks: tuple[str, ...] = ()
    """Figures worth printing, such as the longest wait."""
    missed: tuple[str, ...] = ()
    """What should have been hit at least once and was not; few tries are a reason, the usual number is none."""
