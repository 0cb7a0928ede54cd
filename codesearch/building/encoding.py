"""The encoder of one run and what encodes with it: first its known answers, then text.

The answers tell whether it still is the encoder that made the index, and which vectors of the cache are its own. Knows
no tree and commits nothing.
"""

from codesearch.encoders.choice import other_vectors
from codesearch.encoders.probe import PROBE_TEXTS, are_same_answers, probe
from codesearch.storage.vector_cache import SqliteVectorCache
from codesearch.storage.writer import Writer
from indexers.pipeline import EncodingPipeline, OnSlice, PipelineOptions
from indexers.slices import EncodingCounts, check_vectors
from indexers.types import Encoder, FloatArray, Noting


class Encoding:
    """Encodes for one writer; the encoder is asked nothing before there is something to encode."""

    def __init__(self, encoder: Encoder, writer: Writer, cache: SqliteVectorCache, on_slice: OnSlice) -> None:
        self.encoder = encoder
        self._writer = writer
        self._cache = cache
        self._on_slice = on_slice
        self._pipeline: EncodingPipeline | None = None

    @property
    def counts(self) -> EncodingCounts:
        """What was done so far."""
        return EncodingCounts() if self._pipeline is None else self._pipeline.counts

    def notes(self) -> tuple[str, ...]:
        """Return what was remarkable about the encoder."""
        return self.encoder.notes() if isinstance(self.encoder, Noting) else ()

    def pipeline(self) -> EncodingPipeline:
        """Return what encodes; raises EncoderError, FormatError for an encoder that gives other vectors by now.

        The probe comes first and has the weights loaded: no time of that is counted as the encoder's.
        """
        if self._pipeline is None:
            description = self.encoder.describe()
            answers = check_vectors(probe(self.encoder), len(PROBE_TEXTS), description)
            self._keep(answers)
            number = 0
            cache: SqliteVectorCache | None = None
            if description.is_cached:
                found = self._cache.number_answers(description.identity, answers, are_same_answers)
                number, cache = (0, None) if found is None else (found, self._cache)
            options = PipelineOptions(self._writer.info.granularities, on_slice=self._on_slice, answers=number)
            self._pipeline = EncodingPipeline(self.encoder, cache, options)
        return self._pipeline

    def _keep(self, answers: FloatArray) -> None:
        """Compare known answers with those of the index, or keep them where it has none."""
        writer, engine = self._writer, self.encoder.describe().engine
        known = writer.read_probe()
        if len(known) and not are_same_answers(answers, known):
            raise other_vectors(writer.info)
        if not len(known) or engine != writer.info.encoder_engine:
            writer.write_probe(known if len(known) else answers, engine)
