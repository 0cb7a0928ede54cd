"""What a server does wrong is told in clear words, and never becomes a vector."""

import re

import numpy as np
import pytest

from indexers.encoders.server.client import HURRIED, MAX_STALLS, PATIENT
from indexers.encoders.server.encoder import ServerEncoder
from indexers.errors import EncoderError
from indexers.types import Patient
from tests.encoders.server.behaviours import Behaviour, vllm
from tests.encoders.server.fake_server import FakeServer
from tests.encoders.server.faults import Fault
from tests.encoders.server.made_encoders import Pauses, encoder_for, spec_for


@pytest.fixture
def encoder(server: FakeServer) -> ServerEncoder:
    """One that has already talked to its server."""
    made = encoder_for(server)
    made.encode_documents(["warm up"])
    return made


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Fault("short"), "answered 1 vectors for 2 texts"),
        (Fault("double"), "answered 3 vectors for 2 texts"),
        (Fault("index"), "answered indexes that are not those of 2 texts"),
        (Fault("dim"), "answered vectors of different lengths"),
        (Fault("long"), "sent vectors of 128 dimensions after others of 64; let it serve one model alone"),
        (Fault("deep"), "answered something that is no list of embeddings; check that it serves an embedding model"),
        (Fault("garbage"), "answered something that is no list of embeddings; check that it serves an embedding model"),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)
def test_a_wrong_answer_is_an_error_that_names_the_server(
    server: FakeServer, encoder: ServerEncoder, fault: Fault, told: str
) -> None:
    server.fail(fault)
    with pytest.raises(EncoderError, match=re.escape(f"the server 127.0.0.1:{server.port} {told}")):
        encoder.encode_documents(["one", "two"])


@pytest.mark.parametrize("kind", ["nan", "zero"])
def test_a_vector_that_is_not_sound_is_asked_for_once_more_alone_and_counted(
    server: FakeServer, encoder: ServerEncoder, kind: str
) -> None:
    right = encoder.encode_documents(["one", "two"])
    server.fail(Fault(kind))  # type: ignore[arg-type]
    np.testing.assert_allclose(encoder.encode_documents(["one", "two"]), right, atol=1e-6)
    assert len(server.embedding_requests[-1].inputs) == 1
    assert encoder.notes() == ("1 vector was not finite at first, asked for once more",)


def test_a_vector_whose_cut_has_no_direction_is_asked_for_once_more(server: FakeServer) -> None:
    encoder = encoder_for(server, dim=32)
    right = encoder.encode_documents(["one"])
    server.fail(Fault("hollow"))
    np.testing.assert_allclose(encoder.encode_documents(["one"]), right, atol=1e-6)


def test_a_vector_that_stays_not_finite_is_an_error_with_a_remedy() -> None:
    with FakeServer(Behaviour(nan_prefix="import")) as server:
        encoder = encoder_for(server)
        with pytest.raises(EncoderError, match=r"not finite .* bf16 or fp32, not fp16"):
            encoder.encode_documents(["def one(): ...", "import os"])
        assert [asked.inputs for asked in server.embedding_requests].count(["import os"]) == 1


def test_numbers_that_json_cannot_spell_are_seen_when_they_come_as_null(server: FakeServer) -> None:
    server.behaviour.base64 = False
    server.behaviour.nan_prefix = "import"
    with pytest.raises(EncoderError, match="not finite"):
        encoder_for(server).encode_documents(["import os"])


