"""Qwen3-Embedding in process, against transformers alone: a tiny model with random weights, float32."""

import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from indexers.encoders.registry import load_encoder
from indexers.encoders.spec import QWEN_PROMPTS, SEARCH_INSTRUCTION, EncoderSpec, qwen_prompts
from indexers.encoders.transformer.encoder import TransformerEncoder
from indexers.errors import EncoderError
from indexers.types import FloatArray
from tests.encoders.tiny_qwen import END, make_tiny_qwen, write_tokenizer

torch = pytest.importorskip("torch", reason="needs the extra qwen")
pytest.importorskip("sentence_transformers", reason="needs the extra qwen")

TEXTS = (
    "import os",
    "def retry(job, delay):\n    while not job():\n        sleep(delay)\n        delay *= 2\n",
    "",
    "x",
    "class Cache:\n" + "    def get(self, key): return self.entries.get(key)\n" * 12,
    "-- 顧客の注文を数える\nSELECT count(*) FROM orders;",
    "größe = 12",
    "}\n" * 40,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_qwen(tmp_path_factory.mktemp("models") / "tiny")


def encoder_of(folder: Path, **options: Any) -> TransformerEncoder:
    encoder = load_encoder(EncoderSpec("tiny", "transformer", str(folder), **options))
    assert isinstance(encoder, TransformerEncoder)
    return encoder


@pytest.fixture(scope="module")
def encoder(folder: Path) -> TransformerEncoder:
    return encoder_of(folder)


def reference(folder: Path, texts: list[str], side: str = "right", splits: bool = True) -> FloatArray:
    """Return unit vectors by transformers alone: the last layer's state at each text's last token."""
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side=side, split_special_tokens=splits)
    model = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    batch = tokenizer(texts, padding=True, return_tensors="pt")
    with torch.inference_mode():
        states = model(**batch, use_cache=False).last_hidden_state
    ends = batch["attention_mask"].sum(dim=1) - 1
    last = states[:, -1] if side == "left" else states[torch.arange(len(texts)), ends]
    unit: FloatArray = torch.nn.functional.normalize(last, dim=1).numpy()
    return unit


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("size", range(1, 9))
def test_vectors_are_those_of_transformers_alone(
    folder: Path, encoder: TransformerEncoder, size: int, side: str
) -> None:
    texts = list(TEXTS[:size])
    np.testing.assert_allclose(encoder.encode_documents(texts), reference(folder, texts, side), atol=1e-5)


@pytest.mark.slow
def test_a_text_of_full_length_is_read_to_its_end(folder: Path, encoder: TransformerEncoder) -> None:
    text = "".join(map(str, np.random.default_rng(4).integers(0, 10, 32_767)))
    assert encoder.count_tokens([text]) == [32_768]
    np.testing.assert_allclose(encoder.encode_documents([text, "x"]), reference_each(folder, [text, "x"]), atol=1e-5)
    assert encoder.notes() == ()


def reference_each(folder: Path, texts: list[str]) -> FloatArray:
    return np.concatenate([reference(folder, [text]) for text in texts])


def test_a_question_goes_in_under_its_instruction_and_a_document_bare(
    folder: Path, encoder: TransformerEncoder
) -> None:
    asked = f"Instruct: {SEARCH_INSTRUCTION}\nQuery:where are retries"
    expected = reference(folder, [asked, "where are retries"])
    np.testing.assert_allclose(encoder.encode_query("where are retries", "search"), expected[0], atol=1e-5)
    np.testing.assert_allclose(encoder.encode_documents(["where are retries"])[0], expected[1], atol=1e-5)
    assert expected[0] @ expected[1] < 0.99


def test_each_task_has_an_instruction_of_its_own(folder: Path, encoder: TransformerEncoder) -> None:
    similar = encoder.encode_query("x = 1", "similar")
    np.testing.assert_allclose(similar, reference(folder, [QWEN_PROMPTS.similar + "x = 1"])[0], atol=1e-5)
    assert similar @ encoder.encode_query("x = 1", "search") < 0.99


def test_an_instruction_of_the_user_s_own_is_used_and_part_of_the_identity(
    folder: Path, encoder: TransformerEncoder
) -> None:
    own = encoder_of(folder, prompts=qwen_prompts("Find the test", "Find its twin"))
    expected = reference(folder, ["Instruct: Find the test\nQuery:retry"])[0]
    np.testing.assert_allclose(own.encode_query("retry", "search"), expected, atol=1e-5)
    assert own.describe().identity != encoder.describe().identity


@pytest.mark.parametrize("dim", [32, 50])
def test_a_smaller_dimension_is_the_prefix_at_unit_length(folder: Path, encoder: TransformerEncoder, dim: int) -> None:
    prefixes = encoder.encode_documents(TEXTS)[:, :dim]
    expected = prefixes / np.linalg.norm(prefixes, axis=1, keepdims=True)
    np.testing.assert_allclose(encoder_of(folder, dim=dim).encode_documents(TEXTS), expected, atol=1e-6)


