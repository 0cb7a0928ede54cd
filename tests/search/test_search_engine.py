"""Whole queries over small real indexes: modes, filters, quoted text, ties, scores, degradation."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from codesearch.errors import QueryError
from codesearch.search import engine
from codesearch.search.query import MAX_CHARACTERS
from codesearch.search.weights import WEIGHTS
from codesearch.storage.rows import Selection
from codesearch.storage.snapshot import Snapshot
from codesearch.types import MODES, Filters, Mode, SearchOptions
from indexers.encoders.embedded import EmbeddedEncoder
from indexers.types import GRANULARITIES, Encoder, FloatArray, Task

IndexOf = Callable[..., Snapshot]
MakeEncoder = Callable[[Mapping[str, Sequence[float]]], Encoder]

SHOP: dict[str, str] = {
    "src/retry.py": '''"""Retries."""


class RetryPolicy:
    """Decides how long to wait."""

    def backoff(self, attempt: int) -> float:
        """Double the delay with every attempt."""
        return 0.1 * 2**attempt


def call_with_retries(call, policy):
    """Call until it works, waiting as the policy says."""
    for attempt in range(5):
        try:
            return call()
        except OSError:
            sleep(policy.backoff(attempt))
''',
    "src/cart.py": '''def add_item(cart, item):
    """Put an item into the cart."""
    cart.items.append(item)


def total_price(cart):
    """Sum the prices of the cart."""
    return sum(item.price for item in cart.items)
''',
    "src/cart.go": """package shop

// AddItem puts an item into the cart.
func AddItem(cart *Cart, item Item) {
\tcart.Items = append(cart.Items, item)
}
""",
    "tests/test_retry.py": """def test_backoff_doubles_the_delay():
    policy = RetryPolicy()
    assert policy.backoff(1) == 2 * policy.backoff(0)
""",
    "docs/retries.md": "# Retries\n\nA retry waits for a delay.\n",
}

SHOWN = SearchOptions(limit=50)


class Recording(EmbeddedEncoder):
    """Remembers the queries that it encodes."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def encode_query(self, text: str, task: Task) -> FloatArray:
        """Encode and remember."""
        self.texts.append(text)
        return super().encode_query(text, task)


def places(outcome: engine.SearchOutcome) -> list[tuple[str, str]]:
    """Return path and symbol of the results."""
    return [(result.path, result.symbol) for result in outcome.results]


def test_a_question_in_plain_words_finds_the_function(index_of: IndexOf) -> None:
    snapshot = index_of(SHOP)
    outcome = engine.search(snapshot, EmbeddedEncoder(), "what is the delay before the next attempt", SearchOptions())
    assert places(outcome)[0] == ("src/retry.py", "backoff")
    assert outcome.degraded is None


def test_a_symbol_finds_its_definition_in_any_spelling(index_of: IndexOf) -> None:
    snapshot = index_of(SHOP)
    for query in ("call_with_retries", "callWithRetries", "call_with_retries()"):
        assert places(engine.search(snapshot, EmbeddedEncoder(), query, SearchOptions()))[0] == (
            "src/retry.py",
            "call_with_retries",
        )


def test_a_qualified_symbol_finds_the_method(index_of: IndexOf) -> None:
    snapshot = index_of(SHOP)
    outcome = engine.search(snapshot, EmbeddedEncoder(), "RetryPolicy.backoff", SearchOptions())
    assert outcome.results[0].qualified_name == "RetryPolicy.backoff"
    assert outcome.results[0].content.lstrip().startswith("def backoff")


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_answers_with_the_score_parts_it_has(index_of: IndexOf, mode: Mode) -> None:
    snapshot = index_of(SHOP)
    outcome = engine.search(snapshot, EmbeddedEncoder(), "price of the cart", SearchOptions(mode=mode))
    assert outcome.results[0].path.startswith("src/cart")
    for result in outcome.results:
        assert (result.scores.bm25 is None) == (mode == "dense")
        assert (result.scores.cosine is None) == (mode == "lexical")
        assert result.score == pytest.approx(result.scores.fused * result.scores.prior)
    scores = [result.score for result in outcome.results]
    assert scores == sorted(scores, reverse=True)


def test_lexical_mode_needs_no_encoder(index_of: IndexOf, broken: Encoder) -> None:
    snapshot = index_of(SHOP)
    outcome = engine.search(snapshot, broken, "cart price", SearchOptions(mode="lexical"))
    assert outcome.degraded is None
    assert outcome.results[0].symbol == "total_price"


