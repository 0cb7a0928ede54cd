"""Who appends the end token to a text: found out by asking the server, never guessed.

The probes are three digits and the end token's spelling. Qwen's tokenizer makes a token of each digit, so that what a
server counts beyond the digits is what it adds itself. A count does not tell which token that is: whether it is the
right one, the known answers of `codesearch doctor` show.
"""

from dataclasses import dataclass
from itertools import pairwise

from indexers.encoders.server.endpoint import Endpoint
from indexers.encoders.server.tokens import SAMPLE, TokenRoute
from indexers.encoders.spec import END_TOKEN, EndToken
from indexers.types import EndTokenState

LONGER_SAMPLES = ("71", "715")
"""Texts of two and three tokens: their counts must differ by one, and from that of `SAMPLE`."""


@dataclass(frozen=True, slots=True)
class Ending:
    """Who appends the end token."""

    suffix: str | None
    """What is put behind every text here; empty where somebody else does it, None where texts cannot be sent."""
    state: EndTokenState
    explanation: str
    """How it was found out, or what is wrong and what to do; without a full stop."""


NO_ENDING = Ending("", "none", "this model is given no end token")
IDS_ENDING = Ending("", "present", f"the tokenizer ends the token ids that are sent with {END_TOKEN}")

_CONFIGURED = {
    "server": Ending("", "unknown", "the configuration says that the server appends the end token; not checked"),
    "client": Ending(END_TOKEN, "unknown", "the configuration says that the end token is added here; not checked"),
}


def find_ending(endpoint: Endpoint, route: TokenRoute | None, setting: EndToken, n_sample: int | None) -> Ending:
    """Return who appends the end token for a model that needs one; `n_sample` is what the server counted in `SAMPLE`.

    Raises EncoderError where the server does not answer.
    """
    if setting in _CONFIGURED:
        return _CONFIGURED[setting]
    told = None if route is None else _ask_route(endpoint, route)
    return told or _ask_counts(endpoint, n_sample)


def _ask_route(endpoint: Endpoint, route: TokenRoute) -> Ending | None:
    """Return what a tokenizing route shows, None where it shows no token that the server adds."""
    end = route.ids_of(END_TOKEN, adds_special=False)
    if len(set(end)) != 1:  # some routes cannot leave out what they add, which may be the same token once more
        return None
    if route.sample[-1] == end[0]:
        return Ending("", "present", f"the server appends {END_TOKEN}, as its tokenizing route shows")
    if len(route.sample) == 1:
        return None
    return _wrong(endpoint, f"ends texts with another token than {END_TOKEN}")


def _ask_counts(endpoint: Endpoint, n_sample: int | None) -> Ending:
    """Return what the server's counts show of what it adds."""
    counts = [n_sample, *(endpoint.embed([text]).n_tokens for text in LONGER_SAMPLES)]
    known = [count for count in counts if count is not None]
    if len(known) < len(counts):
        return _undecided(endpoint, "does not say how many tokens it has read")
    if any(after - before != 1 for before, after in pairwise(known)):
        return _undecided(endpoint, "counts tokens in a way that does not add up")
    n_added = known[0] - 1
    if n_added == 1:
        return Ending("", "unknown", f"the server adds one token to each text, which is taken for {END_TOKEN}")
    if n_added != 0:
        return _undecided(endpoint, f"adds {n_added} tokens to every text")
    if endpoint.embed([SAMPLE + END_TOKEN]).n_tokens != known[0] + 1:
        return _wrong(endpoint, f"neither appends {END_TOKEN} nor reads its spelling as one token")
    return Ending(END_TOKEN, "present", f"{END_TOKEN} is added here: the server does not, and reads it as one token")


def _wrong(endpoint: Endpoint, what: str) -> Ending:
    explanation = (
        f"the server {endpoint.client.host} {what}, so that its vectors of Qwen3-Embedding are wrong; serve a newer"
        " conversion of the model (a GGUF file with tokenizer.ggml.add_eos_token), or use another server"
    )
    return Ending(None, "missing", explanation)


def _undecided(endpoint: Endpoint, why: str) -> Ending:
    explanation = (
        f"the server {endpoint.client.host} {why}, so that nobody can tell whether it appends {END_TOKEN};"
        ' set end_token to "server" or "client" in the configuration, and compare with codesearch doctor'
    )
    return Ending(None, "unknown", explanation)
