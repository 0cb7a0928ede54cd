"""What the name of an encoder stands for."""

import traceback
from pathlib import Path

import pytest

from indexers.encoders.cards import CARDS
from indexers.encoders.names import spec_of
from indexers.encoders.spec import EncoderSpec, ServerOptions
from indexers.errors import EncoderError


@pytest.mark.parametrize("card", CARDS[1:], ids=lambda card: card.name)
def test_a_known_model_is_run_by_sentence_transformers(card: EncoderSpec) -> None:
    assert spec_of(card.name) == EncoderSpec(card.name, "transformer", card.model)


def test_a_name_of_a_hub_is_a_sentence_transformers_model() -> None:
    assert spec_of("BAAI/bge-m3") == EncoderSpec("BAAI/bge-m3", "transformer", "BAAI/bge-m3")


def test_a_folder_is_known_by_its_full_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model").mkdir()
    monkeypatch.chdir(tmp_path)
    assert spec_of("./model") == EncoderSpec(f"{tmp_path}/model", "transformer", f"{tmp_path}/model")


def test_a_folder_that_is_named_like_a_model_of_the_hub_does_not_stand_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "BAAI" / "bge-m3").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert spec_of("BAAI/bge-m3").model == "BAAI/bge-m3"


def test_a_folder_without_a_path_is_told_how_to_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EncoderError, match=r"write \./model"):
        spec_of("model")


def test_a_gguf_file_is_known_by_its_full_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert spec_of("gguf:small.gguf") == EncoderSpec(f"gguf:{tmp_path}/small.gguf", "gguf", f"{tmp_path}/small.gguf")


def test_an_address_is_a_server_and_its_fragment_the_model() -> None:
    name = "http://127.0.0.1:8080/v1#qwen3-embedding:4b"
    options = ServerOptions("http://127.0.0.1:8080/v1")
    assert spec_of(name) == EncoderSpec(name, "server", "qwen3-embedding:4b", server=options)


def test_an_unknown_name_is_refused_with_the_list_of_known_ones() -> None:
    with pytest.raises(EncoderError, match=r"'word3vec'.*embedded"):
        spec_of("word3vec")


def test_a_slip_of_the_pen_is_told_what_was_meant() -> None:
    with pytest.raises(EncoderError, match="did you mean qwen3-4b"):
        spec_of("qwen3-4B")


def test_an_empty_name_is_not_the_default() -> None:
    with pytest.raises(EncoderError, match="no encoder is called ''"):
        spec_of("")


def test_two_spellings_of_a_folder_are_one_encoder(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    assert spec_of(f"{tmp_path}/model/../model") == spec_of(f"{tmp_path}/model")


def test_a_gguf_file_without_its_prefix_is_told_how_to_be_written() -> None:
    with pytest.raises(EncoderError, match=r"write gguf:small\.gguf"):
        spec_of("small.gguf")


def test_a_missing_folder_is_no_name_of_a_hub() -> None:
    with pytest.raises(EncoderError, match=r"no encoder is called '\./missing'"):
        spec_of("./missing")


def test_a_key_is_never_shown() -> None:
    assert "hidden" not in repr(ServerOptions("http://127.0.0.1/v1", key="hidden"))


@pytest.mark.parametrize("typed", ["http://host/v1/embeddings", "http://host/v1/embeddings/", "http://host/v1/"])
def test_the_route_of_embeddings_is_no_part_of_the_address(typed: str) -> None:
    server = spec_of(f"{typed}#m").server
    assert server is not None
    assert server.url == "http://host/v1"


@pytest.mark.parametrize(
    "name",
    [
        "~nosuchuser",
        "~nosuchuser/model",
        "gguf:~nosuchuser/model.gguf",
        "x" * 5_000,
        f"./{'x' * 5_000}",
        f"/{'x/' * 5_000}",
        f"{'x' * 5_000}/y/z",
        "./a\0b",
        "http://[::1/v1",
        "http://[::1/v1#model",
        "http://",
        "http:host",
        "https://ⓛocalhost/v1",
        "http://localhost:99999/v1",
        "OWNER/..",
        "a b/c",
    ],
)
def test_a_name_that_cannot_be_read_is_an_unknown_one(name: str) -> None:
    with pytest.raises(EncoderError) as caught:
        spec_of(name)
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize(
    "name",
    [
        "http://ada:sesame@api.example.org/v1",
        "HTTP://ada:sesame@api.example.org/v1",
        "http://ada:sesame@[::1/v1",
        "http://api.example.org/v1?key=sesame",
        "ada:sesame@api.example.org/v1",
        "ftp://ada:sesame@api.example.org",
    ],
)
def test_a_password_in_an_address_is_refused_and_not_repeated(name: str) -> None:
    with pytest.raises(EncoderError) as caught:
        spec_of(name)
    assert "sesame" not in "".join(traceback.format_exception(caught.value))
