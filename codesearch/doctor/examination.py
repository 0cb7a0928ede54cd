"""Which encoder is used for a path and why, and the examination of that encoder from loading to its speed.

Brings settings, indexes and encoders together; what a right vector is, the self-test knows.
"""

import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from codesearch.doctor.findings import Check, failed, has_failed, passed, skipped
from codesearch.doctor.known_answers import KNOWN_ANSWERS, KnownAnswers
from codesearch.doctor.pace import MAX_TEXTS, MAX_TEXTS_ELSEWHERE, Clock, check_speed
from codesearch.doctor.self_test import Subject, run_self_test
from codesearch.encoders.choice import Choice, choose
from codesearch.encoders.own import is_told_by_identity, resolve
from codesearch.encoders.probe import is_same_encoder
from codesearch.errors import CodesearchError
from codesearch.registry import Located, find_nearest, read_committed
from codesearch.remedies import naming_root
from codesearch.settings.settings import read_settings
from codesearch.storage.snapshot import Snapshot
from indexers.encoders.addresses import host_of, is_local
from indexers.encoders.registry import load_encoder, patiently
from indexers.encoders.spec import EncoderSpec
from indexers.errors import EncoderError
from indexers.types import Encoder, EncoderDescription, Noting


@dataclass(frozen=True, slots=True)
class Patient:
    """What is to be examined, as asked for."""

    path: Path
    new_root: Path
    """The root of the index that would be made for the path where there is none."""
    home: Path
    wanted: str | None = None
    """Name of an encoder; None is the one that is used for the path."""
    is_offline: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """The encoder of a path, why it is that one, and the index that was made with it."""

    choice: Choice
    index: Located | None = None


@dataclass(frozen=True, slots=True)
class Tools:
    """What an examination works with."""

    load: Callable[[EncoderSpec], Encoder] = load_encoder
    known: Sequence[KnownAnswers] = KNOWN_ANSWERS
    clock: Clock = field(default_factory=Clock)


def find_encoder(patient: Patient) -> Chosen:
    """Return the encoder that is used for a path: asked for, else that of its index, else that of a new one.

    Raises EncoderError for an unknown name, ConfigError for a wrong configuration, and what reading an index raises.
    """
    located = find_nearest(patient.path, patient.home)
    root = patient.new_root if located is None else located.root
    settings = read_settings(root)
    settings = replace(settings, is_offline=settings.is_offline or patient.is_offline)
    info = None if located is None or patient.wanted is not None else read_committed(located.folder)
    if info is None:
        return Chosen(choose(patient.wanted, settings))
    return Chosen(Choice(resolve(info.encoder_name, settings), f"the index of {root} was made with it"), located)


def describe_sending(spec: EncoderSpec) -> str:
    """Return what the self-test sends to another machine, empty where it sends nothing."""
    if spec.server is None or spec.is_offline or is_local(spec.server.url):
        return ""
    return (
        f"the self-test sends codesearch's own sample texts to {host_of(spec.server.url)}, under 100 KiB, and no others"
    )


class Examination:
    """One encoder under test. `description` is known once it could be loaded."""

    def __init__(self, chosen: Chosen, home: Path, tools: Tools | None = None) -> None:
        self._chosen = chosen
        self._home = home
        tools = tools or Tools()
        self._tools = replace(tools, load=patiently(tools.load))
        self.description: EncoderDescription | None = None

    def checks(self) -> Iterator[Check]:
        """Yield what is found, check by check; an encoder that does not load is not tested further."""
        spec = self._chosen.choice.spec
        try:
            encoder = self._tools.load(spec)
            description = self.description = encoder.describe()
        except EncoderError as error:
            yield failed("loading", str(error))
            return
        yield passed("loading", f"{description.name}: {description.identity}, by {description.engine}")
        checks: list[Check] = []
        for check in run_self_test(Subject(encoder, spec, self._tools.known, self._tools.load)):
            checks.append(check)
            yield check
        if self._chosen.index is not None:
            yield check_index(encoder, self._chosen.index)
        yield skipped("speed", "not measured while something is wrong") if has_failed(checks) else self._time(encoder)
        if isinstance(encoder, Noting) and (notes := encoder.notes()):
            yield passed("notes", "; ".join(notes))

    def _time(self, encoder: Encoder) -> Check:
        max_texts = MAX_TEXTS_ELSEWHERE if describe_sending(self._chosen.choice.spec) else MAX_TEXTS
        try:
            return check_speed(encoder, self._home, self._tools.clock, max_texts)
        except EncoderError as error:
            return failed("speed", str(error))


def check_index(encoder: Encoder, located: Located) -> Check:
    """Check that an encoder still gives the vectors that its index was built from."""
    description = encoder.describe()
    remedy = f"run codesearch index {shlex.quote(str(located.root))} --rebuild"
    try:
        with naming_root(located.root), Snapshot.open(located.folder) as snapshot:
            info, known = snapshot.info, snapshot.probe()
        if description.identity != info.encoder_identity:
            finding = f"the index is of {info.encoder_identity}, which is another encoder by now"
            return failed("index", finding, remedy)
        if is_told_by_identity(description, info):
            return passed("index", f"the index of {located.root} was made by this very encoder and engine")
        if is_same_encoder(encoder, known):
            return passed("index", f"known answers are those of the index, which {info.encoder_engine} made")
    except (CodesearchError, EncoderError) as error:
        return failed("index", str(error), remedy)
    return failed("index", f"known answers are not those that {info.encoder_engine} made for the index", remedy)
