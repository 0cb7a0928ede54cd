"""The self-test finds what is wrong with an encoder, and nothing where all is right."""

from collections.abc import Sequence

import numpy as np
import pytest

from codesearch.doctor.findings import Check
from codesearch.doctor.known_answers import KNOWN_ANSWERS, find_known
from codesearch.doctor.samples import BATCH, IMPORT
from codesearch.doctor.self_test import Subject, run_self_test
from indexers.encoders.registry import load_encoder
from indexers.encoders.spec import EMBEDDED, EncoderSpec, Prompts
from indexers.types import FloatArray
from tests.doctor.toy_encoder import DIM, SPEC, Build, ToyEncoder, known_answers

NAMES = [
    "finite values",
    "unit length",
    "dimension",
    "batches",
    "prefix",
    "end token",
    "two sides",
    "whole text",
    "ranking",
    "published answers",
]


def examine(build: Build | None = None, spec: EncoderSpec = SPEC) -> dict[str, Check]:
    subject = Subject(ToyEncoder(build), spec, (known_answers(),))
    return {check.name: check for check in run_self_test(subject)}


def named(checks: dict[str, Check], verdict: str) -> list[str]:
    return [name for name, check in checks.items() if check.verdict == verdict]


def test_a_right_encoder_passes_everything() -> None:
    checks = examine()
    assert list(checks) == NAMES
    assert named(checks, "pass") == [name for name in NAMES if name != "prefix"]
    assert named(checks, "skip") == ["prefix"]


def test_the_embedded_encoder_passes_what_applies_to_it() -> None:
    checks = {check.name: check for check in run_self_test(Subject(load_encoder(), EMBEDDED))}
    assert named(checks, "fail") == []
    assert named(checks, "skip") == ["prefix", "end token", "two sides", "published answers"]


@pytest.mark.parametrize("pooling", ["mean", "first"])
def test_wrong_pooling_fails(pooling: str) -> None:
    assert {"ranking", "published answers"} <= set(named(examine(Build(pooling=pooling)), "fail"))


def test_pooling_the_first_token_fails_by_what_it_cannot_tell_apart() -> None:
    checks = examine(Build(pooling="first"))
    assert checks["whole text"].verdict == "fail"
    assert "begin or end alike" in checks["whole text"].finding


def test_a_missing_end_token_fails_by_the_answers_alone() -> None:
    checks = examine(Build(appends_end=False))
    assert {"ranking", "published answers"} <= set(named(checks, "fail"))
    assert "end token" in checks["published answers"].finding
    assert "add_eos_token" in checks["published answers"].remedy


def test_an_encoder_that_tells_of_a_missing_end_token_fails() -> None:
    checks = examine(Build(end_token="missing"))
    assert checks["end token"].verdict == "fail"
    assert checks["end token"].finding == "the toy was looked at"


@pytest.mark.parametrize("state", ["none", "unknown"])
def test_without_word_of_an_end_token_nothing_is_claimed(state: str) -> None:
    assert examine(Build(end_token=state))["end token"].verdict == "skip"  # type: ignore[arg-type]


def test_prompts_that_do_not_reach_the_model_fail() -> None:
    def forget_prompts(rows: FloatArray, texts: Sequence[str]) -> FloatArray:
        return ToyEncoder().encode_documents([text.rpartition("Query:")[2] for text in texts])

    checks = examine(Build(spoil=forget_prompts))
    assert checks["two sides"].verdict == "fail"


def test_an_encoder_without_prompts_is_not_asked_for_two_sides() -> None:
    assert examine(Build(prompts=Prompts()))["two sides"].verdict == "skip"


def not_a_number(rows: FloatArray, texts: Sequence[str]) -> FloatArray:
    return np.where([[text.endswith(IMPORT)] for text in texts], np.float32(np.nan), rows)


def test_values_that_are_not_finite_fail_and_end_the_test() -> None:
    checks = examine(Build(spoil=not_a_number))
    assert list(checks) == ["finite values"]
    assert "half precision" in checks["finite values"].remedy


def test_vectors_that_are_not_of_unit_length_fail_and_end_the_test() -> None:
    checks = examine(Build(spoil=lambda rows, _: rows * np.float32(1.01)))
    assert named(checks, "fail") == ["unit length"] == [list(checks)[-1]]


