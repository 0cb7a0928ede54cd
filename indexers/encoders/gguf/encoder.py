"""An encoder out of a GGUF file, run by llama.cpp in this process.

Texts are tokenised here and go in as ids, so that a special token that a text spells stays text. A Qwen3-Embedding
gets its end token from here, once, whatever the file says of its tokenizer; a model of another architecture gets the
special tokens and the pooling that its file asks for. Knows the contract of Qwen3-Embedding and the limits of memory;
how llama.cpp is driven is `indexers.encoders.gguf.llama`'s.
"""

import unicodedata
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from threading import Lock

import numpy as np

from indexers.encoders.gguf.header import GgufHeader, read_header
from indexers.encoders.gguf.llama import (
    PACKAGE,
    Context,
    ContextOptions,
    Vocabulary,
    Weights,
    installed_version,
    load_library,
    plan_packs,
)
from indexers.encoders.gguf.model import model_of
from indexers.encoders.matryoshka import coarse_dims, cut, is_sound
from indexers.encoders.spec import END_TOKEN, EncoderSpec
from indexers.errors import EncoderError
from indexers.types import EncoderDescription, FloatArray, Inspection, Task

ROOM = 2048
"""Tokens of the context that stays: nearly all chunks fit, several at once. Its keys and values take 600 MB for
Qwen3-Embedding-4B; 32,768 tokens would take 5 GB in half the precision, which are only taken when a text needs them."""


