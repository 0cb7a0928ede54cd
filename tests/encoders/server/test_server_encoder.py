"""What an encoder behind a well-behaved server gives, and what it asks for."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from indexers.encoders.registry import load_encoder
from indexers.encoders.server.batches import ALONE_BYTES
from indexers.encoders.spec import QWEN_LENGTH, QWEN_PROMPTS, EncoderSpec, Prompts, ServerOptions, qwen_prompts
from indexers.types import FloatArray, Inspectable, Noting
from tests.encoders.server import toy_model
from tests.encoders.server.behaviours import Behaviour, llama_cpp, llama_cpp_python, ollama, tei, vllm
from tests.encoders.server.fake_server import FakeServer
from tests.encoders.server.faults import Fault
from tests.encoders.server.made_encoders import encoder_for, spec_for

ODD_TEXTS = ("", "    \n\t\n", "{}();,.<>", "naïve Größe 数据库连接 🚀", "\ud800 lone surrogate \x00 NUL", "x" * 5_000)


def right(text: str, dim: int = 64) -> FloatArray:
    """The vector that the model means: last token, which is the end token."""
    return toy_model.vector([*toy_model.tokenize(text), toy_model.END_ID], dim, "last")


@pytest.mark.parametrize("make", [Behaviour, vllm, llama_cpp, llama_cpp_python, ollama, tei])
def test_every_kind_of_server_gives_the_vectors_of_the_model(make: Callable[[], Behaviour]) -> None:
    with FakeServer(make()) as server:
        vectors = encoder_for(server).encode_documents(["import os", "def add(a, b): ..."])
    np.testing.assert_allclose(vectors, [right("import os"), right("def add(a, b): ...")], atol=1e-6)


@pytest.mark.parametrize("make", [Behaviour, vllm, llama_cpp, ollama, tei])
def test_a_server_that_appends_no_end_token_gives_the_same_vectors(make: Callable[..., Behaviour]) -> None:
    with FakeServer(make(adds_end_token=False)) as server:
        vectors = encoder_for(server).encode_documents(["import os"])
    np.testing.assert_allclose(vectors[0], right("import os"), atol=1e-6)


def test_a_query_carries_the_instruction_of_its_task_and_a_document_none(server: FakeServer) -> None:
    encoder = encoder_for(server)
    search, similar = encoder.encode_query("retry", "search"), encoder.encode_query("retry", "similar")
    np.testing.assert_allclose(search, right(f"{QWEN_PROMPTS.search}retry"), atol=1e-6)
    np.testing.assert_allclose(similar, right(f"{QWEN_PROMPTS.similar}retry"), atol=1e-6)
    np.testing.assert_allclose(encoder.encode_documents(["retry"])[0], right("retry"), atol=1e-6)


def test_own_prompts_come_before_those_of_the_model(server: FakeServer) -> None:
    encoder = encoder_for(server, prompts=Prompts("query: ", "code: ", "passage: "))
    np.testing.assert_allclose(encoder.encode_documents(["retry"])[0], right("passage: retry"), atol=1e-6)
    np.testing.assert_allclose(encoder.encode_query("retry", "search"), right("query: retry"), atol=1e-6)


def test_odd_texts_give_finite_unit_vectors_each_as_it_does_alone(server: FakeServer) -> None:
    encoder = encoder_for(server)
    vectors = encoder.encode_documents(ODD_TEXTS)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    alone = [encoder.encode_documents([text])[0] for text in ODD_TEXTS]
    np.testing.assert_allclose(vectors, alone, atol=1e-6)


def test_no_documents_give_no_rows_and_no_request_for_them(server: FakeServer) -> None:
    encoder = encoder_for(server)
    assert encoder.encode_documents([]).shape == (0, 64)
    assert [] not in [asked.inputs for asked in server.embedding_requests]


def test_vectors_that_are_not_normalised_are_normalised_here() -> None:
    with FakeServer(Behaviour(unnormalised=True)) as server:
        np.testing.assert_allclose(encoder_for(server).encode_documents(["a"])[0], right("a"), atol=1e-6)


def test_a_smaller_dim_is_a_cut_that_is_normalised_again(server: FakeServer) -> None:
    vector = encoder_for(server, dim=32).encode_documents(["import os"])[0]
    cut = right("import os")[:32]
    np.testing.assert_allclose(vector, cut / np.linalg.norm(cut), atol=1e-6)
    assert all("dimensions" not in asked.body for asked in server.embedding_requests)


def test_a_server_that_is_asked_for_dimensions_gives_what_a_cut_here_gives(server: FakeServer) -> None:
    asked = encoder_for(server, dim=32, asks_dimensions=True)
    np.testing.assert_allclose(
        asked.encode_documents(["import os"]), encoder_for(server, dim=32).encode_documents(["import os"]), atol=1e-6
    )
    assert asked.describe().identity == encoder_for(server, dim=32).describe().identity


@pytest.mark.parametrize("refuses", [False, True])
def test_a_server_without_base64_is_taken_as_it_is(refuses: bool) -> None:
    with FakeServer(Behaviour(base64=False, refuses_base64=refuses)) as server:
        encoder = encoder_for(server)
        np.testing.assert_allclose(encoder.encode_documents(["import os"])[0], right("import os"), atol=1e-6)
        encoder.encode_documents(["import sys"])
        formats = [asked.body.get("encoding_format") for asked in server.embedding_requests]
        assert formats.count("base64") == (1 if refuses else len(formats))


def test_vectors_are_put_in_order_by_their_index(server: FakeServer) -> None:
    encoder = encoder_for(server)
    encoder.encode_documents(["warm up"])
    server.fail(Fault("disorder"))
    vectors = encoder.encode_documents(["one", "two", "three"])
    np.testing.assert_allclose(vectors, [right("one"), right("two"), right("three")], atol=1e-6)


def test_batches_keep_to_the_number_and_long_texts_go_alone(server: FakeServer) -> None:
    encoder = encoder_for(server, batch_size=4)
    encoder.describe()
    n_before = len(server.embedding_requests)
    long = "y" * ALONE_BYTES
    encoder.encode_documents([*(f"text {number}" for number in range(9)), long])
    batches = [asked.inputs for asked in server.embedding_requests[n_before:]]
    assert max(len(batch) for batch in batches) == 4
    assert [long] in batches


def test_requests_run_at_once_up_to_the_limit() -> None:
    with FakeServer(Behaviour(meets=3)) as server:
        encoder = encoder_for(server, batch_size=1, n_concurrent=3)
        encoder.encode_documents(["warm up"])
        server.behaviour.waits_to_meet = True
        encoder.encode_documents([f"text {number}" for number in range(9)])
        assert server.n_at_once == 3


def test_the_only_model_of_a_server_need_not_be_named(server: FakeServer) -> None:
    description = encoder_for(server, model="").describe()
    assert "model=qwen3-embedding-toy;" in description.identity
    assert {asked.body["model"] for asked in server.embedding_requests} == {"qwen3-embedding-toy"}


def test_a_server_without_a_list_of_models_may_name_its_model_elsewhere() -> None:
    with FakeServer(tei()) as server:
        assert "model=qwen3-embedding-toy;" in encoder_for(server, model="").describe().identity


def test_a_qwen_model_is_described_as_one(server: FakeServer) -> None:
    description = encoder_for(server).describe()
    assert (description.max_tokens, description.is_multilingual) == (QWEN_LENGTH, True)
    assert (description.dim, description.coarse_dims) == (64, (64, 32))
    assert description.identity == (
        f"server-v1;model=qwen3-embedding-toy;weights=unknown;pooling=server;prompts={QWEN_PROMPTS.digest};dim=64;"
        f"max_tokens={QWEN_LENGTH};end=<|endoftext|>"
    )
    assert description.engine == "openai embeddings (toy/1)"


@pytest.mark.parametrize(
    ("name", "is_qwen"),
    [
        ("Qwen/Qwen3-Embedding-4B", True),
        ("qwen3-embedding:0.6b", True),
        ("text-embedding-qwen3-embedding-8b", True),
        ("dengcao/Qwen3-Embedding-4B:Q5_K_M", True),
        ("/models/Qwen3-Embedding-4B-Q8_0.gguf", True),
        ("Qwen/Qwen3-VL-Embedding-2B", False),
        ("Qwen/Qwen3-4B", False),
        ("text-embedding-3-small", False),
    ],
)
def test_qwen3_embedding_is_known_by_its_name(name: str, is_qwen: bool) -> None:
    with FakeServer(Behaviour(model=name)) as server:
        assert encoder_for(server).describe().is_multilingual == is_qwen


@pytest.mark.parametrize(("changes", "n_notes"), [({}, 1), ({"max_tokens": 2048}, 0), ({"prompts": Prompts()}, 0)])
def test_what_an_unknown_model_was_not_given_is_noted_unless_somebody_chose_it(
    changes: dict[str, Any], n_notes: int
) -> None:
    with FakeServer(Behaviour(model="embedder")) as server:
        encoder = encoder_for(server, **changes)
        encoder.encode_documents(["import os"])
        assert len(encoder.notes()) == n_notes


def test_a_long_vector_of_qwen_is_compared_by_256_first() -> None:
    with FakeServer(Behaviour(dim=512)) as server:
        assert encoder_for(server).describe().coarse_dims == (256, 128, 512)


def test_another_model_gets_bare_texts_and_short_ones() -> None:
    with FakeServer(Behaviour(model="bge-small", adds_end_token=False)) as server:
        encoder = encoder_for(server)
        encoder.encode_query("retry", "search")
        description = encoder.describe()
        assert server.texts[-1] == "retry"
        assert (description.max_tokens, description.coarse_dims) == (512, (64,))
        assert encoder.inspect().end_token == "none"


@pytest.mark.parametrize(
    "told",
    [{"prompts": qwen_prompts("find code", "find such code")}, {"end_token": "server"}, {"end_token": "client"}],
)
def test_a_qwen3_embedding_of_another_name_is_known_by_its_settings(told: dict[str, Any]) -> None:
    with FakeServer(Behaviour(model="our-embedder", adds_end_token=told.get("end_token") == "server")) as server:
        encoder = encoder_for(server, **told)
        np.testing.assert_allclose(encoder.encode_documents(["import os"])[0], right("import os"), atol=1e-6)
        description = encoder.describe()
    assert (description.max_tokens, description.coarse_dims) == (QWEN_LENGTH, (64, 32))
    assert description.identity.endswith("end=<|endoftext|>")


def test_another_model_is_not_taken_for_one_by_prompts_of_another_form() -> None:
    prompts = Prompts("Instruct: find code\nQuery: ", "", "")
    with FakeServer(Behaviour(model="e5-mistral", adds_end_token=False)) as server:
        assert encoder_for(server, prompts=prompts).inspect().end_token == "none"


def test_the_description_does_not_tell_the_address_and_costs_one_request(server: FakeServer) -> None:
    encoder = encoder_for(server)
    identity = encoder.describe().identity
    encoder.describe()
    assert str(server.port) not in identity
    assert len(server.requests) == 1


def test_the_folder_of_a_gguf_file_is_no_part_of_the_identity() -> None:
    with FakeServer(Behaviour(model="../models/Qwen3-Embedding-4B-Q8_0.gguf")) as server:
        assert "model=Qwen3-Embedding-4B-Q8_0.gguf;" in encoder_for(server).describe().identity


def test_the_registry_loads_it_without_talking_to_anybody() -> None:
    encoder = load_encoder(EncoderSpec("far", "server", "m", server=ServerOptions("https://far.example/v1")))
    assert isinstance(encoder, Inspectable)
    assert isinstance(encoder, Noting)


def test_a_spec_that_was_made_for_a_server_shows_no_key(server: FakeServer) -> None:
    assert "hidden" not in repr(spec_for(server, key="hidden"))
