"""An estimate says what a build would do, and does none of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from codesearch.building.estimate import Estimate
from codesearch.building.estimating import estimate
from codesearch.encoders.speeds import Speed, record_speed
from codesearch.errors import FormatError
from codesearch.registry import index_folder
from codesearch.storage.cache_rows import cache_row_bytes
from codesearch.storage.writer import Writer
from codesearch.types import BuildOptions
from indexers.encoders.spec import EncoderSpec
from indexers.errors import EncoderError
from indexers.types import Encoder, EncoderDescription
from tests.core.patient import DIM, NAME, PatientEncoder, Workplace

pytestmark = pytest.mark.slow  # each estimate starts a parser process

ONE = BuildOptions(n_workers=1, encoder=NAME)
FUNCTION = "def {0}():\n    go(1)\n    go(2)\n    go(3)\n\n\n"
CLASS = "class Heron:\n    def wade(self):\n        self.go(1)\n\n    def fly(self):\n        self.go(2)\n\n\n"


class EstimatingEncoder(PatientEncoder):
    """Counts from above."""

    def describe(self) -> EncoderDescription:
        """Return who this is."""
        return replace(super().describe(), counts_exactly=False)


@dataclass
class ShortEncoder(PatientEncoder):
    """Reads twelve tokens, and remembers whose tokens it counted."""

    counted: list[str] = field(default_factory=list)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count words."""
        self.counted += texts
        return super().count_tokens(texts)

    def describe(self) -> EncoderDescription:
        """Return who this is."""
        return replace(super().describe(), max_tokens=12)


@pytest.fixture
def config_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's settings, empty."""
    file = tmp_path / "config.toml"
    monkeypatch.setenv("CODESEARCH_CONFIG", str(file))
    return file


@pytest.fixture
def encoder() -> PatientEncoder:
    return PatientEncoder()


@pytest.fixture
def place(tmp_path: Path, encoder: PatientEncoder) -> Workplace:
    root = tmp_path / "repository"
    root.mkdir()
    (root / "birds.py").write_text(CLASS + FUNCTION.format("egret"))
    (root / "more.py").write_text(FUNCTION.format("stork") + FUNCTION.format("egret"))
    return Workplace(root, tmp_path / "home", {NAME: encoder})


def ask(place: Workplace, options: BuildOptions = ONE) -> Estimate:
    return estimate(place.root, place.home, options, None, place.load)


def test_an_estimate_counts_what_the_build_then_encodes(place: Workplace, encoder: PatientEncoder) -> None:
    found = ask(place)
    assert encoder.read == []
    report = place.build(ONE)
    assert (found.n_files, found.n_texts_to_encode) == (report.added, report.n_encoded)
    assert found.n_tokens_to_encode == sum(encoder.count_tokens(encoder.read))


def test_texts_and_tokens_are_told_by_granularity(place: Workplace, encoder: PatientEncoder) -> None:
    found = {one.granularity: one for one in ask(place).granularities}
    place.build(ONE)
    assert [(found[name].n_chunks, found[name].n_texts) for name in ("leaf", "class", "file")] == [
        (6, 6),
        (1, 1),
        (2, 2),
    ]
    files = [text for text in encoder.read if text.startswith(("class Heron:", "def stork"))]
    assert found["file"].n_tokens == sum(encoder.count_tokens(files))


def test_an_estimate_writes_nothing(place: Workplace) -> None:
    ask(place)
    assert not place.home.exists()


def test_what_the_cache_has_is_not_to_be_encoded(place: Workplace) -> None:
    place.build(ONE)
    before = (place.home / "vectors.db").read_bytes()
    again = ask(place, replace(ONE, rebuild=True))
    assert (again.n_texts_to_encode, again.n_tokens_to_encode, again.seconds) == (0, 0, 0.0)
    assert (place.home / "vectors.db").read_bytes() == before


def test_of_an_index_that_stands_only_what_changed_is_to_be_encoded(place: Workplace) -> None:
    place.build(ONE)
    (place.home / "vectors.db").unlink()
    assert ask(place).n_texts_to_encode == 0
    (place.root / "more.py").write_text(FUNCTION.format("ibis") + FUNCTION.format("egret"))
    found = ask(place)
    assert (found.n_files, found.n_texts_to_encode) == (2, 3)


def test_what_an_interrupted_build_left_without_vectors_is_to_be_encoded(
    place: Workplace, encoder: PatientEncoder
) -> None:
    encoder.fails_after = 0
    with pytest.raises(EncoderError):
        place.build(ONE)
    assert ask(place).n_texts_to_encode == 8


