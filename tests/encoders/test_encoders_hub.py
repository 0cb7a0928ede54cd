"""Which models are here and fetching those that are not, from a hub on this machine."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexers.encoders.hub import Download, Hub, download, find_model, missing_download
from indexers.encoders.spec import EMBEDDED, EncoderSpec
from indexers.errors import EncoderError
from tests.encoders.fake_hub import COMMIT, FakeHub, serve

pytest.importorskip("sentence_transformers", reason="needs the extra qwen")

SPEC = EncoderSpec("someone/tiny", "transformer", "someone/tiny")
OFFLINE = EncoderSpec("someone/tiny", "transformer", "someone/tiny", is_offline=True)
NOWHERE = "http://127.0.0.1:9"
"""Nobody listens here."""

FILES = {
    "modules.json": json.dumps([{"type": "sentence_transformers.models.Transformer", "path": ""}]),
    "config.json": '{"model_type": "bert"}',
    "tokenizer.json": "{}",
    "model.safetensors": "w" * 5_000,
}
UNUSED = {
    "onnx/model.onnx": "o" * 9_000,
    "onnx/config.json": "{}",
    "openvino/openvino_config.json": "{}",
    "original/model.safetensors": "w" * 5_000,
    "pytorch_model.bin": "p" * 5_000,
    "README.md": "words",
}


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


def write_cache(cache: Path, model: str, files: dict[str, str]) -> Path:
    """Write what the hub's library keeps of a model and return its folder."""
    place = cache / f"models--{model.replace('/', '--')}"
    write(place, {"refs/main": COMMIT})
    return write(place / "snapshots" / COMMIT, files)


def ignore(done: int, total: int | None) -> None:
    """Look at no progress."""


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeHub]:
    with serve("someone/tiny", write(tmp_path / "served", FILES | UNUSED)) as hub:
        yield hub


@pytest.fixture
def hub(fake: FakeHub, tmp_path: Path) -> Hub:
    return Hub(tmp_path / "cache", fake.url)


def test_a_folder_has_nothing_to_fetch(tmp_path: Path) -> None:
    spec = EncoderSpec("mine", "transformer", str(tmp_path))
    assert find_model(spec) == tmp_path
    assert missing_download(spec) is None


def test_what_is_no_transformer_has_nothing_to_fetch() -> None:
    assert missing_download(EMBEDDED) is None


def test_a_model_in_the_cache_is_found_without_a_word_to_the_hub(tmp_path: Path) -> None:
    folder = write_cache(tmp_path, "someone/tiny", FILES)
    hub = Hub(tmp_path, NOWHERE)
    assert find_model(SPEC, hub) == folder
    assert missing_download(SPEC, hub) is None


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_a_model_that_is_here_in_part_is_missing(tmp_path: Path, name: str) -> None:
    write_cache(tmp_path, "someone/tiny", {key: text for key, text in FILES.items() if key != name})
    assert missing_download(OFFLINE, Hub(tmp_path)) == Download("someone/tiny", None)


def test_a_missing_model_is_an_error_that_says_how_to_allow_the_download(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"not on this machine; allow the download: .*--encoder someone/tiny --yes"):
        find_model(SPEC, Hub(tmp_path, NOWHERE))
    with pytest.raises(EncoderError, match="--encoder 'my own' --yes"):
        find_model(EncoderSpec("my own", "transformer", "someone/tiny"), Hub(tmp_path, NOWHERE))


def test_a_missing_model_of_known_size_is_told_with_its_size(tmp_path: Path) -> None:
    spec = EncoderSpec("qwen3-4b", "transformer", "Qwen/Qwen3-Embedding-4B", is_offline=True)
    with pytest.raises(EncoderError, match=r"not on this machine, 7\.\d GiB; fetch it while online"):
        find_model(spec, Hub(tmp_path, NOWHERE))


