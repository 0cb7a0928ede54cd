"""The real server of llama-cpp-python: what it says of end tokens, lengths and token ids, and what is made of it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indexers.encoders.server.encoder import ServerEncoder
from indexers.encoders.spec import EncoderSpec, ServerOptions
from indexers.errors import EncoderError
from tests.encoders.llama_server import llama_server, require_llama_server

pytestmark = pytest.mark.slow

N_TOKENS = 1024
LONG = "def add(first, second): ...\n" * 800


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Qwen3-Embedding with its tokenizer, and the same as GGUF files."""
    require_llama_server()
    for module in ("torch", "sentence_transformers", "gguf"):
        pytest.importorskip(module, reason='the tiny model is made by torch and gguf: pip install ".[qwen]" gguf')
    from tests.encoders.tiny_gguf import make_tiny_gguf
    from tests.encoders.tiny_qwen import make_tiny_qwen

    made = make_tiny_qwen(tmp_path_factory.mktemp("llama"))
    make_tiny_gguf(made, made / "ended.gguf")
    make_tiny_gguf(made, made / "endless.gguf", add_eos=False)
    return made


@pytest.fixture(scope="module")
def spec(folder: Path) -> Iterator[EncoderSpec]:
    with llama_server(folder / "ended.gguf", n_tokens=N_TOKENS) as url:
        yield EncoderSpec("real", "server", server=ServerOptions(url))


def test_it_appends_the_end_token_where_the_file_says_so(spec: EncoderSpec) -> None:
    inspection = ServerEncoder(spec).inspect()
    assert inspection.end_token == "present"
    assert "the server appends" in inspection.explanation


def test_a_file_that_asks_for_no_end_token_is_refused(folder: Path) -> None:
    told = r"neither appends <\|endoftext\|> nor reads its spelling as one token.*add_eos_token"
    with llama_server(folder / "endless.gguf", n_tokens=N_TOKENS) as url:
        encoder = ServerEncoder(EncoderSpec("real", "server", server=ServerOptions(url)))
        with pytest.raises(EncoderError, match=told):
            encoder.encode_documents(["import os"])


def test_a_text_that_it_cuts_in_silence_is_an_error(spec: EncoderSpec) -> None:
    with pytest.raises(EncoderError, match=rf"read only {N_TOKENS} of the \d+ tokens of a text"):
        ServerEncoder(spec).encode_documents([LONG])


def test_many_requests_at_once_give_what_one_gives(spec: EncoderSpec) -> None:
    assert spec.server is not None
    many = ServerEncoder(replace(spec, server=replace(spec.server, batch_size=1, n_concurrent=8)))
    texts = [f"def function_{number}(): return {number}" for number in range(24)]
    np.testing.assert_allclose(many.encode_documents(texts), ServerEncoder(spec).encode_documents(texts), atol=1e-5)


def test_texts_are_sent_since_it_takes_no_token_ids(spec: EncoderSpec, folder: Path) -> None:
    assert spec.server is not None
    with_file = ServerEncoder(replace(spec, server=replace(spec.server, tokenizer=folder / "tokenizer.json")))
    texts = ["import os", "a <|endoftext|> b"]
    np.testing.assert_allclose(
        with_file.encode_documents(texts), ServerEncoder(spec).encode_documents(texts), atol=1e-5
    )
    assert with_file.notes() == (
        "1 special token was spelt in texts, broken by U+200B",
        "the server does not take token ids as they are: texts were sent",
    )
