"""Which encoder a new index gets."""

from dataclasses import replace
from pathlib import Path

import pytest

from codesearch.encoders.choice import Machine, choose
from codesearch.settings.settings import REPOSITORY_FILE, Settings, read_settings
from indexers.encoders.devices import Gpu
from indexers.encoders.hub import Download
from indexers.encoders.spec import EncoderSpec
from indexers.errors import EncoderError

GIB = 1 << 30


def no_gpu() -> Gpu | None:
    """Find none; fails the test where nobody should look."""
    raise AssertionError("nobody should look for a GPU")


def make_machine(free_bytes: int | None, here: tuple[str, ...] = ()) -> Machine:
    """Return a machine with the extra, a GPU of so much memory or none, and the models that are `here`."""
    gpu = Gpu("cuda", "RTX 4090", 24 * GIB, free_bytes) if free_bytes is not None else None

    def find_missing(spec: EncoderSpec) -> Download | None:
        return None if spec.name in here else Download(spec.model, 1)

    return Machine(has_extra=lambda: True, find_gpu=lambda: gpu, find_missing=find_missing)


BARE = Machine(has_extra=lambda: False, find_gpu=no_gpu)
BOTH = ("qwen3-4b", "qwen3-0.6b")


def test_what_is_asked_for_is_taken_without_a_look_at_the_machine() -> None:
    settings = Settings(encoder="qwen3-4b")
    choice = choose("qwen3-0.6b", settings, machine=Machine(find_gpu=no_gpu))
    assert (choice.spec.name, choice.reason, choice.is_news) == ("qwen3-0.6b", "asked for", False)


def test_what_is_settled_is_taken_and_says_by_which_file() -> None:
    settings = Settings(encoder="qwen3-4b", origins={"encoder": Path("/src/.codesearch.toml")})
    choice = choose(None, settings, machine=Machine(find_gpu=no_gpu))
    assert (choice.spec.name, choice.reason) == ("qwen3-4b", "set in /src/.codesearch.toml")


def test_a_choice_of_the_searched_repository_is_told_unasked(tmp_path: Path) -> None:
    own = tmp_path / REPOSITORY_FILE
    own.write_text('encoder = "qwen3-4b"\n', encoding="utf-8")
    choice = choose(None, read_settings(tmp_path, tmp_path / "config.toml"), machine=Machine(find_gpu=no_gpu))
    assert choice.notice == f"encoder qwen3-4b, chosen by the searched repository itself in {own}, NOT by you"


def test_a_settled_name_that_means_nothing_is_an_error() -> None:
    with pytest.raises(EncoderError, match="gone"):
        choose(None, Settings(encoder="gone"), machine=BARE)


def test_without_the_extra_nobody_looks_for_a_gpu() -> None:
    choice = choose(None, Settings(), machine=BARE)
    assert (choice.spec.name, choice.is_news) == ("embedded", False)
    assert "extra qwen is not installed" in choice.reason


def test_without_a_gpu_the_embedded_encoder_is_taken() -> None:
    choice = choose(None, Settings(), machine=make_machine(None, BOTH))
    assert (choice.spec.name, choice.reason, choice.is_news) == ("embedded", "the default where there is no GPU", False)
    assert choice.notice == ""


@pytest.mark.parametrize(("free", "name"), [(24 * GIB, "qwen3-4b"), (6 * GIB, "qwen3-0.6b")])
def test_the_largest_model_that_fits_the_gpu_is_taken_with_a_line_that_says_so(free: int, name: str) -> None:
    choice = choose(None, Settings(), machine=make_machine(free, BOTH))
    assert (choice.spec.name, choice.is_news) == (name, True)
    assert "RTX 4090" in choice.reason
    assert "--encoder embedded" in choice.reason
    assert "codesearch config set encoder embedded" in choice.reason
    assert choice.notice == f"encoder {name}, {choice.reason}"


def test_on_a_small_gpu_the_embedded_encoder_is_taken() -> None:
    choice = choose(None, Settings(), machine=make_machine(GIB, BOTH))
    assert choice.spec.name == "embedded"
    assert "RTX 4090 has only 1.0 GiB free, too little for qwen3-0.6b" in choice.reason


def test_a_model_that_would_have_to_be_fetched_is_not_taken_unasked() -> None:
    choice = choose(None, Settings(), machine=make_machine(24 * GIB))
    assert (choice.spec.name, choice.is_news) == ("embedded", True)
    assert "codesearch index --encoder qwen3-4b fetches it, 7.5 GiB" in choice.reason


def test_a_smaller_model_that_is_here_is_taken_before_one_that_is_not() -> None:
    choice = choose(None, Settings(), machine=make_machine(24 * GIB, ("qwen3-0.6b",)))
    assert choice.spec.name == "qwen3-0.6b"


def test_a_model_is_taken_for_fetching_where_the_user_can_be_asked() -> None:
    assert choose(None, Settings(), may_download=True, machine=make_machine(24 * GIB)).spec.name == "qwen3-4b"


def test_offline_nothing_is_taken_for_fetching() -> None:
    choice = choose(None, Settings(is_offline=True), may_download=True, machine=make_machine(24 * GIB))
    assert choice.spec.name == "embedded"


def test_the_choice_knows_whether_it_is_offline() -> None:
    machine = make_machine(24 * GIB, BOTH)
    assert choose(None, Settings(is_offline=True), machine=machine).spec.is_offline
    assert replace(choose(None, Settings(), machine=BARE).spec, is_offline=False).name == "embedded"
