"""Who appends the end token is found out by asking, never guessed."""

from collections.abc import Callable

import pytest

from indexers.encoders.spec import EndToken
from indexers.errors import EncoderError
from tests.encoders.server.behaviours import Behaviour, llama_cpp, llama_cpp_python, lm_studio, ollama, tei, vllm
from tests.encoders.server.fake_server import FakeServer
from tests.encoders.server.made_encoders import encoder_for

END = "<|endoftext|>"


@pytest.mark.parametrize("make", [vllm, llama_cpp, llama_cpp_python, tei])
def test_a_tokenizing_route_shows_that_the_server_appends_it(make: Callable[[], Behaviour]) -> None:
    with FakeServer(make()) as server:
        inspection = encoder_for(server).inspect()
    assert inspection.end_token == "present"
    assert "as its tokenizing route shows" in inspection.explanation


@pytest.mark.parametrize("make", [Behaviour, ollama])
def test_a_token_that_only_a_count_shows_is_taken_for_it_and_not_sworn_to(make: Callable[[], Behaviour]) -> None:
    with FakeServer(make()) as server:
        encoder = encoder_for(server)
        inspection = encoder.inspect()
        encoder.encode_documents(["import os"])
        assert server.texts[-1] == "import os"
    assert inspection.end_token == "unknown"
    assert "the server adds one token to each text, which is taken for <|endoftext|>" in inspection.explanation


def test_a_count_does_not_tell_a_token_in_front_from_the_end_token() -> None:
    with FakeServer(Behaviour(adds_end_token=False, adds_begin_token=True)) as server:
        assert encoder_for(server).inspect().end_token != "present"


@pytest.mark.parametrize("make", [Behaviour, vllm, llama_cpp, tei])
def test_where_the_server_does_not_it_is_appended_here_once(make: Callable[..., Behaviour]) -> None:
    with FakeServer(make(adds_end_token=False)) as server:
        encoder = encoder_for(server)
        encoder.encode_documents(["import os"])
        assert server.texts[-1] == f"import os{END}"
        assert "is added here" in encoder.inspect().explanation


def test_it_is_asked_for_once_in_the_life_of_an_encoder(server: FakeServer) -> None:
    encoder = encoder_for(server)
    encoder.encode_documents(["one"])
    n_before = len(server.requests)
    encoder.encode_documents(["two"])
    assert len(server.requests) == n_before + 1


@pytest.mark.parametrize("make", [Behaviour, llama_cpp_python])
def test_a_server_that_neither_appends_nor_reads_it_is_refused(make: Callable[..., Behaviour]) -> None:
    told = r"neither appends <\|endoftext\|> nor reads its spelling as one token"
    with FakeServer(make(adds_end_token=False, parses_special=False)) as server:
        encoder = encoder_for(server)
        assert encoder.inspect().end_token == "missing"
        with pytest.raises(EncoderError, match=told):
            encoder.encode_documents(["import os"])


@pytest.mark.parametrize("make", [vllm, llama_cpp])
def test_another_token_at_the_end_is_refused(make: Callable[..., Behaviour]) -> None:
    told = "ends texts with another token than"
    with FakeServer(make(end_id=258)) as server, pytest.raises(EncoderError, match=told):
        encoder_for(server).encode_documents(["import os"])


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lm_studio, "does not say how many tokens it has read"),
        (lambda: Behaviour(usage="none"), "does not say how many tokens it has read"),
        (lambda: Behaviour(usage="odd"), "adds 3 tokens to every text"),
        (lambda: Behaviour(adds_begin_token=True), "adds 2 tokens to every text"),
        (lambda: Behaviour(usage="rounded"), "counts tokens in a way that does not add up"),
    ],
)
def test_what_cannot_be_found_out_has_to_be_configured(make: Callable[[], Behaviour], told: str) -> None:
    with FakeServer(make()) as server:
        encoder = encoder_for(server)
        with pytest.raises(EncoderError, match=f'{told}.* set end_token to "server" or "client"'):
            encoder.encode_documents(["import os"])
        assert encoder.inspect().end_token == "unknown"


@pytest.mark.parametrize(("setting", "sent"), [("server", "import os"), ("client", f"import os{END}")])
def test_what_is_configured_is_not_asked_for(setting: EndToken, sent: str) -> None:
    with FakeServer(lm_studio()) as server:
        encoder = encoder_for(server, end_token=setting)
        encoder.encode_documents(["import os"])
        assert server.texts == ["7", sent]
        assert encoder.inspect().end_token == "unknown"
