"""Figures of a table: ranks among the answers of one repository, beside the overlap of words."""

from pathlib import Path

import numpy as np
import pytest

from tests.training.made_corpus import make_list, write_pairs
from training.bags import TrainingSet, write_set
from training.evaluate import OVERLAP, Figures, Floats, evaluate, main, reciprocal_ranks
from training.pairs import Pair

N_PAIRS = 30
WORDS = ["".join(chr(97 + int(digit)) for digit in f"{number:03d}") for number in range(2 * N_PAIRS)]
"""Words of questions, then of answers."""


def made_set(corpus: Path, is_shared: bool) -> TrainingSet:
    """Return pairs of one word each; question and answer are the same word or share nothing."""
    (entry,) = make_list(corpus / "list.tsv", {"a/one": "held-out"})
    answers = WORDS[N_PAIRS:]
    asked = answers if is_shared else WORDS[:N_PAIRS]
    texts = enumerate(zip(asked, answers, strict=True))
    write_pairs(corpus, entry, [Pair("file", f"{number:x}", query, "", text) for number, (query, text) in texts])
    write_set(corpus / "bags" / "held-out", WORDS, corpus, [entry], set())
    return TrainingSet.load(corpus / "bags" / "held-out")


def paired_rows() -> Floats:
    """Return a table in which a question's word and its answer's point the same way in the last dimensions."""
    rows = np.zeros((2 * N_PAIRS, 256), dtype=np.float32)
    rows[:, 0] = 0.01
    rows[np.arange(2 * N_PAIRS), 200 + np.arange(2 * N_PAIRS) % N_PAIRS] = 1.0
    return rows


def test_a_table_is_measured_at_every_prefix(tmp_path: Path) -> None:
    figures = evaluate(made_set(tmp_path, is_shared=False), paired_rows())["file"]
    assert figures["256"] == Figures(1.0, 1.0)
    assert figures["128"].mrr == pytest.approx(1 / N_PAIRS)


def test_words_that_overlap_find_what_shares_them(tmp_path: Path) -> None:
    assert evaluate(made_set(tmp_path, is_shared=True), paired_rows())["file"][OVERLAP] == Figures(1.0, 1.0)


def test_words_that_do_not_overlap_find_nothing(tmp_path: Path) -> None:
    found = evaluate(made_set(tmp_path, is_shared=False), paired_rows())["file"][OVERLAP]
    assert found.mrr == pytest.approx(1 / N_PAIRS)


def test_a_tie_counts_against_the_answer() -> None:
    same = np.ones((1, 4), dtype=np.float32)
    assert reciprocal_ranks(same, np.ones((2, 4), dtype=np.float32), np.array([0])).tolist() == [0.5]


def test_the_step_prints_a_line_for_each_kind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made_set(tmp_path, is_shared=True)
    np.save(tmp_path / "model.npy", paired_rows())
    assert main([str(tmp_path)]) == 0
    assert "file            1.000 / 1.000" in capsys.readouterr().out
