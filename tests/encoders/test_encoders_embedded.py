"""The embedded encoder: exact, additive, damped, cut at its prefixes, the same for query and document."""

import math
import os
import random
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesearch.storage.coarse import take_prefix
from indexers.encoders.embedded import COARSE_DIMS, EmbeddedEncoder
from indexers.encoders.model_file import DIM
from indexers.errors import EncoderError
from indexers.types import AdditiveEncoder, FloatArray, Task
from tests.encoders.made_models import METADATA, WORDS, make_encoder, make_model

ROOT = Path(__file__).parents[2]

TEXTS = st.lists(
    st.one_of(st.text(max_size=100), st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join)), max_size=8
)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedEncoder:
    return make_encoder(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def shipped() -> EmbeddedEncoder:
    return EmbeddedEncoder()


def similarity(encoder: EmbeddedEncoder, first: str, second: str) -> float:
    vectors = encoder.encode_documents([first, second])
    return float(vectors[0] @ vectors[1])


@given(TEXTS, st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=60)
def test_vectors_are_equal_to_the_last_bit_in_any_batch_and_order(
    shipped: EmbeddedEncoder, texts: list[str], chance: random.Random
) -> None:
    expected = {text: shipped.encode_documents([text])[0].tobytes() for text in texts}
    shuffled = list(texts)
    chance.shuffle(shuffled)
    vectors = shipped.encode_documents(shuffled)
    assert [row.tobytes() for row in vectors] == [expected[text] for text in shuffled]


@given(TEXTS)
@settings(deadline=None, max_examples=60)
def test_every_row_is_of_unit_length(shipped: EmbeddedEncoder, texts: list[str]) -> None:
    vectors = shipped.encode_documents(texts)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-6)


@given(TEXTS)
@settings(deadline=None, max_examples=60)
def test_sums_are_whole_numbers_and_add_up_in_any_order(shipped: EmbeddedEncoder, texts: list[str]) -> None:
    sums = shipped.sum_documents(texts)
    np.testing.assert_array_equal(sums, np.rint(sums))
    np.testing.assert_array_equal(sums.sum(axis=0), sums[::-1].cumsum(axis=0)[-1] if texts else np.zeros(DIM))


@given(TEXTS)
@settings(deadline=None, max_examples=60)
def test_vectors_are_the_normalised_sums(shipped: EmbeddedEncoder, texts: list[str]) -> None:
    np.testing.assert_array_equal(shipped.encode_documents(texts), shipped.normalise(shipped.sum_documents(texts)))


@pytest.mark.parametrize("coarse_dim", COARSE_DIMS)
@given(texts=TEXTS)
@settings(deadline=None, max_examples=30)
def test_the_prefix_of_a_vector_is_the_vector_of_the_prefix(
    shipped: EmbeddedEncoder, coarse_dim: int, texts: list[str]
) -> None:
    cut = take_prefix(shipped.encode_documents(texts), coarse_dim)
    expected = shipped.normalise(shipped.sum_documents(texts)[:, :coarse_dim])
    np.testing.assert_allclose(cut, expected, atol=5e-4)  # `take_prefix` rounds to float16


@given(TEXTS)
@settings(deadline=None, max_examples=30)
def test_a_query_has_the_vector_of_the_same_document(shipped: EmbeddedEncoder, texts: list[str]) -> None:
    documents = shipped.encode_documents(texts)
    for task in get_args(Task):
        for text, document in zip(texts, documents, strict=True):
            np.testing.assert_array_equal(shipped.encode_query(text, task), document)


def test_the_encoder_adds_up(encoder: EmbeddedEncoder) -> None:
    assert isinstance(encoder, AdditiveEncoder)
    assert (encoder.describe().max_tokens, encoder.describe().is_cached) == (None, False)


def test_a_vector_is_the_damped_weighted_sum_of_its_tokens_rows(encoder: EmbeddedEncoder) -> None:
    model = make_model()
    rows = {token: model.scales[i] * model.table[i] for i, token in enumerate(model.vocabulary)}
    expected = math.log(4) * rows["retry"] + math.log(3) * rows["job"] + math.log(2) * (rows["x"] + rows["##y"])
    vector = encoder.encode_documents(["retry_job retryJob; retry(xy)"])[0]
    np.testing.assert_allclose(vector, expected / np.linalg.norm(expected), atol=1e-4)


def test_sums_stay_exact_for_a_thousand_leaves_that_each_repeat_every_token(shipped: EmbeddedEncoder) -> None:
    largest = float(np.rint(shipped._scales * shipped._damping[-1]).sum()) * 127
    assert 1000 * largest < 2**53


