"""What every encoder of the registry must keep, whatever it computes."""

from collections.abc import Sequence
from typing import get_args

import numpy as np
import pytest

from indexers.encoders.cards import CARDS
from indexers.encoders.names import spec_of
from indexers.encoders.registry import load_encoder
from indexers.types import Encoder, Task
from tests.encoders.tiny_gguf import make_tiny_gguf
from tests.encoders.tiny_qwen import make_tiny_qwen

TEXTS: Sequence[str] = (
    "def retry(job):\n    return schedule(job, delay=backoff(job.attempts))\n",
    "class LRUCache:\n    '''Evicts what was used least recently.'''\n",
    "",
    "    \n\t\n",
    "{}();,.<>",
    "naïve Größe 数据库连接 переменная 🚀",
    "\ud800 lone surrogate \x00 NUL",
    "x" * 5_000,
)


@pytest.fixture(scope="module", params=["embedded", "transformer", "gguf"])
def encoder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    name = str(request.param)
    if name != "embedded":
        pytest.importorskip("sentence_transformers", reason='tiny models are made and run by the extra: ".[qwen]"')
        folder = make_tiny_qwen(tmp_path_factory.mktemp("model"))
        name = str(folder)
    if request.param == "gguf":
        pytest.importorskip("llama_cpp", reason='GGUF files are run by llama-cpp-python: pip install ".[gguf]"')
        pytest.importorskip("gguf", reason="the tiny GGUF files are written by the package gguf: pip install gguf")
        name = f"gguf:{make_tiny_gguf(folder, folder / 'tiny.gguf')}"
    return load_encoder(spec_of(name))


def test_documents_give_one_finite_unit_row_of_the_declared_dim_each(encoder: Encoder) -> None:
    vectors = encoder.encode_documents(TEXTS)
    assert vectors.shape == (len(TEXTS), encoder.describe().dim)
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all()
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


@pytest.mark.parametrize("task", get_args(Task))
@pytest.mark.parametrize("text", TEXTS)
def test_a_query_gives_one_finite_unit_vector_for_every_task(encoder: Encoder, text: str, task: Task) -> None:
    vector = encoder.encode_query(text, task)
    assert vector.shape == (encoder.describe().dim,)
    assert vector.dtype == np.float32
    assert np.isfinite(vector).all()
    assert abs(float(np.linalg.norm(vector)) - 1.0) < 1e-5


def test_no_documents_give_no_rows(encoder: Encoder) -> None:
    assert encoder.encode_documents([]).shape == (0, encoder.describe().dim)
    assert encoder.count_tokens([]) == []


def test_a_batch_gives_what_its_texts_give_alone(encoder: Encoder) -> None:
    batch = encoder.encode_documents(TEXTS)
    alone = np.concatenate([encoder.encode_documents([text]) for text in TEXTS])
    np.testing.assert_allclose(batch, alone, atol=1e-5)


def test_the_same_text_gives_the_same_vector_twice_and_in_another_encoder(encoder: Encoder) -> None:
    vectors = encoder.encode_documents([TEXTS[0], TEXTS[1], TEXTS[0]])
    other = load_encoder(spec_of(encoder.describe().name)).encode_documents([TEXTS[0]])
    np.testing.assert_allclose(vectors[0], vectors[2], atol=1e-6)
    np.testing.assert_allclose(vectors[0], other[0], atol=1e-6)


def test_different_texts_give_different_vectors(encoder: Encoder) -> None:
    first, second = encoder.encode_documents(TEXTS[:2])
    assert float(first @ second) < 0.99


def test_tokens_are_counted_one_number_a_text_and_grow_with_the_text(encoder: Encoder) -> None:
    counts = encoder.count_tokens(TEXTS)
    assert len(counts) == len(TEXTS)
    assert all(count >= 0 for count in counts)
    assert encoder.count_tokens([TEXTS[0] * 3])[0] > counts[0]


def test_the_description_is_constant_and_consistent(encoder: Encoder) -> None:
    description = encoder.describe()
    encoder.encode_documents(TEXTS)
    assert encoder.describe() == description
    assert description.identity.isprintable()
    assert f"dim={description.dim}" in description.identity
    assert description.coarse_dims
    assert all(0 < coarse_dim <= description.dim for coarse_dim in description.coarse_dims)
    assert description.max_tokens is None or description.max_tokens > 0
    assert description.summary


def test_a_description_carries_the_name_it_was_asked_by(encoder: Encoder) -> None:
    assert spec_of(encoder.describe().name).name == encoder.describe().name


def test_without_a_spec_the_first_known_encoder_is_loaded() -> None:
    assert load_encoder().describe().name == CARDS[0].name
