"""What the measure of the two-stage search measures, on made vectors and on a small index of a real tree."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.funnel import main, measure
from codesearch.index import Index
from codesearch.storage.coarse import take_prefix, take_prefix_of_query
from codesearch.types import BuildOptions
from indexers.types import FloatArray

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