def test_vectors_do_not_depend_on_the_process_or_its_hash_seed(shipped: EmbeddedEncoder) -> None:
    text = "def retry_failed_jobs(queue):\n    return queue.schedule(delay=backoff(job.attempts))\n"
    code = (
        "import sys; from indexers.encoders.embedded import EmbeddedEncoder as E;"
        "sys.stdout.buffer.write(E().encode_documents([sys.argv[1]]).tobytes())"
    )
    replies = {
        subprocess.run(
            [sys.executable, "-c", code, text],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert replies == {shipped.encode_documents([text]).tobytes()}


def test_forgetting_words_changes_no_vector(encoder: EmbeddedEncoder, tmp_path: Path) -> None:
    texts = ["retry the job", "evict an entry of the cache", "parse a row"] * 3
    forgetful = make_encoder(tmp_path, max_words=2)
    np.testing.assert_array_equal(forgetful.encode_documents(texts), encoder.encode_documents(texts))


def test_threads_share_one_encoder(encoder: EmbeddedEncoder, tmp_path: Path) -> None:
    texts = [f"retry job number{n} thread{n * 7}" for n in range(60)]
    expected = encoder.encode_documents(texts)
    shared = make_encoder(tmp_path, max_words=5)
    found: dict[int, FloatArray] = {}

    def encode(number: int) -> None:
        found[number] = np.stack([shared.encode_query(text, "search") for text in texts[number::4]])

    threads = [threading.Thread(target=encode, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(4):
        np.testing.assert_array_equal(found[number], expected[number::4])


def test_a_text_without_known_tokens_gives_the_diagonal(encoder: EmbeddedEncoder) -> None:
    vectors = encoder.encode_documents(["", " \n", "+-*/ ;", "переменная"])
    np.testing.assert_array_equal(vectors, np.full((4, DIM), DIM**-0.5, dtype=np.float32))


def test_the_order_and_spelling_of_words_do_not_matter(encoder: EmbeddedEncoder) -> None:
    vectors = encoder.encode_documents(["evictCacheEntry", "entry, cache: EVICT", "evict_entry_cache"])
    np.testing.assert_array_equal(vectors[0], vectors[1])
    np.testing.assert_array_equal(vectors[0], vectors[2])


def test_repetition_is_damped(encoder: EmbeddedEncoder) -> None:
    once = similarity(encoder, "retry cache", "cache")
    hundred_times = similarity(encoder, "retry " * 100 + "cache", "cache")
    assert once / 10 < hundred_times < once / 2


def test_beyond_a_thousand_repetitions_a_token_gains_nothing(encoder: EmbeddedEncoder) -> None:
    sums = encoder.sum_documents(["retry " * 1023, "retry " * 5000])
    np.testing.assert_array_equal(sums[0], sums[1])


def test_a_word_of_a_megabyte_is_encoded_by_its_head(encoder: EmbeddedEncoder) -> None:
    assert similarity(encoder, "q" * 1_000_000, "q" * 64) == pytest.approx(1.0)


def test_tokens_are_counted_in_pieces_and_unknown_ones_not_at_all(encoder: EmbeddedEncoder) -> None:
    assert encoder.count_tokens(["retryJob", "xyz", "retry переменная", ""]) == [2, 3, 1, 0]


def test_the_identity_names_everything_a_vector_depends_on(encoder: EmbeddedEncoder, tmp_path: Path) -> None:
    identity = encoder.describe().identity
    assert identity == f"embedded-v1;dim=256;model={make_model().digest()[:8]};subtokens=1;tokenizer=2"
    model = make_model()
    other = make_encoder(tmp_path, replace(model, scales=model.scales * 2))
    assert other.describe().identity != identity


def test_a_model_that_was_trained_with_other_subtokens_is_refused(tmp_path: Path) -> None:
    model = replace(make_model(), metadata={**METADATA, "subtokens": "2"})
    with pytest.raises(EncoderError, match=r"made\.safetensors needs version 2 of the sub-tokens"):
        make_encoder(tmp_path, model)


@pytest.mark.parametrize(
    ("query", "answer"), [("where are failed jobs scheduled again", 0), ("evict from the cache", 1)]
)
def test_a_question_that_shares_words_finds_its_function(shipped: EmbeddedEncoder, query: str, answer: int) -> None:
    documents = [
        "def retry_failed_jobs(queue):\n    for job in queue.failed:\n        job.schedule(delay=backoff(job))\n",
        "class LruCache:\n    def evict(self):\n        self.entries.popitem(last=False)\n",
        "fn parse_row(line: &str, delimiter: char) -> Vec<String> { line.split(delimiter).collect() }\n",
    ]
    scores = shipped.encode_documents(documents) @ shipped.encode_query(query, "search")
    assert int(scores.argmax()) == answer
