"""A repository and the home of its index, with builds of the one in the other: the same encoder, parsers and watchers.

Knows how a trial builds and nothing of what it changes or compares.
"""

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.trials.operations import LIMIT_BYTES
from benchmarks.trials.seeded import NAME, SeededEncoder
from codesearch.build import BuildSeams, build
from codesearch.building.clearance import Fetching
from codesearch.index import Index
from codesearch.registry import index_folder
from codesearch.storage.steps import OnStep, Step, WriterSeams, ignore_step
from codesearch.storage.thresholds import BaseThresholds, Thresholds
from codesearch.types import BuildOptions, OnProgress, UpdateReport
from indexers.encoders.spec import EMBEDDED, EncoderSpec
from indexers.parsers import ParserOptions, ParserPool
from indexers.types import Encoder

LOW = Thresholds(
    base=BaseThresholds(changed_rows=8, changed_share=0.0001, tail_bytes=60 * 516),
    unfinished_base=BaseThresholds(changed_rows=8, changed_share=0.0001, tail_bytes=60 * 516),
    dead_rows=40,
    dead_share=0.01,
)
"""So low that scripts cross each, over a hundred chunks and over 20,000: 60 rows of 256 dimensions behind the base, 8
dead in it, a hundredth of the vectors dead."""


class LentPool(ParserPool):
    """Parser processes that outlive the builds they are lent to."""

    def warm_up(self) -> None:
        """Do nothing: an earlier build has started them, or the first file will."""

    def close(self) -> None:
        """Do nothing: the next build comes."""

    def end(self) -> None:
        """End the processes."""
        super().close()


@contextmanager
def lend_parsers(root: Path, n_workers: int = 1) -> Iterator[LentPool]:
    """Give parsers for all builds of a root."""
    pool = LentPool(root, ParserOptions(n_workers))
    try:
        yield pool
    finally:
        pool.end()


@dataclass
class Workplace:
    """One root and one home."""

    root: Path
    home: Path
    pool: LentPool
    is_cached: bool = False
    """Whether vectors are kept, as of an encoder that is slow; else they are made as those of the one that ships."""
    thresholds: Thresholds = LOW
    commit_s: float = 1e9
    """How often builds that take their time commit; this long is once, at the end."""
    on_step: OnStep = ignore_step
    steps: Counter[Step] = field(default_factory=Counter)
    """How often the writer came by each of its moments."""
    encoder: SeededEncoder = field(init=False)

    def __post_init__(self) -> None:
        """Make the encoder that all builds share but fresh ones."""
        self.encoder = SeededEncoder(is_cached=self.is_cached, name=NAME if self.is_cached else EMBEDDED.name)

    @property
    def folder(self) -> Path:
        """Where the index lies."""
        return index_folder(self.home, self.root)

    def build(self, on_progress: OnProgress | None = None) -> UpdateReport:
        """Make the index, or bring it up to date."""
        return self._build(self.home, self.encoder, on_progress)

    def build_fresh(self, home: Path) -> UpdateReport:
        """Make another index of the same root, with an encoder of its own and without any vector that is kept."""
        shutil.rmtree(home, ignore_errors=True)
        return self._build(home, SeededEncoder(is_cached=self.is_cached, name=self.encoder.name), None)

    def open(self, home: Path | None = None) -> Index:
        """Open the index to ask it."""
        home = home or self.home
        return Index(self.root, index_folder(home, self.root), home, self.load)

    def load(self, spec: EncoderSpec) -> Encoder:  # noqa: ARG002
        """Give the one encoder, by whatever name it is asked for."""
        return self.encoder

    def _build(self, home: Path, encoder: SeededEncoder, on_progress: OnProgress | None) -> UpdateReport:
        options = BuildOptions(encoder=encoder.name, max_file_bytes=LIMIT_BYTES)
        on_step = self._note if home == self.home else ignore_step
        seams = BuildSeams(
            load=lambda _spec: encoder,
            first_commit_s=self.commit_s,
            fill_commit_s=self.commit_s,
            fetching=Fetching(find_missing=lambda _spec: None),
            writer=WriterSeams(on_step, self.thresholds),
            open_pool=lambda _root, _options: self.pool,
        )
        return build(self.root, home, options, on_progress, seams)

    def _note(self, step: Step) -> None:
        self.steps[step] += 1
        self.on_step(step)
