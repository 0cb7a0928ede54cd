"""The hashing encoder: exact, damped, spread out, and of some use."""

import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexers.encoders.hashing import DIM, WEIGHTS_FILE, HashingEncoder
from indexers.types import FloatArray

ROOT = Path(__file__).parents[2]

RETRY = (
    "def retry_failed_jobs(queue):\n    for job in queue.failed:\n        job.schedule(delay=backoff(job.attempts))\n"
)
CACHE = "class LruCache:\n    def evict(self):\n        self.entries.popitem(last=False)\n"
CSV = "fn parse_row(line: &str, delimiter: char) -> Vec<String> { line.split(delimiter).map(unquote).collect() }\n"


@pytest.fixture(scope="module")
def encoder() -> HashingEncoder:
    return HashingEncoder()


def similarity(encoder: HashingEncoder, first: str, second: str) -> float:
    vectors = encoder.encode_documents([first, second])
    return float(vectors[0] @ vectors[1])


@given(st.lists(st.text(max_size=200), max_size=8), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=40)
def test_vectors_are_equal_to_the_last_bit_in_any_batch_and_order(texts: list[str], chance: random.Random) -> None:
    encoder = HashingEncoder()
    expected = {text: encoder.encode_documents([text])[0].tobytes() for text in texts}
    shuffled = list(texts)
    chance.shuffle(shuffled)
    vectors = HashingEncoder().encode_documents(shuffled)
    assert [row.tobytes() for row in vectors] == [expected[text] for text in shuffled]


def test_vectors_do_not_depend_on_the_process_or_its_hash_seed(encoder: HashingEncoder) -> None:
    code = (
        "import sys; from indexers.encoders.hashing import HashingEncoder as E;"
        "sys.stdout.buffer.write(E().encode_documents([sys.argv[1]]).tobytes())"
    )
    replies = {
        subprocess.run(
            [sys.executable, "-c", code, RETRY + CACHE],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert replies == {encoder.encode_documents([RETRY + CACHE]).tobytes()}


def test_a_known_text_keeps_its_known_vector(encoder: HashingEncoder) -> None:
    vector = encoder.encode_documents(["parseHttpHeader"])[0]
    largest = np.argsort(-np.abs(vector), kind="stable")[:4]
    assert largest.tolist() == [508, 287, 139, 477]
    np.testing.assert_allclose(vector[largest], [0.6594, -0.4641, -0.3926, -0.3693], atol=5e-5)


def test_forgetting_the_vocabulary_changes_no_vector() -> None:
    texts = [RETRY, CACHE, CSV] * 3
    expected = HashingEncoder().encode_documents(texts)
    forgetful = HashingEncoder(max_words=5, batch_chars=50)
    np.testing.assert_array_equal(forgetful.encode_documents(texts), expected)


def test_threads_share_one_encoder() -> None:
    encoder = HashingEncoder()
    texts = [f"{RETRY} number{n} thread{n * 7}" for n in range(60)]
    expected = HashingEncoder().encode_documents(texts)
    found: dict[int, FloatArray] = {}

    def encode(number: int) -> None:
        found[number] = np.stack([encoder.encode_query(text, "search") for text in texts[number::4]])

    threads = [threading.Thread(target=encode, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(4):
        np.testing.assert_array_equal(found[number], expected[number::4])


def test_a_text_without_words_gives_the_diagonal(encoder: HashingEncoder) -> None:
    vectors = encoder.encode_documents(["", " \n", "+-*/ ;"])
    np.testing.assert_allclose(vectors, DIM**-0.5)


def test_the_order_of_words_does_not_matter(encoder: HashingEncoder) -> None:
    assert similarity(encoder, "evict oldest entry", "entry oldest evict") == pytest.approx(1.0)


def test_spellings_of_an_identifier_are_close_to_each_other(encoder: HashingEncoder) -> None:
    assert similarity(encoder, "parseHttpHeader", "parse_http_header") > 0.99
    assert similarity(encoder, "parseHttpHeaders", "parsing HTTP header") > 0.6


def test_an_abbreviation_is_closer_than_a_stranger(encoder: HashingEncoder) -> None:
    assert similarity(encoder, "config", "configuration") > similarity(encoder, "config", "icon") + 0.1


def test_common_words_weigh_less_than_rare_ones(encoder: HashingEncoder) -> None:
    text = "return self backoff"
    assert similarity(encoder, text, "backoff") > 2 * similarity(encoder, text, "return self")


def test_repetition_is_damped(encoder: HashingEncoder) -> None:
    hundred_times = similarity(encoder, "quota " * 100 + "bucket", "bucket")
    once = similarity(encoder, "quota bucket", "bucket")
    assert once / 11 < hundred_times < once / 6


@pytest.mark.parametrize(
    ("query", "answer"),
    [("where are failed jobs scheduled again", RETRY), ("evict from the cache", CACHE), ("parse a csv line", CSV)],
)
def test_a_question_that_shares_words_finds_its_function(encoder: HashingEncoder, query: str, answer: str) -> None:
    documents = [RETRY, CACHE, CSV]
    scores = encoder.encode_documents(documents) @ encoder.encode_query(query, "search")
    assert documents[int(scores.argmax())] == answer


def test_features_spread_evenly_over_the_dimensions_and_signs(encoder: HashingEncoder) -> None:
    chance = random.Random(7)
    text = " ".join("".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=7)) for _ in range(500))
    vector = encoder.encode_documents([text])[0] * DIM**0.5
    assert np.abs(vector).max() < 6
    assert abs(float(vector.mean())) < 0.3


def test_a_file_of_one_word_a_megabyte_long_is_encoded_by_its_head(encoder: HashingEncoder) -> None:
    assert similarity(encoder, "q" * 1_000_000, "q" * 64) == pytest.approx(1.0)


def test_the_weight_table_is_sorted_unique_and_within_bounds() -> None:
    lines = WEIGHTS_FILE.read_text("utf-8").splitlines()
    entries = [line.split("\t") for line in lines if not line.startswith("#")]
    assert 500 < len(entries) < 3_000
    assert len({token for token, _ in entries}) == len(entries)
    assert all(0.1 <= float(weight) <= 1.0 for _, weight in entries)
    assert entries == sorted(entries, key=lambda entry: (float(entry[1]), entry[0]))


def test_the_identity_names_everything_a_vector_depends_on(encoder: HashingEncoder) -> None:
    identity = encoder.describe().identity
    assert identity.startswith("hashing-v1;dim=512;weights=")
    assert ";tokenizer=" in identity
    assert not encoder.describe().is_cached
