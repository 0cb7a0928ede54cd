"""A server that reads the beginnings of long texts alone is found out by its own counts."""

import pytest

from indexers.encoders.server.batches import ALONE_BYTES
from indexers.encoders.server.client import Client
from indexers.encoders.server.depth import ODD_BYTES_PER_TOKEN, Depth
from indexers.encoders.server.endpoint import Endpoint
from indexers.encoders.spec import ServerOptions
from indexers.errors import EncoderError
from tests.encoders.server.behaviours import Behaviour, ollama
from tests.encoders.server.fake_server import FakeServer
from tests.encoders.server.made_encoders import encoder_for

LONG = "x" * ALONE_BYTES


def endpoint_of(server: FakeServer) -> Endpoint:
    return Endpoint(Client(ServerOptions(server.url)), server.behaviour.model)


@pytest.mark.parametrize("context", [ALONE_BYTES // 10, ALONE_BYTES // 2])
def test_a_server_that_cuts_every_long_text_at_the_same_place_is_an_error(context: int) -> None:
    with FakeServer(Behaviour(context=context, truncates=True)) as server:
        encoder = encoder_for(server)
        with pytest.raises(EncoderError, match=rf"read only {context} of .*max_tokens"):
            encoder.encode_documents([LONG, LONG + "y"])


def test_long_texts_that_are_read_whole_cost_no_further_request() -> None:
    with FakeServer(ollama()) as server:
        encoder_for(server).encode_documents([LONG, LONG + "y"])
        assert not any(str(text).startswith("7 7") for text in server.texts)


def test_a_text_of_long_tokens_is_cleared_by_one_request() -> None:
    with FakeServer(Behaviour()) as server:
        depth = Depth(endpoint_of(server))
        for _ in range(2):
            depth.check(100, 100 * ODD_BYTES_PER_TOKEN + 1)
        assert len(server.texts) == 1


def test_a_server_that_refuses_the_longer_text_cuts_nothing() -> None:
    with FakeServer(Behaviour(context=120)) as server:
        Depth(endpoint_of(server)).check(100, 100 * ODD_BYTES_PER_TOKEN + 1)
