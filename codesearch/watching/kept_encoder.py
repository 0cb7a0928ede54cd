"""An encoder that outlives one update: loaded when first needed, kept while its spec stays."""

from codesearch.encoders.own import Load
from indexers.encoders.spec import EncoderSpec
from indexers.types import Encoder


class KeptEncoder:
    """Loads as `load` does, and each encoder once."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._spec: EncoderSpec | None = None
        self._encoder: Encoder | None = None

    def load(self, spec: EncoderSpec) -> Encoder:
        """Return the encoder of a spec, the kept one where it is of the same; raises EncoderError."""
        if self._encoder is None or spec != self._spec:
            self.forget()
            self._encoder = self._load(spec)
            self._spec = spec
        return self._encoder

    def forget(self) -> None:
        """Let go of the encoder: it failed, and a new one may find its server or its memory again."""
        self._encoder = self._spec = None