@pytest.mark.parametrize("kind", ["drop", "half"])
def test_a_broken_connection_is_tried_again(server: FakeServer, encoder: ServerEncoder, kind: str) -> None:
    right = encoder.encode_documents(["one"])
    server.fail(Fault(kind), Fault(kind))  # type: ignore[arg-type]
    np.testing.assert_allclose(encoder.encode_documents(["one"]), right, atol=1e-6)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_what_passes_is_asked_again(server: FakeServer, encoder: ServerEncoder, status: int) -> None:
    server.fail(Fault("status", status=status), Fault("status", status=status))
    assert encoder.encode_documents(["one"]).shape == (1, 64)
    assert server.texts[-3:] == ["one", "one", "one"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_what_does_not_pass_is_not_asked_again(server: FakeServer, encoder: ServerEncoder, status: int) -> None:
    server.fail(Fault("status", status=status, message="no"))
    told = rf"127\.0\.0\.1:{server.port} refused /v1/embeddings, status {status}: no; "
    with pytest.raises(EncoderError, match=told):
        encoder.encode_documents(["one"])
    assert server.texts[-2:] == ["warm up", "one"]


def test_a_text_that_will_never_fit_is_not_asked_for_again(server: FakeServer, encoder: ServerEncoder) -> None:
    message = "input (900 tokens) is too large to process. increase the physical batch size (current batch size: 512)"
    server.fail(Fault("status", status=500, message=message))
    with pytest.raises(EncoderError, match=r"status 500: input \(900 tokens\) is too large.*--ubatch-size"):
        encoder.encode_documents(["one"])
    assert server.texts[-2:] == ["warm up", "one"]


def test_a_server_that_keeps_failing_is_given_up_with_its_own_words(server: FakeServer, encoder: ServerEncoder) -> None:
    server.fail(*[Fault("status", status=503, message="Loading model")] * 6)
    with pytest.raises(EncoderError, match=r"status 503: Loading model; .* try again"):
        encoder.encode_documents(["one"])


@pytest.mark.slow
def test_a_server_that_stalls_is_given_up_after_its_time(server: FakeServer) -> None:
    encoder = ServerEncoder(spec_for(server, timeout_s=1), Pauses())
    encoder.be_patient()
    encoder.encode_documents(["warm up"])
    server.fail(*[Fault("stall")] * 6)
    with pytest.raises(EncoderError, match=r"gave no answer within 1 s; .* try again"):
        encoder.encode_documents(["one"])
    assert server.texts.count("one") == MAX_STALLS


@pytest.mark.parametrize("is_patient", [False, True])
def test_a_server_that_is_not_there_is_told_at_once(server: FakeServer, is_patient: bool) -> None:
    pauses = Pauses()
    encoder = ServerEncoder(spec_for(server), pauses)
    if is_patient:
        encoder.be_patient()
    server.close()
    with pytest.raises(EncoderError, match="nobody accepts a connection; start it or check the address"):
        encoder.describe()
    assert pauses.seconds == []


def test_a_server_that_never_answered_is_not_waited_for_long(server: FakeServer) -> None:
    pauses = Pauses()
    server.die_after(0)
    with pytest.raises(EncoderError, match="the connection broke"):
        ServerEncoder(spec_for(server), pauses).describe()
    assert len(pauses.seconds) == HURRIED.n_attempts - 1


def test_a_server_that_stalls_at_once_is_given_up_at_once(server: FakeServer) -> None:
    server.fail(*[Fault("stall")] * 6)
    with pytest.raises(EncoderError, match=r"gave no answer within 0\.2 s"):
        ServerEncoder(spec_for(server, timeout_s=0.2), Pauses()).describe()
    assert len(server.requests) == 1


@pytest.mark.parametrize("is_query", [True, False])
def test_nobody_waits_long_who_has_not_asked_to(server: FakeServer, is_query: bool) -> None:
    pauses = Pauses()
    encoder = ServerEncoder(spec_for(server), pauses)
    encoder.encode_documents(["warm up"])
    server.fail(*[Fault("status", status=503)] * 6)
    with pytest.raises(EncoderError, match="status 503"):
        encoder.encode_query("where", "search") if is_query else encoder.encode_documents(["import os"])
    assert len(pauses.seconds) == HURRIED.n_attempts - 1


def test_who_has_asked_to_waits_from_the_first_question_on(server: FakeServer) -> None:
    pauses = Pauses()
    encoder = ServerEncoder(spec_for(server), pauses)
    assert isinstance(encoder, Patient)
    encoder.be_patient()
    server.fail(*[Fault("status", status=503, message="Loading model")] * (PATIENT.n_attempts - 1))
    assert encoder.describe().dim == 64
    assert len(pauses.seconds) == PATIENT.n_attempts - 1


def test_a_first_answer_may_take_the_time_that_is_configured() -> None:
    assert PATIENT.timeout_s is None


def test_a_server_that_goes_away_is_waited_for_and_then_told(server: FakeServer) -> None:
    pauses = Pauses()
    encoder = ServerEncoder(spec_for(server), pauses)
    encoder.be_patient()
    encoder.encode_documents(["warm up"])
    server.die_after(0)
    with pytest.raises(EncoderError, match=r"cannot be used: the connection broke; .* try again"):
        encoder.encode_documents(["one"])
    assert len(pauses.seconds) == PATIENT.n_attempts - 1


def test_an_error_in_one_of_several_requests_stops_the_others(server: FakeServer) -> None:
    encoder = encoder_for(server, batch_size=1, n_concurrent=2)
    encoder.encode_documents(["warm up"])
    n_before = len(server.texts)
    server.fail(Fault("status", status=400))
    with pytest.raises(EncoderError, match="status 400"):
        encoder.encode_documents([f"text {number}" for number in range(200)])
    assert len(server.texts) - n_before < 200


def test_dimensions_that_a_server_refuses_are_explained() -> None:
    told = r'matryoshka.*--hf-overrides \'{"is_matryoshka": true}\''
    with FakeServer(vllm()) as server, pytest.raises(EncoderError, match=told):
        encoder_for(server, dim=32, asks_dimensions=True).describe()


def test_dimensions_that_a_server_ignores_are_explained(server: FakeServer) -> None:
    server.behaviour.ignores_dimensions = True
    with pytest.raises(EncoderError, match="was asked for 32 dimensions and sent 64; leave dimensions out"):
        encoder_for(server, dim=32, asks_dimensions=True).describe()


def test_a_server_that_is_to_cut_must_be_told_how_short(server: FakeServer) -> None:
    with pytest.raises(EncoderError, match="nothing says how short; set dim besides dimensions"):
        encoder_for(server, asks_dimensions=True)


def test_more_dimensions_than_there_are_cannot_be_kept(server: FakeServer) -> None:
    with pytest.raises(EncoderError, match="dim 65 is no cut of this model; choose one from 32 to 64"):
        encoder_for(server, dim=65).describe()
    server.behaviour.model = "bge-small"
    with pytest.raises(EncoderError, match="dim 65 is no cut of this model; choose one from 1 to 64"):
        encoder_for(server, dim=65).describe()


def test_an_error_that_comes_with_status_200_is_an_error(server: FakeServer) -> None:
    server.behaviour.unknown_route_status = 200
    with pytest.raises(EncoderError, match="refused /v2/embeddings, status 200: Unexpected endpoint or method; "):
        encoder_for(server, url=server.url.replace("/v1", "/v2")).describe()


def test_several_models_are_listed_for_a_choice(server: FakeServer) -> None:
    server.behaviour.model = "qwen3-embedding-4b,llama3"
    with pytest.raises(EncoderError, match="serves several models: llama3, qwen3-embedding-4b; name one"):
        encoder_for(server, model="").describe()


def test_a_server_that_names_no_model_wants_to_be_told(server: FakeServer) -> None:
    server.behaviour.lists_models = False
    with pytest.raises(EncoderError, match=r"does not say which model it serves; .*name one"):
        encoder_for(server, model="").describe()


def test_a_model_that_is_not_there_is_told(server: FakeServer) -> None:
    with pytest.raises(EncoderError, match=r"status 404: The model `other` does not exist\.; check the address"):
        encoder_for(server, model="other").describe()


def test_a_context_that_is_too_short_is_refused_by_the_server_with_advice() -> None:
    told = r"status 400: This model's maximum context length is 10 .*max_tokens"
    with FakeServer(Behaviour(context=10)) as server, pytest.raises(EncoderError, match=told):
        encoder_for(server).encode_documents(["def function(): ..."])
