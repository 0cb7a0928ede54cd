"""Whether a server reads long texts to their end, where only its own count of tokens can tell.

Suspects a count that is too low for the text, or that comes a second time, and then sends a text of known length.
"""

from threading import Lock

from indexers.encoders.server.endpoint import Endpoint
from indexers.encoders.server.probing import truncated

ODD_BYTES_PER_TOKEN = 6
"""Source code has three to four; runs of blanks may have more, which the text of known length then clears."""

PIECE = "7 "
"""At least one token for every tokenizer."""


class Depth:
    """How many tokens a server was seen to read; safe for several threads."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._lock = Lock()
        self._n_sure = 0
        self._counts: set[int] = set()

    def check(self, n_read: int | None, n_bytes: int) -> None:
        """Raise EncoderError where a server that counted `n_read` tokens in a text of `n_bytes` does not read more."""
        with self._lock:
            if n_read is None or n_read <= self._n_sure:
                return
            is_odd = n_bytes > ODD_BYTES_PER_TOKEN * n_read or n_read in self._counts
            self._counts.add(n_read)
            if not is_odd:
                return
            n_sent = n_read + n_read // 4 + 16
            answer = self._endpoint.offer([PIECE * n_sent])
            if answer is not None and answer.n_tokens is not None and answer.n_tokens < n_sent:
                raise truncated(self._endpoint, answer.n_tokens, n_sent)
            self._n_sure = n_read
