"""A sentence-transformers model in memory: from texts to its own vectors, and where its memory ends.

Knows torch, sentence-transformers and how both fail; knows no batches, no cuts and no index.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from indexers.encoders.devices import Placement
from indexers.errors import EncoderError
from indexers.types import FloatArray

FLASH = "flash_attention_2"

OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory", "failed to allocate")
"""How torch's allocators for CUDA, Apple's GPU and the processor say so, where they have no error of their own."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What a model is loaded with."""

    folder: Path
    placement: Placement
    max_tokens: int | None
    """What is longer is cut by the model's tokenizer, which then still appends its end token; None is its own."""


class Network(Protocol):
    """A loaded model."""

    def run(self, texts: Sequence[str], prompt: str) -> FloatArray:
        """Return float32 `[len(texts), full]` as the model gives it; raises MemoryError where they do not fit."""
        ...

    def run_exactly(self, texts: Sequence[str], prompt: str, on_processor: bool) -> FloatArray:
        """Return the same, computed in float32 and one by one, on the processor where the model's place is too small.

        Raises MemoryError where that does not fit either.
        """
        ...

    def ids_of(self, text: str) -> list[int]:
        """Return the token ids that the model reads for a text."""
        ...


class SentenceNetwork:
    """A `Network` of sentence-transformers."""

    def __init__(self, setup: Setup) -> None:
        self._device = setup.placement.device
        self._max_tokens = setup.max_tokens
        self._model = _load(setup)

    def run(self, texts: Sequence[str], prompt: str) -> FloatArray:
        """Return float32 `[len(texts), full]`, in the model's own precision; not always finite."""
        return self._run(texts, prompt, self._device)

    def run_exactly(self, texts: Sequence[str], prompt: str, on_processor: bool) -> FloatArray:
        """Return the same in float32; the model is cast and moved for as long as that takes."""
        device = "cpu" if on_processor else self._device
        with _exact(self._model, device, self._device):
            return np.concatenate([self._run([text], prompt, device) for text in texts])

    def ids_of(self, text: str) -> list[int]:
        """Return the token ids that the model reads for a text."""
        return [int(number) for number in self._read([text], "")["input_ids"][0]]

    def _run(self, texts: Sequence[str], prompt: str, device: str) -> FloatArray:
        try:
            return np.asarray(self._forward(texts, prompt, device).float().cpu().numpy(), dtype=np.float32)
        except RuntimeError as error:
            message = str(error)
            if not is_out_of_memory(error):
                raise EncoderError(f"the model failed on {len(texts)} texts: {_first_line(error)}") from error
        _free(device)  # not before the error, which holds the tensors that did fit, is gone
        raise MemoryError(message)

    def _forward(self, texts: Sequence[str], prompt: str, device: str) -> Any:
        """Return the vectors as a tensor, in the precision of the model."""
        import torch
        from transformers import PreTrainedTokenizerBase

        if not isinstance(getattr(self._model, "tokenizer", None), PreTrainedTokenizerBase):
            return self._model.encode(
                list(texts), prompt=prompt, batch_size=len(texts), convert_to_tensor=True, show_progress_bar=False
            )
        features = {name: value.to(device) for name, value in self._read(texts, prompt).items()}
        if prompt:
            features["prompt_length"] = self._count_prompt(prompt)
        with torch.inference_mode():
            return self._model(features)["sentence_embedding"]

    def _read(self, texts: Sequence[str], prompt: str) -> Any:
        """Return what the model reads of texts, as tensors.

        Versions of sentence-transformers differ here: before 6, blanks around a text are lost.
        """
        whole = [prompt + text for text in texts]
        if getattr(self._model[0], "do_lower_case", False):
            whole = [text.lower() for text in whole]
        return self._model.tokenizer(
            whole,
            padding=True,
            truncation=self._max_tokens is not None,
            max_length=self._max_tokens,
            split_special_tokens=True,
            return_tensors="pt",
        )

    def _count_prompt(self, prompt: str) -> int:
        """Return the tokens in front of a text, which some models leave out of their mean."""
        tokenizer = self._model.tokenizer
        ids = list(tokenizer(prompt)["input_ids"])
        while ids and ids[-1] in tokenizer.all_special_ids:
            ids.pop()
        return len(ids)


def is_out_of_memory(error: RuntimeError) -> bool:
    """Return whether torch says by an error that memory ran out."""
    import torch

    message = str(error).lower()
    return isinstance(error, torch.OutOfMemoryError) or any(words in message for words in OUT_OF_MEMORY)


def _load(setup: Setup) -> Any:
    import torch
    from safetensors import SafetensorError
    from sentence_transformers import SentenceTransformer

    placement = setup.placement
    options = {"dtype": getattr(torch, placement.precision), "use_safetensors": True}
    if placement.attention == FLASH:
        options["attn_implementation"] = FLASH
    try:
        with _silence():
            model = SentenceTransformer(
                str(setup.folder), device=placement.device, local_files_only=True, model_kwargs=options
            )
    except (OSError, ValueError, KeyError, ImportError, RuntimeError, SafetensorError) as error:
        if isinstance(error, RuntimeError) and is_out_of_memory(error):
            raise EncoderError(
                f"the model in {setup.folder} does not fit the memory of {placement.name}; choose a smaller model"
            ) from error
        raise EncoderError(
            f"the model in {setup.folder} cannot be loaded: {_first_line(error)}; fetch its files anew"
        ) from error
    if (config := getattr(_backbone(model), "config", None)) is not None:
        config.use_cache = False
    return model.eval()


def _backbone(model: Any) -> Any:
    """Return the transformer inside, None for a model that has none."""
    return getattr(model[0], "auto_model", None)


@contextmanager
def _exact(model: Any, device: str, home: str) -> Iterator[None]:
    """Cast a model to float32 on `device`, then back to what each tensor was, at home.

    Each tensor has its own type: positions are kept in float32 in a model of bfloat16, and must stay so.
    """
    types = {name: tensor.dtype for name, tensor in _tensors(model)}
    attention = getattr(getattr(_backbone(model), "config", None), "_attn_implementation", None)
    try:
        if attention == FLASH:
            _set_attention(model, "sdpa")
        model.to(device)
        model.float()
        yield
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        raise MemoryError(str(error)) from None
    finally:
        for name, tensor in _tensors(model):
            tensor.data = tensor.data.to(types[name])
        _free(device)
        model.to(home)
        if attention == FLASH:
            _set_attention(model, FLASH)


def _set_attention(model: Any, wanted: str) -> None:
    """Let the model attend in another way; flash attention computes no float32."""
    _backbone(model).set_attn_implementation(wanted)
    if hasattr(model[0], "unpad_inputs"):  # decided anew whenever it is set
        model[0].unpad_inputs = model[0].unpad_inputs


def _tensors(model: Any) -> Iterator[tuple[str, Any]]:
    yield from model.named_parameters()
    yield from model.named_buffers()


def _free(device: str) -> None:
    """Give back to the device what torch keeps of it without need."""
    import torch

    if device != "cpu":
        getattr(torch, device).empty_cache()


@contextmanager
def _silence() -> Iterator[None]:
    """Keep transformers from drawing bars while it loads."""
    from transformers.utils import logging

    was_drawing = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if was_drawing:
            logging.enable_progress_bar()


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)[:300]
