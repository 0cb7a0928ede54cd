"""What a model's files say of it, read without torch."""

import json
from pathlib import Path
from typing import Any

import pytest

from indexers.encoders.sampling import N_SAMPLES, SAMPLE_BYTES
from indexers.encoders.spec import QWEN_PROMPTS, EncoderSpec, Prompts
from indexers.encoders.transformer.checkpoint import digest_of, missing_files, read_checkpoint
from indexers.errors import EncoderError

SPEC = EncoderSpec("made", "transformer", "made")
QUERY = "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:"


def write(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), "utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a model of Qwen's architecture with empty weights, by the names of sentence-transformers 5."""
    kinds = {"Transformer": "", "Pooling": "1_Pooling", "Normalize": "2_Normalize"}
    write(
        tmp_path / "modules.json", [{"type": f"sentence_transformers.models.{k}", "path": p} for k, p in kinds.items()]
    )
    write(tmp_path / "1_Pooling/config.json", {"word_embedding_dimension": 64, "pooling_mode_lasttoken": True})
    config = {"model_type": "qwen3", "hidden_size": 64, "max_position_embeddings": 40_960, "torch_dtype": "bfloat16"}
    write(tmp_path / "config.json", config)
    write(tmp_path / "config_sentence_transformers.json", {"prompts": {"query": QUERY, "document": ""}})
    write(tmp_path / "tokenizer_config.json", {"model_max_length": 131_072})
    write(tmp_path / "tokenizer.json", {})
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    return tmp_path


def set_prompts(folder: Path, prompts: dict[str, str]) -> None:
    write(folder / "config_sentence_transformers.json", {"prompts": prompts})


def test_a_published_qwen3_embedding_is_known(folder: Path) -> None:
    checkpoint = read_checkpoint(folder)
    assert checkpoint.is_qwen
    assert (checkpoint.dim, checkpoint.max_tokens, checkpoint.pooling) == (64, 40_960, "lasttoken")
    assert checkpoint.precision == "bfloat16"
    assert checkpoint.prompts(SPEC) == QWEN_PROMPTS


def test_the_files_of_a_newer_sentence_transformers_are_understood(folder: Path) -> None:
    module = "sentence_transformers.sentence_transformer.modules.pooling.Pooling"
    modules = json.loads((folder / "modules.json").read_text("utf-8"))
    write(folder / "modules.json", [modules[0], {"type": module, "path": "1_Pooling"}])
    write(folder / "1_Pooling/config.json", {"embedding_dimension": 64, "pooling_mode": "lasttoken"})
    assert read_checkpoint(folder).is_qwen


def test_a_model_of_qwen_s_architecture_without_a_prompt_is_a_qwen3_embedding(folder: Path) -> None:
    set_prompts(folder, {})
    assert read_checkpoint(folder).is_qwen


def test_a_model_of_qwen_s_architecture_with_a_prompt_of_another_form_is_asked_by_that(folder: Path) -> None:
    set_prompts(folder, {"query": "query: ", "passage": "passage: "})
    checkpoint = read_checkpoint(folder)
    assert not checkpoint.is_qwen
    assert checkpoint.prompts(SPEC) == Prompts("query: ", "query: ", "passage: ")


def test_prompts_of_the_spec_come_first(folder: Path) -> None:
    own = Prompts("a", "b", "c")
    assert read_checkpoint(folder).prompts(EncoderSpec("made", "transformer", "made", prompts=own)) == own


@pytest.mark.parametrize(
    "config", [{}, {"pooling_mode": "mean"}, {"pooling_mode_lasttoken": True, "pooling_mode_mean_tokens": True}]
)
def test_a_qwen3_embedding_with_another_pooling_is_refused(folder: Path, config: dict[str, Any]) -> None:
    write(folder / "1_Pooling/config.json", config)
    with pytest.raises(EncoderError, match="must be the last token"):
        read_checkpoint(folder)


def test_several_poolings_make_a_longer_vector(folder: Path) -> None:
    write(folder / "config.json", {"model_type": "bert", "hidden_size": 64})
    write(folder / "1_Pooling/config.json", {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True})
    checkpoint = read_checkpoint(folder)
    assert (checkpoint.dim, checkpoint.pooling) == (128, "cls+mean")


def test_a_length_of_its_own_is_taken_before_the_tokenizer_s(folder: Path) -> None:
    write(folder / "sentence_bert_config.json", {"max_seq_length": 256})
    assert read_checkpoint(folder).max_tokens == 256


def test_a_tokenizer_that_knows_no_length_limits_nothing(folder: Path) -> None:
    write(folder / "config.json", {"model_type": "bert", "hidden_size": 64})
    write(folder / "tokenizer_config.json", {"model_max_length": 1_000_000_000_000_000_019_884_624_838_656})
    assert read_checkpoint(folder).max_tokens is None


@pytest.mark.parametrize("name", ["modules.json", "config.json", "model.safetensors", "1_Pooling/config.json"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert missing_files(folder) == [name]
    with pytest.raises(EncoderError, match=f"lacks {name}; fetch"):
        read_checkpoint(folder)


def test_a_missing_shard_is_named(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    shards = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    write(folder / "model.safetensors.index.json", {"weight_map": shards})
    assert missing_files(folder) == ["model-00002-of-00002.safetensors"]


def test_a_model_without_any_tokenizer_lacks_one(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer_config.json").unlink()
    assert missing_files(folder) == ["tokenizer.json"]


@pytest.mark.parametrize("name", ["modules.json", "config.json", "1_Pooling/config.json"])
@pytest.mark.parametrize("text", ["{", "12", "[" * 100_000])
def test_a_damaged_file_is_named(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text, "utf-8")
    with pytest.raises(EncoderError, match=f"{name} .*fetch it anew"):
        read_checkpoint(folder)


def test_the_digest_changes_with_every_sampled_part_of_the_weights(folder: Path) -> None:
    weights = bytearray(4 * N_SAMPLES * SAMPLE_BYTES)
    (folder / "model.safetensors").write_bytes(weights)
    digests = {digest_of(folder)}
    for place in (0, len(weights) - 1):
        weights[place] ^= 1
        (folder / "model.safetensors").write_bytes(weights)
        digests.add(digest_of(folder))
    (folder / "model.safetensors").write_bytes(weights + b"0")
    digests.add(digest_of(folder))
    assert len(digests) == 4


def test_the_digest_changes_with_the_size_of_the_weights(folder: Path) -> None:
    digests = set()
    for size in (5_000_000, 6_000_000):
        (folder / "model.safetensors").write_bytes(bytes(size))
        digests.add(digest_of(folder))
    assert len(digests) == 2


def test_the_digest_changes_with_a_setting_and_not_with_a_description(folder: Path) -> None:
    before = digest_of(folder)
    (folder / "README.md").write_text("a model", "utf-8")
    assert digest_of(folder) == before
    write(folder / "1_Pooling/config.json", {"pooling_mode": "mean"})
    assert digest_of(folder) != before


@pytest.mark.parametrize("name", ["evil.Module", "modeling_evil.Pooling", "sentence_transformersx.models.Pooling"])
def test_code_that_a_model_s_files_name_is_refused(folder: Path, name: str) -> None:
    modules = json.loads((folder / "modules.json").read_text("utf-8"))
    write(folder / "modules.json", [*modules, {"type": name, "path": ""}])
    with pytest.raises(EncoderError, match=f"'{name}', which is not of sentence-transformers and is not run"):
        read_checkpoint(folder)