def test_the_size_of_a_known_model_is_known_without_a_word_to_the_hub(tmp_path: Path) -> None:
    spec = EncoderSpec("qwen3-4b", "transformer", "Qwen/Qwen3-Embedding-4B")
    missing = missing_download(spec, Hub(tmp_path, NOWHERE))
    assert missing is not None
    assert missing.size_bytes is not None
    assert missing.size_bytes > 8_000_000_000


def test_the_size_of_another_model_is_asked_for_and_counts_what_is_needed(hub: Hub) -> None:
    assert missing_download(SPEC, hub) == Download("someone/tiny", sum(map(len, FILES.values())))


def test_offline_nobody_is_asked(hub: Hub, fake: FakeHub) -> None:
    assert missing_download(OFFLINE, hub) == Download("someone/tiny", None)
    with pytest.raises(EncoderError, match="not on this machine"):
        find_model(OFFLINE, hub)
    with pytest.raises(EncoderError, match="cannot be fetched offline"):
        download(OFFLINE, ignore, hub)
    assert fake.asked == []


def test_the_folder_that_is_searched_does_not_supply_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = "Qwen/Qwen3-Embedding-4B"
    write(tmp_path / "repository" / model, FILES)
    monkeypatch.chdir(tmp_path / "repository")
    spec, hub = EncoderSpec("qwen3-4b", "transformer", model), Hub(tmp_path / "cache", NOWHERE)
    with pytest.raises(EncoderError, match="is not on this machine"):
        find_model(spec, hub)
    assert missing_download(spec, hub) is not None


def test_a_hub_that_is_not_reached_leaves_the_size_unknown(tmp_path: Path) -> None:
    assert missing_download(SPEC, Hub(tmp_path, NOWHERE)) == Download("someone/tiny", None)


def test_what_is_needed_is_fetched_and_nothing_else(hub: Hub) -> None:
    folder = download(SPEC, ignore, hub)
    assert {path.name for path in folder.iterdir()} == set(FILES)
    assert find_model(SPEC, hub) == folder
    assert folder.name == COMMIT


def test_progress_ends_with_all_bytes(hub: Hub) -> None:
    steps: list[tuple[int, int | None]] = []
    download(SPEC, lambda done, total: steps.append((done, total)), hub)
    size = sum(map(len, FILES.values()))
    assert steps[-1] == (size, size)
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)


def test_fetching_draws_nothing(hub: Hub, capfd: pytest.CaptureFixture[str]) -> None:
    download(SPEC, ignore, hub)
    assert capfd.readouterr() == ("", "")


def test_what_is_here_is_not_fetched_again(hub: Hub, fake: FakeHub) -> None:
    (download(SPEC, ignore, hub) / "model.safetensors").unlink()
    fake.asked.clear()
    download(SPEC, ignore, hub)
    assert {path.rpartition("/")[2] for path in fake.asked if "/resolve/" in path} == {"model.safetensors"}


def test_a_fetch_that_breaks_off_is_told_to_be_run_again(hub: Hub, fake: FakeHub) -> None:
    fake.refused = {"model.safetensors"}
    with pytest.raises(EncoderError, match=r"could not be fetched: .*run the same command again"):
        download(SPEC, ignore, hub)


def test_a_model_that_the_hub_does_not_have_is_told(hub: Hub) -> None:
    other = EncoderSpec("someone/else", "transformer", "someone/else")
    with pytest.raises(EncoderError, match="someone/else could not be fetched"):
        download(other, ignore, hub)


def test_a_model_of_another_library_is_told(hub: Hub, fake: FakeHub) -> None:
    (fake.folder / "modules.json").unlink()
    with pytest.raises(EncoderError, match="lacks files at its hub"):
        download(SPEC, ignore, hub)


def test_a_name_that_no_hub_knows_is_told(tmp_path: Path) -> None:
    spec = EncoderSpec("a/b/c", "transformer", "a/b/c")
    with pytest.raises(EncoderError, match="a name is OWNER/NAME"):
        find_model(spec, Hub(tmp_path))
