"""llama.cpp in this process, through the C interface that llama-cpp-python hands on: token ids in, pooled states out.

A model whose vector is the state at the last token is run in two steps: all tokens but the last only fill the cache of
keys and values, then the last one of each text is read. llama.cpp computes scores over the whole vocabulary for each
token that is read, 600 KB a token for Qwen3, which 32,768 tokens would turn into 20 GB and most of the time. Attention
is plain, not "flash": that one adds in half precision on processors, so that a text's vector would depend on what is
encoded beside it. Knows no prompts and no files but the one it loads.
"""

import logging
import os
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np

from indexers.errors import EncoderError
from indexers.types import FloatArray

PACKAGE = "llama-cpp-python"

MAX_SEQUENCES = 64
"""Texts in one context; llama.cpp allows 256, and of 2,048 tokens more texts would be words."""

UBATCH = 512
"""Tokens that pass through the model together: enough to keep a processor busy, little enough for its memory."""

MAX_SCORES = 1 << 23
"""Attention scores a head held at once, 4 bytes each: 1 GB with the 32 heads of Qwen3-Embedding-4B."""

MIN_UBATCH = 64

_ALL_LAYERS = 0x7FFF_FFFF
_ROUNDING = 256
"""llama.cpp rounds the length of a context up to this."""


@dataclass(frozen=True, slots=True)
class ContextOptions:
    """What a context is made for."""

    n_tokens: int
    """Tokens of all texts that it holds at once."""
    reads_last: bool
    """Whether the vector is the state at the last token of a model that reads from left to right."""
    is_exact: bool
    """Keep keys and values in float32, in twice the memory of float16."""


def installed_version() -> str:
    """Return the version of llama-cpp-python; raises EncoderError where it is not installed."""
    try:
        return version(PACKAGE)
    except PackageNotFoundError as error:
        raise EncoderError(
            f"GGUF files are run by {PACKAGE}, which is not installed and compiles llama.cpp with a C++ compiler:"
            ' run pip install ".[gguf]" in the clone of codesearch'
        ) from error


def load_library() -> ModuleType:
    """Return llama.cpp's C interface, silent; raises EncoderError where it cannot be loaded."""
    installed_version()
    try:
        import llama_cpp
    except (ImportError, OSError, RuntimeError) as error:
        raise EncoderError(f"{PACKAGE} does not load: {error}; install it again") from error
    # It prints llama.cpp's log to stderr; what goes wrong is raised here instead.
    logging.getLogger(PACKAGE).setLevel(logging.CRITICAL + 1)
    llama_cpp.llama_backend_init()
    library: ModuleType = llama_cpp.llama_cpp
    return library


class Vocabulary:
    """The tokenizer of a GGUF file, without its weights."""

    def __init__(self, library: ModuleType, path: Path) -> None:
        self._library = library
        parameters = library.llama_model_default_params()
        parameters.vocab_only = True
        model = library.llama_model_load_from_file(os.fsencode(path), parameters)
        if not model:
            raise EncoderError(
                f"llama.cpp cannot read the vocabulary of {path}: it is damaged, or newer than {PACKAGE}"
                f" {installed_version()}; download it anew, or upgrade {PACKAGE}"
            )
        self._vocabulary = library.llama_model_get_vocab(model)
        self._free = weakref.finalize(self, library.llama_model_free, model)

    def close(self) -> None:
        """Free its memory; it must not be used any more."""
        self._free()

    def ids_of(self, text: str, adds_special: bool) -> list[int]:
        """Return token ids; what spells a special token is plain text. Half a surrogate pair becomes `?`."""
        return self._tokenise(text, adds_special, False)

    def id_of_special(self, token: str) -> int | None:
        """Return the id of a special token, or None where the vocabulary has no such token."""
        ids = self._tokenise(token, False, True)
        return ids[0] if len(ids) == 1 else None

    def _tokenise(self, text: str, adds_special: bool, parses_special: bool) -> list[int]:
        data = text.encode("utf-8", "replace")
        size = len(data) + 8  # a token has a byte at least, and a model adds few of its own
        ids = (self._library.llama_token * size)()
        n_ids = self._library.llama_tokenize(self._vocabulary, data, len(data), ids, size, adds_special, parses_special)
        if n_ids < 0:
            raise EncoderError(f"llama.cpp does not tokenise a text of {len(data)} bytes; upgrade {PACKAGE}")
        return list(ids[:n_ids])


class Weights:
    """A loaded model, on the GPU where this llama.cpp knows one and the model fits there."""

    def __init__(self, library: ModuleType, path: Path) -> None:
        self.library = library
        self.is_on_gpu = False
        model = None
        for n_layers in (_ALL_LAYERS, 0) if library.llama_supports_gpu_offload() else (0,):
            parameters = library.llama_model_default_params()
            parameters.n_gpu_layers = n_layers
            model = model or library.llama_model_load_from_file(os.fsencode(path), parameters)
            self.is_on_gpu = self.is_on_gpu or bool(model and n_layers)
        if not model:
            raise EncoderError(
                f"llama.cpp cannot load {path}: it is damaged or incomplete, larger than the memory, or newer than"
                f" {PACKAGE} {installed_version()}; download it anew, take a smaller quantisation, or upgrade {PACKAGE}"
            )
        self.model = model
        self.dim: int = library.llama_model_n_embd_out(model)
        self._free = weakref.finalize(self, library.llama_model_free, model)

    def close(self) -> None:
        """Free its memory; its contexts must be closed before."""
        self._free()


