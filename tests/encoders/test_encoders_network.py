"""A model in memory: exact computation besides its own precision, and how torch says that memory ran out."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from indexers.encoders.devices import Placement
from indexers.encoders.transformer.network import SentenceNetwork, Setup, is_out_of_memory
from indexers.errors import EncoderError
from tests.encoders.tiny_qwen import make_tiny_qwen

torch = pytest.importorskip("torch", reason="needs the extra qwen")
pytest.importorskip("sentence_transformers", reason="needs the extra qwen")

TEXTS = ["import os", "def retry(job): pass", "x = 12 " * 300]
HALF = Placement("cpu", "the processor", "bfloat16")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_qwen(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def rounded(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the same model with its weights rounded to bfloat16, as they are published."""
    from safetensors.torch import load_file, save_file

    copy = tmp_path_factory.mktemp("models") / "rounded"
    make_tiny_qwen(copy)
    weights = {name: tensor.bfloat16() for name, tensor in load_file(folder / "model.safetensors").items()}
    save_file(weights, copy / "model.safetensors", {"format": "pt"})
    return copy


def network_of(folder: Path, placement: Placement = HALF) -> SentenceNetwork:
    return SentenceNetwork(Setup(folder, placement, None))


def test_exactly_means_in_float32_with_the_published_weights(rounded: Path) -> None:
    exact = network_of(rounded).run_exactly(TEXTS, "", on_processor=False)
    in_float32 = network_of(rounded, Placement()).run(TEXTS, "")
    np.testing.assert_allclose(exact, in_float32, atol=1e-6)


def test_bfloat16_is_another_computation(rounded: Path) -> None:
    network = network_of(rounded)
    assert not np.allclose(network.run(TEXTS, ""), network.run_exactly(TEXTS, "", on_processor=True), atol=1e-6)


def test_a_model_computes_as_before_after_it_was_exact(rounded: Path) -> None:
    network = network_of(rounded)
    before = network.run(TEXTS, "")
    network.run_exactly(TEXTS, "", on_processor=True)
    np.testing.assert_array_equal(network.run(TEXTS, ""), before)


def test_a_model_computes_as_before_after_its_exact_run_failed(rounded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = network_of(rounded)
    before = network.run(TEXTS, "")
    with monkeypatch.context() as patch:
        patch.setattr(torch.nn.functional, "normalize", run_out_of_memory)
        with pytest.raises(MemoryError):
            network.run_exactly(TEXTS, "", on_processor=True)
    np.testing.assert_array_equal(network.run(TEXTS, ""), before)


def run_out_of_memory(*arguments: Any, **options: Any) -> None:
    torch.empty(1 << 55)


def test_running_out_of_memory_in_the_model_is_a_memory_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = network_of(folder, Placement())
    monkeypatch.setattr(torch.nn.functional, "normalize", run_out_of_memory)
    with pytest.raises(MemoryError):
        network.run(["x"], "")


def test_another_failure_of_the_model_is_an_encoder_error_without_the_text(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any, **options: Any) -> None:
        raise RuntimeError("shapes do not match")

    network = network_of(folder, Placement())
    monkeypatch.setattr(torch.nn.functional, "normalize", fail)
    with pytest.raises(EncoderError, match="failed on 1 texts: shapes do not match") as caught:
        network.run(["private"], "")
    assert "private" not in str(caught.value)


@pytest.mark.parametrize(
    "message",
    [
        "CUDA out of memory. Tried to allocate 2.00 GiB.",
        "MPS backend out of memory (MPS allocated: 8.00 GB)",
        "[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory: you tried to allocate",
        "DefaultCPUAllocator: not enough memory: you tried to allocate 1099511627776 bytes.",
    ],
)
def test_every_allocator_s_words_are_understood(message: str) -> None:
    assert is_out_of_memory(RuntimeError(message))


def test_the_error_of_torch_s_own_is_understood() -> None:
    assert is_out_of_memory(torch.OutOfMemoryError("no words"))


def test_other_errors_are_not_taken_for_it() -> None:
    assert not is_out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))


def test_weights_that_would_run_code_are_not_read(tmp_path: Path) -> None:
    from safetensors.torch import load_file

    folder = make_tiny_qwen(tmp_path / "pickled")
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    with pytest.raises(EncoderError, match="cannot be loaded"):
        network_of(folder)


def test_a_model_is_loaded_from_this_machine_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    def refuse(*_: Any, **options: Any) -> None:
        asked.update(options)
        raise OSError("seen")

    monkeypatch.setattr("sentence_transformers.SentenceTransformer", refuse)
    with pytest.raises(EncoderError, match="seen"):
        network_of(folder)
    assert asked["local_files_only"] is True
    assert not asked.get("trust_remote_code")
