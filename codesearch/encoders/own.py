"""The encoder of an index: by its name, out of the user's settings, and whether it still gives the same vectors.

Knows settings, identities and probes; knows no storage and runs no model itself.
"""

import shlex
from collections.abc import Callable
from dataclasses import replace
from difflib import get_close_matches

from codesearch.config import read_key
from codesearch.encoders.probe import is_same_encoder
from codesearch.errors import FormatError
from codesearch.settings.settings import Settings
from codesearch.storage.rows import IndexInfo
from indexers.encoders.names import spec_of
from indexers.encoders.registry import load_encoder
from indexers.encoders.spec import EncoderSpec
from indexers.errors import EncoderError
from indexers.types import Encoder, EncoderDescription, FloatArray

Load = Callable[[EncoderSpec], Encoder]

ReadProbe = Callable[[], FloatArray]
"""Reads the known answers that an index keeps, float32 `[n, dim]`."""


def resolve(name: str, settings: Settings) -> EncoderSpec:
    """Return what a name stands for, the user's own names first; raises EncoderError for an unknown one.

    A server's key comes along from the environment; that it is missing is said when the encoder is loaded.
    """
    spec = settings.encoders.get(name) or _known(name, settings)
    server = replace(spec.server, key=read_key(spec.server.key_variable)) if spec.server else None
    return replace(spec, is_offline=spec.is_offline or settings.is_offline, server=server)


def _known(name: str, settings: Settings) -> EncoderSpec:
    try:
        return spec_of(name)
    except EncoderError as error:
        if close := get_close_matches(name, settings.encoders, n=1):
            raise EncoderError(f"no encoder is called {name!r}; did you mean {close[0]}?") from error
        raise


def own_spec(info: IndexInfo, settings: Settings) -> EncoderSpec:
    """Return what made an index; raises FormatError where its name has no meaning any more."""
    try:
        return resolve(info.encoder_name, settings)
    except EncoderError as error:
        message = f"{info.root} is indexed with encoder {info.encoder_name}, which cannot be found: {error}"
        raise FormatError(f"{message}; {_remedy(info)}") from error


def load_own(info: IndexInfo, settings: Settings, load: Load = load_encoder) -> Encoder:
    """Load the encoder that made an index, as far as its identity tells.

    Raises EncoderError where it cannot be had, FormatError where it is another by now.
    """
    encoder = load(own_spec(info, settings))
    if encoder.describe().identity != info.encoder_identity:
        raise other_vectors(info)
    return encoder


def open_own(info: IndexInfo, settings: Settings, read_probe: ReadProbe, load: Load = load_encoder) -> Encoder:
    """Load the encoder that made an index, and ask it for known answers where its identity does not tell enough.

    Raises EncoderError where it cannot be had, FormatError where it would give other vectors by now.
    """
    encoder = load_own(info, settings, load)
    if not is_told_by_identity(encoder.describe(), info) and not is_same_encoder(encoder, read_probe()):
        raise other_vectors(info)
    return encoder


def is_told_by_identity(description: EncoderDescription, info: IndexInfo) -> bool:
    """Return whether an encoder's identity and engine alone tell if it gives an index's vectors; else it is asked."""
    return description.knows_weights and description.engine == info.encoder_engine


def other_vectors(info: IndexInfo) -> FormatError:
    """Return the error for an encoder that is not what it was when it made an index."""
    message = f"encoder {info.encoder_name} gives other vectors than when {info.root} was indexed"
    return FormatError(f"{message}, by its model or its settings; {_remedy(info)}")


def _remedy(info: IndexInfo) -> str:
    return f"run codesearch index {shlex.quote(str(info.root))} --rebuild"
