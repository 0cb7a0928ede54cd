"""Which GPU is here, what fits on it, and how a model is run on it. Imports torch only if it is there.

Knows torch's words for devices; loads no model.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Literal

from indexers.encoders.spec import QWEN_LENGTH, ModelCard

MIN_BFLOAT16_CAPABILITY = 8
"""CUDA generation (Ampere) from which bfloat16 is computed by the hardware; before, it is imitated slowly."""

ACTIVATION_BYTES = 32
"""Memory at work for each token and each dimension of the model: 82 KB a token for the 4B model, where a layer holds
its input, its normalised copy in float32 and three arrays of 3.8 times the width, in bfloat16."""

OVERHEAD_BYTES = 700_000_000
"""What CUDA, its libraries and the gaps between allocations take."""

Kind = Literal["cuda", "mps"]
Precision = Literal["bfloat16", "float32"]


@dataclass(frozen=True, slots=True)
class Gpu:
    """The graphics processor that torch would use."""

    kind: Kind
    name: str
    total_bytes: int
    free_bytes: int
    """What nobody holds, and what this process holds already."""
    has_bfloat16: bool = True


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a model runs and how exactly it computes."""

    device: str = "cpu"
    """As torch calls it."""
    name: str = "the processor"
    precision: Precision = "float32"
    attention: Literal["sdpa", "flash_attention_2"] = "sdpa"
    """As transformers calls it; the first is its own choice."""


def find_gpu(load: Callable[[], Any | None] | None = None) -> Gpu | None:
    """Return the GPU that torch sees, None where it sees none or is not installed. `load` returns torch or None."""
    torch = (load or _load_torch)()
    if torch is None:
        return None
    if torch.cuda.is_available():
        free, total = torch.cuda.mem_get_info()
        major, _ = torch.cuda.get_device_capability()
        free += torch.cuda.memory_reserved()
        return Gpu("cuda", torch.cuda.get_device_name(), total, free, major >= MIN_BFLOAT16_CAPABILITY)
    if torch.backends.mps.is_available():
        total = torch.mps.recommended_max_memory()
        return Gpu("mps", "Apple GPU", total, total - torch.mps.driver_allocated_memory())
    return None


def needed_bytes(card: ModelCard, has_bfloat16: bool = True) -> int:
    """Return the memory that a model takes with one text of its full length."""
    width = 1 if has_bfloat16 else 2
    n_tokens = card.max_tokens or QWEN_LENGTH
    return card.size_bytes * width + n_tokens * card.dim * ACTIVATION_BYTES * width + OVERHEAD_BYTES


def fits(card: ModelCard, gpu: Gpu) -> bool:
    """Return whether a model runs on a GPU, texts of its full length included."""
    return needed_bytes(card, gpu.has_bfloat16) <= gpu.free_bytes


def place(gpu: Gpu | None, has_flash: bool | None = None) -> Placement:
    """Return how a model is to be run: bfloat16 where the GPU computes it, else float32; never float16.

    `has_flash` says whether the package `flash_attn` is installed; None looks.
    """
    if gpu is None:
        return Placement()
    is_flash = find_spec("flash_attn") is not None if has_flash is None else has_flash
    precision: Precision = "bfloat16" if gpu.has_bfloat16 else "float32"
    is_flash = is_flash and gpu.kind == "cuda" and gpu.has_bfloat16
    return Placement(gpu.kind, gpu.name, precision, "flash_attention_2" if is_flash else "sdpa")


def _load_torch() -> Any | None:
    if find_spec("torch") is None:
        return None
    import torch

    return torch