def test_granularities_that_get_no_vectors_cost_nothing(place: Workplace) -> None:
    found = {one.granularity: one for one in ask(place, replace(ONE, granularities=("file",))).granularities}
    assert [(found[name].n_chunks, found[name].n_texts) for name in ("leaf", "class", "file")] == [
        (6, 0),
        (1, 0),
        (2, 2),
    ]


def test_disk_is_that_of_the_vectors_their_prefixes_and_the_cache(place: Workplace) -> None:
    found = ask(place)
    assert found.vector_bytes == 9 * (2 * DIM + 4)
    assert found.coarse_bytes == 9 * 2 * 8
    assert found.cache_bytes == 8 * cache_row_bytes(DIM)


def test_an_index_that_the_cache_cannot_keep_is_warned_of(place: Workplace, config_file: Path) -> None:
    assert ask(place).warnings == ()
    config_file.write_text('cache_size = "1KB"\n')
    (warning,) = ask(place).warnings
    assert "codesearch config set cache_size" in warning


def test_another_prefix_of_an_index_that_stands_is_checked_and_counted(place: Workplace) -> None:
    place.build(ONE)
    assert ask(place).coarse_bytes == 9 * 2 * 8
    assert ask(place, replace(ONE, coarse_dim=16)).coarse_bytes == 9 * 2 * 16
    with pytest.raises(EncoderError, match="cannot be compared by 7 numbers"):
        ask(place, replace(ONE, coarse_dim=7))


def test_no_text_is_counted_twice(place: Workplace) -> None:
    place.encoders[NAME] = encoder = ShortEncoder()
    found = ask(place, replace(ONE, granularities=("file",)))
    texts = [text for text in encoder.counted if text]
    assert found.granularities[2].n_texts > 2
    assert len(texts) == len(set(texts))


def test_time_is_not_known_before_it_was_measured_here(place: Workplace, encoder: PatientEncoder) -> None:
    found = ask(place)
    assert (found.tokens_per_s, found.seconds) == (None, None)
    speed = Speed(2.0, datetime.now(UTC).isoformat(), encoder.engine, NAME)
    record_speed(place.home, encoder.identity, speed)
    found = ask(place)
    assert found.seconds == found.n_tokens_to_encode / 2.0


def test_the_embedded_encoder_reads_leaves_alone(place: Workplace) -> None:
    found = ask(place, BuildOptions(n_workers=1, encoder="embedded"))
    report = place.build(BuildOptions(n_workers=1, encoder="embedded"))
    assert (found.n_texts_to_encode, found.cache_bytes) == (report.n_encoded, 0)
    assert found.vector_bytes == 9 * (2 * 256 + 4)


def test_tokens_of_a_known_model_that_is_not_here_are_guessed(place: Workplace) -> None:
    def fail(spec: EncoderSpec) -> Encoder:
        raise EncoderError(f"{spec.name} is not on this machine")

    record_speed(place.home, "qwen", Speed(100.0, "2026-01-01", "cuda", "qwen3-4b"))
    options = BuildOptions(n_workers=1, encoder="qwen3-4b")
    found = estimate(place.root, place.home, options, None, fail)
    assert (found.is_counted, found.is_at_hand, found.dim, found.tokens_per_s) == (False, False, 2560, 100.0)
    assert found.n_tokens_to_encode > 0
    with pytest.raises(EncoderError, match="not on this machine"):
        estimate(place.root, place.home, ONE, None, fail)


def test_tokens_that_an_encoder_only_estimates_are_not_called_counted(place: Workplace) -> None:
    assert ask(place).is_counted
    place.encoders[NAME] = EstimatingEncoder()
    found = ask(place)
    assert (found.is_counted, found.is_at_hand) == (False, True)


def test_a_server_that_nobody_allowed_is_not_asked(
    place: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "config.toml"
    settings.write_text('[encoders.far]\nkind = "server"\nurl = "https://embeddings.example.org/v1"\nmodel = "m"\n')
    monkeypatch.setenv("CODESEARCH_CONFIG", str(settings))

    def fail(spec: EncoderSpec) -> Encoder:
        raise AssertionError

    found = estimate(place.root, place.home, BuildOptions(n_workers=1, encoder="far"), None, fail)
    assert (found.is_counted, found.dim, found.vector_bytes) == (False, None, None)


def test_an_index_of_another_encoder_version_is_no_reason_to_count_wrong(
    place: Workplace, encoder: PatientEncoder
) -> None:
    place.build(ONE)
    with Writer.open(index_folder(place.home, place.root)) as writer:
        assert writer.info.encoder_identity == encoder.identity
    encoder.identity = "patient-2"
    with pytest.raises(FormatError, match="--rebuild"):
        ask(place)
    assert ask(place, replace(ONE, rebuild=True)).n_texts_to_encode == 8
