"""What the user and the searched repository have settled beforehand, checked. Knows no encoder and no index."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from indexers.encoders.spec import EncoderSpec
from indexers.types import GRANULARITIES, Granularity

DEFAULT_CACHE_BYTES = 10_000_000_000
"""About two million vectors of 2,560 dimensions: several large repositories with their branches."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Every value that may be settled; the defaults hold where nothing is."""

    encoder: str | None = None
    """For new indexes; None leaves the choice to what the machine has."""
    encoders: Mapping[str, EncoderSpec] = field(default_factory=dict)
    """Encoders that the user has given names of their own."""
    confirmed: frozenset[str] = frozenset()
    """Names out of `encoders` that may be sent the text of any repository without asking."""
    granularities: tuple[Granularity, ...] = GRANULARITIES
    """What gets vectors in new indexes; words find every chunk."""
    coarse_dim: int | None = None
    """Prefix that is compared first, in new indexes; None is the encoder's best."""
    max_file_bytes: int | None = None
    cache_bytes: int = DEFAULT_CACHE_BYTES
    """Bound of the cache of vectors that all roots share."""
    is_offline: bool = False
    """Whether nothing but this machine may be talked to."""
