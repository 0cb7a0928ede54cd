"""Which encoder a new index gets: what is asked for, what is settled, or what the machine is fit for, and why.

Knows settings, cards and GPUs; loads nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass

from codesearch.encoders.own import resolve
from codesearch.settings.settings import Settings
from codesearch.sizes import describe_size
from indexers.encoders.cards import BY_NAME
from indexers.encoders.devices import Gpu, find_gpu, fits
from indexers.encoders.hub import Download, has_extra, missing_download
from indexers.encoders.spec import EMBEDDED, EncoderSpec

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