def test_vectors_of_another_dimension_than_declared_fail_and_end_the_test() -> None:
    checks = examine(Build(spoil=lambda rows, _: rows[:, :64] / np.linalg.norm(rows[:, :64], axis=1, keepdims=True)))
    assert named(checks, "fail") == ["dimension"] == [list(checks)[-1]]
    assert f"[64] numbers instead of {DIM}" in checks["dimension"].finding


def mixed_up(rows: FloatArray, _: Sequence[str]) -> FloatArray:
    """Padding that leaks: each vector has something of its neighbours."""
    leaked = rows + np.float32(0.05) * rows.sum(axis=0)
    unit: FloatArray = leaked / np.linalg.norm(leaked, axis=1, keepdims=True)
    return unit


def test_vectors_that_depend_on_their_batch_fail() -> None:
    checks = examine(Build(spoil=mixed_up))
    assert checks["batches"].verdict == "fail"
    assert "batch_size" in checks["batches"].remedy


def test_an_encoder_that_breaks_in_the_middle_fails_there_and_goes_on() -> None:
    checks = examine(Build(breaks_at=BATCH[2]))
    assert checks["batches"].finding == "the toy broke; mend it"
    assert checks["whole text"].verdict == "pass"


def test_without_published_answers_the_check_is_skipped_and_says_so() -> None:
    checks = {check.name: check for check in run_self_test(Subject(ToyEncoder(), SPEC))}
    assert checks["published answers"].verdict == "skip"
    assert checks["published answers"].finding == "no answers of this model are known"


def test_what_to_do_depends_on_what_the_model_is() -> None:
    other = Build(appends_end=False, end_token="none", prompts=Prompts(search="query: "))
    assert "search_prefix" in examine(other)["ranking"].remedy
    # In process nothing is left to be set: pooling and end token are looked at when the model is loaded.
    assert "fetch the model anew" in examine(Build(pooling="mean"))["ranking"].remedy


def test_an_encoder_that_tells_nothing_of_itself_is_tested_by_its_vectors() -> None:
    class Silent:
        def __init__(self) -> None:
            toy = ToyEncoder()
            self.encode_documents, self.encode_query = toy.encode_documents, toy.encode_query
            self.count_tokens, self.describe = toy.count_tokens, toy.describe

    checks = {check.name: check for check in run_self_test(Subject(Silent(), SPEC, (known_answers(),)))}
    assert named(checks, "fail") == []
    assert checks["two sides"].finding == "this encoder does not tell how it prepares texts"
    assert checks["end token"].verdict == "skip"


def test_words_in_front_of_documents_make_published_answers_useless() -> None:
    spec = EncoderSpec("toy", "transformer", "toy", prompts=Prompts(document="passage: "))
    assert examine(spec=spec)["published answers"].verdict == "skip"


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("Qwen/Qwen3-Embedding-0.6B", "Qwen3-Embedding-0.6B"),
        ("gguf:/models/Qwen3-Embedding-4B-Q4_K_M.gguf", "Qwen3-Embedding-4B"),
        ("qwen3-embedding:8b", "Qwen3-Embedding-8B"),
        ("text-embedding-qwen3-embedding-4b", "Qwen3-Embedding-4B"),
        ("Qwen/Qwen3-Reranker-4B", None),
        ("Qwen/Qwen3-4B", None),
    ],
)
def test_published_answers_are_found_by_the_names_that_servers_give(name: str, model: str | None) -> None:
    found = find_known(KNOWN_ANSWERS, ("mine", name))
    assert (found and found.model) == model


def test_the_published_cosines_are_told_from_answers_of_another_model() -> None:
    sizes = {known.model: np.array(known.cosines) for known in KNOWN_ANSWERS}
    assert list(sizes) == ["Qwen3-Embedding-0.6B", "Qwen3-Embedding-4B", "Qwen3-Embedding-8B"]
    assert all((cosines.diagonal() > 0.5).all() for cosines in sizes.values())
    assert all(known.deviation(np.eye(4, known.dim, dtype=np.float32)) > 0.6 for known in KNOWN_ANSWERS)
