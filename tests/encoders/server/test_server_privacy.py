"""Nothing leaves that must not: keys, secrets, texts in messages, anything at all offline."""

import json
import traceback

import pytest

from indexers.encoders.registry import load_encoder
from indexers.encoders.server.client import Client
from indexers.encoders.server.complaints import MAX_MESSAGE, Hidden, clean, describe_refusal
from indexers.encoders.server.encoder import ServerEncoder
from indexers.encoders.server.endpoint import Endpoint
from indexers.encoders.server.texts import clean_text
from indexers.encoders.spec import EncoderSpec, ServerOptions
from indexers.errors import EncoderError
from tests.encoders.server.fake_server import FakeServer
from tests.encoders.server.faults import Fault
from tests.encoders.server.made_encoders import elsewhere, encoder_for, spec_for

TOKEN = "ghp_" + "a1B2" * 9
KEY = "key-of-the-user-0123456789"


def test_the_key_is_sent_to_the_server_alone(server: FakeServer) -> None:
    server.behaviour.key = KEY
    encoder = encoder_for(server, key=KEY)
    encoder.encode_documents(["import os"])
    shown = f"{encoder!r} {encoder.describe()} {encoder.notes()} {encoder.inspect()}"
    assert KEY not in shown
    assert {asked.headers.get("Authorization") for asked in server.requests} == {f"Bearer {KEY}"}


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_not_shown_and_its_variable_is_advised(server: FakeServer, status: int) -> None:
    server.fail(Fault("status", status=status, message=f"Incorrect API key provided: {KEY}"))
    with pytest.raises(EncoderError, match=r"Incorrect API key provided: …; check the key: .* environment") as caught:
        encoder_for(server, key=KEY).describe()
    assert KEY not in str(caught.value)


def test_no_key_no_header(server: FakeServer) -> None:
    encoder_for(server).describe()
    assert "Authorization" not in server.requests[0].headers


def test_a_redirect_is_not_followed(server: FakeServer) -> None:
    with FakeServer() as other:
        server.fail(Fault("status", status=307, headers={"Location": f"{other.url}/embeddings"}))
        with pytest.raises(EncoderError, match="status 307: it sends to another address; set that address as url"):
            encoder_for(server, key=KEY).describe()
        assert other.requests == []


def test_secrets_are_masked_on_their_way_to_another_machine(server: FakeServer) -> None:
    encoder = encoder_for(server, url=elsewhere(server))
    encoder.encode_documents([f"token = '{TOKEN}'"])
    encoder.encode_query(f"where is {TOKEN} used", "search")
    sent = json.dumps(server.texts)
    assert TOKEN not in sent
    assert sent.count("[github-token]") == 2


def test_texts_for_this_machine_stay_as_they_are(server: FakeServer) -> None:
    encoder_for(server).encode_documents([f"token = '{TOKEN}'"])
    assert TOKEN in server.texts[-1]


def test_offline_no_other_machine_is_talked_to(server: FakeServer) -> None:
    with pytest.raises(EncoderError, match=r"127\.1:\d+ is not on this machine, and offline nothing else is talked to"):
        encoder_for(server, url=elsewhere(server), is_offline=True)
    assert server.requests == []


def test_offline_a_server_on_this_machine_may_be_talked_to(server: FakeServer) -> None:
    assert encoder_for(server, is_offline=True).describe().dim == 64


@pytest.mark.parametrize(
    ("url", "is_allowed"),
    [
        ("http://api.example.com/v1", False),
        ("HTTP://8.8.8.8/v1", False),
        ("https://api.example.com/v1", True),
        ("http://127.0.0.1:8080/v1", True),
        ("http://192.168.1.20:8080/v1", True),
        ("http://gpu-box:8080/v1", True),
        ("http://gpu-box.local:8080/v1", True),
    ],
)
def test_a_key_travels_unencrypted_in_private_networks_only(url: str, is_allowed: bool) -> None:
    spec = EncoderSpec("far", "server", "m", server=ServerOptions(url, key=KEY))
    if is_allowed:
        ServerEncoder(spec)
        return
    with pytest.raises(EncoderError, match="would travel unencrypted over the internet; use its https:// address"):
        ServerEncoder(spec)


@pytest.mark.parametrize("odd", ["\n", "\r\nX-Other: 1", "ß", "\x00", "“"])
def test_a_key_that_fits_no_header_is_told_by_its_variable_alone(server: FakeServer, odd: str) -> None:
    with pytest.raises(EncoderError, match="set the variable THE_KEY anew") as caught:
        load_encoder(spec_for(server, key=f"{KEY}{odd}", key_variable="THE_KEY"))
    assert KEY not in "".join(traceback.format_exception(caught.value))
    assert server.requests == []


