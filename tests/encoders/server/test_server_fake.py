"""The fake server is what it says: an error of its own would hide errors of ours."""

import json
from http.client import HTTPConnection
from typing import Any

import numpy as np
import pytest

from tests.encoders.server import toy_model
from tests.encoders.server.fake_server import FakeServer


def post(server: FakeServer, body: dict[str, Any], path: str = "/v1/embeddings") -> Any:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def embed(server: FakeServer, text: object) -> Any:
    answer = post(server, {"model": server.behaviour.model, "input": [text]})
    return np.array(answer["data"][0]["embedding"])


def test_a_text_and_its_token_ids_give_the_same_vector(server: FakeServer) -> None:
    ids = [*b"import os", toy_model.END_ID]
    np.testing.assert_allclose(embed(server, "import os"), embed(server, ids), atol=1e-6)


@pytest.mark.parametrize(("switch", "value"), [("pooling", "mean"), ("pooling", "first"), ("adds_end_token", False)])
def test_a_wrong_switch_gives_other_vectors(server: FakeServer, switch: str, value: object) -> None:
    right = embed(server, "import os")
    setattr(server.behaviour, switch, value)
    assert float(right @ embed(server, "import os")) < 0.9


def test_a_spelt_end_token_is_the_token_where_it_is_parsed(server: FakeServer) -> None:
    right = embed(server, "import os")
    server.behaviour.adds_end_token = False
    np.testing.assert_allclose(embed(server, "import os<|endoftext|>"), right, atol=1e-6)
    server.behaviour.parses_special = False
    assert float(embed(server, "import os<|endoftext|>") @ right) < 0.9


def test_texts_that_share_words_are_nearest(server: FakeServer) -> None:
    query, near, far = (
        embed(server, text) for text in ("retry with backoff", "def retry(backoff):", "class Cat: pass")
    )
    assert float(query @ near) > float(query @ far) + 0.2


def test_dimensions_are_a_cut_and_a_normalisation(server: FakeServer) -> None:
    whole = embed(server, "import os")[:32]
    answer = post(server, {"model": server.behaviour.model, "input": ["import os"], "dimensions": 32})
    np.testing.assert_allclose(answer["data"][0]["embedding"], whole / np.linalg.norm(whole), atol=1e-6)


def test_tokens_are_counted_in_usage(server: FakeServer) -> None:
    answer = post(server, {"model": server.behaviour.model, "input": ["12", "3"]})
    assert answer["usage"]["prompt_tokens"] == 5
