"""Fusion of words and vectors, context of the file, and what is shown of it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from codesearch.search.diversity import choose
from codesearch.search.priors import Asked, find_priors
from codesearch.search.ranking import Evidence, Ranked, WordScores, add_context, own_evidence, standing
from codesearch.search.weights import WEIGHTS
from codesearch.storage.rows import ChunkRow
from indexers.tokenizer import tokenize

DEMOTIONS = WEIGHTS.priors.demotions
SURE = 0.5
ROW = ChunkRow(
    id=0,
    file_id=0,
    path="a.py",
    language="python",
    kind="function",
    granularity="leaf",
    symbol="",
    qualified_name="",
    signature="",
    documentation="",
    names=(),
    start_byte=0,
    end_byte=1,
    start_line=1,
    end_line=1,
    first_leaf_id=0,
    n_leaves=1,
    row=0,
    n_rows=1,
)


def leaf(number: int, file: int = 0, *, path: str = "") -> ChunkRow:
    """Return a one-line leaf at line `number`."""
    row = replace(ROW, id=100 * file + number, file_id=file, path=path or f"f{file}.py")
    return replace(row, start_line=number + 1, end_line=number + 1, start_byte=number, end_byte=number + 1)


def whole_file(file: int = 0, n_leaves: int = 10) -> ChunkRow:
    """Return the file chunk over `n_leaves` one-line leaves."""
    return replace(
        leaf(99, file),
        kind="file",
        granularity="file",
        start_line=1,
        end_line=n_leaves,
        first_leaf_id=100 * file,
        n_leaves=n_leaves,
    )


def words(bm25: list[float]) -> WordScores:
    """Return scores of words below a bound of 4."""
    return WordScores(np.array(bm25), 4.0, np.ones(len(bm25)))


def pick(
    rows: list[ChunkRow], score: list[float], *, limit: int = 10, explains: list[float] | None = None
) -> list[int]:
    """Choose among eligible rows by score."""
    scores = np.array(score)
    ranked = Ranked(np.array(explains) if explains else scores, scores, np.ones(len(rows)), scores)
    return [choice.place for choice in choose(rows, ranked, np.ones(len(rows), dtype=bool), limit, WEIGHTS.diversity)]


def test_words_and_vectors_are_shared_out_by_weight() -> None:
    rows = [leaf(0), leaf(1), leaf(2)]
    evidence = Evidence(rows, words([2.0, 0.0, 0.0]), np.array([0.0, -0.2, 0.6]), 0.25)
    assert own_evidence(evidence, SURE) == pytest.approx([0.75 * 0.5, 0.0, 0.25])


def test_a_chunk_without_a_vector_rests_on_its_words() -> None:
    rows = [leaf(0), leaf(1), leaf(2)]
    evidence = Evidence(rows, words([2.0, 2.0, 0.0]), np.array([np.nan, 0.0, np.nan]), 0.25)
    assert own_evidence(evidence, SURE) == pytest.approx([0.5, 0.75 * 0.5, 0.0])


def test_without_words_a_chunk_without_a_vector_has_nothing_for_it() -> None:
    evidence = Evidence([leaf(0), leaf(1)], None, np.array([np.nan, 0.5]), 0.25)
    assert own_evidence(evidence, SURE) == pytest.approx([0.0, 1.0])


def test_words_alone_and_vectors_alone_count_in_full() -> None:
    rows = [leaf(0), leaf(1)]
    assert own_evidence(Evidence(rows, words([4.0, 1.0]), None, 0.25), SURE) == pytest.approx([1.0, 0.25])
    assert own_evidence(Evidence(rows, None, np.array([0.5, 0.1]), 0.25), SURE) == pytest.approx([1.0, 0.2])


def test_a_chunk_without_vector_stands_at_zero() -> None:
    assert standing(np.array([np.nan, 0.2, 0.5, -0.1]), SURE).tolist() == pytest.approx([0.0, 0.4, 1.0, 0.0])
    assert standing(np.array([np.nan]), SURE).tolist() == [0.0]
    assert standing(np.array([-0.4, -0.4]), SURE).tolist() == [0.0, 0.0]


def test_a_weak_candidate_more_changes_no_other_score() -> None:
    rows, own = [leaf(0), leaf(1), leaf(0, 1)], np.array([0.9, 0.8, 0.7])
    without = add_context(own, rows, WEIGHTS.fusion)
    assert add_context(np.array([*own, 0.3]), [*rows, leaf(1, 1)], WEIGHTS.fusion)[:3].tolist() == without.tolist()
    assert standing(np.array([0.5, 0.4, 0.1]), SURE)[:2].tolist() == standing(np.array([0.5, 0.4]), SURE).tolist()


def test_the_file_and_its_other_good_parts_lift_a_chunk() -> None:
    rows = [leaf(0, 0), leaf(0, 1), leaf(1, 1), leaf(0, 2), whole_file(2)]
    fused = add_context(np.array([0.5, 0.5, 0.4, 0.5, 0.9]), rows, WEIGHTS.fusion)
    assert fused[1] > fused[0]
    assert fused[3] > fused[0]
    assert (fused <= 1).all()


def test_the_best_part_stands_for_its_file() -> None:
    assert pick([whole_file(), leaf(0), leaf(1)], [0.9, 0.8, 0.5]) == [1, 2]


def test_a_file_is_shown_when_no_part_explains_the_match() -> None:
    weak = 0.9 * WEIGHTS.diversity.explaining_share * 0.9
    assert pick([whole_file(), leaf(0)], [0.9, weak]) == [0]


def test_less_of_a_match_explains_a_long_container() -> None:
    share = WEIGHTS.diversity.explaining_share
    for n_lines, shown in ((WEIGHTS.diversity.short_lines, 0), (2 * WEIGHTS.diversity.short_lines, 1)):
        whole = replace(whole_file(), start_line=1, end_line=n_lines)
        assert pick([whole, leaf(0)], [0.9, 0.9 * share * 0.6])[0] == shown


def test_a_part_that_scores_nothing_does_not_stand_for_a_file_that_scores() -> None:
    assert pick([whole_file(), leaf(0)], [0.9, 0.0], explains=[0.9, 0.9]) == [0]
    assert pick([whole_file(), leaf(0)], [0.0, 0.0], explains=[0.9, 0.9]) == [1]


def test_no_line_is_shown_twice() -> None:
    rows = [whole_file(), leaf(0), whole_file(1), leaf(3, 1)]
    places = pick(rows, [0.9, 1.0, 0.8, 0.1], explains=[0.9, 0.1, 0.8, 0.1])
    assert places == [1, 2]


def test_one_file_does_not_fill_the_page_while_others_match() -> None:
    rows = [leaf(0, 0), leaf(1, 0), leaf(2, 0), leaf(0, 1), leaf(0, 2)]
    assert pick(rows, [0.9, 0.9, 0.9, 0.5, 0.48], limit=3) == [0, 3, 4]
    assert pick(rows, [0.9, 0.9, 0.9, 0.5, 0.1], limit=3) == [0, 3, 1]
    assert pick(rows, [0.9, 0.9, 0.9, 0.1, 0.1]) == [0, 1, 2, 3, 4]


def test_ties_break_by_path_then_line() -> None:
    rows = [leaf(5, 0, path="b.py"), leaf(3, 0, path="b.py"), leaf(9, 1, path="a.py")]
    assert pick(rows, [0.5, 0.5 + 1e-13, 0.5]) == [2, 1, 0]


def test_rows_that_are_not_eligible_are_not_shown() -> None:
    rows = [whole_file(), leaf(0)]
    scores = np.array([0.9, 0.1])
    ranked = Ranked(scores, scores, np.ones(2), scores)
    assert [choice.place for choice in choose(rows, ranked, np.array([False, True]), 10, WEIGHTS.diversity)] == [1]


ASKED = Asked({"retri": 0.5, "backoff": 0.5}, {"retry": 1.0}, frozenset())


def prior(path: str, asked: Asked = ASKED, **changes: Any) -> float:
    """Return the prior of one leaf."""
    return float(find_priors([replace(leaf(0, path=path), **changes)], asked, WEIGHTS)[0])


def test_a_file_named_after_the_question_comes_first() -> None:
    named = prior("src/retry_backoff.py")
    assert named > prior("src/retry_policy.py") > prior("src/policy.py") == 1.0
    assert prior("retry/policy.py") > 1.0


def test_an_entry_file_takes_the_name_of_its_folder() -> None:
    assert prior("src/backoff/mod.rs") == prior("src/backoff.rs")


def test_a_file_of_helpers_is_named_after_what_it_helps_with() -> None:
    assert prior("src/backoff_utils.py") == prior("src/backoff.py")


def test_a_file_named_by_another_form_of_a_word_counts_a_little_less() -> None:
    asked = replace(ASKED, shares={"recoveri": 1.0})
    assert prior("panic.py", asked) == 1.0 < prior("recoverer.py", asked) < prior("recovery.py", asked)
    assert prior("recs.py", asked) == 1.0


def test_a_file_named_by_a_usual_abbreviation_counts_like_another_form() -> None:
    asked = replace(ASKED, shares={tokenize("database")[0]: 1.0})
    assert 1.0 < prior("db.py", asked) < prior("database.py", asked)
    short = replace(ASKED, shares={tokenize("db")[0]: 1.0})
    assert prior("database.py", short) > prior("data.py", short)


def test_tests_are_demoted_and_less_so_where_they_are_asked_for() -> None:
    assert prior("tests/policy.py") == DEMOTIONS["test"]
    asked = replace(ASKED, path_kinds=frozenset({"test"}))
    assert DEMOTIONS["test"] < prior("tests/policy.py", asked) < 1.0


def test_a_definition_comes_before_what_uses_or_tests_it() -> None:
    definition = prior("a.py", symbol="retry", qualified_name="retry")
    assert definition > prior("a.py", symbol="caller") == 1.0
    assert definition > prior("a.py", symbol="retry", qualified_name="tests::retry")


def test_a_best_cosine_that_is_no_sure_match_is_not_stretched_to_one() -> None:
    assert standing(np.array([0.1, 0.05]), SURE).max() == 0.1 / SURE
    assert standing(np.array([0.9, 0.45]), SURE).tolist() == [1.0, 0.5]
