"""What an encoder does when its model runs out of memory or gives no numbers: stand-ins of a loaded model."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from indexers.encoders.devices import Placement
from indexers.encoders.spec import EncoderSpec
from indexers.encoders.transformer.encoder import TransformerEncoder
from indexers.encoders.transformer.network import Setup
from indexers.encoders.vocabulary import TokenCounter
from indexers.errors import EncoderError
from indexers.types import FloatArray
from tests.encoders.tiny_qwen import HIDDEN, make_tiny_qwen

pytest.importorskip("torch", reason="needs the extra qwen")
pytest.importorskip("sentence_transformers", reason="needs the extra qwen")

GPU = Placement("cuda", "a GPU of the tests", "bfloat16")
CPU = Placement()


class FakeNetwork:
    """Gives each text a vector of its own; holds so many padded tokens, fails on texts that say so."""

    def __init__(self, setup: Setup, *, holds: int = 10_000, exact_holds: int = 10_000) -> None:
        self.tokens = TokenCounter(setup.folder)
        self.holds = holds
        self.exact_holds = exact_holds
        self.batches: list[int] = []
        self.exact: list[tuple[str, bool]] = []

    def run(self, texts: Sequence[str], prompt: str) -> FloatArray:
        self.batches.append(len(texts))
        if max(self.tokens.count([prompt + text for text in texts])) * len(texts) > self.holds:
            raise MemoryError
        rows = np.stack([vector_of(text) for text in texts])
        for row, text in zip(rows, texts, strict=True):
            if "nan" in text:
                row[7] = np.nan
            if "zero" in text:
                row[:] = 0
        return rows

    def run_exactly(self, texts: Sequence[str], prompt: str, on_processor: bool) -> FloatArray:
        self.exact += [(text, on_processor) for text in texts]
        if not on_processor and max(self.tokens.count([prompt + text for text in texts])) > self.exact_holds:
            raise MemoryError
        return np.stack([vector_of(text) * (np.nan if "always" in text else 1) for text in texts])

    def ids_of(self, text: str) -> list[int]:
        return self.tokens.ids_of(text)


def vector_of(text: str) -> FloatArray:
    row: FloatArray = np.random.default_rng(list(text.encode())).standard_normal(HIDDEN).astype(np.float32)
    return row


def unit(text: str) -> FloatArray:
    row: FloatArray = vector_of(text) / np.linalg.norm(vector_of(text))
    return row


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_qwen(tmp_path_factory.mktemp("models") / "tiny")


Start = Callable[..., tuple[TransformerEncoder, FakeNetwork]]


@pytest.fixture
def start(folder: Path) -> Start:
    """Return what makes an encoder around a stand-in."""

    def started(placement: Placement = GPU, **options: int) -> tuple[TransformerEncoder, FakeNetwork]:
        network = FakeNetwork(Setup(folder, placement, None), **options)
        spec = EncoderSpec("tiny", "transformer", str(folder))
        return TransformerEncoder(spec, load=lambda _: network, placement=placement), network

    return started


def test_a_batch_that_does_not_fit_is_made_in_smaller_ones(start: Start) -> None:
    encoder, network = start(holds=25)
    texts = [f"{number:04}" for number in range(12)]
    np.testing.assert_allclose(encoder.encode_documents(texts), [unit(text) for text in texts], atol=1e-6)
    assert network.batches[0] == 12
    assert encoder.notes() == ()


def test_a_smaller_batch_is_remembered_for_the_next_call(start: Start) -> None:
    encoder, network = start(holds=25)
    texts = [f"{number:04}" for number in range(12)]
    encoder.encode_documents(texts)
    network.batches.clear()
    encoder.encode_documents(texts)
    assert max(network.batches) * 5 <= 25


def test_one_text_that_does_not_fit_the_gpu_is_made_on_the_processor_and_told_of(start: Start) -> None:
    encoder, network = start(holds=25)
    np.testing.assert_allclose(encoder.encode_documents(["1" * 40, "1"]), [unit("1" * 40), unit("1")], atol=1e-6)
    assert network.exact == [("1" * 40, True)]
    assert encoder.notes() == ("1 long text was encoded on the processor, because the GPU's memory is too small",)


def test_one_text_that_does_not_fit_the_processor_is_an_error_with_a_way_out(start: Start) -> None:
    encoder, _ = start(CPU, holds=25)
    with pytest.raises(EncoderError, match=r"41 tokens does not fit .* smaller max_tokens .* smaller model") as caught:
        encoder.encode_documents(["1" * 40])
    assert "111" not in str(caught.value)


def test_a_row_that_is_not_finite_is_made_again_in_float32_and_the_others_stay(start: Start) -> None:
    encoder, network = start()
    texts = ["one", "nan two", "three", "zero four"]
    np.testing.assert_allclose(encoder.encode_documents(texts), [unit(text) for text in texts], atol=1e-6)
    assert network.exact == [("nan two", False), ("zero four", False)]
    assert encoder.notes() == ("2 vectors were made again in float32, because bfloat16 gave no number",)


def test_a_row_that_does_not_fit_in_float32_is_made_again_on_the_processor(start: Start) -> None:
    encoder, network = start(exact_holds=2)
    np.testing.assert_allclose(encoder.encode_documents(["nan two"]), [unit("nan two")], atol=1e-6)
    assert network.exact == [("nan two", False), ("nan two", True)]


def test_a_row_that_is_never_finite_is_an_error_that_names_the_encoder_and_no_text(start: Start) -> None:
    encoder, _ = start()
    with pytest.raises(EncoderError, match=r"encoder tiny: .*not finite.*fetch them anew") as caught:
        encoder.encode_documents(["nan always"])
    assert "always" not in str(caught.value)


def test_float32_that_is_not_finite_is_not_computed_again(start: Start) -> None:
    encoder, network = start(CPU)
    with pytest.raises(EncoderError, match="not finite"):
        encoder.encode_documents(["nan two"])
    assert network.exact == []


def test_the_model_is_loaded_once(folder: Path) -> None:
    loaded: list[Setup] = []

    def load(setup: Setup) -> FakeNetwork:
        loaded.append(setup)
        return FakeNetwork(setup)

    encoder = TransformerEncoder(EncoderSpec("tiny", "transformer", str(folder)), load=load, placement=GPU)
    assert loaded == []
    encoder.encode_documents(["x"])
    encoder.encode_query("x", "search")
    assert loaded == [Setup(folder, GPU, 32_768)]