@pytest.mark.parametrize("mode", ["hybrid", "dense", "prefilter"])
def test_without_an_encoder_words_answer_and_say_so(index_of: IndexOf, broken: Encoder, mode: Mode) -> None:
    snapshot = index_of(SHOP)
    missing = engine.search(snapshot, None, "cart price", SearchOptions(mode=mode))
    failed = engine.search(snapshot, broken, "cart price", SearchOptions(mode=mode))
    lexical = engine.search(snapshot, None, "cart price", SearchOptions(mode="lexical"))
    assert missing.results == failed.results == lexical.results
    assert missing.degraded is not None
    assert failed.degraded is not None
    assert "does not answer" in failed.degraded.reason
    assert failed.degraded.remedy


@pytest.mark.parametrize("mode", MODES)
def test_filters_limit_the_results_in_every_mode(index_of: IndexOf, mode: Mode) -> None:
    snapshot = index_of(SHOP)
    options = replace(SHOWN, mode=mode)
    encoder = EmbeddedEncoder()
    assert {r.language for r in engine.search(snapshot, encoder, "item lang:go", options).results} == {"go"}
    paths = {r.path for r in engine.search(snapshot, encoder, "retry -path:tests -path:docs", options).results}
    assert "src/retry.py" in paths
    assert all(path.startswith("src/") for path in paths)
    kinds = {r.kind for r in engine.search(snapshot, encoder, "retry kind:method", options).results}
    assert kinds == {"method"}
    files = engine.search(snapshot, encoder, "retry kind:file", options).results
    assert {r.kind for r in files} == {"file"}
    assert engine.search(snapshot, encoder, "retry path:nowhere", options).results == ()


def test_filters_of_the_options_and_of_the_query_add_up(index_of: IndexOf) -> None:
    snapshot = index_of(SHOP)
    options = replace(SHOWN, filters=Filters(paths=("/src",), languages=("py",)))
    outcome = engine.search(snapshot, EmbeddedEncoder(), "cart item -path:retry", options)
    assert {result.path for result in outcome.results} == {"src/cart.py"}


def test_quoted_text_is_complete_to_the_byte(index_of: IndexOf) -> None:
    files = {f"m{n}.py": f"def f{n}(x):\n    return x[{n}]->y\n\n\ndef g{n}():\n    pass\n" for n in range(30)}
    snapshot = index_of({**files, "z.py": "x = 1\n"})
    for mode in MODES:
        outcome = engine.search(snapshot, EmbeddedEncoder(), '"]->y"', replace(SHOWN, mode=mode))
        assert {r.path for r in outcome.results} == set(files)
        assert all("]->y" in r.content for r in outcome.results)
        assert {r.symbol for r in outcome.results} == {f"f{n}" for n in range(30)}


def test_quoted_text_across_parts_is_found_in_their_container(index_of: IndexOf) -> None:
    snapshot = index_of({"a.py": "def f():\n    pass\n\n\ndef g():\n    pass\n", "b.py": "def f():\n    pass\n"})
    outcome = engine.search(snapshot, EmbeddedEncoder(), '"pass\n\n\ndef g" function', SearchOptions())
    assert [(r.path, r.kind) for r in outcome.results] == [("a.py", "file")]


def test_quoted_text_in_another_case_is_another_text(index_of: IndexOf) -> None:
    snapshot = index_of(SHOP)
    assert engine.search(snapshot, EmbeddedEncoder(), '"ADD_ITEM"', SearchOptions()).results == ()
    assert len(engine.search(snapshot, EmbeddedEncoder(), '"add_item"', SearchOptions()).results) == 1