def test_vectors_have_unit_length_and_the_declared_dimension(encoder: TransformerEncoder) -> None:
    vectors = encoder.encode_documents(TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), encoder.describe().dim)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_no_texts_give_no_vectors(encoder: TransformerEncoder) -> None:
    assert encoder.encode_documents([]).shape == (0, 64)


@pytest.mark.parametrize("spelt", [END, "<|im_start|>"])
def test_a_special_token_spelt_in_a_text_stays_text(folder: Path, encoder: TransformerEncoder, spelt: str) -> None:
    text = f"print('{spelt}')"
    vector = encoder.encode_documents([text])[0]
    np.testing.assert_allclose(vector, reference(folder, [text])[0], atol=1e-5)
    assert vector @ reference(folder, [text], splits=False)[0] < 0.99
    assert encoder.count_tokens([text])[0] > len(spelt)


def test_tokens_are_counted_with_the_end_token(encoder: TransformerEncoder) -> None:
    assert encoder.count_tokens(["", "1", "12", "def"]) == [1, 2, 3, 2]


def test_a_text_beyond_the_limit_ends_in_its_end_token_and_is_told_of(folder: Path) -> None:
    short = encoder_of(folder, max_tokens=10)
    assert short.describe().max_tokens == 10
    vector = short.encode_documents(["123456789012345"])[0]
    np.testing.assert_allclose(vector, reference(folder, ["123456789"])[0], atol=1e-5)
    assert short.notes() == ("1 text was longer than 10 tokens and read up to there",)


def test_the_description_is_there_before_any_weight_is_read(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in folder.rglob("*.json"):
        (copy / path.relative_to(folder)).parent.mkdir(exist_ok=True)
        (copy / path.relative_to(folder)).write_bytes(path.read_bytes())
    (copy / "model.safetensors").write_bytes(b"no weights")
    description = encoder_of(copy).describe()
    assert (description.dim, description.max_tokens) == (64, 32_768)
    assert encoder_of(copy).count_tokens(["12"]) == [3]


def test_an_encoder_says_who_it_is(encoder: TransformerEncoder) -> None:
    description = encoder.describe()
    assert description.name == "tiny"
    assert {"dim=64", "weights=float32", "pooling=lasttoken"} < set(description.identity.split(";"))
    assert description.identity.isprintable()
    assert description.coarse_dims == (64, 32)
    assert description.is_multilingual
    assert description.is_cached
    assert "float32 on the processor" in description.engine


def test_an_encoder_says_what_its_model_is_given(encoder: TransformerEncoder) -> None:
    inspection = encoder.inspect()
    assert inspection.has_prompts
    assert inspection.end_token == "present"


def test_the_identity_of_a_folder_is_its_content_and_not_its_place(folder: Path, tmp_path: Path) -> None:
    same = make_tiny_qwen(tmp_path / "same")
    other = make_tiny_qwen(tmp_path / "other", seed=1)
    identities = [encoder_of(place).describe().identity for place in (folder, same, other)]
    assert identities[0] == identities[1] != identities[2]


def test_a_dimension_that_the_model_has_not_is_refused(folder: Path) -> None:
    with pytest.raises(EncoderError, match="from 32 to 64"):
        encoder_of(folder, dim=65)


def test_a_tokenizer_without_its_end_token_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"does not put its end token .* fetch tokenizer\.json anew"):
        encoder_of(make_tiny_qwen(tmp_path, has_end_step=False))


def test_a_model_that_reads_other_tokens_than_were_counted_is_refused(tmp_path: Path) -> None:
    encoder = encoder_of(make_tiny_qwen(tmp_path))
    encoder.count_tokens(["x"])
    write_tokenizer(tmp_path, has_end_step=False)
    with pytest.raises(EncoderError, match="reads other tokens"):
        encoder.encode_documents(["x"])


@pytest.mark.parametrize("pooling", ["mean_tokens", "cls_token"])
def test_a_qwen3_model_that_is_not_pooled_at_its_last_token_is_refused(tmp_path: Path, pooling: str) -> None:
    with pytest.raises(EncoderError, match="must be the last token"):
        encoder_of(make_tiny_qwen(tmp_path, pooling=pooling))


def test_damaged_weights_are_refused_without_a_trace_of_the_text(tmp_path: Path) -> None:
    make_tiny_qwen(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"damaged")
    with pytest.raises(EncoderError, match="cannot be loaded") as caught:
        encoder_of(tmp_path).encode_documents(["my private text"])
    assert "private" not in str(caught.value)


@pytest.mark.parametrize("is_offline", [False, True])
def test_nothing_touches_the_network(folder: Path, monkeypatch: pytest.MonkeyPatch, is_offline: bool) -> None:
    def refuse(*arguments: Any) -> None:
        raise AssertionError(f"the network was asked: {arguments[1:]}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    encoder = encoder_of(folder, is_offline=is_offline)
    encoder.describe()
    encoder.encode_documents(["x"])


def test_loading_draws_nothing(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    encoder_of(folder).encode_documents(["x"])
    assert capfd.readouterr() == ("", "")
