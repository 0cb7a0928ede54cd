"""A first build of an encoder that takes its time: words at once, vectors as they come, nothing done twice."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from codesearch.encoders.probe import PROBE_TEXTS
from codesearch.encoders.speeds import find_speed
from codesearch.errors import FormatError
from codesearch.index import Index
from codesearch.registry import index_folder
from codesearch.search import engine
from codesearch.storage.snapshot import Snapshot
from codesearch.types import BuildOptions, Progress, SearchOptions
from indexers.encoders.spec import EncoderSpec
from indexers.errors import EncoderError
from indexers.types import Encoder, FloatArray
from tests.core.patient import NAME, PatientEncoder, Workplace, stop_at

pytestmark = pytest.mark.slow  # each build starts a parser process

N_FILES = 20
ONE = BuildOptions(n_workers=1, encoder=NAME)
FILLER = "".join(f"    step_{i}()\n" for i in range(60))


@pytest.fixture
def encoder() -> PatientEncoder:
    return PatientEncoder()


@pytest.fixture
def place(tmp_path: Path, encoder: PatientEncoder) -> Workplace:
    root = tmp_path / "repository"
    root.mkdir()
    for number in range(N_FILES):
        name = f"heron_{number:02}"
        (root / f"f{number:02}.py").write_text(f"def {name}():\n{FILLER}\n\ndef other_{number}():\n{FILLER}")
    return Workplace(root, tmp_path / "home", {NAME: encoder})


def open_snapshot(place: Workplace) -> Snapshot:
    return Snapshot.open(index_folder(place.home, place.root))


def refuse_to_load(spec: EncoderSpec) -> Encoder:
    raise AssertionError(spec)


def vectors_of(place: Workplace) -> dict[str, list[float]]:
    """Return the cosine with a probe of every chunk, NaN without a vector."""
    probe = PatientEncoder().encode_query("probe", "search")
    with open_snapshot(place) as snapshot:
        return {
            file.path: snapshot.cosines(probe, snapshot.chunks_of_file(file.id)).tolist() for file in snapshot.files()
        }


def test_words_find_every_file_before_the_first_vector_is_there(place: Workplace, encoder: PatientEncoder) -> None:
    found: list[str] = []

    def look() -> None:
        with open_snapshot(place) as snapshot:
            response = engine.search(snapshot, encoder, "heron_07", SearchOptions(limit=1))
            assert snapshot.info.n_files_without_vectors == N_FILES
            assert (snapshot.info.complete, snapshot.info.files_todo) == (False, 0)
            found.extend(result.path for result in response.results)
            assert encoder.read == []

    place.build(ONE, stop_at("encode", 0, look))
    assert found == ["f07.py"]


def test_in_the_end_every_vector_is_there_and_the_index_is_complete(place: Workplace, encoder: PatientEncoder) -> None:
    report = place.build(ONE)
    assert (report.added, report.n_encoded) == (N_FILES, len(encoder.read)) == (N_FILES, 3 * N_FILES)
    with open_snapshot(place) as snapshot:
        assert snapshot.info.complete
        assert snapshot.info.n_files_without_vectors == 0
        assert snapshot.n_live_rows() == 3 * N_FILES
        file = snapshot.files()[3]
        chunks = snapshot.chunks_of_file(file.id)
        for chunk, text in zip(chunks, encoder.read[9:12], strict=True):
            assert snapshot.cosines(encoder.encode_documents([text])[0], [chunk])[0] > 0.999


def test_vectors_are_searched_as_they_come(place: Workplace, encoder: PatientEncoder) -> None:
    place.fill_commit_s = 0.0
    encoder.fails_after, encoder.failure = 40, KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        place.build(ONE)
    with open_snapshot(place) as snapshot:
        assert 0 < snapshot.info.n_files_without_vectors < N_FILES
        assert snapshot.n_live_rows() > 0


def test_search_in_between_is_hybrid_and_answers_with_both(place: Workplace, encoder: PatientEncoder) -> None:
    place.fill_commit_s = 0.0
    encoder.fails_after = 40
    with pytest.raises(EncoderError):
        place.build(ONE)
    with open_snapshot(place) as snapshot:
        results = engine.search(snapshot, encoder, "heron_01 heron_19", SearchOptions(limit=20)).results
    cosines = {result.path: result.scores.cosine for result in results}
    assert {"f01.py", "f19.py"} <= set(cosines)
    assert cosines["f01.py"] is not None
    assert cosines["f19.py"] is None


def test_while_no_file_has_vectors_the_encoder_is_not_loaded_and_the_answer_says_why(place: Workplace) -> None:
    with pytest.raises(KeyboardInterrupt):
        place.build(ONE, stop_at("encode", 0))
    with Index(place.root, index_folder(place.home, place.root), place.home, refuse_to_load) as index:
        response = index.search("heron_07")
    assert response.results[0].path == "f07.py"
    assert response.degraded is not None
    assert "no file has vectors yet" in response.degraded.reason
    assert response.index.n_files_without_vectors == N_FILES


def test_a_query_that_needs_no_vector_loads_no_encoder(place: Workplace) -> None:
    place.build(ONE)
    lexical = SearchOptions(mode="lexical")
    with Index(place.root, index_folder(place.home, place.root), place.home, refuse_to_load) as index:
        assert index.search("heron_07", lexical).results
        assert index.search("path:f07.py").results
        assert index.similar("def heron_07(): step_1()", lexical).results
        with pytest.raises(AssertionError):
            index.search("heron_07")


def test_a_filling_that_is_interrupted_keeps_the_words_and_goes_on_where_it_was(
    place: Workplace, encoder: PatientEncoder
) -> None:
    with pytest.raises(KeyboardInterrupt):
        place.build(ONE, stop_at("encode", 0))
    assert encoder.read == []
    report = place.build(BuildOptions(n_workers=1))
    assert (report.added, report.unchanged, report.n_encoded) == (0, N_FILES, 3 * N_FILES)
    assert report.n_filled == N_FILES


def test_an_encoder_that_fails_leaves_the_words_and_what_it_did_and_the_next_run_resumes(
    place: Workplace, encoder: PatientEncoder
) -> None:
    encoder.fails_after = 40
    with pytest.raises(EncoderError, match=r"the server is gone; all 20 files can be searched by their words.*goes on"):
        place.build(ONE)
    with open_snapshot(place) as snapshot:
        n_without = snapshot.info.n_files_without_vectors
        assert 0 < n_without < N_FILES
        assert not snapshot.info.complete
    done, encoder.read, encoder.fails_after = encoder.read, [], None
    place.build(BuildOptions(n_workers=1))
    assert len(done) + len(encoder.read) == 3 * N_FILES
    assert not set(done) & set(encoder.read)
    resumed = vectors_of(place)
    place.build(replace(ONE, rebuild=True))
    assert vectors_of(place) == resumed


def test_what_changed_while_vectors_were_missing_is_read_again(place: Workplace, encoder: PatientEncoder) -> None:
    encoder.fails_after = 40
    with pytest.raises(EncoderError):
        place.build(ONE)
    encoder.fails_after = None
    (place.root / "f00.py").write_text("def egret():\n    pass\n")
    (place.root / "f19.py").write_text("def stork():\n    pass\n")
    (place.root / "f10.py").unlink()
    report = place.build(BuildOptions(n_workers=1))
    assert (report.changed, report.removed, report.unchanged) == (2, 1, N_FILES - 3)
    updated = vectors_of(place)
    place.build(replace(ONE, rebuild=True))
    assert vectors_of(place) == updated
    assert "f10.py" not in updated


def test_an_update_of_a_complete_index_is_one_switch(place: Workplace) -> None:
    place.fill_commit_s = 0.0
    place.build(ONE)
    with open_snapshot(place) as snapshot:
        before = snapshot.info.generation
    for number in range(10):
        (place.root / f"f{number:02}.py").write_text(f"def egret_{number}():\n{FILLER}")
    report = place.build(ONE)
    assert (report.changed, report.generation) == (10, before + 1)


def test_an_update_that_the_encoder_breaks_off_leaves_the_index_and_loses_no_vector(
    place: Workplace, encoder: PatientEncoder
) -> None:
    place.build(ONE)
    before = vectors_of(place)
    for number in range(N_FILES):
        path = place.root / f"f{number:02}.py"
        path.write_text(path.read_text().replace("step_5()", "stork_5()"))
    encoder.read, encoder.fails_after = [], 40
    with pytest.raises(EncoderError):
        place.build(ONE)
    assert vectors_of(place) == before
    done, encoder.read, encoder.fails_after = encoder.read, [], None
    place.build(ONE)
    assert done
    assert not set(done) & set(encoder.read)


def test_the_embedded_encoder_needs_no_second_pass(place: Workplace) -> None:
    stages: list[str] = []
    place.build(BuildOptions(n_workers=1, encoder="embedded"), lambda progress: stages.append(progress.stage))
    assert list(dict.fromkeys(stages)) == ["walk", "index", "commit"]


def test_progress_tells_how_much_text_has_vectors(place: Workplace) -> None:
    seen: list[Progress] = []
    place.build(ONE, seen.append)
    assert [p.stage for p in seen if p.stage in {"walk", "commit"}] == ["walk", "commit", "commit"]
    encoding = [p for p in seen if p.stage == "encode"]
    assert encoding[0].bytes_done == 0
    total = sum(path.stat().st_size for path in place.root.iterdir())
    assert {(p.bytes_total, p.files_total) for p in encoding} == {(total, N_FILES)}


def test_every_commit_of_a_run_says_when_the_tree_was_walked(place: Workplace) -> None:
    found: list[str | None] = []

    def look() -> None:
        found.append(datetime.now(UTC).isoformat(timespec="milliseconds"))
        with open_snapshot(place) as snapshot:
            found.append(snapshot.info.checked_at)

    place.build(ONE, stop_at("encode", 0, look))
    with open_snapshot(place) as snapshot:
        found.append(snapshot.info.checked_at)
    encoding_at, between, at_the_end = found
    assert between == at_the_end
    assert at_the_end is not None
    assert encoding_at is not None
    assert at_the_end < encoding_at


def test_an_update_tells_how_many_files_it_reads_before_the_first_of_them_is_done(place: Workplace) -> None:
    place.build(ONE)
    (place.root / "f00.py").write_text("def egret():\n    pass\n")
    seen: list[Progress] = []
    place.build(ONE, seen.append)
    first = next(progress for progress in seen if progress.stage == "index")
    assert (first.files_done, first.files_total) == (0, 1)


def test_a_build_remembers_how_fast_the_encoder_was(place: Workplace, encoder: PatientEncoder) -> None:
    place.build(ONE)
    speed = find_speed(place.home, encoder.identity, encoder.engine)
    assert speed is not None
    assert speed.name == NAME


def test_a_few_tokens_say_nothing_of_how_fast_an_encoder_is(place: Workplace, encoder: PatientEncoder) -> None:
    place.measured_tokens = 1_000_000
    place.build(ONE)
    assert find_speed(place.home, encoder.identity, encoder.engine) is None


def test_known_answers_have_the_weights_loaded_before_any_text_is_encoded_and_timed(place: Workplace) -> None:
    calls: list[tuple[str, ...]] = []

    class LoadingEncoder(PatientEncoder):
        def encode_documents(self, inputs: Sequence[str]) -> FloatArray:
            calls.append(tuple(inputs))
            return super().encode_documents(inputs)

    place.encoders[NAME] = LoadingEncoder()
    place.build(ONE)
    assert calls[0] == PROBE_TEXTS
    assert PROBE_TEXTS not in calls[1:]


def test_what_the_encoder_notes_is_told(place: Workplace, encoder: PatientEncoder) -> None:
    encoder.told = ("2 vectors were made again in float32",)
    assert place.build(ONE).warnings == encoder.told


def test_known_answers_are_kept_whether_there_were_files_at_first_or_not(
    place: Workplace, encoder: PatientEncoder
) -> None:
    sources = {path: path.read_text() for path in place.root.iterdir()}
    for path in sources:
        path.unlink()
    place.build(ONE)
    for path, text in sources.items():
        path.write_text(text)
    place.build(ONE)
    encoder.engine = "test 2"
    touch(place, "heron")
    place.build(ONE)
    encoder.engine = "test 3"
    encoder.encode_documents = lambda inputs: -PatientEncoder().encode_documents(inputs)  # type: ignore[method-assign]
    touch(place, "egret")
    with pytest.raises(FormatError, match="other vectors"):
        place.build(ONE)


def touch(place: Workplace, name: str) -> None:
    """Change what the encoder is to read."""
    (place.root / "f00.py").write_text(f"def {name}():\n    pass\n")
