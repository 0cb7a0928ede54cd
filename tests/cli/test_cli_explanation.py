"""What is said about a score, held against the score: on a real index, in every mode and for every shape of query."""

from collections.abc import Iterator
from dataclasses import replace
from math import prod
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesearch.cli.explanation import render_explanation
from codesearch.index import Index
from codesearch.serialize import result_to_json
from codesearch.types import MODES, Explanation, Mode, SearchOptions, SearchResult
from tests.cli.samples import make_explained_result, make_explanation
from tests.quality.shelf import Shelf

QUERIES = {
    "symbol": ["is_hopeless", "Registry"],
    "qualified": ["Broker.claim"],
    "path": ["ferry/broker.py"],
    "words": ["dead letter queue", "what happens when a worker crashes in the middle of a job"],
    "action": ["shut down gracefully on SIGTERM", "keep ownership of a job while a slow handler is still running"],
    "message": [
        "sqlite3.OperationalError: database is locked (worker 17)",
        'Traceback (most recent call last):\n  File "/srv/ferry/broker.py", line 77, in extend\n    raise LostLease',
    ],
    "snippet": ["def extend(self, job, worker):\n    changed = self.database.execute(SQL)\n    return changed\n"],
}
ASKED = [(shape, query) for shape, queries in QUERIES.items() for query in queries]
EVERY = [(mode, shape, query) for mode in MODES for shape, query in ASKED]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """Open the index of one fixture repository; nothing here changes it."""
    shelf = Shelf(tmp_path_factory.mktemp("shelf"))
    with Index.open(shelf.root("ferry"), shelf.home) as opened:
        yield opened
    shelf.close()


def explained(index: Index, query: str, mode: Mode = "hybrid") -> list[tuple[SearchResult, Explanation]]:
    """Return the results with their explanations."""
    found = index.search(query, SearchOptions(limit=20, mode=mode, explain=True)).results
    assert found
    return [(result, result.explanation) for result in found if result.explanation is not None]


def close(value: float) -> Any:
    """Return what a recomputed number is compared with."""
    return pytest.approx(value, rel=1e-9, abs=1e-9)


def says(explanation: Explanation, name: str) -> str:
    """Return what is said in one line of a rendered explanation, empty where the line is missing."""
    result = replace(make_explained_result(), explanation=explanation)
    lines = dict(line.split(maxsplit=1) for line in render_explanation(result))
    return lines.get(name, "")


@pytest.mark.parametrize(("mode", "shape", "query"), EVERY)
def test_the_factors_multiply_to_the_score(index: Index, mode: Mode, shape: str, query: str) -> None:
    for result, why in explained(index, query, mode):
        product = why.fused.value * why.prior.value * why.size * why.demotion * why.lift * why.decay
        assert why.shape == shape
        assert product == close(result.score)


@pytest.mark.parametrize(("mode", "shape", "query"), EVERY)
def test_the_evidence_of_a_chunk_and_its_file_adds_up(index: Index, mode: Mode, shape: str, query: str) -> None:
    for result, why in explained(index, query, mode):
        parts = why.fused
        own = (1 - parts.dense_share) * (parts.words or 0) + parts.dense_share * (parts.standing or 0)
        joined = parts.own + parts.file_context * parts.file + parts.coherence * parts.further
        assert parts.own == close(own)
        assert parts.value == close(joined / (1 + parts.file_context + parts.coherence)) == close(result.scores.fused)


@pytest.mark.parametrize(("mode", "shape", "query"), EVERY)
def test_words_and_cosine_are_shares_of_what_is_named(index: Index, mode: Mode, shape: str, query: str) -> None:
    for result, why in explained(index, query, mode):
        parts = why.fused
        assert (parts.bm25, parts.cosine) == (result.scores.bm25, result.scores.cosine)
        if parts.words is not None:
            assert parts.words == close((parts.bm25 or 0) / (parts.bound or 1))
        if parts.standing is not None:
            assert parts.standing == close(max(0, (parts.cosine or 0) / (parts.best_cosine or 1)))


@pytest.mark.parametrize(("shape", "query"), ASKED)
def test_the_prior_is_one_and_what_speaks_for_the_chunk(index: Index, shape: str, query: str) -> None:
    for _, why in explained(index, query):
        parts = why.prior
        assert parts.value == close(1 + parts.definition + parts.stem + parts.folders + parts.symbol)


@pytest.mark.parametrize(("mode", "shape", "query"), EVERY)
def test_coverage_is_the_share_of_the_known_terms_that_are_here(
    index: Index, mode: Mode, shape: str, query: str
) -> None:
    for _, why in explained(index, query, mode):
        known = sum(part.share for part in why.terms if part.is_known)
        here = sum(part.share for part in why.terms if part.is_here)
        assert sum(part.share for part in why.terms) == close(1)
        assert why.coverage == close(here / known)


def test_a_term_is_here_where_the_chunk_says_it(index: Index) -> None:
    for result, why in explained(index, "sigterm zzzunheard"):
        terms = {part.term: (part.is_known, part.is_here) for part in why.terms}
        assert terms["sigterm"] == (True, "sigterm" in result.content.lower())
        assert terms["zzzunheard"] == (False, False)


@pytest.mark.parametrize(("query", "name"), [("is_hopeless", "is_hopeless"), ("Broker.claim", "Broker.claim")])
def test_a_definition_names_what_it_defines(index: Index, query: str, name: str) -> None:
    (_, why), *_ = explained(index, query)
    assert why.prior.definition > 0
    assert why.prior.name == name


