"""Texts are counted exactly where that can be had, estimated from above elsewhere, and never cut in silence."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from indexers.encoders.server.batches import ALONE_BYTES
from indexers.encoders.server.tokens import estimate_tokens, is_surely_within
from indexers.errors import EncoderError
from tests.encoders.server import toy_model
from tests.encoders.server.behaviours import Behaviour, llama_cpp, llama_cpp_python, lm_studio, ollama, tei, vllm
from tests.encoders.server.fake_server import FakeServer
from tests.encoders.server.made_encoders import elsewhere, encoder_for

LONG = "def add(first, second): ...\n" * 1_000


@pytest.fixture
def tokenizer(tmp_path: Path) -> Path:
    """The toy model's tokenizer as a file: a token a byte, and the end token appended."""
    pytest.importorskip("tokenizers", reason="token ids need the package tokenizers")
    return make_tokenizer(tmp_path / "tokenizer.json", ends_text=True)


def make_tokenizer(path: Path, *, ends_text: bool) -> Path:
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors

    letters = _letters_of_bytes()
    tokenizer = Tokenizer(models.BPE({letter: number for number, letter in enumerate(letters)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(spelling, special=True) for spelling in toy_model.SPECIAL])
    if ends_text:
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"$A {toy_model.END}", special_tokens=[(toy_model.END, toy_model.END_ID)]
        )
    tokenizer.save(str(path))
    return path


