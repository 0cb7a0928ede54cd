"""The encoder of one run and what encodes with it: first its known answers, then text.

The answers tell whether it still is the encoder that made the index, and which vectors of the cache are its own. Knows
no tree and commits nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass

from codesearch.encoders.own import other_vectors
from codesearch.encoders.probe import PROBE_TEXTS, are_same_answers, probe
from codesearch.storage.vector_cache import SqliteVectorCache
from codesearch.storage.writer import Writer
from indexers.pipeline import EncodingPipeline, OnSlice, PipelineOptions
from indexers.slices import EncodingCounts, check_vectors
from indexers.types import Encoder, EncoderDescription, FloatArray, Noting


@dataclass(frozen=True, slots=True)
class Supply:
    """Where the encoder of a run comes from."""

    load: Callable[[], Encoder]
    """Raises EncoderError, FormatError, ConsentError."""
    is_patient: bool
    """Whether vectors take their time: words come first, and nothing is loaded before it is needed."""


class Encoding:
    """Encodes for one writer; no encoder is loaded or asked before there is something to encode."""

    def __init__(self, supply: Supply, writer: Writer, cache: SqliteVectorCache, on_slice: OnSlice) -> None:
        self.is_patient = supply.is_patient
        self._load = supply.load
        self._encoder: Encoder | None = None
        self._writer = writer
        self._cache = cache
        self._on_slice = on_slice
        self._pipeline: EncodingPipeline | None = None

    @property
    def counts(self) -> EncodingCounts:
        """What was done so far."""
        return EncodingCounts() if self._pipeline is None else self._pipeline.counts

    @property
    def description(self) -> EncoderDescription | None:
        """Who encoded; None where there was nothing to encode."""
        return None if self._encoder is None else self._encoder.describe()

    def notes(self) -> tuple[str, ...]:
        """Return what was remarkable about the encoder."""
        return self._encoder.notes() if isinstance(self._encoder, Noting) else ()

    def pipeline(self) -> EncodingPipeline:
        """Return what encodes; raises EncoderError, ConsentError, FormatError for one that gives other vectors by now.

        The probe comes first and has the weights loaded: no time of that is counted as the encoder's.
        """
        if self._pipeline is None:
            self._encoder = encoder = self._load()
            description = encoder.describe()
            answers = check_vectors(probe(encoder), len(PROBE_TEXTS), description)
            self._keep(answers, description.engine)
            number, cache = self._find_own(description, answers)
            options = PipelineOptions(self._writer.info.granularities, on_slice=self._on_slice, answers=number)
            self._pipeline = EncodingPipeline(encoder, cache, options)
        return self._pipeline

    def _keep(self, answers: FloatArray, engine: str) -> None:
        """Compare known answers with those of the index, or keep them where it has none."""
        writer = self._writer
        known = writer.read_probe()
        if len(known) and not are_same_answers(answers, known):
            raise other_vectors(writer.info)
        if not len(known) or engine != writer.info.encoder_engine:
            writer.write_probe(known if len(known) else answers, engine)

    def _find_own(self, description: EncoderDescription, answers: FloatArray) -> tuple[int, SqliteVectorCache | None]:
        """Return under which number the cache has the encoder's own vectors; no cache where that cannot be told."""
        if not description.is_cached:
            return 0, None
        number = self._cache.number_answers(description.identity, answers, are_same_answers)
        return (0, None) if number is None else (number, self._cache)