def test_the_full_dimension_decides_and_not_the_prefix(index_of: IndexOf, marked: MakeEncoder) -> None:
    encoder = marked(
        {
            "near_prefix": [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.5],
            "near_whole": [0.8, 0.6, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0],
            "question": [1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        }
    )
    snapshot = index_of({"a.py": "near_prefix = 1\n", "b.py": "near_whole = 2\n"}, encoder)
    vector = encoder.encode_query("question", "search")
    coarse = snapshot.find_dense(vector, GRANULARITIES[:1], Selection(), 2)
    assert [row.path for row in snapshot.chunks(coarse.ids)] == ["a.py", "b.py"]
    for mode in ("dense", "hybrid"):
        outcome = engine.search(snapshot, encoder, "question", SearchOptions(mode=mode))
        assert [r.path for r in outcome.results] == ["b.py", "a.py"]
        assert [r.scores.cosine for r in outcome.results] == pytest.approx([0.9, 0.392], abs=2e-3)


def test_prefilter_looks_at_vectors_only_among_what_words_chose(index_of: IndexOf, marked: MakeEncoder) -> None:
    encoder = marked({"same": [1.0] * 8, "word": [1.0, 1.0, 0, 0, 0, 0, 0, 0]})
    snapshot = index_of({"a.py": "def same():\n    pass\n", "b.py": "def word():\n    pass\n"}, encoder)
    outcome = engine.search(snapshot, encoder, "word", SearchOptions(mode="prefilter", explain=True))
    assert [r.path for r in outcome.results] == ["b.py"]
    assert {r.path for r in engine.search(snapshot, encoder, "word", SearchOptions()).results} == {"a.py", "b.py"}


def test_prefilter_ranks_what_words_chose_by_cosine_times_prior_alone(index_of: IndexOf) -> None:
    snapshot = index_of(SHOP)
    outcome = engine.search(snapshot, EmbeddedEncoder(), "delay of the attempt", replace(SHOWN, mode="prefilter"))
    best = max(WEIGHTS.fusion.sure_cosine, *(result.scores.cosine or 0 for result in outcome.results))
    assert len(outcome.results) > 1
    for result in outcome.results:
        # Whatever is shown was chosen by words: nothing came along as the context of another chunk.
        assert result.scores.bm25
        assert result.scores.cosine is not None
        assert result.scores.fused == pytest.approx(result.scores.cosine / best)


def test_prefilter_takes_as_many_chunks_from_the_words_as_asked(index_of: IndexOf) -> None:
    snapshot = index_of({f"m{n}.py": f"def retry_{n}():\n    pass\n" for n in range(9)})
    for n_chunks in (1, 5):
        options = SearchOptions(mode="prefilter", prefilter=n_chunks)
        outcome = engine.search(snapshot, EmbeddedEncoder(), "retry", options)
        assert {stage.name: stage.n_out for stage in outcome.stages}["lexical"] == n_chunks
        assert len(outcome.results) == n_chunks


@pytest.mark.slow
def test_all_quoted_text_is_shown_in_every_mode_however_much_there_is(index_of: IndexOf) -> None:
    files = {f"m{n:03}.py": f"def f{n}():\n    return x[{n}]->ynull({n})\n" for n in range(601)}
    files["zz.py"] = 'def wanted_name():\n    """Sum the price of carts."""\n    return cart[0]->ynull(1)\n'
    snapshot = index_of(files)
    for mode in MODES:
        # A part of a word, which BM25 finds nowhere.
        outcome = engine.search(snapshot, EmbeddedEncoder(), '"]->ynul"', SearchOptions(limit=1000, mode=mode))
        assert {r.path for r in outcome.results} == set(files)
        outcome = engine.search(snapshot, EmbeddedEncoder(), '"ull(" wanted', SearchOptions(limit=1000, mode=mode))
        assert {r.path for r in outcome.results} == set(files)


def test_a_name_with_many_definitions_is_found_where_a_filter_leaves_few(index_of: IndexOf) -> None:
    files = {f"m{n:02}.py": f"def run():\n    return {n}\n" for n in range(70)}
    snapshot = index_of({**files, "z.go": "package z\n\nfunc run() int {\n\treturn 1\n}\n"})
    outcome = engine.search(snapshot, EmbeddedEncoder(), "run lang:go", SearchOptions())
    assert {stage.name: stage.n_out for stage in outcome.stages}["definitions"] == 1
    everywhere = engine.search(snapshot, EmbeddedEncoder(), "run", SearchOptions())
    assert {stage.name: stage.n_out for stage in everywhere.stages}["definitions"] == 0


@pytest.mark.parametrize(
    ("vector", "reason"), [([float("nan")] * 256, "numbers that are none"), ([1.0] * 128, r"shape \(128,\)")]
)
def test_a_vector_that_makes_no_sense_degrades_to_words(
    index_of: IndexOf, answering: Callable[[FloatArray], Encoder], vector: list[float], reason: str
) -> None:
    snapshot = index_of(SHOP)
    encoder = answering(np.array(vector, dtype=np.float32))
    for mode in ("hybrid", "dense", "prefilter"):
        outcome = engine.search(snapshot, encoder, "cart price", SearchOptions(mode=mode))
        assert outcome.degraded is not None
        assert re.search(reason, outcome.degraded.reason)
        assert "words alone" in outcome.degraded.reason
        lexical = engine.search(snapshot, None, "cart price", SearchOptions(mode="lexical"))
        assert outcome.results == lexical.results


def test_without_the_encoder_of_the_index_the_remedy_is_the_rebuild_of_its_root(index_of: IndexOf) -> None:
    snapshot = index_of(SHOP)
    degraded = engine.search(snapshot, None, "cart price", SearchOptions()).degraded
    assert degraded is not None
    assert f"codesearch index {snapshot.info.root} --rebuild" in degraded.remedy


def test_filters_alone_list_what_they_leave_by_path_and_line(index_of: IndexOf) -> None:
    snapshot = index_of(SHOP)

    def found(query: str, limit: int = 50) -> list[tuple[str, str]]:
        return places(engine.search(snapshot, None, query, SearchOptions(limit=limit)))

    functions = [("src/cart.go", "AddItem"), ("src/cart.py", "add_item"), ("src/cart.py", "total_price")]
    assert found("kind:function path:src/cart*") == functions
    assert found("kind:function path:src/cart*", 2) == functions[:2]
    assert found("kind:class") == [("src/retry.py", "RetryPolicy")]
    assert [path for path, _ in found("path:src/**")] == ["src/cart.go", "src/cart.py", "src/retry.py"]
    assert [path for path, _ in found("-lang:python")] == ["docs/retries.md", "src/cart.go"]
    # Methods lie inside their class, and no line is listed twice.
    assert found("kind:class kind:method") == [("src/retry.py", "RetryPolicy")]
    assert found("path:nowhere") == []


def test_filters_alone_give_no_scores_and_are_checked_like_any(index_of: IndexOf) -> None:
    outcome = engine.search(index_of(SHOP), EmbeddedEncoder(), "kind:class", SearchOptions())
    assert [(r.score, r.scores.bm25, r.scores.cosine) for r in outcome.results] == [(0.0, None, None)]
    with pytest.raises(QueryError, match="unknown kind 'zzz'"):
        engine.search(index_of(SHOP), EmbeddedEncoder(), "kind:zzz", SearchOptions())


@pytest.mark.slow
def test_a_text_of_megabytes_is_cut_for_words_and_encoder_alike(index_of: IndexOf) -> None:
    encoder = Recording()
    snapshot = index_of(SHOP)
    text = "price of the cart_items total\n" * 200_000
    for outcome in (
        engine.search(snapshot, encoder, text, SearchOptions()),
        engine.similar(snapshot, encoder, text, SearchOptions()),
    ):
        assert outcome.results[0].path.startswith("src/cart")
        assert sum(stage.took_ms for stage in outcome.stages) < 1000
    assert [MAX_CHARACTERS - 30 < len(text) <= MAX_CHARACTERS for text in encoder.texts] == [True, True]


def test_ties_break_by_path_and_the_answer_is_the_same_each_time(index_of: IndexOf) -> None:
    same = "def handle(event):\n    return event\n"
    snapshot = index_of({f"{name}/m.py": same for name in "dbca"})
    first = engine.search(snapshot, EmbeddedEncoder(), "handle event", SearchOptions())
    assert [r.path for r in first.results] == [f"{name}/m.py" for name in "abcd"]
    assert first.results == engine.search(snapshot, EmbeddedEncoder(), "handle event", SearchOptions()).results


def test_an_updated_index_answers_as_a_fresh_one(
    index_of: IndexOf, index_in_steps: Callable[[Sequence[Mapping[str, str]]], Snapshot]
) -> None:
    more = {f"pkg/m{n}.py": SHOP["src/cart.py"].replace("cart", f"cart{n % 3}") for n in range(6)}
    before = {**SHOP, "src/cart.py": "def old():\n    pass\n", "gone.py": SHOP["src/retry.py"], **more}
    after = {**SHOP, **more, "pkg/m3.py": SHOP["src/retry.py"]}
    fresh, updated = index_of(after), index_in_steps([before, more, after])
    modes: tuple[Mode, ...] = ("hybrid", "lexical")
    for mode in modes:
        for query in ("price of the cart", "add_item", "retry delay", '"prices of"'):
            options = SearchOptions(mode=mode)
            expected = engine.search(fresh, EmbeddedEncoder(), query, options).results
            found = engine.search(updated, EmbeddedEncoder(), query, options).results
            assert [(r.path, r.start_line) for r in found] == [(r.path, r.start_line) for r in expected]
            assert [r.score for r in found] == pytest.approx([r.score for r in expected], abs=1e-6)


def test_no_line_is_in_two_results(index_of: IndexOf) -> None:
    snapshot = index_of(SHOP)
    for query in ("retry policy delay attempt", "cart", "RetryPolicy"):
        seen: set[tuple[str, int]] = set()
        for result in engine.search(snapshot, EmbeddedEncoder(), query, SHOWN).results:
            lines = {(result.path, line) for line in range(result.start_line, result.end_line + 1)}
            assert not lines & seen
            seen |= lines


def test_the_limit_is_kept_and_zero_gives_nothing(index_of: IndexOf) -> None:
    snapshot = index_of(SHOP)
    assert len(engine.search(snapshot, EmbeddedEncoder(), "cart", SearchOptions(limit=2)).results) == 2
    assert engine.search(snapshot, EmbeddedEncoder(), "cart", SearchOptions(limit=0)).results == ()


def test_a_large_limit_is_filled(index_of: IndexOf) -> None:
    functions = "".join(f"def retry_{n}():\n    pass\n\n\n" for n in range(150))
    snapshot = index_of({"a.py": functions})
    for mode in MODES:
        options = SearchOptions(limit=120, mode=mode)
        assert len(engine.search(snapshot, EmbeddedEncoder(), "retry pass", options).results) == 120


def test_stages_say_how_many_went_in_and_out(index_of: IndexOf) -> None:
    snapshot = index_of(SHOP)
    outcome = engine.search(snapshot, EmbeddedEncoder(), "cart lang:go", SearchOptions())
    stages = {stage.name: stage for stage in outcome.stages}
    assert list(stages) == [
        "filter",
        "encode",
        "lexical",
        "dense",
        "definitions",
        "union",
        "rows",
        "rescore",
        "rank",
        "diversity",
        "read",
    ]
    assert stages["filter"].n_in == snapshot.info.n_chunks
    assert stages["lexical"].n_in == stages["filter"].n_out < stages["filter"].n_in
    assert stages["read"].n_out == len(outcome.results)
    assert all(stage.took_ms >= 0 for stage in outcome.stages)


def test_words_that_nothing_contains_still_get_an_answer_by_vector(index_of: IndexOf) -> None:
    snapshot = index_of(SHOP)
    assert engine.search(snapshot, EmbeddedEncoder(), "zzzqqq", SearchOptions(mode="lexical")).results == ()
    assert engine.search(snapshot, EmbeddedEncoder(), "zzzqqq", SearchOptions()).results


def test_an_empty_index_answers_with_nothing(index_of: IndexOf) -> None:
    snapshot = index_of({})
    for mode in MODES:
        assert engine.search(snapshot, EmbeddedEncoder(), "cart", SearchOptions(mode=mode)).results == ()


def test_similar_takes_code_as_it_stands_under_its_own_task(index_of: IndexOf, marked: MakeEncoder) -> None:
    encoder = marked({"cart.items": [1.0] * 8})
    snapshot = index_of(SHOP, encoder)
    outcome = engine.similar(snapshot, encoder, 'cart.items.append("path:docs lang:zzz")', SearchOptions())
    assert outcome.results[0].symbol in ("add_item", "total_price")
    assert getattr(encoder, "tasks", None) == ["similar"]
    only_go = SearchOptions(filters=Filters(languages=("go",)))
    assert {r.language for r in engine.similar(snapshot, encoder, "cart.items", only_go).results} == {"go"}


def test_a_search_weighs_by_the_weights_that_it_is_given(index_of: IndexOf) -> None:
    snapshot = index_of(SHOP)
    without = replace(
        WEIGHTS, priors=replace(WEIGHTS.priors, stem=0.0, folder=0.0, symbol=0.0, definition=0.0, size=0.0)
    )
    outcome = engine.search(snapshot, EmbeddedEncoder(), "backoff", SearchOptions(), without)
    assert [outcome.results[0].path, outcome.results[0].scores.prior] == ["src/retry.py", 1.0]