def _letters_of_bytes() -> list[str]:
    """The printable letter that stands for each byte in byte-level vocabularies: its own, or one from 256 on."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(byte) if byte in plain else chr(next(others)) for byte in range(256)]


@pytest.mark.parametrize("make", [vllm, llama_cpp, llama_cpp_python, tei])
def test_a_long_text_is_counted_by_a_route_of_the_server(make: Callable[[], Behaviour]) -> None:
    with FakeServer(make()) as server:
        assert encoder_for(server, max_tokens=100).count_tokens(["x" * 500]) == [501]


def test_a_text_that_cannot_be_too_long_is_not_sent_to_be_counted() -> None:
    with FakeServer(vllm()) as server:
        encoder = encoder_for(server, max_tokens=1_000)
        encoder.encode_documents(["warm up"])
        n_before = len(server.requests)
        assert encoder.count_tokens(["x" * 900]) == [451]
        assert len(server.requests) == n_before


def test_another_machine_is_not_sent_texts_to_count_them() -> None:
    with FakeServer(vllm()) as server:
        encoder = encoder_for(server, url=elsewhere(server), max_tokens=100)
        assert encoder.count_tokens(["x" * 500]) == [251]


def test_without_a_route_the_count_is_an_upper_estimate(server: FakeServer) -> None:
    assert encoder_for(server, max_tokens=10).count_tokens(["ab cd", "12345"]) == [4, 6]


def test_without_the_tokenizer_counts_are_not_called_exact(server: FakeServer, tokenizer: Path) -> None:
    assert not encoder_for(server).describe().counts_exactly
    assert encoder_for(server, tokenizer=tokenizer).describe().counts_exactly


def test_the_estimate_takes_two_letters_for_a_token_and_all_else_alone() -> None:
    assert estimate_tokens("abcd") == 2
    assert estimate_tokens("a+1") == 3
    assert estimate_tokens("数") == 3
    assert estimate_tokens("") == 0


def test_only_what_no_tokenizer_can_make_too_long_is_surely_within() -> None:
    assert is_surely_within("x" * 99, 100)
    assert not is_surely_within("x" * 100, 100)
    assert not is_surely_within("ﷺ" * 10, 300)


@pytest.mark.parametrize("make", [vllm, llama_cpp_python, tei])
def test_a_text_that_was_not_read_to_its_end_is_an_error(make: Callable[..., Behaviour]) -> None:
    assert len(LONG) > ALONE_BYTES
    told = f"read only 4096 of the {len(LONG) + 1} tokens of a text; raise its context .*num_ctx.*max_tokens"
    with FakeServer(make(context=4096, truncates=True)) as server, pytest.raises(EncoderError, match=told):
        encoder_for(server).encode_documents([LONG])


def test_a_server_that_says_that_it_reads_little_is_an_error_before_any_text_is_sent() -> None:
    with FakeServer(ollama(context=4096)) as server:
        encoder = encoder_for(server)
        with pytest.raises(EncoderError, match="reads only 4096 of up to 32768 tokens; raise its context"):
            encoder.encode_documents(["import os"])
        assert "import os" not in server.texts


def test_a_smaller_max_tokens_fits_a_server_that_reads_little() -> None:
    with FakeServer(ollama(context=4096)) as server:
        assert encoder_for(server, max_tokens=4096).encode_documents(["import os"]).shape == (1, 64)


def test_token_ids_are_sent_where_there_is_a_tokenizer(server: FakeServer, tokenizer: Path) -> None:
    encoder = encoder_for(server, tokenizer=tokenizer)
    vector = encoder.encode_documents(["import os"])[0]
    assert server.texts[-1] == [*b"import os", toy_model.END_ID]
    np.testing.assert_allclose(vector, toy_model.vector(server.texts[-1], 64, "last"), atol=1e-6)
    assert "the tokenizer ends the token ids" in encoder.inspect().explanation


def test_a_special_token_that_is_spelt_stays_text_in_token_ids(server: FakeServer, tokenizer: Path) -> None:
    encoder = encoder_for(server, tokenizer=tokenizer)
    encoder.encode_documents(["a<|im_start|>b"])
    assert server.texts[-1] == [*b"a<|im_start|>b", toy_model.END_ID]
    assert encoder.notes() == ()


def test_the_tokenizer_counts_exactly(server: FakeServer, tokenizer: Path) -> None:
    assert encoder_for(server, tokenizer=tokenizer).count_tokens(["import os", ""]) == [10, 1]


@pytest.mark.parametrize("make", [lambda: Behaviour(rereads_ids=True), lm_studio, llama_cpp_python])
def test_texts_are_sent_where_ids_are_not_taken_as_they_are(tokenizer: Path, make: Callable[[], Behaviour]) -> None:
    with FakeServer(make()) as server:
        server.behaviour.usage = "right"
        encoder = encoder_for(server, tokenizer=tokenizer)
        encoder.encode_documents(["import os"])
        assert server.texts[-1] == "import os"
        assert encoder.count_tokens(["import os"]) == [10]
        assert encoder.notes() == ("the server does not take token ids as they are: texts were sent",)


def test_token_ids_that_were_cut_are_an_error(tokenizer: Path) -> None:
    with FakeServer(Behaviour(context=20, truncates=True)) as server:
        encoder = encoder_for(server, tokenizer=tokenizer)
        with pytest.raises(EncoderError, match="read only 20 of the 41 tokens"):
            encoder.encode_documents(["x" * 40])


def test_a_tokenizer_without_the_end_token_is_refused(server: FakeServer, tokenizer: Path) -> None:
    make_tokenizer(tokenizer, ends_text=False)
    with pytest.raises(EncoderError, match=r"does not put its end token <\|endoftext\|> behind a text"):
        encoder_for(server, tokenizer=tokenizer).encode_documents(["import os"])


def test_a_file_that_is_no_tokenizer_is_refused(server: FakeServer, tokenizer: Path) -> None:
    tokenizer.write_text("{}", encoding="utf-8")
    with pytest.raises(EncoderError, match=r"tokenizer\.json cannot be read: .*; fetch it anew"):
        encoder_for(server, tokenizer=tokenizer).count_tokens(["import os"])


def test_a_tokenizer_that_is_not_there_is_told(server: FakeServer, tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"is no tokenizer\.json and no folder that holds one; set tokenizer to"):
        encoder_for(server, tokenizer=tmp_path / "tokenizer.json").count_tokens(["import os"])


def test_a_tokenizer_may_be_named_by_its_folder(server: FakeServer, tokenizer: Path) -> None:
    assert encoder_for(server, tokenizer=tokenizer.parent).count_tokens(["import os"]) == [10]


def test_another_file_beside_a_tokenizer_does_not_stand_for_it(server: FakeServer, tokenizer: Path) -> None:
    other = tokenizer.with_name("vocab.json")
    for path in (other, other / "deeper"):
        with pytest.raises(EncoderError, match=r"vocab\.json.* is no tokenizer\.json"):
            encoder_for(server, tokenizer=path).count_tokens(["import os"])
    other.write_text("{}", encoding="utf-8")
    with pytest.raises(EncoderError, match=r"vocab\.json is no tokenizer\.json"):
        encoder_for(server, tokenizer=other).count_tokens(["import os"])