class GgufEncoder:
    """An `Encoder` that runs one GGUF file; one text at a time may be encoded, by whichever thread."""

    def __init__(self, spec: EncoderSpec, room: int = ROOM) -> None:
        self._path = Path(spec.model)
        header = read_header(self._path)
        self._model = model_of(spec, header)
        self._library = load_library()
        self._description = self._describe(spec, header)
        self._room = min(room, self._model.max_tokens)
        self._lock = Lock()
        self._vocabulary: Vocabulary | None = None
        self._end: int | None = None
        self._weights: Weights | None = None
        self._context: Context | None = None
        self._n_remade = self._n_cut = 0

    def encode_documents(self, inputs: Sequence[str]) -> FloatArray:
        """Return float32 `[len(inputs), dim]`, each row L2-normalised."""
        return self._encode([self._model.prompts.of_document(text) for text in inputs])

    def encode_query(self, text: str, task: Task) -> FloatArray:
        """Return float32 `[dim]`, L2-normalised, under the instruction of `task`."""
        with self._lock:
            ids = self._cut_ids(self._ids_of(self._model.prompts.of_query(task, text)))
            vector: FloatArray = self._vectors([ids])[0]
        return vector

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the number of tokens of each text as a document: prompt and special tokens are counted."""
        with self._lock:
            return [len(self._ids_of(self._model.prompts.of_document(text))) for text in texts]

    def describe(self) -> EncoderDescription:
        """Return who this encoder is; reads no weights."""
        return self._description

    def inspect(self) -> Inspection:
        """Tell what a text looks like to the model; reads the vocabulary."""
        prompts = self._model.prompts
        has_prompts = prompts.of_query("search", "") != prompts.of_document("")
        if not self._model.is_qwen:
            return Inspection(has_prompts, "none", "the file's tokenizer adds the special tokens that its model needs")
        with self._lock:
            self._open_vocabulary()
        explanation = f"texts are sent as token ids, and {END_TOKEN} is appended here, once"
        return Inspection(has_prompts, "present", explanation)

    def notes(self) -> tuple[str, ...]:
        """Return what went another way than planned."""
        notes = []
        if self._n_remade:
            vectors = "1 vector was" if self._n_remade == 1 else f"{self._n_remade:,} vectors were"
            notes.append(f"{vectors} not finite and made again in float32")
        if self._n_cut:
            questions = "1 question was" if self._n_cut == 1 else f"{self._n_cut:,} questions were"
            notes.append(f"{questions} longer than {self._model.max_tokens} tokens and read up to there")
        if self._weights is not None and not self._weights.is_on_gpu and self._library.llama_supports_gpu_offload():
            notes.append("the model does not fit on the GPU and runs on the processor")
        return tuple(notes)

    def close(self) -> None:
        """Free the memory of the model; what is encoded afterwards loads it again."""
        with self._lock:
            for part in (self._context, self._weights, self._vocabulary):
                if part is not None:
                    part.close()
            self._context = self._weights = self._vocabulary = None

    def _encode(self, texts: Sequence[str]) -> FloatArray:
        if not texts:
            return np.empty((0, self._model.dim), dtype=np.float32)
        with self._lock:
            ids = [self._ids_of(text) for text in texts]
            if (longest := max(map(len, ids))) > self._model.max_tokens:
                raise EncoderError(
                    f"a text of {longest} tokens is longer than the {self._model.max_tokens} that encoder"
                    f" {self._description.name} reads; shorten it"
                )
            return self._vectors(ids)

    def _vectors(self, texts: Sequence[Sequence[int]]) -> FloatArray:
        return cut(self._finite_states(texts), self._model.dim)

    def _cut_ids(self, ids: list[int]) -> list[int]:
        """Return the ids of a question as far as the model reads; the last one stays, which ends a text for most."""
        limit = self._model.max_tokens
        if len(ids) <= limit:
            return ids
        self._n_cut += 1
        return [*ids[: limit - 1], ids[-1]]

    def _ids_of(self, text: str) -> list[int]:
        vocabulary = self._open_vocabulary()
        if self._end is None:
            return vocabulary.ids_of(text, adds_special=True)
        # Qwen's own tokenizer composes letters and accents first, llama.cpp does not.
        return [*vocabulary.ids_of(unicodedata.normalize("NFC", text), adds_special=False), self._end]

    def _open_vocabulary(self) -> Vocabulary:
        if self._vocabulary is None:
            vocabulary = Vocabulary(self._library, self._path)
            if self._model.is_qwen and (end := vocabulary.id_of_special(END_TOKEN)) is None:
                raise EncoderError(
                    f"{self._path} has no token {END_TOKEN}: it is no Qwen3-Embedding; name another file"
                )
            self._end = end if self._model.is_qwen else None
            self._vocabulary = vocabulary
        return self._vocabulary

    def _finite_states(self, texts: Sequence[Sequence[int]]) -> FloatArray:
        """Return a state of each text, `[len(texts), full_dim]`; one that is not sound is made again, alone."""
        states = self._states(texts)
        bad = np.flatnonzero(~is_sound(states, self._model.dim)).tolist()
        for number in bad:
            with closing(self._make_context(len(texts[number]), is_exact=True)) as context:
                states[number] = context.states([texts[number]])[0]
            if not is_sound(states[number : number + 1], self._model.dim)[0]:
                raise EncoderError(
                    f"encoder {self._description.name} gives vectors that are not finite, even in float32; take a file"
                    " of another quantisation, such as Q8_0 or BF16"
                )
        self._n_remade += len(bad)
        return states

    def _states(self, texts: Sequence[Sequence[int]]) -> FloatArray:
        states = np.empty((len(texts), self._model.full_dim), dtype=np.float32)
        short = [number for number, ids in enumerate(texts) if len(ids) <= self._room]
        for pack in plan_packs([len(texts[number]) for number in short], self._room):
            numbers = [short[place] for place in pack]
            states[numbers] = self._open_context().states([texts[number] for number in numbers])
        long = [number for number, ids in enumerate(texts) if len(ids) > self._room]
        if long:
            with closing(self._make_context(max(len(texts[number]) for number in long))) as context:
                for number in long:
                    states[number] = context.states([texts[number]])[0]
        return states

    def _open_context(self) -> Context:
        if self._context is None:
            self._context = self._make_context(self._room, is_exact=True)
        return self._context

    def _make_context(self, n_tokens: int, is_exact: bool = False) -> Context:
        if self._weights is None:
            weights = Weights(self._library, self._path)
            if weights.dim != self._model.full_dim:
                raise EncoderError(
                    f"{self._path} gives {weights.dim} numbers a vector and says {self._model.full_dim}; name another"
                )
            self._weights = weights
        room = self._room
        while room < n_tokens:
            room *= 2
        size = min(room, self._model.max_tokens)
        return Context(self._weights, ContextOptions(size, self._model.reads_last, is_exact))

    def _describe(self, spec: EncoderSpec, header: GgufHeader) -> EncoderDescription:
        model = self._model
        identity = (
            "gguf-v1",
            f"dim={model.dim}",
            f"model={header.digest}",
            f"format={header.quantisation}",
            f"pooling={model.pooling}",
            f"end={END_TOKEN if model.is_qwen else 'own'}",
            f"prompts={model.prompts.digest}",
            f"max_tokens={model.max_tokens}",
        )
        device = " with a GPU" if self._library.llama_supports_gpu_offload() else ""
        return EncoderDescription(
            name=spec.name,
            identity=";".join(identity),
            engine=f"{PACKAGE} {installed_version()}{device}",
            dim=model.dim,
            coarse_dims=coarse_dims(model.dim) if model.is_qwen else (model.dim,),
            max_tokens=model.max_tokens,
            is_cached=True,
            summary=f"{header.name} from a GGUF file ({header.quantisation}), run by llama.cpp in this process",
            is_multilingual=model.is_qwen,
        )
