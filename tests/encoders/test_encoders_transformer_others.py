"""Models of sentence-transformers that are not Qwen3-Embedding: a tiny BERT, mean pooling, prompts of its own."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from indexers.encoders.hub import Hub
from indexers.encoders.registry import load_encoder
from indexers.encoders.spec import EncoderSpec, Prompts
from indexers.encoders.transformer.encoder import TransformerEncoder
from indexers.errors import EncoderError
from indexers.types import FloatArray
from tests.encoders.tiny_bert import DIM, LENGTH, make_tiny_bert

torch = pytest.importorskip("torch", reason="needs the extra qwen")
pytest.importorskip("sentence_transformers", reason="needs the extra qwen")


READER_FILES = ("tokenizer.json", "tokenizer_config.json")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_bert(tmp_path_factory.mktemp("models") / "bert")


def spec_of(folder: Path, dim: int | None = None) -> EncoderSpec:
    return EncoderSpec("bert", "transformer", str(folder), dim)


def reference(folder: Path, text: str, n_prompt: int = 0) -> FloatArray:
    """Return the mean of a text's states behind `n_prompt` tokens, at unit length, by transformers alone."""
    from tokenizers import Tokenizer
    from transformers import BertModel

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.encode_special_tokens = True
    with torch.inference_mode():
        states = BertModel.from_pretrained(folder).eval()(torch.tensor([tokenizer.encode(text).ids])).last_hidden_state
    mean = states[0, n_prompt:].mean(dim=0).numpy()
    unit: FloatArray = mean / np.linalg.norm(mean)
    return unit


def test_it_is_asked_by_its_own_prompts(folder: Path) -> None:
    encoder = load_encoder(spec_of(folder))
    documents = encoder.encode_documents(["retry job", "def queue ( )"])
    np.testing.assert_allclose(documents[0], reference(folder, "tell : retry job"), atol=1e-5)
    np.testing.assert_allclose(documents[1], reference(folder, "tell : def queue ( )"), atol=1e-5)
    np.testing.assert_allclose(encoder.encode_query("cache", "search"), reference(folder, "ask : cache"), atol=1e-5)


def test_prompts_of_the_user_s_own_take_their_place(folder: Path) -> None:
    spec = EncoderSpec("bert", "transformer", str(folder), prompts=Prompts("queue ", "cache ", ""))
    encoder = load_encoder(spec)
    np.testing.assert_allclose(encoder.encode_documents(["job"])[0], reference(folder, "job"), atol=1e-5)
    np.testing.assert_allclose(encoder.encode_query("job", "similar"), reference(folder, "cache job"), atol=1e-5)


def test_it_has_its_own_length_and_no_cuts(folder: Path) -> None:
    description = load_encoder(spec_of(folder)).describe()
    assert (description.dim, description.coarse_dims, description.max_tokens) == (DIM, (DIM,), LENGTH)
    assert "pooling=mean" in description.identity.split(";")
    assert not description.is_multilingual


def test_its_tokens_are_counted_with_prompt_and_marks_and_without_a_limit_of_the_file(folder: Path) -> None:
    assert load_encoder(spec_of(folder)).count_tokens(["job", "job " * 50]) == [5, 54]


def test_its_special_tokens_stay_text(folder: Path) -> None:
    encoder = load_encoder(spec_of(folder))
    assert encoder.count_tokens(["[SEP]"])[0] > encoder.count_tokens(["job"])[0]
    np.testing.assert_allclose(
        encoder.encode_documents(["job [SEP]"])[0], reference(folder, "tell : job [SEP]"), atol=1e-5
    )


def test_its_vectors_are_cut_only_when_asked(folder: Path) -> None:
    full = load_encoder(spec_of(folder)).encode_documents(["job"])[0]
    kept = load_encoder(spec_of(folder, dim=8)).encode_documents(["job"])[0]
    np.testing.assert_allclose(kept, full[:8] / np.linalg.norm(full[:8]), atol=1e-6)


def test_a_dimension_beyond_its_own_is_refused(folder: Path) -> None:
    with pytest.raises(EncoderError, match="choose one from 1 to 32"):
        load_encoder(spec_of(folder, dim=33))


def test_a_model_of_the_hub_keeps_its_identity_beside_a_folder_of_its_name(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache/models--someone--bert"
    (cache / "refs").mkdir(parents=True)
    (cache / "refs/main").write_text("0123", "utf-8")
    shutil.copytree(folder, cache / "snapshots/0123")
    (tmp_path / "repository/someone/bert").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "repository")
    encoder = TransformerEncoder(EncoderSpec("bert", "transformer", "someone/bert"), hub=Hub(tmp_path / "cache"))
    assert "model=someone/bert;revision=0123" in encoder.describe().identity


