"""Cases are indexed one after the other, asked, and scored."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from codesearch.evaluation.baselines import Hit, mode_method
from codesearch.evaluation.cases import Case
from codesearch.evaluation.judged import JudgedQuery
from codesearch.evaluation.metrics import Place, Target
from codesearch.evaluation.report import percentile, set_to_json, summarise_scored, summarise_steps
from codesearch.evaluation.runner import RightPlace, is_right_place, judge, run_cases
from codesearch.evaluation.symbols import build_symbols
from codesearch.types import BuildOptions
from tests.cli.repositories import write_files

SPAN = JudgedQuery("ask again", "semantic", (Target("a.py", 10, 20),))
FILE = JudgedQuery("ask again", "semantic", (Target("a.py"),))


def hit(path: str, start: int, end: int, n_tokens: int = 100) -> Hit:
    return Hit(Place(path, start, end), n_tokens)


@pytest.mark.parametrize(
    ("start", "end", "is_right"), [(1, 40, True), (1, 41, False), (20, 25, True), (21, 25, False), (5, 44, True)]
)
def test_the_right_place_overlaps_and_is_short(start: int, end: int, is_right: bool) -> None:
    assert is_right_place(hit("a.py", start, end), Target("a.py", 10, 20)) is is_right


def test_a_long_definition_may_be_shown_by_three_times_its_lines() -> None:
    assert is_right_place(hit("a.py", 1, 150), Target("a.py", 51, 100))
    assert not is_right_place(hit("a.py", 1, 151), Target("a.py", 51, 100))


def test_a_file_as_target_has_no_right_place() -> None:
    assert judge("hybrid", FILE, [hit("a.py", 1, 5)]).right_place is None


def test_a_result_that_is_too_long_counts_for_the_file_but_not_for_the_right_place() -> None:
    scored = judge("hybrid", SPAN, [hit("a.py", 1, 500), hit("a.py", 10, 20)])
    assert scored.scores.recall_1 == 1.0
    assert scored.right_place == RightPlace(recall_1=0.0, mrr=0.5)


def test_another_part_of_the_file_counts_for_the_file_alone() -> None:
    scored = judge("hybrid", SPAN, [hit("a.py", 30, 40)])
    assert (scored.scores.ndcg_10, scored.file_scores.ndcg_10) == (0.0, 1.0)


def test_tokens_are_counted_up_to_and_with_the_first_hit() -> None:
    hits = [hit("b.py", 1, 2, 300), hit("a.py", 10, 20, 50), hit("a.py", 30, 40, 900)]
    assert judge("hybrid", SPAN, hits).tokens_to_hit == 350
    assert judge("hybrid", SPAN, hits[:1]).tokens_to_hit is None


def test_recall_at_a_budget_is_the_share_of_queries_answered_within_it() -> None:
    answers = [[hit("a.py", 10, 20, 900)], [hit("b.py", 1, 2, 1500), hit("a.py", 10, 20, 500)], [hit("b.py", 1, 2, 5)]]
    figures = summarise_scored([judge("hybrid", SPAN, hits) for hits in answers])
    assert figures.recall_at_tokens == pytest.approx((1 / 3, 2 / 3, 2 / 3, 2 / 3))


def test_percentiles_are_values_that_occurred() -> None:
    assert [percentile([1.0, 2.0, 3.0, 4.0], share) for share in (0.5, 0.95)] == [2.0, 4.0]
    assert percentile([7.0], 0.5) == 7.0


def states(root: Path) -> Iterator[Case]:
    """The same folder with other content before each query."""
    for name in ("retry", "socket"):
        write_files(root, {"a.py": f"def {name}():\n    return 1\n"})
        yield Case(root, (JudgedQuery(name, "symbol", (Target("a.py", 1, 2),)),))


def test_each_state_of_a_tree_is_indexed_before_its_queries_are_asked(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    steps = list(
        run_cases(states(tmp_path / "tree"), tmp_path / "home", [mode_method("hybrid")], BuildOptions(n_workers=1))
    )
    assert [step.is_update for step in steps] == [False, True]
    assert [one.scores.ndcg_10 for step in steps for one in step.scored] == [1.0, 1.0]


def test_a_set_is_reported_by_method_category_and_language(tmp_path: Path) -> None:
    root = write_files(
        tmp_path / "tree", {"a.py": "def retry():\n    return 1\n", "b.go": "package b\n\nfunc Dial() {}\n"}
    )
    queries = (JudgedQuery("retry", "symbol", (Target("a.py"),)), JudgedQuery("Dial", "other", (Target("b.go"),)))
    methods = [mode_method("hybrid"), mode_method("lexical")]
    steps = run_cases([Case(root, queries)], tmp_path / "home", methods, BuildOptions(n_workers=1))
    document = set_to_json(summarise_steps("mine", steps))
    assert document["queries"] == 2
    assert list(document["methods"]) == ["hybrid", "lexical"]
    assert list(document["methods"]["hybrid"]["by_language"]) == ["go", "python"]
    assert list(document["methods"]["hybrid"]["by_category"]) == ["other", "symbol"]
    assert [(answer["query"], list(answer["methods"])) for answer in document["answers"]] == [
        ("retry", ["hybrid", "lexical"]),
        ("Dial", ["hybrid", "lexical"]),
    ]


def test_names_of_one_definition_alone_are_asked_for(tmp_path: Path) -> None:
    files = {
        "a.py": "class Store:\n    def put(self):\n        return 1\n\n    def keep(self):\n        return 2\n",
        "b.py": "def keep():\n    return 3\n\n\nlimit = 1\n\n\ndef go():\n    return 4\n",
        "tests/test_a.py": "def test_put():\n    assert 1\n",
    }
    [case] = build_symbols(write_files(tmp_path / "tree", files))
    asked = {judged.query.rpartition(".")[2]: judged.targets[0] for judged in case.queries}
    assert asked == {"Store": Target("a.py", 1, 6), "put": Target("a.py", 2, 3)}
