"""Whether an encoder is still the one that made an index, where its identity cannot tell, and whose vectors it gets."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from codesearch.building.estimating import estimate
from codesearch.errors import FormatError
from codesearch.index import Index
from codesearch.registry import index_folder
from codesearch.storage.rows import NewIndex
from codesearch.storage.snapshot import Snapshot
from codesearch.storage.vector_cache import CACHE_FILE
from codesearch.storage.writer import Writer
from codesearch.types import BuildOptions
from indexers.encoders.embedded import EmbeddedEncoder
from indexers.template import TEMPLATE_VERSION
from indexers.tokenizer import TOKENIZER_VERSION
from indexers.types import EncoderDescription, FloatArray
from tests.core.patient import NAME, PatientEncoder, Workplace

pytestmark = pytest.mark.slow  # each build starts a parser process

ONE = BuildOptions(n_workers=1, encoder=NAME)
ALONE = BuildOptions(n_workers=1)
"""With the encoder that ships with the package."""

SOURCE = "def f():\n    return 1\n"


class UnpinnedEncoder(PatientEncoder):
    """An encoder like a server: a name for the model, and nothing about its weights."""

    sign = 1.0

    def encode_documents(self, inputs: Sequence[str]) -> FloatArray:
        """Return what the weights of the moment give."""
        return self.sign * super().encode_documents(inputs)

    def describe(self) -> EncoderDescription:
        """Return the same description whatever the weights are."""
        return replace(super().describe(), knows_weights=False)


@pytest.fixture
def encoder() -> UnpinnedEncoder:
    return UnpinnedEncoder()


@pytest.fixture
def place(tmp_path: Path, encoder: UnpinnedEncoder) -> Workplace:
    place = Workplace(tmp_path / "repository", tmp_path / "home", {NAME: encoder})
    place.root.mkdir()
    (place.root / "a.py").write_text(SOURCE)
    return place


def cosine_with(encoder: PatientEncoder, place: Workplace) -> float:
    """Return the cosine of the file's stored vector with what the encoder gives for it now."""
    with Snapshot.open(index_folder(place.home, place.root)) as snapshot:
        chunks = snapshot.chunks_of_file(snapshot.files()[0].id)
        whole = next(chunk for chunk in chunks if chunk.granularity == "file")
        return float(snapshot.cosines(encoder.encode_documents(["f\n" + SOURCE.rstrip()])[0], [whole])[0])


def test_a_broken_file_of_the_repository_takes_no_vectors_from_an_index_that_is_there(tmp_path: Path) -> None:
    root, home = tmp_path / "repository", tmp_path / "home"
    root.mkdir()
    (root / "a.py").write_text("def f():\n    return 1\n")
    Index.build(root, BuildOptions(n_workers=1), home=home)
    (root / ".codesearch.toml").write_text("this is no TOML")
    with Index.open(root, home) as index:
        assert index.search("f").degraded is None


def test_other_weights_behind_the_same_name_are_refused(place: Workplace, encoder: UnpinnedEncoder) -> None:
    place.build(ONE)
    encoder.sign = -1.0
    (place.root / "b.py").write_text(SOURCE)
    with pytest.raises(FormatError, match="other vectors"):
        place.build(ONE)


def test_a_rebuild_with_other_weights_takes_no_vector_of_the_old(place: Workplace, encoder: UnpinnedEncoder) -> None:
    n_texts = place.build(ONE).n_encoded
    encoder.sign = -1.0
    assert place.build(replace(ONE, rebuild=True)).n_encoded == n_texts > 0
    assert cosine_with(encoder, place) > 0.99


def test_two_servers_of_one_name_never_mix_and_each_finds_its_own_again(
    place: Workplace, encoder: UnpinnedEncoder, tmp_path: Path
) -> None:
    other = UnpinnedEncoder()
    other.sign = -1.0
    there = Workplace(tmp_path / "there", place.home, {NAME: other})
    there.root.mkdir()
    (there.root / "a.py").write_text(SOURCE)
    assert place.build(ONE).n_encoded == there.build(ONE).n_encoded > 0
    for one, own in ((place, encoder), (there, other)):
        assert one.build(replace(ONE, rebuild=True)).n_encoded == 0
        assert cosine_with(own, one) > 0.99


def test_an_estimate_finds_what_either_of_two_servers_encoded(place: Workplace, encoder: UnpinnedEncoder) -> None:
    place.build(ONE)
    encoder.sign = -1.0
    (place.root / "b.py").write_text("def g():\n    return 2\n")
    place.build(replace(ONE, rebuild=True))
    found = estimate(place.root, place.home, replace(ONE, rebuild=True), load=place.load)
    assert found.n_texts_to_encode == 0


def test_without_a_cache_a_build_goes_on(place: Workplace) -> None:
    (place.home / CACHE_FILE).mkdir(parents=True)
    n_texts = place.build(ONE).n_encoded
    report = place.build(replace(ONE, rebuild=True))
    assert report.n_encoded == n_texts > 0
    assert "going on without it" in report.warnings[0]


@pytest.fixture
def root(place: Workplace) -> Path:
    return place.root


@pytest.fixture
def home(place: Workplace) -> Path:
    return place.home


def test_an_encoder_that_is_gone_is_refused_and_replaced_by_a_rebuild(root: Path, home: Path) -> None:
    described = replace(EmbeddedEncoder().describe(), name="gone")
    new = NewIndex(root, None, described, 64, 1 << 21, TEMPLATE_VERSION, TOKENIZER_VERSION)
    with Writer.create(index_folder(home, root), new) as writer:
        writer.commit(complete=True, files_todo=0, checked_at="2026-01-01T00:00:00Z")
    with pytest.raises(FormatError, match=r"encoder gone, which cannot be found.*--rebuild"):
        Index.build(root, ALONE, home=home)
    Index.build(root, replace(ALONE, rebuild=True), home=home)
    with Index.open(root, home) as index:
        assert index.status().encoder == "embedded"


def test_an_encoder_that_gives_other_vectors_than_at_the_build_is_refused(root: Path, home: Path) -> None:
    Index.build(root, ALONE, home=home)
    with Writer.open(index_folder(home, root)) as writer:
        writer.write_probe(-writer.read_probe(), "another engine")
        writer.commit(complete=True, files_todo=0, checked_at="")
    with pytest.raises(FormatError, match="--rebuild"):
        Index.build(root, ALONE, home=home)


def test_an_upgraded_engine_that_gives_the_same_vectors_is_accepted_and_noted(root: Path, home: Path) -> None:
    Index.build(root, ALONE, home=home)
    with Writer.open(index_folder(home, root)) as writer:
        writer.write_probe(writer.read_probe(), "another engine")
        writer.commit(complete=True, files_todo=0, checked_at="")
    Index.build(root, ALONE, home=home)
    with Snapshot.open(index_folder(home, root)) as snapshot:
        assert snapshot.info.encoder_engine == EmbeddedEncoder().describe().engine