def test_a_dense_layer_decides_the_dimension(tmp_path: Path) -> None:
    encoder = load_encoder(spec_of(make_tiny_bert(tmp_path, n_dense=12)))
    assert encoder.describe().dim == 12
    assert encoder.encode_documents(["job"]).shape == (1, 12)


def test_modules_that_say_nothing_of_themselves_are_loaded_to_be_asked(tmp_path: Path) -> None:
    make_tiny_bert(tmp_path)
    modules = json.loads((tmp_path / "modules.json").read_text("utf-8"))
    norm = {"idx": 2, "name": "2", "path": "2_LayerNorm", "type": "sentence_transformers.models.LayerNorm"}
    (tmp_path / "modules.json").write_text(json.dumps([*modules, norm]), "utf-8")
    (tmp_path / "2_LayerNorm").mkdir()
    (tmp_path / "2_LayerNorm/config.json").write_text('{"dimension": 32}', "utf-8")
    from safetensors.torch import save_file

    weights = {"norm.weight": torch.ones(DIM), "norm.bias": torch.zeros(DIM)}
    save_file(weights, tmp_path / "2_LayerNorm/model.safetensors")
    assert load_encoder(spec_of(tmp_path)).describe().dim == DIM


def test_a_prompt_that_the_model_leaves_out_of_its_mean_is_left_out(tmp_path: Path) -> None:
    make_tiny_bert(tmp_path)
    (tmp_path / "1_Pooling/config.json").write_text(
        '{"word_embedding_dimension": 32, "pooling_mode_mean_tokens": true, "include_prompt": false}', "utf-8"
    )
    vector = load_encoder(spec_of(tmp_path)).encode_documents(["retry job"])[0]
    np.testing.assert_allclose(vector, reference(tmp_path, "tell : retry job", n_prompt=3), atol=1e-5)


def test_a_transformer_in_a_folder_of_its_own_is_found(folder: Path, tmp_path: Path) -> None:
    make_tiny_bert(tmp_path)
    modules = json.loads((tmp_path / "modules.json").read_text("utf-8"))
    modules[0]["path"] = "0_Transformer"
    (tmp_path / "modules.json").write_text(json.dumps(modules), "utf-8")
    (tmp_path / "0_Transformer").mkdir()
    for name in (*READER_FILES, "config.json", "model.safetensors", "sentence_bert_config.json"):
        (tmp_path / name).rename(tmp_path / "0_Transformer" / name)
    moved, own = load_encoder(spec_of(tmp_path)), load_encoder(spec_of(folder))
    assert moved.describe().max_tokens == LENGTH
    np.testing.assert_allclose(moved.encode_documents(["job"]), own.encode_documents(["job"]), atol=1e-6)


def test_a_static_model_without_a_transformer_works(folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    module = {"idx": 0, "name": "0", "path": "0_Static", "type": "sentence_transformers.models.StaticEmbedding"}
    (tmp_path / "modules.json").write_text(json.dumps([module]), "utf-8")
    (tmp_path / "0_Static").mkdir()
    (tmp_path / "0_Static/tokenizer.json").write_bytes((folder / "tokenizer.json").read_bytes())
    rows = torch.arange(45.0).reshape(15, 3).cos()
    save_file({"embedding.weight": rows}, tmp_path / "0_Static/model.safetensors")
    encoder = load_encoder(spec_of(tmp_path))
    assert (encoder.describe().dim, encoder.describe().max_tokens) == (3, None)
    mean = (rows[9] + rows[10]).numpy()
    np.testing.assert_allclose(encoder.encode_documents(["retry job"])[0], mean / np.linalg.norm(mean), atol=1e-6)


def test_a_model_of_the_hub_is_known_by_its_name_and_revision(folder: Path, tmp_path: Path) -> None:
    revision = "0123456789abcdef0123456789abcdef01234567"
    place = tmp_path / "models--someone--bert"
    (place / "refs").mkdir(parents=True)
    (place / "refs/main").write_text(revision, "utf-8")
    make_tiny_bert(place / "snapshots" / revision)
    spec = EncoderSpec("someone/bert", "transformer", "someone/bert")
    description = TransformerEncoder(spec, hub=Hub(cache=tmp_path)).describe()
    assert f";model=someone/bert;revision={revision};" in description.identity
