"""docs/configuration.md, held against what is read."""

import re
from pathlib import Path

import pytest

from codesearch.settings.keys import ENCODER_KEYS, REPOSITORY_KEYS, USER_KEYS
from codesearch.settings.settings import DEFAULT_CACHE_BYTES, Settings, read_settings
from codesearch.sizes import parse_size
from indexers.encoders.spec import Prompts, ServerOptions
from indexers.walker import DEFAULT_MAX_FILE_BYTES
from tests.house.house import ROOT

PAGE = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| ((?:`[a-z_]+`(?:, )?)+) \|([^|]*)\|", re.MULTILINE)


def rows() -> dict[str, str]:
    """Return the default of each key that a table explains."""
    found: dict[str, str] = {}
    for keys, default in ROW.findall(PAGE):
        found |= dict.fromkeys(re.findall(r"`([^`]+)`", keys), default.strip())
    return found


def read_example(folder: Path) -> Settings:
    """Return what the page's example settles."""
    (example,) = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    file = folder / "config.toml"
    file.write_text(example, encoding="utf-8")
    return read_settings(None, file)


def test_every_key_is_explained_and_no_other() -> None:
    assert set(rows()) == {*USER_KEYS, *ENCODER_KEYS}


def test_the_keys_of_a_repository_are_named() -> None:
    (line,) = (line for line in PAGE.splitlines() if line.startswith("| `.codesearch.toml`"))
    assert set(re.findall(r"`([a-z_]+)`", line)) == set(REPOSITORY_KEYS)


def test_the_defaults_are_those_that_hold() -> None:
    server = ServerOptions("")
    defaults = rows()
    assert parse_size(defaults["max_file_size"].strip('`"')) == DEFAULT_MAX_FILE_BYTES
    assert parse_size(defaults["cache_size"].strip('`"')) == DEFAULT_CACHE_BYTES
    assert float(defaults["timeout_s"].strip("`")) == server.timeout_s
    assert int(defaults["concurrency"].strip("`")) == server.n_concurrent
    assert int(defaults["batch_size"].strip("`")) == server.batch_size
    assert defaults["end_token"].strip('`"') == server.end_token


@pytest.mark.parametrize("key", [*USER_KEYS, "url", "model", "key_variable", "search_instruction", "document_prefix"])
def test_the_example_shows_what_is_used_most(key: str) -> None:
    assert re.search(rf"^{key} = ", PAGE, re.MULTILINE)


def test_the_example_is_read(tmp_path: Path) -> None:
    settings = read_example(tmp_path)
    assert settings.encoder == "gpu-box"
    assert {name: spec.source for name, spec in settings.encoders.items()} == {
        "gpu-box": "server",
        "laptop": "gguf",
        "e5": "transformer",
    }
    assert settings.confirmed == {"gpu-box"}
    assert settings.encoders["e5"].prompts == Prompts("query: ", "passage: ", "passage: ")
