import json
import math
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from codesearch.serialize import (
    dump_json,
    explanation_to_json,
    response_to_json,
    result_to_json,
    roots_to_json,
    status_to_json,
)
from codesearch.types import Degradation, ScoreParts, Stage
from tests.cli.samples import (
    GOLDEN,
    make_explained_result,
    make_explanation,
    make_response,
    make_result,
    make_root,
    make_state,
    make_status,
)

PROMISED = ["version", "query", "took_ms", "index", "results"]
PROMISED_RESULT = [
    *("path", "start_line", "end_line", "kind", "symbol", "language", "score", "scores", "content", "stale"),
]
PROMISED_INDEX = ["generation", "chunks", "complete", "stale_files", "checked_at"]


def test_a_search_answer_is_byte_for_byte_the_golden_one() -> None:
    answer = dump_json(response_to_json(make_response(make_result(), make_result(path="ü\x7f.py", stale=True))))
    assert answer + "\n" == (GOLDEN / "response.json").read_text(encoding="ascii")


def test_a_status_is_byte_for_byte_the_golden_one() -> None:
    assert dump_json(status_to_json(make_status())) + "\n" == (GOLDEN / "status.json").read_text(encoding="ascii")


def test_fields_beyond_the_promised_ones_come_after_them() -> None:
    document = response_to_json(make_response(make_result()))
    assert list(document)[: len(PROMISED)] == PROMISED
    assert list(document["index"])[: len(PROMISED_INDEX)] == PROMISED_INDEX
    assert list(document["results"][0])[: len(PROMISED_RESULT)] == PROMISED_RESULT
    assert list(document["results"][0]["scores"]) == ["bm25", "cosine", "fused", "prior"]


def test_numbers_that_nobody_knows_are_null() -> None:
    document = response_to_json(make_response(state=replace(make_state(complete=False), files_todo=None)))
    assert document["index"]["stale_files"] is None
    assert document["index"]["files_todo"] is None


@given(st.sampled_from([math.nan, math.inf, -math.inf, None]))
def test_a_number_that_is_not_finite_is_null(value: float | None) -> None:
    result = replace(make_result(), scores=ScoreParts(bm25=value, cosine=value, fused=0.5, prior=1.0))
    assert result_to_json(result)["scores"] == {"bm25": None, "cosine": None, "fused": 0.5, "prior": 1.0}
    assert "NaN" not in dump_json(result_to_json(result))


def test_numbers_of_numpy_are_written_as_numbers() -> None:
    scores = ScoreParts(bm25=float(np.float32(1.5)), cosine=np.float64(0.25), fused=0.5, prior=1.0)
    result = replace(make_result(), score=np.float64(0.125), scores=scores, start_line=int(np.int64(7)))
    assert json.loads(dump_json(result_to_json(result)))["score"] == 0.125


def test_no_score_is_minus_zero() -> None:
    assert "-0.0" not in dump_json(result_to_json(replace(make_result(), score=-0.0)))


@given(st.text(st.characters(codec=None, categories=None)))
def test_any_text_comes_back_and_is_written_in_printable_ascii(text: str) -> None:
    written = dump_json(result_to_json(make_result(path=text, content=text)))
    assert written.isascii()
    assert written.isprintable()
    assert json.loads(written)["content"] == text


def test_an_explanation_is_byte_for_byte_the_golden_one() -> None:
    written = json.dumps(explanation_to_json(make_explanation()), indent=1)
    assert written + "\n" == (GOLDEN / "explanation.json").read_text(encoding="ascii")


def test_an_explanation_comes_last_and_only_where_it_was_asked_for() -> None:
    assert "explanation" not in result_to_json(make_result())
    assert list(result_to_json(make_explained_result()))[-1] == "explanation"


def test_a_part_that_the_mode_did_not_compute_is_null() -> None:
    explanation = make_explanation()
    fused = replace(explanation.fused, bm25=None, bound=None, words=None, cosine=None, best_cosine=None, standing=None)
    document = explanation_to_json(replace(explanation, fused=fused, stands_for=None))
    missing = {name for name, value in document["fused"].items() if value is None}
    assert missing == {"bm25", "bound", "words", "cosine", "best_cosine", "standing"}
    assert document["lift"]["stands_for"] is None


def test_degradation_and_stages_appear_where_there_are_any() -> None:
    plain = response_to_json(make_response())
    assert plain["degraded"] is None
    assert "stages" not in plain
    full = response_to_json(make_response(degraded=Degradation("why", "what"), stages=(Stage("rank", 9, 3, 0.5),)))
    assert full["degraded"] == {"reason": "why", "remedy": "what"}
    assert full["stages"] == [{"name": "rank", "in": 9, "out": 3, "took_ms": 0.5}]


def test_what_an_unreadable_index_cannot_tell_is_null() -> None:
    [root] = roots_to_json([make_root("/gone", is_missing=True, problem="damaged")])["roots"]
    assert (root["files"], root["chunks"], root["complete"], root["missing"]) == (None, None, None, True)


def test_a_status_never_contains_the_value_of_a_secret() -> None:
    assert status_to_json(make_status())["secrets"] == [{"path": "config/dev.py", "line": 12, "kind": "github-token"}]
