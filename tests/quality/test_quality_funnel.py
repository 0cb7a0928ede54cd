"""What the measure of the two-stage search measures, on made vectors and on a small index of a real tree."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.funnel import main, make_queries, measure, read_live, sample_vectors
from codesearch.encoders.consent import forget_uploads
from codesearch.index import Index
from codesearch.registry import index_folder
from codesearch.storage.coarse import take_prefix, take_prefix_of_query
from codesearch.storage.snapshot import Snapshot
from codesearch.types import BuildOptions
from indexers.encoders.spec import EncoderSpec
from indexers.errors import EncoderError
from indexers.types import Encoder, FloatArray
from tests.core.patient import NAME, PatientEncoder, Workplace

DIM = 32


@pytest.fixture
def vectors() -> FloatArray:
    made = np.random.default_rng(5).standard_normal((300, DIM)).astype(np.float32)
    unit: FloatArray = made / np.linalg.norm(made, axis=1, keepdims=True)
    return unit


def test_recall_is_the_share_of_the_exact_ten_among_the_candidates(vectors: FloatArray) -> None:
    queries = vectors[:7] + np.float32(0.1)
    wanted = []
    for query in queries:
        exact = np.argsort(-(vectors @ query), kind="stable")[:10]
        coarse = np.argsort(-(take_prefix(vectors, 8) @ take_prefix_of_query(query, 8)), kind="stable")[:40]
        wanted.append(len(set(exact.tolist()) & set(coarse.tolist())) / 10)
    assert measure([vectors], queries, [8], [40])[0, 0] == pytest.approx(np.mean(wanted))


def test_blocks_change_nothing(vectors: FloatArray) -> None:
    whole = measure([vectors], vectors[:9], [4, 8, DIM], [10, 50])
    parts = measure([vectors[:100], vectors[100:101], vectors[101:]], vectors[:9], [4, 8, DIM], [10, 50])
    assert np.array_equal(whole, parts)


def test_more_candidates_find_more_and_all_of_them_everything(vectors: FloatArray) -> None:
    recall = measure([vectors], vectors[:9] + np.float32(0.1), [4, DIM], [10, 50, 300])
    assert (np.diff(recall[0]) >= 0).all()
    assert recall[0, 0] < 1
    assert recall[0, 2] == 1
    assert recall[1, 0] == pytest.approx(1, abs=0.03)


@pytest.mark.slow
def test_an_index_is_measured_by_its_documentation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CODESEARCH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CODESEARCH_CONFIG", str(tmp_path / "config.toml"))
    root = tmp_path / "project"
    root.mkdir()
    words = ["open", "close", "read", "write", "lock", "send", "count", "merge", "split", "queue", "parse", "token"]
    pairs = [(first, second) for first in words for second in words if first != second]
    made = [f'def {a}_{b}():\n    """Say how to {a} before you {b}."""\n    return {a}({b})\n' for a, b in pairs]
    (root / "made.py").write_text("\n\n".join(made), encoding="utf-8")
    Index.build(root, BuildOptions(encoder="embedded", n_workers=1), home=tmp_path / "home")
    assert main([str(root), "--queries", "30", "--dims", "32,64", "--candidates", "20,100"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "embedded, 256 dimensions; vectors of granularity leaf; 30 first sentences of documentation."
    assert lines[2] == "| coarse_dim | 20 candidates | 100 candidates |"
    assert [line.split(" | ")[0] for line in lines[4:]] == ["| 32", "| **64**", "| 256"]
    assert lines[-1] == "| 256 | 1.000 | 1.000 |"


def test_a_folder_without_an_index_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODESEARCH_HOME", str(tmp_path / "home"))
    with pytest.raises(SystemExit, match="no index covers"):
        main([str(tmp_path)])


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    """A small tree, and the home and the settings that the measure reads; `far` is on another machine."""
    settings = tmp_path / "config.toml"
    settings.write_text('[encoders.far]\nkind = "server"\nurl = "https://embeddings.example.org/v1"\nmodel = "m"\n')
    monkeypatch.setenv("CODESEARCH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CODESEARCH_CONFIG", str(settings))
    root = tmp_path / "project"
    root.mkdir()
    functions = [f"def count_{n}():\n    return {n}\n" for n in range(30)]
    (root / "made.py").write_text("\n\n".join(functions), encoding="utf-8")
    return Workplace(root, tmp_path / "home", {"far": PatientEncoder(name="far"), NAME: PatientEncoder()})


@pytest.mark.slow
def test_an_index_that_has_words_alone_is_an_error(place: Workplace) -> None:
    place.encoders[NAME] = PatientEncoder(fails_after=0)
    with pytest.raises(EncoderError):
        place.build(BuildOptions(encoder=NAME, n_workers=1))
    with pytest.raises(SystemExit, match="has no vectors yet; codesearch index"):
        main([str(place.root)])


@pytest.mark.slow
def test_a_granularity_without_vectors_is_an_error_that_names_the_others(place: Workplace) -> None:
    place.build(BuildOptions(encoder=NAME, n_workers=1, granularities=("leaf",)))
    with pytest.raises(SystemExit, match="no vectors of granularity file; --granularity can be leaf"):
        main([str(place.root), "--granularity", "file"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "message"), [(None, "cannot be read .No such file"), ("{}", "holds no queries"), ("[1]", "no judged")]
)
def test_a_file_without_judged_queries_is_an_error(place: Workplace, content: str | None, message: str) -> None:
    place.build(BuildOptions(encoder=NAME, n_workers=1))
    judged = place.home / "judged.json"
    if content is not None:
        judged.write_text(content, encoding="utf-8")
    with pytest.raises(SystemExit, match=message):
        main([str(place.root), "--judged", str(judged)])


@pytest.mark.parametrize("option", ["--dims=0", "--dims=64,-1", "--candidates=x", "--queries=0"])
def test_only_numbers_above_zero_are_taken(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["project", option])
    assert "is not a whole number above zero" in capsys.readouterr().err


@pytest.mark.slow
def test_vectors_that_stand_in_for_queries_are_of_the_granularity(place: Workplace) -> None:
    place.build(BuildOptions(encoder=NAME, n_workers=1))
    folder = index_folder(place.home, place.root)
    leaves = np.concatenate(list(read_live(folder, "leaf")))
    queries = sample_vectors(folder, "leaf", 7)
    assert queries.origin == "7 vectors of the index itself"
    assert (queries.vectors @ leaves.T).max(axis=1) == pytest.approx(1, abs=1e-2)
    assert len(sample_vectors(folder, "file", 7).vectors) == 1


@pytest.mark.slow
def test_queries_go_to_no_other_machine_that_was_not_allowed(
    place: Workplace, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(spec: EncoderSpec) -> Encoder:
        raise AssertionError(spec.name)

    place.build(BuildOptions(encoder="far", n_workers=1, is_consented=True))
    forget_uploads(place.home, place.root)
    judged = place.home / "judged.json"
    judged.write_text('[{"query": "count", "category": "all", "relevant": []}]', encoding="utf-8")
    with Snapshot.open(index_folder(place.home, place.root)) as snapshot:
        assert make_queries(snapshot, judged, 5, fail) is None
        assert "was not allowed" in capsys.readouterr().err
        place.build(BuildOptions(encoder="far", n_workers=1, is_consented=True))
        assert make_queries(snapshot, judged, 5, place.load) is not None
