"""Which encoder an index needs: by name, out of the user's settings, and whether it still gives the same vectors.

Knows settings, identities and probes; knows no storage and runs no model itself.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from difflib import get_close_matches

from codesearch.config import read_key
from codesearch.errors import FormatError
from codesearch.probe import is_same_encoder
from codesearch.settings import Settings
from codesearch.storage.rows import IndexInfo
from indexers.encoders.names import spec_of
from indexers.encoders.registry import load_encoder
from indexers.encoders.spec import EMBEDDED, EncoderSpec
from indexers.errors import EncoderError
from indexers.types import Encoder, FloatArray

Load = Callable[[EncoderSpec], Encoder]

ReadProbe = Callable[[], FloatArray]
"""Reads the known answers that an index keeps, float32 `[n, dim]`."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The encoder that a new index gets, and why."""

    spec: EncoderSpec
    reason: str


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


def choose(wanted: str | None, settings: Settings) -> Choice:
    """Return the encoder for a new index: what is asked for, else what is settled, else what the machine is fit for."""
    if wanted is not None:
        return Choice(resolve(wanted, settings), "asked for")
    if settings.encoder is not None:
        return Choice(resolve(settings.encoder, settings), "set in the configuration")
    return Choice(EMBEDDED, "the default")


def own_spec(info: IndexInfo, settings: Settings) -> EncoderSpec:
    """Return what made an index; raises FormatError where its name has no meaning any more."""
    try:
        return resolve(info.encoder_name, settings)
    except EncoderError as error:
        message = f"{info.root} is indexed with encoder {info.encoder_name}, which cannot be found: {error}"
        raise FormatError(f"{message}; {_remedy(info)}") from error


def open_own(info: IndexInfo, settings: Settings, read_probe: ReadProbe, load: Load = load_encoder) -> Encoder:
    """Load the encoder that made an index.

    Raises EncoderError where it cannot be had, FormatError where it would give other vectors by now.
    """
    encoder = load(own_spec(info, settings))
    description = encoder.describe()
    is_same = description.identity == info.encoder_identity
    if is_same and description.engine != info.encoder_engine:
        is_same = is_same_encoder(encoder, read_probe())
    if not is_same:
        message = f"encoder {info.encoder_name} gives other vectors than when {info.root} was indexed"
        raise FormatError(f"{message}; {_remedy(info)}")
    return encoder


def _remedy(info: IndexInfo) -> str:
    return f"run codesearch index {info.root} --rebuild"
