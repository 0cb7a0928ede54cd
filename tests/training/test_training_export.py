"""The model file: close to the table, readable by the product, and open about its origin."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from indexers.encoders.embedded import EmbeddedEncoder
from indexers.encoders.model_file import DIM, read_model
from tests.training.made_corpus import made_pairs, make_list, write_pairs
from training.bags import write_set
from training.export import RECIPE, export, main, quantise
from training.origin import Origin

TOKENS = ["asked", "code", "a", "b", "c", "d"]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Return a corpus with bags, a table and its origin."""
    (entry,) = make_list(tmp_path / "list.tsv", {"a/one": "train"})
    write_pairs(tmp_path, entry, made_pairs(1))
    write_set(tmp_path / "bags" / "train", TOKENS, tmp_path, [entry], set())
    (tmp_path / "bags" / "vocabulary.txt").write_text("\n".join(TOKENS), encoding="utf-8")
    rows = np.random.default_rng(1).normal(size=(len(TOKENS), DIM)).astype(np.float32)
    np.save(tmp_path / "model.npy", rows)
    Origin.of(tmp_path / "bags", 3).write(tmp_path / "model.npy")
    return tmp_path


def test_no_number_of_the_table_moves_by_more_than_half_a_step() -> None:
    rows = np.random.default_rng(1).normal(size=(50, DIM)).astype(np.float32)
    table, scales = quantise(rows)
    assert (np.abs(table * scales[:, None] - rows) <= scales[:, None] * 0.5001).all()


def test_a_row_of_zeros_has_a_scale_above_zero() -> None:
    table, scales = quantise(np.zeros((2, DIM), dtype=np.float32))
    assert (scales > 0).all()
    assert not table.any()


def test_the_product_reads_what_was_exported(corpus: Path) -> None:
    assert main([str(corpus), "--out", str(corpus / "model.safetensors")]) == 0
    model = read_model(corpus / "model.safetensors")
    assert (model.vocabulary, model.metadata["digest"]) == (tuple(TOKENS), model.digest())
    assert EmbeddedEncoder(corpus / "model.safetensors").encode_documents(["asked code"]).shape == (1, DIM)


def test_the_file_says_what_it_was_made_of(corpus: Path) -> None:
    main([str(corpus), "--out", str(corpus / "model.safetensors")])
    metadata = read_model(corpus / "model.safetensors").metadata
    data_hash = (corpus / "bags" / "train" / "data_hash").read_text("utf-8")
    assert (metadata["data_hash"], metadata["recipe"], metadata["seed"]) == (data_hash, RECIPE, "3")
    assert metadata["n_pairs"] == "24"
    assert "on 1 public repositories under permissive licences" in metadata["licence"]


def test_the_same_table_gives_the_same_file(corpus: Path) -> None:
    for name in ("first", "second"):
        main([str(corpus), "--out", str(corpus / name)])
    assert (corpus / "first").read_bytes() == (corpus / "second").read_bytes()


def test_a_table_of_other_pairs_is_refused(corpus: Path) -> None:
    other = Origin("00ff", 24, 1, 3)
    with pytest.raises(ValueError, match="was trained on other pairs"):
        export(corpus, corpus / "model.npy", other, corpus / "model.safetensors")


@pytest.mark.skipif(find_spec("safetensors") is None, reason="safetensors is not installed")
def test_the_library_of_the_format_reads_what_was_exported(corpus: Path) -> None:
    from safetensors import safe_open

    main([str(corpus), "--out", str(corpus / "model.safetensors")])
    with safe_open(corpus / "model.safetensors", framework="numpy") as opened:
        names = sorted(opened.keys())
        table = opened.get_tensor("table")
    assert names == ["scales", "table", "vocabulary"]
    np.testing.assert_array_equal(table, read_model(corpus / "model.safetensors").table)
