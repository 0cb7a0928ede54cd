"""Encoders out of GGUF files: real llama.cpp on tiny random models."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from indexers.encoders.gguf.llama import Context, ContextOptions, Weights, load_library
from indexers.encoders.registry import load_encoder
from indexers.encoders.spec import QWEN_PROMPTS, EncoderSpec, Prompts, qwen_prompts
from indexers.errors import EncoderError
from indexers.types import FloatArray, Inspectable, Noting
from tests.encoders.tiny_gguf import FileType, Tensors, make_tiny_bert, make_tiny_gguf
from tests.encoders.tiny_qwen import HIDDEN, make_tiny_qwen

pytest.importorskip("llama_cpp", reason='GGUF files are run by llama-cpp-python: pip install ".[gguf]"')
pytest.importorskip("gguf", reason="the tiny GGUF files are written by the package gguf: pip install gguf")
pytest.importorskip("torch", reason='the tiny model is made by torch: pip install ".[qwen]"')

from indexers.encoders.gguf.encoder import GgufEncoder

TEXTS = (
    "def retry(job):\n    return schedule(job, delay=backoff(job.attempts))\n",
    "class LRUCache:\n    '''Evicts what was used least recently.'''\n",
    "",
    "naïve Größe 数据库连接 переменная 🚀 \x00",
    "x" * 300,
    "import os",
    "half \ud800 of a pair",
)

ROOM = 256
"""A context that is small enough for a test to leave it."""


@pytest.fixture(scope="session")
def qwen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_qwen(tmp_path_factory.mktemp("qwen"))


@pytest.fixture(scope="session")
def f32(qwen: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_gguf(qwen, tmp_path_factory.mktemp("gguf") / "tiny.gguf")


@pytest.fixture(scope="session")
def encoder(f32: Path) -> GgufEncoder:
    return GgufEncoder(spec_of(f32))


def spec_of(path: Path, dim: int | None = None, prompts: Prompts | None = None) -> EncoderSpec:
    return EncoderSpec(f"gguf:{path}", "gguf", str(path), dim, prompts=prompts)


def cosines(first: FloatArray, second: FloatArray) -> FloatArray:
    found: FloatArray = np.einsum("ij,ij->i", first, second)
    return found


def test_documents_give_finite_unit_rows(encoder: GgufEncoder) -> None:
    vectors = encoder.encode_documents(TEXTS)
    assert vectors.shape == (len(TEXTS), HIDDEN)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-6)


def test_no_documents_give_no_rows(encoder: GgufEncoder) -> None:
    assert encoder.encode_documents([]).shape == (0, HIDDEN)


def test_a_batch_gives_what_its_texts_give_alone(encoder: GgufEncoder) -> None:
    batch = encoder.encode_documents(TEXTS)
    alone = np.concatenate([encoder.encode_documents([text]) for text in TEXTS])
    np.testing.assert_allclose(batch, alone, atol=1e-5)


def test_more_texts_than_a_context_has_places_for_are_all_encoded(encoder: GgufEncoder) -> None:
    texts = [f"value_{number} = {number}" for number in range(150)]
    vectors = encoder.encode_documents(texts)
    np.testing.assert_allclose(vectors[149], encoder.encode_documents(texts[149:])[0], atol=1e-5)


def test_a_long_text_gets_a_context_of_its_own_and_the_same_vector(f32: Path, encoder: GgufEncoder) -> None:
    texts = ["short", "long " * 200, "longer " * 100, "short again"]
    small = GgufEncoder(spec_of(f32), room=ROOM)
    assert encoder.count_tokens(texts)[1] > ROOM
    assert cosines(small.encode_documents(texts), encoder.encode_documents(texts)).min() > 0.99999


def test_a_text_beyond_the_limit_is_refused_with_both_lengths(f32: Path) -> None:
    encoder = GgufEncoder(EncoderSpec("gguf:x", "gguf", str(f32), max_tokens=10))
    with pytest.raises(EncoderError, match=r"201 tokens is longer than the 10"):
        encoder.encode_documents(["x" * 200])


def test_a_question_beyond_the_limit_is_read_up_to_there_and_still_ended(f32: Path) -> None:
    prompts = Prompts()
    encoder = GgufEncoder(EncoderSpec("gguf:x", "gguf", str(f32), max_tokens=10, prompts=prompts))
    whole = encoder.encode_documents(["x" * 9])[0]
    assert encoder.notes() == ()
    np.testing.assert_allclose(encoder.encode_query("x" * 9 + "y" * 50, "search"), whole, atol=1e-5)
    assert encoder.notes() == ("1 question was longer than 10 tokens and read up to there",)


def test_a_text_as_long_as_the_limit_is_read(f32: Path) -> None:
    encoder = GgufEncoder(EncoderSpec("gguf:x", "gguf", str(f32), max_tokens=201))
    assert np.isfinite(encoder.encode_documents(["x" * 200])).all()


def test_a_file_that_appends_the_end_token_and_one_that_does_not_give_the_same_vectors(
    qwen: Path, encoder: GgufEncoder, tmp_path: Path
) -> None:
    other = GgufEncoder(spec_of(make_tiny_gguf(qwen, tmp_path / "other.gguf", add_eos=False)))
    np.testing.assert_array_equal(other.encode_documents(TEXTS), encoder.encode_documents(TEXTS))
    assert other.count_tokens(TEXTS) == encoder.count_tokens(TEXTS)


def test_an_early_file_that_says_nothing_of_its_pooling_is_pooled_at_its_last_token(
    qwen: Path, encoder: GgufEncoder, tmp_path: Path
) -> None:
    early = GgufEncoder(spec_of(make_tiny_gguf(qwen, tmp_path / "early.gguf", pooling=None)))
    np.testing.assert_array_equal(early.encode_documents(TEXTS), encoder.encode_documents(TEXTS))


def test_the_end_token_is_counted_once(encoder: GgufEncoder) -> None:
    assert encoder.count_tokens(["", "x", "xy"]) == [1, 2, 3]


def test_a_special_token_that_a_text_spells_stays_text(encoder: GgufEncoder) -> None:
    assert encoder.count_tokens(["<|endoftext|>"]) == [len("<|endoftext|>") + 1]
    spelt, empty = encoder.encode_documents(["<|endoftext|>", ""])
    assert float(spelt @ empty) < 0.99


def test_letters_and_their_accents_are_composed_as_by_the_model_s_own_tokenizer(encoder: GgufEncoder) -> None:
    texts = ["Gr\u00f6\u00dfe", "Gro\u0308\u00dfe"]
    composed, apart = encoder.encode_documents(texts)
    np.testing.assert_allclose(composed, apart, atol=1e-5)
    assert len(set(encoder.count_tokens(texts))) == 1


def test_a_query_is_introduced_and_a_document_is_not(encoder: GgufEncoder) -> None:
    bare, prompted = encoder.encode_documents(["where is it", QWEN_PROMPTS.search + "where is it"])
    query = encoder.encode_query("where is it", "search")
    np.testing.assert_allclose(query, prompted, atol=1e-5)
    assert float(query @ bare) < 0.99
    assert float(query @ encoder.encode_query("where is it", "similar")) < 0.9999


def test_fewer_dimensions_are_the_cut_and_normalised_vector(f32: Path, encoder: GgufEncoder) -> None:
    full = encoder.encode_documents(TEXTS)[:, :32]
    expected = full / np.linalg.norm(full, axis=1, keepdims=True)
    short = GgufEncoder(spec_of(f32, dim=32))
    np.testing.assert_allclose(short.encode_documents(TEXTS), expected, atol=1e-6)
    assert short.describe().dim == 32


@pytest.mark.parametrize(
    ("file_type", "least"), [("F16", 0.9999), ("BF16", 0.999), ("Q8_0", 0.99), ("Q5_0", 0.9), ("Q4_0", 0.8)]
)
def test_a_quantised_file_gives_vectors_near_to_the_exact_ones(
    qwen: Path, encoder: GgufEncoder, tmp_path: Path, file_type: FileType, least: float
) -> None:
    quantised = GgufEncoder(spec_of(make_tiny_gguf(qwen, tmp_path / "quantised.gguf", file_type=file_type)))
    found = cosines(quantised.encode_documents(TEXTS), encoder.encode_documents(TEXTS))
    assert least < found.min() < 1
    assert f";format={file_type};" in quantised.describe().identity


def overflowing(tensors: Tensors) -> None:
    """Make values too large for float16, and what reads them as much smaller: the model stays the same."""
    for name, tensor in tensors.items():
        if name.endswith("attn_v.weight"):
            np.multiply(tensor, 2**20, out=tensor)
        if name.endswith("attn_output.weight"):
            np.multiply(tensor, 2**-20, out=tensor)


def test_a_vector_that_is_not_finite_in_half_precision_is_made_again_in_full_and_counted(
    qwen: Path, encoder: GgufEncoder, tmp_path: Path
) -> None:
    path = make_tiny_gguf(qwen, tmp_path / "large.gguf", change=overflowing)
    large = GgufEncoder(spec_of(path), room=ROOM)
    texts = ["short", "long " * 200]
    assert cosines(large.encode_documents(texts), encoder.encode_documents(texts)).min() > 0.99999
    assert isinstance(large, Noting)
    assert large.notes() == ("1 vector was not finite and made again in float32",)


def test_nothing_is_noted_where_all_went_well(encoder: GgufEncoder) -> None:
    encoder.encode_documents(TEXTS)
    assert encoder.notes() == ()


def broken(tensors: Tensors) -> None:
    tensors["output_norm.weight"][:] = np.nan


def without_direction(tensors: Tensors) -> None:
    tensors["output_norm.weight"][:] = 0


@pytest.mark.parametrize("change", [broken, without_direction])
def test_a_model_that_gives_no_usable_vector_is_an_error(
    qwen: Path, tmp_path: Path, change: Callable[[Tensors], None]
) -> None:
    encoder = GgufEncoder(spec_of(make_tiny_gguf(qwen, tmp_path / "broken.gguf", change=change)))
    with pytest.raises(EncoderError, match=r"not finite.*another quantisation"):
        encoder.encode_documents(["x"])


def test_the_identity_is_that_of_the_content_not_of_the_place(f32: Path, encoder: GgufEncoder, tmp_path: Path) -> None:
    copy = tmp_path / "copy.gguf"
    copy.write_bytes(f32.read_bytes())
    found = GgufEncoder(spec_of(copy)).describe()
    assert found.identity == encoder.describe().identity
    assert found.identity.isprintable()
    assert f"dim={HIDDEN};" in found.identity


def test_other_weights_under_the_same_metadata_are_another_identity(
    qwen: Path, encoder: GgufEncoder, tmp_path: Path
) -> None:
    def change(tensors: Tensors) -> None:
        tensors["blk.0.ffn_up.weight"][0, 0] += 1

    other = GgufEncoder(spec_of(make_tiny_gguf(qwen, tmp_path / "other.gguf", change=change)))
    assert other.describe().identity != encoder.describe().identity


def test_other_prompts_and_another_dimension_are_other_identities(f32: Path, encoder: GgufEncoder) -> None:
    prompts = qwen_prompts("Find tests", "Find twins")
    others = [GgufEncoder(spec_of(f32, prompts=prompts)), GgufEncoder(spec_of(f32, dim=32))]
    assert len({encoder.describe().identity, *(other.describe().identity for other in others)}) == 3


def test_a_qwen_model_is_described_by_its_contract(encoder: GgufEncoder) -> None:
    description = encoder.describe()
    assert description.max_tokens == 32_768
    assert description.is_multilingual
    assert description.is_cached
    assert description.engine.startswith("llama-cpp-python ")
    assert "Tiny qwen3 from a GGUF file (F32)" in description.summary


def test_the_end_token_is_told_to_be_present(encoder: GgufEncoder) -> None:
    assert isinstance(encoder, Inspectable)
    inspection = encoder.inspect()
    assert inspection.end_token == "present"
    assert inspection.has_prompts


def test_another_architecture_reads_as_its_own_file_says(tmp_path: Path) -> None:
    encoder = load_encoder(spec_of(make_tiny_bert(tmp_path / "bert.gguf")))
    assert isinstance(encoder, GgufEncoder)
    texts = ["def retry ( job ) :", "cache", "def retry ( job ) : cache queue"]
    vectors = encoder.encode_documents(texts)
    np.testing.assert_allclose(vectors[1], encoder.encode_documents(texts[1:2])[0], atol=1e-5)
    np.testing.assert_allclose(vectors[1], encoder.encode_query("cache", "search"), atol=1e-5)
    assert encoder.count_tokens(texts)[1] == len(["[CLS]", "cache", "[SEP]"])
    assert encoder.inspect().end_token == "none"
    assert encoder.describe().max_tokens == 64


def test_pooling_of_another_architecture_is_what_its_file_says(tmp_path: Path) -> None:
    mean, first = (
        load_encoder(spec_of(make_tiny_bert(tmp_path / f"{pooling}.gguf", pooling=pooling)))
        for pooling in ("mean", "cls")
    )
    assert "pooling=mean" in mean.describe().identity
    assert float(mean.encode_documents(["retry job"])[0] @ first.encode_documents(["retry job"])[0]) < 0.99


def test_a_file_of_another_architecture_without_pooling_is_no_embedding_model(tmp_path: Path) -> None:
    path = make_tiny_bert(tmp_path / "bert.gguf", pooling=None)
    with pytest.raises(EncoderError, match="does not say how its vectors are pooled"):
        GgufEncoder(spec_of(path))


def test_a_qwen_file_of_another_pooling_is_refused(qwen: Path, tmp_path: Path) -> None:
    path = make_tiny_gguf(qwen, tmp_path / "mean.gguf", pooling="mean")
    with pytest.raises(EncoderError, match="pooling is mean where it must be the last token"):
        GgufEncoder(spec_of(path))


def test_a_reranker_is_refused(qwen: Path, tmp_path: Path) -> None:
    path = make_tiny_gguf(qwen, tmp_path / "rank.gguf", pooling="rank")
    with pytest.raises(EncoderError, match="is a reranker"):
        GgufEncoder(spec_of(path))


def test_a_file_that_ends_within_its_last_weights_is_refused_when_it_is_read(f32: Path, tmp_path: Path) -> None:
    (tmp_path / "part.gguf").write_bytes(f32.read_bytes()[:-8])
    encoder = GgufEncoder(spec_of(tmp_path / "part.gguf"))
    with pytest.raises(EncoderError, match=r"cannot read .*part\.gguf: it is damaged.*download it anew"):
        encoder.encode_documents(["x"])


def test_a_cut_that_the_model_was_not_trained_for_is_refused(f32: Path) -> None:
    with pytest.raises(EncoderError, match="dim 65 is no cut"):
        GgufEncoder(spec_of(f32, dim=65))


def test_after_closing_it_loads_again(f32: Path, encoder: GgufEncoder) -> None:
    closed = GgufEncoder(spec_of(f32))
    closed.encode_documents(["x"])
    closed.close()
    closed.close()
    np.testing.assert_array_equal(closed.encode_documents(["x"]), encoder.encode_documents(["x"]))


def test_nothing_is_written_to_the_terminal(f32: Path, capfd: pytest.CaptureFixture[str]) -> None:
    encoder = GgufEncoder(spec_of(f32), room=ROOM)
    encoder.encode_documents(["short", "long " * 200])
    encoder.close()
    assert capfd.readouterr() == ("", "")


class Recording(ModuleType):
    """A library that counts the tokens whose states are read."""

    def __init__(self, library: ModuleType) -> None:
        super().__init__("recording")
        self._library = library
        self.n_read = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._library, name)

    def llama_decode(self, context: Any, batch: Any) -> Any:
        self.n_read += sum(batch.logits[row] for row in range(batch.n_tokens))
        return self._library.llama_decode(context, batch)


def test_scores_over_the_vocabulary_are_computed_for_one_token_a_text(f32: Path) -> None:
    library = Recording(load_library())
    context = Context(Weights(library, f32), ContextOptions(ROOM, reads_last=True, is_exact=False))
    context.states([[1] * 100, [2] * 50, [3]])
    assert library.n_read == 3


def test_what_was_not_finite_leaves_no_trace_in_the_next_text(qwen: Path, tmp_path: Path) -> None:
    def change(tensors: Tensors) -> None:
        overflowing(tensors)
        tensors["token_embd.weight"][1] = 0  # a token whose values are 0 overflows nowhere

    weights = Weights(load_library(), make_tiny_gguf(qwen, tmp_path / "large.gguf", change=change))
    context = Context(weights, ContextOptions(ROOM, reads_last=True, is_exact=False))
    assert not np.isfinite(context.states([[2] * 200])).any()
    assert np.isfinite(context.states([[1] * 4])).all()


STARVED = """
import resource, sys
from pathlib import Path
from indexers.encoders.gguf.encoder import GgufEncoder
from indexers.encoders.spec import EncoderSpec
from indexers.errors import EncoderError

encoder = GgufEncoder(EncoderSpec("gguf:x", "gguf", sys.argv[1]))
encoder.encode_documents(["short"])
pages = int(Path("/proc/self/statm").read_text().split()[0])
limit = pages * resource.getpagesize() + 120_000_000
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
try:
    encoder.encode_documents(["x" * 32_000])
except EncoderError as error:
    print(error)
print(encoder.encode_documents(["short"]).shape)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads the size of a process as Linux tells it")
def test_too_little_memory_for_a_long_text_is_an_error_and_short_ones_are_encoded_on(f32: Path) -> None:
    command = [sys.executable, "-c", STARVED, str(f32)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert "there is not enough memory to read 32768 tokens; set max_tokens" in done.stdout
    assert done.stdout.endswith("(1, 64)\n")


@pytest.mark.slow
def test_a_text_of_32768_tokens_is_read_to_its_end(encoder: GgufEncoder) -> None:
    texts = ["x" * 16_384 + "y" * 16_383, "x" * 2_000]
    assert encoder.count_tokens(texts) == [32_768, 2_001]
    whole, beginning = encoder.encode_documents(texts)
    assert float(whole @ beginning) < 0.99
