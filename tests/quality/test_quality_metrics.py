"""The figures, on lists small enough to check by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesearch.evaluation.judged import JudgedQuery, parse_judgements
from codesearch.evaluation.metrics import (
    Place,
    ScoredQuery,
    Scores,
    Target,
    is_covered,
    is_same_path,
    mean_scores,
    ndcg_at_k,
    rank_of,
    recall_at_k,
    reciprocal_rank,
    score,
    summarise,
)

A, B, C = Target("a.py"), Target("b.py"), Target("c.py")


def places(*paths: str) -> list[Place]:
    return [Place(path, 1, 10) for path in paths]


def discount(rank: int) -> float:
    return 1 / math.log2(rank + 1)


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("src/a.py", "src/a.py", True),
        ("a.py", "src/a.py", True),
        ("src/a.py", "a.py", True),
        ("src\\a.py", "repo/src/a.py", True),
        ("ca.py", "a.py", False),
        ("src/a.py", "lib/a.py", False),
    ],
)
def test_paths_are_the_same_where_one_is_the_whole_end_of_the_other(a: str, b: str, same: bool) -> None:
    assert is_same_path(a, b) is same


@pytest.mark.parametrize(("start", "end", "covered"), [(1, 4, False), (1, 5, True), (9, 20, True), (10, 20, False)])
def test_a_target_with_lines_is_covered_by_overlap_alone(start: int, end: int, covered: bool) -> None:
    assert is_covered(Target("a.py", 5, 9), Place("a.py", start, end)) is covered


def test_a_target_without_a_whole_span_is_covered_by_any_part_of_its_file() -> None:
    assert is_covered(Target("a.py"), Place("a.py", 90, 91))
    assert is_covered(Target("a.py", 5, None), Place("a.py", 90, 91))


def test_the_rank_is_that_of_the_first_result_that_covers_the_target() -> None:
    assert rank_of(A, places("b.py", "a.py", "a.py")) == 2
    assert rank_of(C, places("b.py", "a.py")) is None


def test_a_target_at_the_top_gains_everything() -> None:
    assert ndcg_at_k(places("a.py", "x.py"), [A]) == 1


def test_gain_is_discounted_by_the_logarithm_of_the_rank() -> None:
    assert ndcg_at_k(places("x.py", "y.py", "a.py"), [A]) == pytest.approx(0.5)
    assert ndcg_at_k(places("a.py", "x.py", "b.py"), [A, B]) == pytest.approx(
        (discount(1) + discount(3)) / (discount(1) + discount(2))
    )


def test_one_result_that_covers_two_targets_gains_once_against_an_ideal_of_two() -> None:
    whole_file = [Place("a.py", 1, 100)]
    assert ndcg_at_k(whole_file, [Target("a.py", 1, 5), Target("a.py", 50, 60)]) == pytest.approx(
        discount(1) / (discount(1) + discount(2))
    )


def test_what_stands_below_k_gains_nothing() -> None:
    assert ndcg_at_k(places(*["x.py"] * 10, "a.py"), [A]) == 0
    assert recall_at_k(places("x.py", "a.py"), [A], 1) == 0


def test_the_ideal_has_no_more_than_k_places() -> None:
    targets = [Target(f"{n}.py") for n in range(15)]
    assert ndcg_at_k(places(*[target.path for target in targets]), targets) == pytest.approx(1)


def test_a_query_without_targets_scores_zero() -> None:
    assert score(places("a.py"), []) == Scores(0, 0, 0, 0)


def test_recall_is_the_share_of_targets_covered() -> None:
    assert recall_at_k(places("a.py", "x.py", "b.py"), [A, B, C], 3) == pytest.approx(2 / 3)


def test_the_reciprocal_rank_is_that_of_the_best_target() -> None:
    assert reciprocal_rank(places("x.py", "b.py", "a.py"), [A, B]) == 0.5
    assert reciprocal_rank([], [A]) == 0


def test_means_are_taken_by_category_and_overall_by_repository() -> None:
    good, bad = Scores(1, 1, 1, 1), Scores(0, 0, 0, 0)
    summary = summarise(
        [
            ScoredQuery("one", "symbol", good),
            ScoredQuery("one", "semantic", good),
            ScoredQuery("one", "semantic", good),
            ScoredQuery("two", "semantic", bad),
        ]
    )
    assert summary.n_queries == 4
    assert summary.overall == Scores(0.5, 0.5, 0.5, 0.5)
    assert summary.by_category["semantic"].ndcg_10 == pytest.approx(2 / 3)
    assert summary.by_repository == {"one": good, "two": bad}


def test_the_mean_of_nothing_is_zero() -> None:
    assert mean_scores([]) == Scores(0, 0, 0, 0)


def test_judgements_are_read_with_and_without_lines() -> None:
    text = """[{"query": "q", "category": "semantic", "relevant": [{"path": "a.py", "start_line": 2, "end_line": 3}],
                "secondary": [{"path": "b.py"}]}]"""
    assert parse_judgements(text) == [JudgedQuery("q", "semantic", (Target("a.py", 2, 3),), (B,))]
    assert parse_judgements(text)[0].targets == (Target("a.py", 2, 3), B)


files = st.sampled_from(["a.py", "b.py", "c.py", "d.py", "e.py"])


@given(st.lists(files, max_size=12), st.sets(files, min_size=1))
def test_every_figure_lies_between_zero_and_one_and_recall_grows_with_k(ranked: list[str], wanted: set[str]) -> None:
    targets = [Target(path) for path in sorted(wanted)]
    scores = score(places(*ranked), targets)
    for figure in (scores.recall_1, scores.recall_5, scores.mrr, scores.ndcg_10):
        assert 0 <= figure <= 1 + 1e-12
    assert scores.recall_1 <= scores.recall_5


@given(st.lists(files, min_size=1, max_size=8), st.sets(files, min_size=1))
def test_moving_a_first_hit_up_never_lowers_ndcg(ranked: list[str], wanted: set[str]) -> None:
    targets = [Target(path) for path in sorted(wanted)]
    before = ndcg_at_k(places(*ranked), targets)
    hits = [at for at, path in enumerate(ranked) if path in wanted]
    if hits:
        ranked.insert(0, ranked.pop(hits[0]))
        assert ndcg_at_k(places(*ranked), targets) >= before - 1e-12
