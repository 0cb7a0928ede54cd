"""What only asking tells of a server: whether its model is Qwen's, whether it takes token ids, how much it reads."""

import re

from indexers.encoders.server.endpoint import Endpoint
from indexers.encoders.server.tokens import TokenFile
from indexers.encoders.spec import END_TOKEN
from indexers.errors import EncoderError

_QWEN = re.compile(r"qwen[-_]?3(?![-_]?vl).*embed", re.IGNORECASE)
"""Names at hubs and servers all hold these words; the models that see pictures (VL) are asked in another way."""


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
