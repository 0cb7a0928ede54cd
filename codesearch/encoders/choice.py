"""Which encoder an index needs: by name, out of the user's settings, and whether it still gives the same vectors.

Knows settings, identities and probes; knows no storage and runs no model itself.
"""

import shlex
from collections.abc import Callable
from dataclasses import dataclass, replace
from difflib import get_close_matches

from codesearch.config import read_key
from codesearch.encoders.probe import is_same_encoder
from codesearch.errors import FormatError
from codesearch.settings.settings import Settings
from codesearch.sizes import describe_size
from codesearch.storage.rows import IndexInfo
from indexers.encoders.cards import BY_NAME
from indexers.encoders.devices import Gpu, find_gpu, fits
from indexers.encoders.hub import Download, has_extra, missing_download
from indexers.encoders.names import spec_of
from indexers.encoders.registry import load_encoder
from indexers.encoders.spec import EMBEDDED, EncoderSpec
from indexers.errors import EncoderError
from indexers.types import Encoder, EncoderDescription, FloatArray

Load = Callable[[EncoderSpec], Encoder]

ReadProbe = Callable[[], FloatArray]
"""Reads the known answers that an index keeps, float32 `[n, dim]`."""


MACHINE_MODELS = ("qwen3-4b", "qwen3-0.6b")
"""What a machine with a GPU gets of itself, best first; 8B costs twice as much as 4B and is hardly better."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The encoder that a new index gets, and why."""

    spec: EncoderSpec
    reason: str
    """A sentence that goes on behind the encoder's name."""
    is_news: bool = False
    """Whether to tell the user unasked: the machine or the searched repository chose, or the machine would have."""

    @property
    def notice(self) -> str:
        """What the user is told unasked, else nothing."""
        return f"encoder {self.spec.name}, {self.reason}" if self.is_news else ""


@dataclass(frozen=True, slots=True)
class Machine:
    """How it is found out what this machine is fit for; nothing is looked at before it matters."""

    has_extra: Callable[[], bool] = has_extra
    find_gpu: Callable[[], Gpu | None] = find_gpu
    find_missing: Callable[[EncoderSpec], Download | None] = missing_download


THIS_MACHINE = Machine()


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


def choose(
    wanted: str | None, settings: Settings, may_download: bool = False, machine: Machine = THIS_MACHINE
) -> Choice:
    """Return the encoder for a new index: what is asked for, else what is settled, else what the machine is fit for.

    A model that is not on this machine is the machine's choice only where it `may_download`, once the user was asked.
    """
    if wanted is not None:
        return Choice(resolve(wanted, settings), "asked for")
    if settings.encoder is not None:
        spec, origin = resolve(settings.encoder, settings), settings.origins.get("encoder") or "the settings"
        if "encoder" in settings.by_repository:
            return Choice(spec, f"chosen by the searched repository itself in {origin}, NOT by you", is_news=True)
        return Choice(spec, f"set in {origin}")
    if not machine.has_extra():
        return Choice(resolve(EMBEDDED.name, settings), "the default where the extra qwen is not installed")
    gpu = machine.find_gpu()
    if gpu is None:
        return Choice(resolve(EMBEDDED.name, settings), "the default where there is no GPU")
    return _choose_for(gpu, settings, may_download and not settings.is_offline, machine)


def _choose_for(gpu: Gpu, settings: Settings, may_download: bool, machine: Machine) -> Choice:
    """Return the best model that has room on a GPU and is here, or may be fetched; else the embedded one."""
    room = describe_size(gpu.free_bytes)
    fitting = [resolve(name, settings) for name in MACHINE_MODELS if fits(BY_NAME[name], gpu)]
    if not fitting:
        reason = f"the default where {gpu.name} has only {room} free, too little for {MACHINE_MODELS[-1]}"
        return Choice(resolve(EMBEDDED.name, settings), reason)
    for spec in fitting:
        if may_download or machine.find_missing(spec) is None:
            other = "--encoder embedded, or codesearch config set encoder embedded, chooses the one that needs no GPU"
            return Choice(spec, f"because {gpu.name} has room for it, {room}; {other}", is_news=True)
    best = fitting[0].name
    size = describe_size(BY_NAME[best].size_bytes)
    reason = (
        f"though {gpu.name} has room for {best}, {room}: that is not on this machine; "
        f"codesearch index --encoder {best} fetches it, {size}"
    )
    return Choice(resolve(EMBEDDED.name, settings), reason, is_news=True)


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
