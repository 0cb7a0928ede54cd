"""Encoders of sentence-transformers models: Qwen3-Embedding of any size, and any other by its own prompts.

Made from files alone: weights are loaded when the first text comes. Knows prompts, cuts and what is remarkable; how a
model runs is `network`'s beside this, what its files say `checkpoint`'s.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from threading import Lock

import numpy as np

from indexers.encoders.devices import Placement, find_gpu, place
from indexers.encoders.hub import OWN_HUB, Hub, find_model, require_extra
from indexers.encoders.matryoshka import coarse_dims, cut, is_sound, kept_dim
from indexers.encoders.spec import END_TOKEN, QWEN_LENGTH, EncoderSpec
from indexers.encoders.transformer.batching import Budget, encode_in_batches
from indexers.encoders.transformer.checkpoint import digest_of, read_checkpoint
from indexers.encoders.transformer.network import Network, SentenceNetwork, Setup
from indexers.encoders.vocabulary import TokenCounter, well_formed
from indexers.errors import EncoderError
from indexers.types import EncoderDescription, FloatArray, Inspection, Task

GPU_TOKENS = 16_384
"""Padded tokens of a batch to begin with: enough to keep a large GPU busy, 1.3 GB at work for the 4B model."""

CPU_TOKENS = 2_048
"""The same for a processor, which gains nothing from more."""

QWEN_SUMMARY = "Qwen3-Embedding: follows instructions, reads whole files, knows code and many languages"
OTHER_SUMMARY = "a sentence-transformers model, by its own prompts"

PROBE = "import os\n\ndef größe(x):  # 数据 <|endoftext|> [SEP]\n    return x[0:12]\n"
"""A text with all that tokenizers differ in."""

LoadNetwork = Callable[[Setup], Network]


class TransformerEncoder:
    """An `Encoder` whose texts go through a model of sentence-transformers, one call at a time."""

    def __init__(
        self,
        spec: EncoderSpec,
        *,
        hub: Hub = OWN_HUB,
        load: LoadNetwork = SentenceNetwork,
        placement: Placement | None = None,
    ) -> None:
        """Read what the model's files say; the best placement that this machine offers is found where none is given.

        Raises:
            EncoderError: its files or what runs it are not here, or the files contradict each other.
        """
        require_extra(spec.name)
        self._spec = spec
        self._load = load
        self._files = read_checkpoint(find_model(spec, hub))
        self._prompts = self._files.prompts(spec)
        self._given_placement = placement
        self._tokens = TokenCounter(self._files.reader)
        self._lock = Lock()
        self._n_exact = self._n_alone = self._n_cut = 0
        if self._files.is_qwen:
            self._tokens.require_end(END_TOKEN)
        full = self._files.dim
        full = self._network.run(["x"], "").shape[1] if full is None else full
        self._dim = kept_dim(spec.dim, full, is_qwen=self._files.is_qwen)

    def encode_documents(self, inputs: Sequence[str]) -> FloatArray:
        """Return float32 `[len(inputs), dim]`, each row L2-normalised."""
        return self._encode(inputs, self._prompts.document)

    def encode_query(self, text: str, task: Task) -> FloatArray:
        """Return float32 `[dim]`, L2-normalised, under the instruction of `task`."""
        prompt = self._prompts.search if task == "search" else self._prompts.similar
        vector: FloatArray = self._encode([text], prompt)[0]
        return vector

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the tokens of each text as a document, prompt and end token included."""
        return self._tokens.count([self._prompts.of_document(well_formed(text)) for text in texts])

    def inspect(self) -> Inspection:
        """Tell how texts are handed to the model; its tokenizer was looked at when this was made."""
        has_prompts = self._prompts.search != self._prompts.document
        if not self._files.is_qwen:
            return Inspection(has_prompts, "none", "the model's own tokenizer adds the special tokens that it needs")
        return Inspection(has_prompts, "present", f"the model's tokenizer ends every text with {END_TOKEN}")

    def notes(self) -> tuple[str, ...]:
        """Return what was remarkable so far, a sentence each."""
        counts = (
            (self._n_exact, "{} made again in float32, because bfloat16 gave no number", "vector was", "vectors were"),
            (
                self._n_alone,
                "{} encoded on the processor, because the GPU's memory is too small",
                "long text was",
                "long texts were",
            ),
            (self._n_cut, f"{{}} longer than {self._max_tokens} tokens and read up to there", "text was", "texts were"),
        )
        return tuple(
            words.format(f"{count:,} {one if count == 1 else many}") for count, words, one, many in counts if count
        )

    def describe(self) -> EncoderDescription:
        """Return who this encoder is."""
        return self._description

    @cached_property
    def _description(self) -> EncoderDescription:
        is_qwen = self._files.is_qwen
        return EncoderDescription(
            name=self._spec.name,
            identity=self._identity(),
            engine=self._engine(),
            dim=self._dim,
            coarse_dims=coarse_dims(self._dim) if is_qwen else (self._dim,),
            max_tokens=self._max_tokens,
            is_cached=True,
            summary=QWEN_SUMMARY if is_qwen else OTHER_SUMMARY,
            is_multilingual=is_qwen,
        )

    @cached_property
    def _max_tokens(self) -> int | None:
        lengths = (self._spec.max_tokens, self._files.max_tokens, QWEN_LENGTH if self._files.is_qwen else None)
        return min((length for length in lengths if length is not None), default=None)

    @cached_property
    def _placement(self) -> Placement:
        if self._given_placement is not None:
            return self._given_placement
        return place(find_gpu(), None if self._files.is_qwen else False)

    @cached_property
    def _budget(self) -> Budget:
        return Budget(CPU_TOKENS if self._placement.device == "cpu" else GPU_TOKENS)

    @cached_property
    def _network(self) -> Network:
        limit = self._max_tokens
        network = self._load(Setup(self._files.folder, self._placement, limit))
        ids = self._tokens.ids_of(PROBE)
        if limit is not None and len(ids) > limit:
            ids = ids[: limit - 1] + ids[-1:]
        if self._files.is_qwen and network.ids_of(PROBE) != ids:
            raise EncoderError(
                f"encoder {self._spec.name}: sentence-transformers reads other tokens than {self._files.folder}/"
                "tokenizer.json says; fetch the tokenizer's files anew"
            )
        return network

    def _encode(self, texts: Sequence[str], prompt: str) -> FloatArray:
        if not texts:
            return np.empty((0, self._dim), dtype=np.float32)
        texts = [well_formed(text) for text in texts]
        lengths = self._tokens.count([prompt + text for text in texts])
        with self._lock:
            limit = self._max_tokens
            if limit is not None:
                self._n_cut += sum(length > limit for length in lengths)
                lengths = [min(length, limit) for length in lengths]
            network = self._network
            rows = encode_in_batches(
                lengths,
                self._budget,
                lambda numbers: network.run([texts[number] for number in numbers], prompt),
                lambda number: self._encode_alone(texts[number], prompt, lengths[number]),
            )
            rows = self._mend(rows, texts, prompt)
        return cut(rows, self._dim)

    def _encode_alone(self, text: str, prompt: str, length: int) -> FloatArray:
        """Return the row of a text that does not fit where the model is, encoded on the processor."""
        if self._placement.device == "cpu":
            raise EncoderError(self._too_long(length))
        self._n_alone += 1
        row: FloatArray = self._run_exactly([text], prompt, [True])[0]
        return row

    def _mend(self, rows: FloatArray, texts: Sequence[str], prompt: str) -> FloatArray:
        """Return the rows with those made again that are not finite, or have no direction where they are cut."""
        bad = np.flatnonzero(~is_sound(rows, self._dim)).tolist()
        if bad and self._placement.precision != "float32":
            self._n_exact += len(bad)
            rows = rows.copy()
            rows[bad] = self._run_exactly([texts[number] for number in bad], prompt, [False, True])
        if bad and not is_sound(rows, self._dim).all():
            raise EncoderError(
                f"encoder {self._spec.name}: the model gives vectors that are not finite, in float32 too; its weights"
                " are damaged, fetch them anew"
            )
        return rows

    def _run_exactly(self, texts: Sequence[str], prompt: str, places: Sequence[bool]) -> FloatArray:
        """Return rows made in float32 at the first of the places that suffices; True is the processor."""
        for on_processor in places:
            try:
                return self._network.run_exactly(texts, prompt, on_processor=on_processor)
            except MemoryError:
                continue
        raise EncoderError(self._too_long(max(self._tokens.count([prompt + text for text in texts]))))

    def _too_long(self, length: int) -> str:
        return (
            f"encoder {self._spec.name}: a text of {length:,} tokens does not fit the memory of this machine;"
            " set a smaller max_tokens for it in the configuration, or choose a smaller model"
        )

    def _identity(self) -> str:
        files, is_folder = self._files, Path(self._spec.model).is_absolute()
        named = f"model={self._spec.model};revision={files.folder.name}"
        parts = (
            "transformer-v1",
            f"digest={digest_of(files.folder)}" if is_folder else named,
            f"weights={files.precision}",
            f"pooling={files.pooling or 'own'}",
            f"prompts={self._prompts.digest}",
            f"dim={self._dim}",
            f"max_tokens={self._max_tokens}",
        )
        return ";".join(parts)

    def _engine(self) -> str:
        packages = ", ".join(f"{name} {version(name)}" for name in ("sentence-transformers", "transformers", "torch"))
        placement = self._placement
        return f"{packages}, {placement.precision} on {placement.name}, {placement.attention}"
