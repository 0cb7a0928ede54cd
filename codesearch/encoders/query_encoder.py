"""The encoder of an open index, for its queries: loaded when one needs it, and why there is none where there is none.

Knows settings and consents; a query goes nowhere that was not allowed. Encodes nothing itself.
"""

import shlex
from pathlib import Path

from codesearch.encoders.consent import require_query
from codesearch.encoders.own import Load, open_own, own_spec
from codesearch.errors import ConfigError, ConsentError, FormatError
from codesearch.settings.settings import read_settings
from codesearch.storage.snapshot import Snapshot
from codesearch.types import Degradation
from indexers.encoders.registry import load_encoder
from indexers.errors import EncoderError
from indexers.types import Encoder

_BY_WORDS = "the answer rests on words alone"


class QueryEncoder:
    """Keeps the encoder of one root between queries, as long as its index has the same."""

    def __init__(self, root: Path, home: Path, load: Load = load_encoder) -> None:
        self._root = root
        self._home = home
        self._load = load
        self._encoder: Encoder | None = None
        self._identity = ""
        self.missing: Degradation | None = None
        """Why the last call of `find` gave none."""

    def find(self, snapshot: Snapshot) -> Encoder | None:
        """Return the encoder that made an index; None where it cannot be had, or has made no vector yet."""
        self.missing = None
        info = snapshot.info
        if info.n_files_without_vectors and not snapshot.n_live_rows():
            command = f"codesearch index {shlex.quote(str(self._root))}"
            self.missing = Degradation(f"{_BY_WORDS}: no file has vectors yet", f"{command} goes on with them")
            return None
        if self._encoder is not None and self._identity == info.encoder_identity:
            return self._encoder
        self._encoder = None
        try:
            self._encoder = self._open(snapshot)
            self._identity = info.encoder_identity
        except ConsentError as error:
            self.missing = Degradation(f"{_BY_WORDS}: {error.request}", error.remedy)
        except (EncoderError, FormatError, ConfigError) as error:
            self.missing = Degradation(f"{_BY_WORDS}: {error}", "mend that, or search with --mode lexical")
        return self._encoder

    def _open(self, snapshot: Snapshot) -> Encoder:
        settings = read_settings()  # the repository's file has no say in an index that is there
        require_query(self._home, self._root, own_spec(snapshot.info, settings), settings)
        return open_own(snapshot.info, settings, snapshot.probe, self._load)
