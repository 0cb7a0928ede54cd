"""An encoder that takes its time, for tests of builds: counts what it reads, fails or stops where it is told to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

import numpy as np

from codesearch.build import BuildSeams, build
from codesearch.building.clearance import Fetching
from codesearch.types import BuildOptions, OnProgress, UpdateReport
from indexers.encoders.embedded import EmbeddedEncoder
from indexers.encoders.spec import EncoderSpec
from indexers.errors import EncoderError
from indexers.types import Encoder, EncoderDescription, FloatArray, Task

NAME = "test/patient"
DIM = 32


@dataclass
class PatientEncoder:
    """A unit vector from the hash of the text; vectors are kept, as of an encoder that is slow."""

    name: str = NAME
    identity: str = f"patient-1 dim={DIM}"
    engine: str = "test 1"
    read: list[str] = field(default_factory=list)
    """Documents that were encoded, probes left out."""
    fails_after: int | None = None
    """Documents after which it fails."""
    failure: BaseException = field(default_factory=lambda: EncoderError("the server is gone"))
    told: tuple[str, ...] = ()
    cuts: tuple[int, ...] = (8, 16)

    def encode_documents(self, inputs: Sequence[str]) -> FloatArray:
        """Return float32 `[n, 32]` of unit length."""
        from codesearch.encoders.probe import PROBE_TEXTS

        if tuple(inputs) != PROBE_TEXTS:
            if self.fails_after is not None and len(self.read) + len(inputs) > self.fails_after:
                raise self.failure
            self.read += inputs
        return np.array([_hash(text) for text in inputs], dtype=np.float32).reshape(-1, DIM)

    def encode_query(self, text: str, task: Task) -> FloatArray:
        """Return float32 `[32]` of unit length."""
        return _hash(f"{task}:{text}")

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count words."""
        return [len(text.split()) for text in texts]

    def describe(self) -> EncoderDescription:
        """Return who this is."""
        return EncoderDescription(self.name, self.identity, self.engine, DIM, self.cuts, 32_768, True, "A fake.")

    def notes(self) -> tuple[str, ...]:
        """Return what it was told to note."""
        return self.told


@dataclass
class Workplace:
    """A root and a home, and builds of the one in the other with fakes."""

    root: Path
    home: Path
    encoders: dict[str, Encoder] = field(default_factory=dict)
    fill_commit_s: float = 1e9
    """Long enough for one commit at the end."""
    fetching: Fetching = field(default_factory=lambda: Fetching(find_missing=_find_nothing))
    measured_tokens: int = 0
    """Fewer say nothing of an encoder's speed."""

    def load(self, spec: EncoderSpec) -> Encoder:
        """Load the encoder of the test, or the embedded one."""
        return self.encoders[spec.name] if spec.name in self.encoders else EmbeddedEncoder()

    def build(self, options: BuildOptions, on_progress: OnProgress | None = None) -> UpdateReport:
        """Build or update the index of the root."""
        seams = BuildSeams(self.load, 1e9, self.fill_commit_s, 0.0, self.measured_tokens, self.fetching)
        return build(self.root, self.home, options, on_progress, seams)


def stop_at(stage: str, files_done: int, do: Callable[[], None] | None = None) -> OnProgress:
    """Return a listener that does something, else presses Ctrl-C, when a stage has done so many files."""
    is_done = False

    def on_progress(progress: object) -> None:
        nonlocal is_done
        here = (getattr(progress, "stage", ""), getattr(progress, "files_done", 0))
        if here != (stage, files_done) or is_done:
            return
        is_done = True
        if do is None:
            raise KeyboardInterrupt
        do()

    return on_progress


def _find_nothing(spec: EncoderSpec) -> None:
    return None


def _hash(text: str) -> FloatArray:
    values = np.frombuffer(blake2b(text.encode(), digest_size=DIM).digest(), np.uint8).astype(np.float32) - 127.5
    return np.asarray(values / np.linalg.norm(values), dtype=np.float32)
