"""Which GPU is here and what fits on it, told by stand-ins of torch."""

from types import SimpleNamespace
from typing import Any

import pytest

from indexers.encoders.cards import BY_NAME
from indexers.encoders.devices import Gpu, Placement, find_gpu, fits, needed_bytes, place

GB = 1_000_000_000


def torch_with(*, cuda: Any = None, mps: Any = None) -> Any:
    """Return what this room asks of torch, with the GPU given."""
    absent = SimpleNamespace(is_available=lambda: False)
    there = SimpleNamespace(is_available=lambda: True)
    return SimpleNamespace(
        cuda=cuda or absent, mps=mps, backends=SimpleNamespace(mps=there if mps is not None else absent)
    )


def cuda_card(major: int) -> Any:
    """Return a CUDA device of 24 GB, 20 of them free and 2 held by this process."""
    return SimpleNamespace(
        is_available=lambda: True,
        mem_get_info=lambda: (20 * GB, 24 * GB),
        memory_reserved=lambda: 2 * GB,
        get_device_capability=lambda: (major, 0),
        get_device_name=lambda: "NVIDIA Test",
    )


def gpu(free: int, has_bfloat16: bool = True) -> Gpu:
    return Gpu("cuda", "NVIDIA Test", free, free, has_bfloat16)


def test_there_is_no_gpu_without_torch() -> None:
    assert find_gpu(lambda: None) is None


def test_there_is_no_gpu_where_torch_sees_none() -> None:
    assert find_gpu(torch_with) is None


def test_the_real_torch_can_be_asked() -> None:
    pytest.importorskip("torch", reason="needs the extra qwen")
    found = find_gpu()
    assert found is None or found.total_bytes >= found.free_bytes > 0


def test_memory_that_this_process_holds_counts_as_free() -> None:
    assert find_gpu(lambda: torch_with(cuda=cuda_card(9))) == Gpu("cuda", "NVIDIA Test", 24 * GB, 22 * GB, True)


def test_an_old_cuda_card_has_no_bfloat16() -> None:
    found = find_gpu(lambda: torch_with(cuda=cuda_card(7)))
    assert found is not None
    assert not found.has_bfloat16


def test_an_apple_gpu_is_found() -> None:
    mps = SimpleNamespace(recommended_max_memory=lambda: 12 * GB, driver_allocated_memory=lambda: 1 * GB)
    assert find_gpu(lambda: torch_with(mps=mps)) == Gpu("mps", "Apple GPU", 12 * GB, 11 * GB, True)


@pytest.mark.parametrize(("name", "gigabytes"), [("qwen3-0.6b", 4), ("qwen3-4b", 12), ("qwen3-8b", 24)])
def test_each_model_fits_the_gpu_that_its_card_names(name: str, gigabytes: int) -> None:
    assert fits(BY_NAME[name], gpu(gigabytes * GB))


@pytest.mark.parametrize(("name", "gigabytes"), [("qwen3-4b", 8), ("qwen3-8b", 16)])
def test_a_gpu_that_holds_the_weights_alone_is_too_small(name: str, gigabytes: int) -> None:
    assert not fits(BY_NAME[name], gpu(gigabytes * GB))


@pytest.mark.parametrize(("name", "megabytes"), [("qwen3-0.6b", 2_973), ("qwen3-4b", 11_434)])
def test_a_model_needs_its_weights_its_longest_text_and_what_cuda_takes(name: str, megabytes: int) -> None:
    assert needed_bytes(BY_NAME[name]) // 10**6 == megabytes


def test_float32_takes_more_memory() -> None:
    card = BY_NAME["qwen3-4b"]
    assert needed_bytes(card, has_bfloat16=False) > needed_bytes(card) + card.size_bytes
    assert not fits(card, gpu(16 * GB, has_bfloat16=False))


def test_without_a_gpu_a_model_runs_in_float32_on_the_processor() -> None:
    assert place(None, has_flash=True) == Placement("cpu", "the processor", "float32", "sdpa")


def test_on_cuda_a_model_runs_in_bfloat16_with_flash_attention_where_that_is_installed() -> None:
    assert place(gpu(1), has_flash=True) == Placement("cuda", "NVIDIA Test", "bfloat16", "flash_attention_2")
    assert place(gpu(1), has_flash=False).attention == "sdpa"


def test_without_bfloat16_a_gpu_computes_in_float32_and_without_flash_attention() -> None:
    assert place(gpu(1, has_bfloat16=False), has_flash=True) == Placement("cuda", "NVIDIA Test", "float32", "sdpa")


def test_flash_attention_is_for_cuda_alone() -> None:
    assert place(Gpu("mps", "Apple GPU", 1, 1), has_flash=True).attention == "sdpa"