class _Token(NamedTuple):
    """One token of one text; there are thousands of them."""

    id: int
    position: int
    text: int


class Context:
    """Room for texts of `n_tokens` together, in which they pass through the model."""

    def __init__(self, weights: Weights, options: ContextOptions) -> None:
        self._library = library = weights.library
        self._weights = weights
        self._reads_last = options.reads_last
        self.n_tokens = -(-options.n_tokens // _ROUNDING) * _ROUNDING
        self._n_together = _ubatch(self.n_tokens) if options.reads_last else self.n_tokens
        context = library.llama_init_from_model(weights.model, self._parameters(options))
        if not context:
            raise EncoderError(
                f"there is not enough memory to read {self.n_tokens} tokens; set max_tokens of this encoder to less,"
                " or take a smaller model"
            )
        self._context = context
        self._memory = library.llama_get_memory(context)
        self._batch = library.llama_batch_init(self._n_together, 0, 1)
        self._is_soiled = False
        self._free = weakref.finalize(self, _free, library, context, self._batch)

    def close(self) -> None:
        """Free its memory; it must not be used any more."""
        self._free()

    def states(self, texts: Sequence[Sequence[int]]) -> FloatArray:
        """Return the pooled state of each text, float32 `[len(texts), dim]`, of any length and perhaps not finite.

        Takes at most `MAX_SEQUENCES` texts, none of them empty, of at most `n_tokens` ids together.
        """
        if self._memory:
            # What is masked is multiplied by 0, which leaves nothing of a number, but does of what is none.
            self._library.llama_memory_clear(self._memory, self._is_soiled)
        tokens = [_Token(id_, at, number) for number, ids in enumerate(texts) for at, id_ in enumerate(ids)]
        if self._reads_last:
            body = [token for token in tokens if token.position < len(texts[token.text]) - 1]
            for start in range(0, len(body), self._n_together):
                self._decode(body[start : start + self._n_together], is_read=False)
            tokens = [token for token in tokens if token.position == len(texts[token.text]) - 1]
        self._decode(tokens, is_read=True)
        states = np.stack([self._state(number) for number in range(len(texts))])
        self._is_soiled = not np.isfinite(states).all()
        return states

    def _parameters(self, options: ContextOptions) -> object:
        library = self._library
        parameters = library.llama_context_default_params()
        parameters.n_ctx = self.n_tokens
        parameters.n_batch = parameters.n_ubatch = self._n_together
        parameters.n_seq_max = MAX_SEQUENCES
        parameters.n_threads = parameters.n_threads_batch = _n_threads()
        parameters.embeddings = True
        parameters.kv_unified = True
        parameters.flash_attn_type = library.LLAMA_FLASH_ATTN_TYPE_DISABLED
        if options.reads_last:
            parameters.pooling_type = library.LLAMA_POOLING_TYPE_LAST
        if options.is_exact:
            parameters.type_k = parameters.type_v = 0  # GGML_TYPE_F32
        return parameters

    def _decode(self, tokens: Sequence[_Token], is_read: bool) -> None:
        """Pass tokens through the model; their states are pooled where they are read."""
        batch = self._batch
        for row, token in enumerate(tokens):
            batch.token[row] = token.id
            batch.pos[row] = token.position
            batch.n_seq_id[row] = 1
            batch.seq_id[row][0] = token.text
            batch.logits[row] = is_read
        batch.n_tokens = len(tokens)
        self._library.llama_set_embeddings(self._context, is_read)
        if code := self._library.llama_decode(self._context, batch):
            raise EncoderError(
                f"llama.cpp failed with code {code} on {len(tokens)} of at most {self.n_tokens} tokens, mostly for want"
                " of memory; set max_tokens of this encoder to less, or take a smaller model"
            )

    def _state(self, number: int) -> FloatArray:
        pointer = self._library.llama_get_embeddings_seq(self._context, number)
        if not pointer:
            raise EncoderError("llama.cpp gave no vector for a text: this model is none for embeddings; name another")
        state: FloatArray = np.ctypeslib.as_array(pointer, (self._weights.dim,)).astype(np.float32)
        return state


def plan_packs(lengths: Sequence[int], n_tokens: int) -> list[list[int]]:
    """Return the numbers of the texts that share a context of `n_tokens`, pack by pack, in order.

    A text beyond `n_tokens` is a pack of its own.
    """
    packs: list[list[int]] = []
    room = 0
    for number, length in enumerate(lengths):
        if not packs or length > room or len(packs[-1]) == MAX_SEQUENCES:
            packs.append([])
            room = n_tokens
        packs[-1].append(number)
        room -= length
    return packs


def _ubatch(n_tokens: int) -> int:
    """Return how many tokens pass together: fewer where each looks back at many."""
    return max(MIN_UBATCH, min(UBATCH, n_tokens, MAX_SCORES // n_tokens))


def _n_threads() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _free(library: ModuleType, context: object, batch: object) -> None:
    library.llama_batch_free(batch)
    library.llama_free(context)
