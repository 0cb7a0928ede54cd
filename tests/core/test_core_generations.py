"""An index of another encoder or with other granularities is made beside the old one and takes its place."""

from dataclasses import replace
from pathlib import Path

import pytest

from codesearch.errors import LockedError
from codesearch.index import Index
from codesearch.registry import index_folder
from codesearch.storage.snapshot import Snapshot
from codesearch.types import BuildOptions, Progress
from indexers.errors import EncoderError
from tests.core.patient import NAME, PatientEncoder, Workplace, stop_at

pytestmark = pytest.mark.slow  # each build starts a parser process

OTHER = "test/other"
ONE = BuildOptions(n_workers=1)
PATIENT = BuildOptions(n_workers=1, encoder=NAME)
SOURCE = """class Heron:
    def wade(self):
        self.go(1)

    def fly(self):
        self.go(2)


HERON = Heron()
"""


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    root = tmp_path / "repository"
    root.mkdir()
    (root / "heron.py").write_text(SOURCE)
    other = PatientEncoder(name=OTHER, identity="other-1 dim=32")
    return Workplace(root, tmp_path / "home", {NAME: PatientEncoder(), OTHER: other})


def read(place: Workplace) -> Snapshot:
    return Snapshot.open(index_folder(place.home, place.root))


def granularities_with_vectors(place: Workplace) -> set[str]:
    with read(place) as snapshot:
        chunks = snapshot.chunks_of_file(snapshot.files()[0].id)
        return {chunk.granularity for chunk in chunks if chunk.n_rows}


def test_another_encoder_makes_the_index_anew_without_being_told_to_rebuild(place: Workplace) -> None:
    place.build(ONE)
    report = place.build(PATIENT)
    assert report.added == 1
    with read(place) as snapshot:
        assert (snapshot.info.encoder_name, snapshot.info.complete) == (NAME, True)
    assert len(list((place.home / "indexes").iterdir())) == 1


@pytest.mark.parametrize(
    ("options", "change"), [(PATIENT, f" with encoder {NAME} instead of embedded"), (replace(ONE, rebuild=True), "")]
)
def test_a_user_is_told_that_an_index_is_made_anew(place: Workplace, options: BuildOptions, change: str) -> None:
    place.build(ONE)
    notices: list[str] = []
    place.build(options, lambda progress: notices.append(progress.notice))
    assert notices[-1] == f"the index is made anew{change}; the old one answers until that is done"


def test_a_user_is_told_of_no_new_index_where_none_was(place: Workplace) -> None:
    notices: list[str] = []
    place.build(ONE, lambda progress: notices.append(progress.notice))
    assert set(notices) == {""}


def test_the_old_index_answers_while_the_new_one_is_made(place: Workplace) -> None:
    place.build(ONE)
    seen: list[str] = []

    def look() -> None:
        with Index.open(place.root, place.home) as index:
            seen.append(index.status().encoder)
            assert index.search("heron").results

    place.build(PATIENT, stop_at("encode", 0, look))
    assert seen == ["embedded"]


def test_the_old_index_stands_where_the_other_encoder_fails(place: Workplace) -> None:
    place.build(ONE)
    place.encoders[NAME] = PatientEncoder(fails_after=0)
    with pytest.raises(EncoderError) as caught:
        place.build(PATIENT)
    assert str(caught.value) == (
        "the server is gone; the index that was there stands, what was encoded is kept, "
        "and the same command goes on from there"
    )
    with read(place) as snapshot:
        assert (snapshot.info.encoder_name, snapshot.info.complete) == ("embedded", True)


def test_what_a_build_beside_left_that_was_cut_off_is_removed_by_the_next_update_and_costs_nothing_again(
    place: Workplace,
) -> None:
    place.build(ONE)
    encoder = PatientEncoder()
    place.encoders[NAME] = encoder
    commits: list[Progress] = []

    def stop_when_encoded(progress: Progress) -> None:
        commits.extend([progress] if progress.stage == "commit" else [])
        if len(commits) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        place.build(PATIENT, stop_when_encoded)
    assert len(list((place.home / "indexes").iterdir())) == 2
    place.build(ONE)
    assert len(list((place.home / "indexes").iterdir())) == 1
    encoder.read.clear()
    place.build(PATIENT)
    assert encoder.read == []