def test_who_defines_no_asked_name_names_none(index: Index) -> None:
    others = [why for _, why in explained(index, "is_hopeless") if why.prior.definition == 0]
    assert {why.prior.name for why in others} == {""}


def test_a_demotion_names_the_kind_of_file_and_the_name_of_the_test(index: Index) -> None:
    found = [why for result, why in explained(index, "permanent failure hopeless") if "def test_a_" in result.content]
    causes = [(demotion.cause, demotion.is_asked) for demotion in found[0].demotions]
    assert causes == [("test", False), ("test by name", False)]
    assert found[0].demotion == prod(demotion.factor for demotion in found[0].demotions) < 1


def test_a_demotion_says_that_the_query_speaks_of_such_files(index: Index) -> None:
    found = [why for result, why in explained(index, "test a permanent failure") if result.path.startswith("tests/")]
    assert {demotion.is_asked for demotion in found[0].demotions} == {True}


def test_a_lift_names_the_container_that_it_is_owed_to(index: Index) -> None:
    found = [(result, why) for _, query in ASKED for result, why in explained(index, query) if why.lift > 1]
    assert found
    for result, why in found:
        assert why.stands_for is not None
        assert why.stands_for.kind in {"class", "file"}
        assert why.stands_for.start_line <= result.start_line <= result.end_line <= why.stands_for.end_line


def test_decay_counts_the_results_of_a_file_from_one_without_a_gap(index: Index) -> None:
    nth: dict[str, list[int]] = {}
    for result, why in explained(index, "dead letter queue"):
        nth.setdefault(result.path, []).append(why.nth)
        assert (why.decay == 1) == (why.nth == 1)
    assert max(map(len, nth.values())) > 1
    assert all(sorted(places) == list(range(1, len(places) + 1)) for places in nth.values())


@pytest.mark.parametrize("mode", MODES)
def test_explaining_changes_no_answer(index: Index, mode: Mode) -> None:
    plain, told = (
        index.search("dead letter queue", SearchOptions(mode=mode, explain=explain)) for explain in (False, True)
    )
    assert plain.results == tuple(replace(result, explanation=None) for result in told.results)


def test_filters_alone_compare_nothing_and_have_nothing_to_explain(index: Index) -> None:
    found = index.search("kind:class", SearchOptions(explain=True)).results
    assert found
    assert {result.explanation for result in found} == {None}


def test_similar_code_is_explained_too(index: Index) -> None:
    for result in index.similar_to("ferry/broker.py", 75, SearchOptions(explain=True)).results:
        why = result.explanation
        assert why is not None
        product = why.fused.value * why.prior.value * why.size * why.demotion * why.lift * why.decay
        assert product == close(result.score)


@pytest.mark.parametrize(("shape", "query"), ASKED)
def test_the_score_can_be_recomputed_from_the_document(index: Index, shape: str, query: str) -> None:
    for result, _ in explained(index, query):
        document = result_to_json(result)
        why = document["explanation"]
        nested = [why[name]["value"] for name in ("fused", "prior", "demotion", "lift", "decay")]
        assert prod(nested) * why["size"] == pytest.approx(document["score"], abs=1e-6)


def test_a_word_that_nobody_says_does_not_divide_by_zero(index: Index) -> None:
    (_, why), *_ = explained(index, "zzzunheard")
    assert (why.fused.bm25, why.fused.bound, why.coverage) == (0, 0, 0)
    assert says(why, "words") == "0, no chunk has a word of the query"
    assert says(why, "coverage") == ""


def test_neutral_parts_have_no_line_of_their_own() -> None:
    explanation = replace(make_explanation(), demotions=(), lift=1.0, stands_for=None, decay=1.0, nth=1)
    assert [says(explanation, name) for name in ("demotion", "lift", "decay")] == ["", "", ""]
    assert says(explanation, "score").endswith("size 1.25 × demotion 1 × lift 1 × decay 1")


def test_vectors_alone_are_said_to_be_all_of_the_evidence() -> None:
    explanation = make_explanation()
    fused = replace(explanation.fused, dense_share=1.0, bm25=None, bound=None, words=None, own=0.75)
    assert says(replace(explanation, fused=fused), "own") == "0.75 = 1 × standing 0.75"
    assert says(replace(explanation, fused=fused), "words") == ""


def test_evidence_without_context_is_the_chunk_s_own() -> None:
    explanation = make_explanation()
    fused = replace(explanation.fused, value=0.6, file_context=0.0, coherence=0.0)
    assert says(replace(explanation, fused=fused), "fused") == "0.6 = own"


@pytest.mark.parametrize(
    ("cosine", "said"), [(None, "0, no vector yet"), (-0.1, "0 = cosine -0.1 / best 0.6, at least 0")]
)
def test_a_cosine_that_counts_nothing_says_why(cosine: float | None, said: str) -> None:
    explanation = make_explanation()
    fused = replace(explanation.fused, cosine=cosine, standing=0.0)
    assert says(replace(explanation, fused=fused), "standing") == said


def test_a_result_that_is_not_explained_has_no_lines() -> None:
    assert render_explanation(replace(make_explained_result(), explanation=None)) == []


@given(st.text(st.characters(codec=None, categories=None), min_size=1))
def test_no_escape_sequence_of_a_name_reaches_an_explanation(text: str) -> None:
    explanation = make_explanation()
    terms = (replace(explanation.terms[0], term=text),)
    hostile = replace(explanation, terms=terms, prior=replace(explanation.prior, name=text))
    lines = render_explanation(replace(make_explained_result(), explanation=hostile))
    assert not set("".join(lines)) & set("\x00\x07\x08\n\x1b\r\x7f\x9b\u202e")
