"""Encoders by name. Knows which exist and which is the default; imports one only when it is asked for."""

from indexers.encoders.embedded import EmbeddedEncoder
from indexers.errors import EncoderError
from indexers.types import Encoder

DEFAULT_ENCODER = "embedded"

_FACTORIES = {"embedded": EmbeddedEncoder}


def known_encoders() -> tuple[str, ...]:
    """Return the names that `load_encoder` takes, the default first."""
    return tuple(sorted(_FACTORIES, key=lambda name: (name != DEFAULT_ENCODER, name)))


def load_encoder(name: str | None = None) -> Encoder:
    """Return the named encoder, or the default for None; raise EncoderError for an unknown name."""
    factory = _FACTORIES.get(DEFAULT_ENCODER if name is None else name)
    if factory is None:
        known = ", ".join(known_encoders())
        raise EncoderError(f"no encoder is called {name!r}; choose one of: {known}")
    return factory()