def test_a_rebuild_under_way_is_not_removed(place: Workplace) -> None:
    place.build(ONE)

    def update() -> None:
        with pytest.raises(LockedError):
            place.build(ONE)

    place.build(PATIENT, stop_at("encode", 0, update))
    with read(place) as snapshot:
        assert snapshot.info.encoder_name == NAME


def test_the_index_s_own_encoder_by_name_is_an_update(place: Workplace) -> None:
    place.build(PATIENT)
    assert place.build(PATIENT).unchanged == 1


def test_without_an_encoder_an_index_keeps_its_own(place: Workplace) -> None:
    place.build(PATIENT)
    assert place.build(ONE).unchanged == 1


def test_only_the_granularities_that_are_asked_for_get_vectors_and_words_find_all(place: Workplace) -> None:
    place.build(replace(PATIENT, granularities=("file", "leaf")))
    assert granularities_with_vectors(place) == {"leaf", "file"}
    with Index.open(place.root, place.home) as index:
        assert index.status().granularities == ("leaf", "file")
        assert index.search("Heron kind:class").results[0].symbol == "Heron"


def test_the_embedded_encoder_leaves_granularities_out_too(place: Workplace) -> None:
    place.build(replace(ONE, granularities=("leaf",)))
    assert granularities_with_vectors(place) == {"leaf"}


def test_another_set_of_granularities_makes_the_index_anew_from_the_cache(place: Workplace) -> None:
    place.build(PATIENT)
    report = place.build(replace(ONE, granularities=("leaf",)))
    assert (report.added, report.n_encoded) == (1, 0)
    assert granularities_with_vectors(place) == {"leaf"}


def test_an_update_keeps_the_granularities_of_the_index(place: Workplace) -> None:
    place.build(replace(PATIENT, granularities=("leaf",)))
    (place.root / "heron.py").write_text(SOURCE.replace("wade", "stand"))
    assert place.build(ONE).changed == 1
    assert granularities_with_vectors(place) == {"leaf"}


def test_a_rebuild_keeps_encoder_granularities_size_limit_and_coarse_dim(place: Workplace) -> None:
    place.build(replace(PATIENT, granularities=("leaf", "class"), max_file_bytes=5_000, coarse_dim=16))
    place.build(replace(ONE, rebuild=True))
    with read(place) as snapshot:
        info = snapshot.info
    assert (info.encoder_name, info.granularities, info.max_file_bytes, info.coarse_dim) == (
        NAME,
        ("leaf", "class"),
        5_000,
        16,
    )


def test_another_encoder_takes_its_own_coarse_dim(place: Workplace) -> None:
    place.build(replace(PATIENT, coarse_dim=16))
    place.build(replace(ONE, encoder="embedded"))
    with read(place) as snapshot:
        assert snapshot.info.coarse_dim == 64


def test_a_rebuild_drops_a_coarse_dim_that_its_encoder_has_no_more(place: Workplace) -> None:
    place.build(replace(PATIENT, coarse_dim=16))
    place.encoders[NAME] = PatientEncoder(identity="patient-2", cuts=(8,))
    place.build(replace(ONE, rebuild=True))
    with read(place) as snapshot:
        assert snapshot.info.coarse_dim == 8


def test_coarse_dim_is_changed_without_encoding(place: Workplace) -> None:
    place.build(PATIENT)
    report = place.build(replace(ONE, coarse_dim=16))
    assert (report.unchanged, report.n_encoded) == (1, 0)
    with read(place) as snapshot:
        assert snapshot.info.coarse_dim == 16


def test_a_coarse_dim_that_is_no_valid_cut_is_refused(place: Workplace) -> None:
    with pytest.raises(EncoderError, match="choose 8, 16, 32"):
        place.build(replace(PATIENT, coarse_dim=10))
    assert not index_folder(place.home, place.root).exists()
