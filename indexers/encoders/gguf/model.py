"""What a GGUF file's metadata and a spec make of a model: pooling, prompts, lengths. Reads and runs nothing."""

from dataclasses import dataclass

from indexers.encoders.gguf.header import GgufHeader
from indexers.encoders.matryoshka import kept_dim
from indexers.encoders.spec import QWEN_LENGTH, QWEN_PROMPTS, EncoderSpec, Prompts
from indexers.errors import EncoderError

QWEN = "qwen3"
"""The architecture of Qwen3-Embedding, as GGUF files call it."""

_NO_POOLING = 0
_LAST = 3
_RANK = 4
_POOLINGS = ("none", "mean", "cls", "last", "rank")
"""By the numbers that GGUF files use (enum llama_pooling_type)."""


@dataclass(frozen=True, slots=True)
class GgufModel:
    """A model as it is to be run."""

    is_qwen: bool
    pooling: str
    reads_last: bool
    full_dim: int
    dim: int
    max_tokens: int
    prompts: Prompts


def model_of(spec: EncoderSpec, header: GgufHeader) -> GgufModel:
    """Return the model that a file and a spec describe; raises EncoderError for one that gives no vectors."""
    full_dim = header.number("embedding_length_out") or header.number("embedding_length")
    length = header.number("context_length")
    if not full_dim or not length:
        raise EncoderError(f"{spec.model} is no model that reads text ({header.architecture}); name an embedding model")
    is_qwen = header.architecture == QWEN
    pooling = _pooling_of(spec, header)
    is_causal = header.values.get(f"{header.architecture}.attention.causal", True)
    return GgufModel(
        is_qwen=is_qwen,
        pooling=_POOLINGS[pooling],
        reads_last=pooling == _LAST and bool(is_causal),
        full_dim=full_dim,
        dim=kept_dim(spec.dim, full_dim, is_qwen=is_qwen),
        max_tokens=min(spec.max_tokens or (QWEN_LENGTH if is_qwen else length), length),
        prompts=spec.prompts or (QWEN_PROMPTS if is_qwen else Prompts()),
    )


def _pooling_of(spec: EncoderSpec, header: GgufHeader) -> int:
    """Return how token states become a vector; early files of Qwen3-Embedding do not say it."""
    pooling = header.number("pooling_type") or _NO_POOLING
    if pooling == _RANK:
        raise EncoderError(f"{spec.model} is a reranker: it scores pairs and has no vectors; name an embedding model")
    if header.architecture == QWEN:
        if pooling not in {_NO_POOLING, _LAST}:
            raise EncoderError(
                f"{spec.model} is a Qwen3 model whose pooling is {_POOLINGS[pooling]} where it must be the last token;"
                " take another conversion of it"
            )
        return _LAST
    if not _NO_POOLING < pooling < len(_POOLINGS):
        raise EncoderError(
            f"{spec.model} does not say how its vectors are pooled ({header.architecture}); name an embedding model"
        )
    return pooling
