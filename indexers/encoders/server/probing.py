"""What only asking tells of a server: who appends the end token, whether it takes token ids, how much it reads.

The probes are three digits and the end token's spelling. Qwen's tokenizer makes a token of each digit, so that what a
server counts beyond the digits is what it adds itself.
"""

import re
from dataclasses import dataclass
from itertools import pairwise

from indexers.encoders.server.endpoint import Endpoint
from indexers.encoders.server.tokens import SAMPLE, TokenFile, TokenRoute
from indexers.encoders.spec import EndToken
from indexers.encoders.vocabulary import END_TOKEN
from indexers.errors import EncoderError
from indexers.types import EndTokenState

LONGER_SAMPLES = ("71", "715")
"""Texts of two and three tokens: their counts must differ by one, and from that of `SAMPLE`."""

_QWEN = re.compile(r"qwen[-_]?3(?![-_]?vl).*embed", re.IGNORECASE)
"""Names at hubs and servers all hold these words; the models that see pictures (VL) are asked in another way."""


@dataclass(frozen=True, slots=True)
class Ending:
    """Who appends the end token."""

    suffix: str
    """What is put behind every text here; empty where somebody else does it."""
    state: EndTokenState
    explanation: str
    """How it was found out, one sentence without a full stop."""


NO_ENDING = Ending("", "none", "this model is given no end token")
IDS_ENDING = Ending("", "present", f"the tokenizer ends the token ids that are sent with {END_TOKEN}")


def is_qwen(model: str) -> bool:
    """Return whether a server's name for a model is one of Qwen3-Embedding."""
    return _QWEN.search(model) is not None


def takes_ids(endpoint: Endpoint, tokens: TokenFile) -> bool:
    """Return whether a server reads token ids just as they are.

    Text Embeddings Inference makes text of them first, and then sees the special token that a text only spelt.
    """
    (ids,) = tokens.ids_of([END_TOKEN])
    answer = endpoint.offer([ids])
    return answer is not None and answer.n_tokens == len(ids)


def find_ending(endpoint: Endpoint, route: TokenRoute | None, setting: EndToken, n_sample: int | None) -> Ending:
    """Return who appends the end token for a model that needs one; raises EncoderError where that stays open.

    `n_sample` is what the server counted in `SAMPLE`.
    """
    if setting == "server":
        return Ending("", "unknown", "the configuration says that the server appends the end token; not checked")
    if setting == "client":
        return Ending(END_TOKEN, "unknown", "the configuration says that the end token is added here; not checked")
    if route is not None and _is_told_by(route, endpoint):
        return Ending("", "present", f"the server appends {END_TOKEN}, as its tokenizing route shows")
    counts = [n_sample, *(endpoint.embed([text]).n_tokens for text in LONGER_SAMPLES)]
    known = [count for count in counts if count is not None]
    if len(known) < len(counts):
        raise _undecided(endpoint, "does not say how many tokens it has read")
    if any(after - before != 1 for before, after in pairwise(known)):
        raise _undecided(endpoint, "counts tokens in a way that does not add up")
    n_added = known[0] - 1
    if n_added == 1:
        return Ending("", "present", f"the server appends {END_TOKEN}: it counts one token more than it is sent")
    if n_added != 0:
        raise _undecided(endpoint, f"adds {n_added} tokens to every text")
    if endpoint.embed([SAMPLE + END_TOKEN]).n_tokens != known[0] + 1:
        raise EncoderError(
            f"the server {endpoint.client.host} neither appends {END_TOKEN} nor reads its spelling as one token,"
            " so that its vectors of Qwen3-Embedding are wrong; serve a newer conversion of the model"
            " (a GGUF file with tokenizer.ggml.add_eos_token), or use another server"
        )
    return Ending(END_TOKEN, "present", f"{END_TOKEN} is added here: the server does not, and reads it as one token")


def check_context(endpoint: Endpoint, max_tokens: int) -> None:
    """Raise EncoderError where an Ollama server, which cuts in silence, says that it reads less than `max_tokens`."""
    match endpoint.client.ask("//api/ps").value:
        case {"models": [*running]}:
            pass
        case _:
            return
    for model in running:
        match model:
            case {"name": str(name), "context_length": int(length)} if 0 < length < max_tokens:
                if name.removesuffix(":latest") == endpoint.model.removesuffix(":latest"):
                    raise EncoderError(_too_short(endpoint, f"reads only {length} of up to {max_tokens} tokens"))
            case _:
                pass


def truncated(endpoint: Endpoint, n_read: int, n_tokens: int) -> EncoderError:
    """Return the error for a text that the server did not read to its end."""
    return EncoderError(_too_short(endpoint, f"read only {n_read} of the {n_tokens} tokens of a text"))


def _too_short(endpoint: Endpoint, what: str) -> str:
    return (
        f"the server {endpoint.client.host} {what}; raise its context (num_ctx or OLLAMA_CONTEXT_LENGTH of Ollama,"
        " --ctx-size and --ubatch-size of llama.cpp, --max-model-len of vLLM), or set max_tokens in the configuration"
    )


def _is_told_by(route: TokenRoute, endpoint: Endpoint) -> bool:
    """Return whether a tokenizing route shows the end token appended; raises EncoderError where it shows another."""
    end = route.ids_of(END_TOKEN, adds_special=False)
    ids = list(route.sample)
    is_one_token = len(set(end)) == 1  # some routes cannot leave out what they add, which may be the same token
    if is_one_token and ids[-1:] == end[-1:]:
        return True
    if is_one_token and len(ids) > 1:
        raise EncoderError(
            f"the server {endpoint.client.host} ends texts with another token than {END_TOKEN}, so that its vectors of"
            " Qwen3-Embedding are wrong; serve a newer conversion of the model"
        )
    return False


def _undecided(endpoint: Endpoint, why: str) -> EncoderError:
    return EncoderError(
        f"the server {endpoint.client.host} {why}, so that nobody can tell whether it appends {END_TOKEN};"
        ' set end_token to "server" or "client" in the configuration, and compare with codesearch doctor'
    )