@pytest.mark.parametrize("url", ["http://user:sesame@api.example.com/v1", "http://host/v1?key=sesame", "ftp://host/v1"])
def test_an_address_with_more_than_a_place_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(EncoderError, match="not one of the form http://HOST:PORT/v1") as caught:
        ServerEncoder(EncoderSpec("far", "server", "m", server=ServerOptions(url)))
    assert "sesame" not in str(caught.value)


def test_a_message_that_repeats_the_text_is_shown_without_it(server: FakeServer) -> None:
    text = "def hidden_function(argument):\n    return 'a very private thing'\n"
    encoder = encoder_for(server)
    encoder.encode_documents(["warm up"])
    server.fail(Fault("status", status=400, message="cannot embed this", is_echo=True))
    with pytest.raises(EncoderError, match="cannot embed this") as caught:
        encoder.encode_documents([text])
    assert "hidden_function" not in str(caught.value)
    assert "private" not in str(caught.value)


def test_a_message_that_repeats_token_ids_is_shown_without_them(server: FakeServer) -> None:
    endpoint = Endpoint(Client(ServerOptions(server.url)), server.behaviour.model)
    server.fail(*[Fault("status", status=400, is_echo=True)] * 2)
    with pytest.raises(EncoderError, match="something broke") as caught:
        endpoint.embed([list(range(1000, 1040))])
    assert "1012" not in str(caught.value)


@pytest.mark.parametrize(
    "spell", [str, repr, json.dumps, lambda text: text[10:40], lambda text: text.replace("\n", " ")]
)
def test_a_text_is_found_in_a_message_however_it_is_spelt_there(spell: object) -> None:
    assert callable(spell)
    text = 'class Account:\n    """Belongs to nobody else."""\n\tnumber = \'a-b-c-d\'\n'
    cleaned = clean(f"bad input {spell(text)} given", Hidden([text]))
    assert cleaned.startswith("bad input")
    assert not any(word in cleaned for word in ("Account", "Belongs", "a-b-c-d"))


@pytest.mark.parametrize("n_before", [4 * MAX_MESSAGE - 10, 4 * MAX_MESSAGE - len(KEY) + 1])
def test_a_key_is_found_where_a_message_is_cut(n_before: int) -> None:
    cleaned = clean(" " * n_before + KEY, Hidden(key=KEY))
    assert cleaned == "…"


def test_a_part_of_a_key_is_not_shown() -> None:
    assert KEY[:16] not in clean(f"bad key {KEY[:16]}", Hidden(key=KEY))


def test_a_message_is_one_short_printable_line() -> None:
    cleaned = clean("first\nsecond \x1b[31m" + "word " * 500, Hidden())
    assert cleaned.startswith("first second ?[31mword word")
    assert len(cleaned) == MAX_MESSAGE


@pytest.mark.parametrize(
    "value",
    [
        {"error": {"message": "too warm", "type": "x"}},
        {"error": "too warm"},
        {"message": "too warm", "code": 422, "type": "Validation"},
        {"detail": "too warm"},
        {"detail": [{"loc": ["body", "input"], "msg": "too warm", "input": "the text"}]},
        "too warm",
    ],
)
def test_the_words_of_every_kind_of_server_are_found(value: object) -> None:
    assert describe_refusal(418, value, Hidden()).startswith("status 418: too warm; ")


def test_an_answer_without_words_is_told_by_its_status() -> None:
    assert describe_refusal(500, None, Hidden()).startswith("status 500; look into the server's log")


def test_spelt_special_tokens_are_broken_and_counted() -> None:
    cleaned = clean_text("a<|endoftext|>b<|im_start|>c <|not one|> <||>", leaves_machine=False, breaks_special=True)
    assert cleaned.text == "a<\u200b|endoftext|>b<\u200b|im_start|>c <|not one|> <||>"
    assert cleaned.n_broken == 2


def test_broken_special_tokens_are_noted_for_documents_and_queries(server: FakeServer) -> None:
    encoder = encoder_for(server)
    encoder.encode_documents(["stop at <|endoftext|>"])
    encoder.encode_query("what is <|endoftext|>", "search")
    assert all("<|endoftext|>" not in text for text in server.texts[-2:])
    assert encoder.notes() == ("2 special tokens were spelt in texts, broken by U+200B",)
