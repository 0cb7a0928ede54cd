"""The list of encoders that can be named."""

from dataclasses import replace
from pathlib import Path

import pytest

from codesearch.encoders.choice import Machine
from codesearch.encoders.models import Model, list_models
from codesearch.encoders.speeds import Speed, record_speed
from codesearch.settings.settings import Settings
from indexers.encoders.cards import CARDS
from indexers.encoders.hub import Download
from indexers.encoders.spec import EncoderSpec, ServerOptions
from indexers.errors import EncoderError

REMOTE = EncoderSpec("gpu", "server", "Qwen/Qwen3-Embedding-4B", server=ServerOptions("https://gpu.example.org/v1"))


def find_missing(spec: EncoderSpec) -> Download | None:
    """Find qwen3-4b here and nothing else; ask nobody."""
    assert spec.is_offline, "a list must not make anybody ask the hub"
    return None if spec.name == "qwen3-4b" else Download(spec.model, None)


EQUIPPED = Machine(has_extra=lambda: True, find_gpu=lambda: None, find_missing=find_missing)
BARE = Machine(has_extra=lambda: False, find_gpu=lambda: None)


def find(name: str, settings: Settings, home: Path, machine: Machine = BARE) -> Model:
    """Return one entry of the list."""
    return next(model for model in list_models(settings, home, machine).models if model.spec.name == name)


def test_all_cards_are_listed_and_then_the_user_s_own(tmp_path: Path) -> None:
    listed = list_models(Settings(encoders={"gpu": REMOTE}), tmp_path, BARE)
    assert [model.spec.name for model in listed.models] == [*(card.name for card in CARDS), "gpu"]
    assert [model.is_own for model in listed.models] == [False] * len(CARDS) + [True]


@pytest.mark.parametrize(
    ("name", "machine", "readiness"),
    [
        ("embedded", BARE, "ready"),
        ("qwen3-4b", BARE, "extra missing"),
        ("qwen3-4b", EQUIPPED, "ready"),
        ("qwen3-0.6b", EQUIPPED, "files missing"),
    ],
)
def test_a_model_is_ready_when_what_runs_it_and_its_files_are_here(
    name: str, machine: Machine, readiness: str, tmp_path: Path
) -> None:
    assert find(name, Settings(), tmp_path, machine).readiness == readiness


def test_a_server_is_not_asked_and_described_by_what_is_known_of_its_model(tmp_path: Path) -> None:
    model = find("gpu", Settings(encoders={"gpu": REMOTE}), tmp_path)
    assert (model.readiness, model.place) == ("not asked", "gpu.example.org Qwen/Qwen3-Embedding-4B")
    assert (model.dim, model.max_tokens, model.licence, model.size_bytes) == (2560, 32_768, "Apache-2.0", None)


def test_what_the_user_s_file_says_stands_above_what_is_published(tmp_path: Path) -> None:
    own = EncoderSpec("small", "transformer", "Qwen/Qwen3-Embedding-4B", dim=512, max_tokens=8192)
    model = find("small", Settings(encoders={"small": own}), tmp_path)
    assert (model.dim, model.max_tokens) == (512, 8192)


def test_a_gguf_file_has_the_size_that_it_has(tmp_path: Path) -> None:
    (tmp_path / "small.gguf").write_bytes(b"GGUF")
    own = EncoderSpec("small", "gguf", str(tmp_path / "small.gguf"))
    assert find("small", Settings(encoders={"small": own}), tmp_path).size_bytes == 4


def make_broken(place: Path) -> tuple[EncoderSpec, ...]:
    """Return encoders whose files make no model, each in a way of its own."""
    damaged, foreign = place / "damaged", place / "foreign"
    for folder, modules in ((damaged, "{"), (foreign, '[{"type": "custom.Reader", "path": ""}]')):
        folder.mkdir()
        (folder / "modules.json").write_text(modules, encoding="utf-8")
    (place / "short.gguf").write_bytes(b"GGUF")
    return (
        EncoderSpec("damaged", "transformer", str(damaged)),
        EncoderSpec("foreign", "transformer", str(foreign)),
        EncoderSpec("gone", "transformer", str(place / "gone")),
        EncoderSpec("short", "gguf", str(place / "short.gguf")),
        EncoderSpec("long", "gguf", f"/{'a' * 5_000}.gguf"),
        EncoderSpec("endless", "transformer", f"/{'a' * 5_000}"),
    )


@pytest.mark.parametrize(
    "machine", [BARE, Machine(has_extra=lambda: True, find_gpu=lambda: None, find_missing=lambda _: None)]
)
def test_a_broken_encoder_says_what_is_wrong_and_the_list_goes_on(machine: Machine, tmp_path: Path) -> None:
    broken = make_broken(tmp_path)
    listed = list_models(Settings(encoders={**{spec.name: spec for spec in broken}, "gpu": REMOTE}), tmp_path, machine)
    own = [model for model in listed.models if model.is_own]
    assert [(model.readiness, bool(model.problem)) for model in own] == [("broken", True)] * 6 + [("not asked", False)]
    assert all(model.spec.model in model.problem for model in own[:5])


def test_a_known_model_whose_files_are_damaged_does_not_end_the_list(tmp_path: Path) -> None:
    def refuse(spec: EncoderSpec) -> Download | None:
        raise EncoderError(f"{spec.model} is damaged; fetch it anew")

    machine = replace(EQUIPPED, find_missing=refuse)
    assert (
        find("qwen3-8b", Settings(), tmp_path, machine).problem == "Qwen/Qwen3-Embedding-8B is damaged; fetch it anew"
    )


def test_the_newest_measurement_of_a_name_is_shown(tmp_path: Path) -> None:
    for tokens_per_s, identity in ((100.0, "of a"), (200.0, "of b")):
        record_speed(tmp_path, identity, Speed(tokens_per_s, "2026-11-20T12:00:00+00:00", "torch", "qwen3-4b"))
    speed = find("qwen3-4b", Settings(), tmp_path).speed
    assert speed is not None
    assert speed.tokens_per_s == 200.0
    assert find("qwen3-8b", Settings(), tmp_path).speed is None


def test_a_settled_name_that_means_nothing_leaves_the_list_and_says_so(tmp_path: Path) -> None:
    listed = list_models(Settings(encoder="gone"), tmp_path, BARE)
    assert listed.default is None
    assert "gone" in listed.problem
    assert len(listed.models) == len(CARDS)
