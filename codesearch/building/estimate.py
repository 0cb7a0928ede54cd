"""What a build would have to do, as values. Knows neither trees nor encoders."""

from dataclasses import dataclass
from pathlib import Path

from indexers.types import Granularity


@dataclass(frozen=True, slots=True)
class GranularityEstimate:
    """What the encoder would read for the chunks of one granularity, were nothing known yet."""

    granularity: Granularity
    n_chunks: int
    n_texts: int
    n_tokens: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a build would have to do; None is not known."""

    root: Path
    encoder: str
    dim: int | None
    n_files: int
    n_bytes: int
    granularities: tuple[GranularityEstimate, ...]
    n_texts_to_encode: int
    """Those that neither the index nor the cache of vectors has, each counted once."""
    n_tokens_to_encode: int
    is_counted: bool
    """Whether tokens are the encoder's own exact count."""
    is_at_hand: bool
    """Whether the encoder could be asked; else tokens are guessed from the size of the text."""
    tokens_per_s: float | None
    """As measured on this machine."""
    vector_bytes: int | None
    coarse_bytes: int | None
    """Size of what is compared first."""
    cache_bytes: int | None
    """What the cache of vectors would grow by."""
    warnings: tuple[str, ...] = ()
    """What is better settled before the build, a sentence each."""

    @property
    def seconds(self) -> float | None:
        """How long encoding would take; parsing comes on top."""
        if self.n_tokens_to_encode == 0:
            return 0.0
        return None if self.tokens_per_s is None else self.n_tokens_to_encode / self.tokens_per_s
