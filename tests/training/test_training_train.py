"""Training: a few steps learn something, the same seed learns the same, and shared answers are no mistakes."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from tests.training.made_corpus import made_pairs, make_list, make_pairs, write_pairs
from training.bags import TrainingSet, write_set
from training.corpus import read_list
from training.origin import Origin
from training.pairs import Pair
from training.vocabulary import count_words, make_vocabulary

pytest.importorskip("torch", reason="the extra `training` brings torch")

from training.train import Options, Step, Table, main, rate_at, same_pairs, train

OPTIONS = Options(epochs=8, batch=16, group=8, learning_rate=0.02)


def made_set(corpus: Path) -> tuple[TrainingSet, int]:
    """Return the training set of the made corpus and how many sub-tokens it has."""
    entries = [entry for entry in read_list(make_pairs(corpus)) if entry.role == "train"]
    tokens = make_vocabulary(count_words(corpus, entry) for entry in entries)
    (corpus / "bags").mkdir()
    (corpus / "bags" / "vocabulary.txt").write_text("\n".join(tokens), encoding="utf-8")
    write_set(corpus / "bags" / "train", tokens, corpus, entries, set())
    return TrainingSet.load(corpus / "bags" / "train"), len(tokens)


def trained(corpus: Path, options: Options) -> tuple[list[Step], npt.NDArray[np.float32]]:
    pairs, n_tokens = made_set(corpus)
    table = Table(n_tokens, options.seed)
    return list(train(pairs, table, options)), table.to_array()


@pytest.mark.slow
def test_a_few_steps_lower_the_loss(tmp_path: Path) -> None:
    steps, _ = trained(tmp_path, OPTIONS)
    assert [step.number for step in steps] == list(range(1, steps[0].n_total + 1))
    assert steps[-1].loss < 0.7 * steps[0].loss


@pytest.mark.slow
def test_the_same_seed_gives_the_same_table(tmp_path: Path) -> None:
    _, first = trained(tmp_path / "first", OPTIONS)
    _, second = trained(tmp_path / "second", OPTIONS)
    np.testing.assert_array_equal(first, second)


@pytest.mark.slow
def test_another_seed_gives_another_table(tmp_path: Path) -> None:
    _, first = trained(tmp_path / "first", OPTIONS)
    _, second = trained(tmp_path / "second", Options(seed=2, epochs=8, batch=16, group=8, learning_rate=0.02))
    assert not np.array_equal(first, second)


@pytest.mark.slow
def test_pairs_that_share_a_question_or_an_answer_are_no_mistakes(tmp_path: Path) -> None:
    (entry,) = make_list(tmp_path / "list.tsv", {"a/one": "train"})
    asked = [("open", "01"), ("open", "02"), ("door", "03"), ("close", "03")]
    write_pairs(tmp_path, entry, [Pair("commit", digest, query, "", "key") for query, digest in asked])
    write_set(tmp_path / "train", ["open", "door", "close", "key"], tmp_path, [entry], set())
    same = same_pairs(TrainingSet.load(tmp_path / "train"), np.arange(4))
    assert same.nonzero().tolist() == [[0, 1], [1, 0], [2, 3], [3, 2]]


@pytest.mark.slow
def test_pairs_that_fill_no_batch_are_refused(tmp_path: Path) -> None:
    pairs, n_tokens = made_set(tmp_path)
    with pytest.raises(ValueError, match="72 pairs do not fill a batch of 2048"):
        next(train(pairs, Table(n_tokens, 1), Options()))


def test_the_learning_rate_rises_and_then_falls() -> None:
    rates = [rate_at(step, 100) for step in range(101)]
    assert rates.index(max(rates)) == 1
    assert rates[0] == 0.5
    assert rates[100] == pytest.approx(0.05)


@pytest.mark.slow
def test_a_table_is_saved_with_its_origin(tmp_path: Path) -> None:
    (entry,) = make_list(tmp_path / "list.tsv", {"a/one": "train"})
    pairs = [pair for seed in range(90) for pair in made_pairs(seed)]
    write_pairs(tmp_path, entry, pairs)
    tokens = make_vocabulary([count_words(tmp_path, entry)] * 3)
    write_set(tmp_path / "bags" / "train", tokens, tmp_path, [entry], set())
    (tmp_path / "bags" / "vocabulary.txt").write_text("\n".join(tokens), encoding="utf-8")
    assert main([str(tmp_path), "--seed", "5", "--epochs", "1"]) == 0
    assert Origin.read(tmp_path / "model.npy") == Origin.of(tmp_path / "bags", 5)
    assert np.load(tmp_path / "model.npy").shape == (len(tokens), 256)
