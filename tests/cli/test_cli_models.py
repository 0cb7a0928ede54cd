"""`codesearch models`, as a table and as JSON."""

from pathlib import Path

import pytest

from codesearch.cli.models import render
from codesearch.config import CONFIG_VARIABLE
from codesearch.encoders.choice import Choice
from codesearch.encoders.models import Model, ModelList
from codesearch.encoders.speeds import Speed
from indexers.encoders.cards import CARDS
from indexers.encoders.spec import EMBEDDED, EncoderSpec
from tests.cli.conftest import Run

SPEED = Speed(54_000.4, "2026-11-20T12:00:00+00:00", "torch 2.13", "embedded")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the user's file, with a server whose key is in the environment."""
    path = tmp_path / "config.toml"
    path.write_text('[encoders.gpu]\nurl = "https://gpu.example.org/v1"\nkey_variable = "GPU_KEY"\n', encoding="utf-8")
    monkeypatch.setenv(CONFIG_VARIABLE, str(path))
    monkeypatch.setenv("GPU_KEY", "hidden")
    monkeypatch.chdir(tmp_path)
    return path


def test_the_table_marks_the_default_and_says_why(run: Run, file: Path) -> None:
    run("config", "set", "encoder", "embedded")
    answer = run("models")
    lines = answer.out.splitlines()
    assert answer.status == 0
    assert [line[:2] for line in lines[: len(CARDS) + 2]] == ["  ", "* ", "  ", "  ", "  ", "  "]
    assert lines[-1] == f"A new index gets embedded, set in {file}"


def test_the_table_shows_what_is_known_of_a_model() -> None:
    models = (
        Model(EMBEDDED, "ready", 256, None, 12_200_000, "Apache-2.0", speed=SPEED),
        Model(EncoderSpec("own", "gguf", "/models/own.gguf"), "files missing", is_own=True),
    )
    assert render(ModelList(models, Choice(EMBEDDED, "the default"))) == [
        "  NAME      DIM  TOKENS  SIZE      LICENCE     SPEED HERE       STATE         FROM",
        "* embedded  256  any     11.6 MiB  Apache-2.0  54,000 tokens/s  ready         ships with codesearch",
        "  own       -    -       -         -           not measured     file missing  /models/own.gguf",
        "",
        "A new index gets embedded, the default",
    ]


def test_what_is_wrong_with_a_broken_model_stands_below_the_table() -> None:
    broken = Model(EncoderSpec("own", "gguf", "/own.gguf"), "broken", is_own=True, problem="/own.gguf is no GGUF file")
    lines = render(ModelList((broken,), Choice(EMBEDDED, "the default")))
    assert lines[1].split() == ["own", "-", "-", "-", "-", "not", "measured", "broken", "/own.gguf"]
    assert lines[-2] == "own is broken: /own.gguf is no GGUF file"


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_no_key_is_ever_shown(form: tuple[str, ...], run: Run, file: Path) -> None:
    answer = run("models", *form)
    assert "gpu.example.org" in answer.out
    assert "hidden" not in answer.out + answer.err


def test_the_json_has_numbers_and_null_for_what_is_not_known(run: Run, file: Path) -> None:
    document = run("models", "--json").json()
    by_name = {model["name"]: model for model in document["models"]}
    assert by_name["qwen3-4b"]["dim"] == 2560
    assert by_name["qwen3-4b"]["tokens_per_s"] is None
    assert (by_name["gpu"]["own"], by_name["gpu"]["dim"], by_name["gpu"]["readiness"]) == (True, None, "not asked")
    assert document["default"]["name"] == "embedded"


def test_a_default_that_means_nothing_is_told_below_the_list(run: Run, file: Path) -> None:
    file.write_text('encoder = "gone"\n', encoding="utf-8")
    answer = run("models")
    assert answer.status == 0
    assert "A new index gets none: no encoder is called 'gone'" in answer.out
