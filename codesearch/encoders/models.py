"""Every encoder that can be named here: what is published of it, whether it can run, how fast it was.

Knows cards, settings, measurements and what a model's files say; loads no encoder and asks no server. Keys are not
known here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from codesearch.encoders.choice import THIS_MACHINE, Choice, Machine, choose
from codesearch.encoders.own import resolve
from codesearch.encoders.speeds import Speed, read_speeds
from codesearch.settings.settings import Settings
from indexers.encoders.addresses import host_of
from indexers.encoders.cards import BY_NAME, CARDS
from indexers.encoders.gguf.header import read_header
from indexers.encoders.gguf.model import model_of
from indexers.encoders.spec import EncoderSpec, ModelCard
from indexers.encoders.transformer.checkpoint import read_checkpoint
from indexers.errors import EncoderError

Readiness = Literal["ready", "extra missing", "files missing", "not asked", "broken"]
"""Whether a model could be loaded now; a server is not asked for the sake of a list."""


@dataclass(frozen=True, slots=True)
class Model:
    """One encoder of the list. None where something is not known."""

    spec: EncoderSpec
    readiness: Readiness
    dim: int | None = None
    max_tokens: int | None = None
    size_bytes: int | None = None
    licence: str = ""
    summary: str = ""
    speed: Speed | None = None
    """What was measured last on this machine."""
    is_own: bool = False
    """Whether the user's file names it."""
    problem: str = ""
    """What is wrong with one that is broken."""

    @property
    def place(self) -> str:
        """Where it comes from: the package, a model hub, a file or folder, a server's host."""
        if self.spec.server is not None:
            return " ".join(filter(None, (host_of(self.spec.server.url), self.spec.model)))
        return self.spec.model or "ships with codesearch"


@dataclass(frozen=True, slots=True)
class ModelList:
    """All encoders, and what a new index gets."""

    models: tuple[Model, ...]
    default: Choice | None
    """None where the settings name an encoder that means nothing."""
    problem: str = field(default="")
    """Why there is no default."""


def list_models(settings: Settings, home: Path, machine: Machine = THIS_MACHINE) -> ModelList:
    """Return the known encoders, then the user's own."""
    speeds = _by_name(read_speeds(home))
    known = [_describe_card(card, settings, speeds, machine) for card in CARDS]
    own = [_describe_own(resolve(name, settings), speeds, machine) for name in settings.encoders]
    try:
        return ModelList((*known, *own), choose(None, settings, machine=machine))
    except EncoderError as error:
        return ModelList((*known, *own), None, str(error))


def _by_name(speeds: Mapping[str, Speed]) -> Mapping[str, Speed]:
    """Return the newest measurement by the name that the user types."""
    newest: dict[str, Speed] = {}
    for speed in speeds.values():
        newest.setdefault(speed.name, speed)
    return newest


def _describe_card(card: ModelCard, settings: Settings, speeds: Mapping[str, Speed], machine: Machine) -> Model:
    spec = resolve(card.name, settings)
    readiness, problem = _examine(spec, machine)
    return Model(
        spec=spec,
        readiness=readiness,
        problem=problem,
        dim=card.dim,
        max_tokens=card.max_tokens,
        size_bytes=card.size_bytes,
        licence=card.licence,
        summary=card.summary,
        speed=speeds.get(card.name),
    )


def _describe_own(spec: EncoderSpec, speeds: Mapping[str, Speed], machine: Machine) -> Model:
    """Return what the user's file says of an encoder, and what is published where it runs a known model."""
    card = next((card for card in BY_NAME.values() if spec.model and card.model.lower() == spec.model.lower()), None)
    readiness, problem = _examine(spec, machine)
    return Model(
        spec=spec,
        readiness=readiness,
        problem=problem,
        dim=spec.dim or (card.dim if card else None),
        max_tokens=spec.max_tokens or (card.max_tokens if card else None),
        size_bytes=card.size_bytes if card and spec.source == "transformer" else _file_size(spec),
        licence=card.licence if card else "",
        speed=speeds.get(spec.name),
        is_own=True,
    )


def _examine(spec: EncoderSpec, machine: Machine) -> tuple[Readiness, str]:
    """Return whether an encoder could be loaded, and what is wrong with one that never will."""
    try:
        _check_files(spec)
        return _readiness(spec, machine), ""
    except EncoderError as error:
        return "broken", str(error)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        return "broken", f"{spec.model} cannot be read: {reason}; correct it in the configuration"


def _check_files(spec: EncoderSpec) -> None:
    """Raise EncoderError where the files that a path leads to make no model; what is not here yet is not wrong."""
    path = Path(spec.model)
    if spec.source == "gguf" and path.exists():
        model_of(spec, read_header(path))
    elif spec.source == "transformer" and path.is_absolute():
        if not path.is_dir():
            raise EncoderError(f"there is no folder {path}; correct it in the configuration")
        read_checkpoint(path)


def _readiness(spec: EncoderSpec, machine: Machine) -> Readiness:
    match spec.source:
        case "embedded":
            return "ready"
        case "server":
            return "not asked"
        case "gguf":
            is_here, has_extra = Path(spec.model).is_file(), find_spec("llama_cpp") is not None
        case "transformer":
            has_extra = machine.has_extra()
            is_here = has_extra and machine.find_missing(replace(spec, is_offline=True)) is None
    if not has_extra:
        return "extra missing"
    return "ready" if is_here else "files missing"


def _file_size(spec: EncoderSpec) -> int | None:
    try:
        return Path(spec.model).stat().st_size if spec.source == "gguf" else None
    except (OSError, ValueError):
        return None
