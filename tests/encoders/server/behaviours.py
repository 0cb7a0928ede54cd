"""How a fake server of the embeddings interface behaves, and the behaviours of six real ones. Serves nothing."""

from dataclasses import dataclass
from typing import Any, Literal

from tests.encoders.server import toy_model

Pooling = Literal["last", "mean", "first"]
Usage = Literal["right", "none", "zero", "odd", "rounded"]
TokenizeRoute = Literal["none", "vllm", "llama.cpp", "llama-cpp-python", "tei"]


@dataclass(slots=True)
class Behaviour:
    """What a server does; may be changed while it runs."""

    model: str = "qwen3-embedding-toy"
    """The name it serves; several may be given, separated by commas."""
    dim: int = 64
    pooling: Pooling = "last"
    adds_end_token: bool = True
    end_id: int = toy_model.END_ID
    """The token that it takes for the end token."""
    adds_begin_token: bool = False
    unknown_route_status: int = 404
    parses_special: bool = True
    usage: Usage = "right"
    dimensions: bool = True
    """Whether `dimensions` is obeyed, by cutting and normalising; otherwise it is refused by status 400."""
    base64: bool = True
    """Whether `encoding_format` base64 is obeyed; otherwise `refuses_base64` decides."""
    refuses_base64: bool = False
    takes_ids: bool = True
    """Whether lists of token ids are taken as input, as they are; otherwise they are refused."""
    ids_status: int = 422
    """The status by which it refuses token ids."""
    rereads_ids: bool = False
    """Whether ids become a text that is tokenized anew, special spellings included."""
    tokenize_route: TokenizeRoute = "none"
    context: int | None = None
    """Tokens it reads at most."""
    tells_context: bool = False
    """Whether it says so on the route of Ollama for running models."""
    truncates: bool = False
    """Whether it reads the first tokens of a longer text in silence; otherwise it refuses it by status 400."""
    max_batch: int | None = None
    """Texts it takes in one request; more are refused by status 413."""
    key: str = ""
    """Bearer token that it asks for."""
    nan_prefix: str = ""
    """Texts that begin so have a vector that is not finite."""
    n_nan: int | None = None
    """How often `nan_prefix` has that effect; None is always."""
    owner: str = "toy"
    server_header: str = "toy/1"
    lists_models: bool = True
    unnormalised: bool = False
    """Whether vectors come out with a length that is not one."""
    ignores_dimensions: bool = False
    """Whether `dimensions` changes nothing."""
    meets: int = 1
    """With `waits_to_meet`, so many requests for embeddings are let through only together."""
    waits_to_meet: bool = False


def vllm(**changes: Any) -> Behaviour:
    """A vLLM server of a Qwen3 model; refuses `dimensions` unless its configuration was overridden."""
    defaults = {"tokenize_route": "vllm", "dimensions": False, "owner": "vllm", "server_header": "uvicorn"}
    return Behaviour(**{**defaults, **changes})


def llama_cpp(**changes: Any) -> Behaviour:
    """A llama-server; ignores `dimensions`."""
    return Behaviour(
        **{"tokenize_route": "llama.cpp", "owner": "llamacpp", "server_header": "llama.cpp", **changes},
    )


def llama_cpp_python(**changes: Any) -> Behaviour:
    """The server of llama-cpp-python: floats only, text only, special spellings stay text when it embeds."""
    defaults = {"tokenize_route": "llama-cpp-python", "base64": False, "takes_ids": False, "ids_status": 500}
    return Behaviour(**{**defaults, "parses_special": False, "owner": "me", "server_header": "uvicorn", **changes})


def ollama(**changes: Any) -> Behaviour:
    """An Ollama server: no tokenising route, and a context that cuts in silence."""
    return Behaviour(
        **{
            "truncates": True,
            "tells_context": True,
            "takes_ids": False,
            "owner": "library",
            "server_header": "",
            **changes,
        }
    )


def tei(**changes: Any) -> Behaviour:
    """Text Embeddings Inference: 32 texts a request, no list of models."""
    return Behaviour(
        **{"tokenize_route": "tei", "max_batch": 32, "lists_models": False, "server_header": "", **changes}
    )


def lm_studio(**changes: Any) -> Behaviour:
    """LM Studio: its usage says zero tokens whatever it read, and unknown routes are answered with status 200."""
    defaults = {"usage": "zero", "base64": False, "takes_ids": False, "unknown_route_status": 200}
    return Behaviour(**{**defaults, "owner": "organization_owner", **changes})
