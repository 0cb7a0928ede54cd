"""Encoders that the user has given names of their own."""

from pathlib import Path

import pytest

from codesearch.encoders.own import resolve
from codesearch.errors import ConfigError
from codesearch.settings.settings import Settings, read_settings
from indexers.encoders.registry import load_encoder
from indexers.encoders.spec import SIMILAR_INSTRUCTION, EncoderSpec, Prompts, ServerOptions, qwen_prompts
from indexers.errors import EncoderError

URL = "http://127.0.0.1:8080/v1"


def read(folder: Path, text: str, name: str = "mine") -> Settings:
    """Return the settings of a file with one table of an encoder."""
    file = folder / "config.toml"
    file.write_text(f"[encoders.{name}]\n{text}\n", encoding="utf-8")
    return read_settings(None, file)


def test_a_server_has_all_its_options(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        f'kind = "server"\nurl = "{URL}/"\nmodel = "Qwen/Qwen3-Embedding-4B"\ndim = 1024\nmax_tokens = 8192\n'
        'key_variable = "GPU_KEY"\ntimeout_s = 2.5\nconcurrency = 8\nbatch_size = 64\nend_token = "client"\n'
        'dimensions = true\ntokenizer = "tokenizer.json"\nconfirmed = true\n',
    )
    options = ServerOptions(
        URL,
        key_variable="GPU_KEY",
        timeout_s=2.5,
        n_concurrent=8,
        batch_size=64,
        end_token="client",
        asks_dimensions=True,
        tokenizer=tmp_path / "tokenizer.json",
    )
    assert settings.encoders["mine"] == EncoderSpec(
        "mine", "server", "Qwen/Qwen3-Embedding-4B", dim=1024, max_tokens=8192, server=options
    )
    assert settings.confirmed == {"mine"}


def test_an_address_alone_makes_a_server_that_asks_before_it_is_sent_text(tmp_path: Path) -> None:
    settings = read(tmp_path, f'url = "{URL}/embeddings"')
    assert settings.encoders["mine"] == EncoderSpec("mine", "server", server=ServerOptions(URL))
    assert settings.confirmed == frozenset()


@pytest.mark.parametrize(
    ("model", "source", "known"),
    [
        ("qwen3-4b", "transformer", "Qwen/Qwen3-Embedding-4B"),
        ("BAAI/bge-m3", "transformer", "BAAI/bge-m3"),
        ("./models/own", "transformer", "{folder}/models/own"),
        ("models/small.gguf", "gguf", "{folder}/models/small.gguf"),
        ("~/small.gguf", "gguf", "{home}/small.gguf"),
    ],
)
def test_a_model_alone_says_what_runs_it(model: str, source: str, known: str, tmp_path: Path) -> None:
    spec = read(tmp_path, f'model = "{model}"').encoders["mine"]
    assert (spec.source, spec.model) == (source, known.format(folder=tmp_path, home=Path.home()))


def test_an_instruction_takes_the_form_of_qwen(tmp_path: Path) -> None:
    spec = read(tmp_path, 'model = "qwen3-4b"\nsearch_instruction = "Find code"').encoders["mine"]
    assert spec.prompts == qwen_prompts("Find code", SIMILAR_INSTRUCTION)


def test_prefixes_stand_as_they_are_written(tmp_path: Path) -> None:
    spec = read(tmp_path, 'model = "a/b"\nsearch_prefix = "query: "\ndocument_prefix = "passage: "').encoders["mine"]
    assert spec.prompts == Prompts("query: ", "", "passage: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "model is missing; set it to a folder, or OWNER/NAME"),
        ('kind = "gguf"', "model is missing; set it to the path of a .gguf file"),
        ('kind = "server"', "url is missing"),
        ('kind = "servers"', "kind must be one of transformer, gguf, server, not 'servers'"),
        ('model = "small"', "model must be a folder that begins with"),
        ('model = "~no-such-user/a"', "model must be written in full: ~ leads to no home here, not '~no-such-user/a'"),
        ('model = "./a\\u0000.gguf"', "model must be a path, which has no zero byte"),
        (f'url = "{URL}"\ntokenizer = "~no-such-user/a"', "tokenizer must be written in full"),
        ('model = "a/b"\nbatch_size = 3', "batch_size belongs to a server; the kind here is transformer"),
        ('model = "a/b"\nmax_token = 3', "max_token is no setting; did you mean max_tokens?"),
        (f'url = "{URL}"\ntimeout_s = 0', "timeout_s must be a number of seconds above 0"),
        (f'url = "{URL}"\ntimeout_s = inf', "timeout_s must be a number of seconds above 0"),
        (f'url = "{URL}"\ntimeout_s = 1{"0" * 400}', "timeout_s must be a number of seconds above 0, at most 86,400"),
        (f'url = "{URL}"\nconcurrency = 4_000_000_000', "concurrency must be at most 2,147,483,647"),
        (f'url = "{URL}"\nend_token = "yes"', "end_token must be one of probe, server, client"),
        (f'url = "{URL}"\ndimensions = true', "dimensions needs dim"),
        ('url = "example.org"', "url must be like http://127.0.0.1:8080/v1"),
        (f'url = "{URL}?version=1"', "url must be like http://127.0.0.1:8080/v1"),
        ('model = "a/b"\nsearch_prefix = "q"\nsimilar_instruction = "s"', "similar_instruction goes with no prefix"),
    ],
)
def test_a_wrong_table_is_refused_with_file_and_key(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=rf"config.toml: encoders.mine.{said}"):
        read(tmp_path, text)


@pytest.mark.parametrize("name", ["qwen3-4b", "embedded"])
def test_a_name_that_codesearch_knows_cannot_be_given_again(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"config.toml: encoders.{name} is the name of a model"):
        read(tmp_path, f'url = "{URL}"', name)


@pytest.mark.parametrize("name", ['"a/b"', '"a b"', '"gguf:a"'])
def test_a_name_that_reads_like_a_place_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is no name for an encoder"):
        read(tmp_path, f'url = "{URL}"', name)


@pytest.mark.parametrize(
    "text",
    [
        f'url = "{URL}"\nkey = "hidden"',
        f'url = "{URL}"\nkey_variable = "hidden-key"',
        'url = "http://ada:hidden@example.org/v1"',
        'url = "http://example.org/v1?key=hidden"',
    ],
)
def test_an_error_shows_no_key(text: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    assert "hidden" not in str(caught.value)


def test_a_key_comes_from_the_environment_when_the_encoder_is_resolved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = read(tmp_path, f'url = "{URL}"\nkey_variable = "GPU_KEY"')
    monkeypatch.setenv("GPU_KEY", " hidden\n")
    spec = resolve("mine", settings)
    assert spec.server is not None
    assert spec.server.key == "hidden"
    assert "hidden" not in repr(spec)


def test_a_missing_key_is_no_error_until_the_encoder_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(tmp_path, f'url = "{URL}"\nkey_variable = "GPU_KEY"')
    monkeypatch.delenv("GPU_KEY", raising=False)
    spec = resolve("mine", settings)
    with pytest.raises(EncoderError, match="encoder mine has no key: set the variable GPU_KEY"):
        load_encoder(spec)


def test_offline_holds_for_the_user_s_encoders_too(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f'offline = true\n[encoders.mine]\nurl = "{URL}"\n', encoding="utf-8")
    assert resolve("mine", read_settings(None, file)).is_offline


def test_a_slip_of_the_pen_in_an_own_name_is_told_what_was_meant(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="did you mean gpu-box"):
        resolve("gpubox", read(tmp_path, f'url = "{URL}"', "gpu-box"))
