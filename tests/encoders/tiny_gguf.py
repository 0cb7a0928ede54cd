"""Tiny models as GGUF files: the weights and the vocabulary of `tiny_qwen`, and a model of another architecture.

Needs the `gguf` package, which is imported when a file is made. Metadata is what llama.cpp's own converter writes.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np

FileType = Literal["F32", "F16", "BF16", "Q8_0", "Q5_0", "Q4_0"]
Pooling = Literal["none", "mean", "cls", "last", "rank"]
Tensors = dict[str, Any]

BERT_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "▁def", "▁retry", "▁job", "▁queue", "▁cache", "▁(", "▁)", "▁:")
BERT_DIM = 32
BERT_LENGTH = 64


def make_tiny_gguf(
    folder: Path,
    path: Path,
    *,
    file_type: FileType = "F32",
    add_eos: bool = True,
    pooling: Pooling | None = "last",
    change: Callable[[Tensors], None] | None = None,
) -> Path:
    """Write the model of `make_tiny_qwen(folder)` as one GGUF file and return its path.

    `add_eos` is what the file says of its tokenizer, not what it does; `pooling` None says nothing of it. `change`
    may alter the weights, float32 under the names of llama.cpp, before they are written.
    """
    from gguf import MODEL_ARCH, get_tensor_name_map
    from safetensors.numpy import load_file

    config = json.loads((folder / "config.json").read_text("utf-8"))
    names = get_tensor_name_map(MODEL_ARCH.QWEN3, config["num_hidden_layers"])
    tensors: Tensors = {}
    for name, tensor in load_file(folder / "model.safetensors").items():
        full = name if name.startswith("model.") else f"model.{name}"
        tensors[str(names.get_name(full, (".weight",)))] = tensor.astype(np.float32)
    if change is not None:
        change(tensors)
    writer = _writer(path, "qwen3", file_type, pooling)
    _add_shape(writer, config)
    _add_vocabulary(writer, folder, add_eos)
    return _write(writer, tensors, file_type, path)


def make_tiny_bert(path: Path, *, pooling: Pooling | None = "mean") -> Path:
    """Write a BERT of random weights that knows `BERT_TOKENS`, reads 64 tokens and gives 32 numbers."""
    from gguf import TokenType

    chance = np.random.default_rng(3)
    writer = _writer(path, "bert", "F32", pooling)
    writer.add_context_length(BERT_LENGTH)
    writer.add_embedding_length(BERT_DIM)
    writer.add_feed_forward_length(2 * BERT_DIM)
    writer.add_block_count(1)
    writer.add_head_count(2)
    writer.add_layer_norm_eps(1e-12)
    writer.add_causal_attention(False)
    writer.add_token_type_count(2)
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("jina-v2-en")
    writer.add_token_list(list(BERT_TOKENS))
    writer.add_token_types([TokenType.CONTROL] * 4 + [TokenType.NORMAL] * (len(BERT_TOKENS) - 4))
    for number, add in enumerate((writer.add_pad_token_id, writer.add_unk_token_id, writer.add_bos_token_id)):
        add(number)
    writer.add_eos_token_id(3)
    writer.add_sep_token_id(3)
    shapes = {
        "token_embd.weight": (len(BERT_TOKENS), BERT_DIM),
        "token_types.weight": (2, BERT_DIM),
        "position_embd.weight": (BERT_LENGTH, BERT_DIM),
        **{f"blk.0.attn_{part}.weight": (BERT_DIM, BERT_DIM) for part in ("q", "k", "v", "output")},
        **{f"blk.0.attn_{part}.bias": (BERT_DIM,) for part in ("q", "k", "v", "output")},
        "blk.0.ffn_up.weight": (2 * BERT_DIM, BERT_DIM),
        "blk.0.ffn_up.bias": (2 * BERT_DIM,),
        "blk.0.ffn_down.weight": (BERT_DIM, 2 * BERT_DIM),
        "blk.0.ffn_down.bias": (BERT_DIM,),
    }
    tensors = {name: chance.normal(0, 0.3, shape).astype(np.float32) for name, shape in shapes.items()}
    for norm in ("token_embd_norm", "blk.0.attn_output_norm", "blk.0.layer_output_norm"):
        tensors[f"{norm}.weight"] = np.ones(BERT_DIM, np.float32)
        tensors[f"{norm}.bias"] = np.zeros(BERT_DIM, np.float32)
    return _write(writer, tensors, "F32", path)


def _writer(path: Path, architecture: str, file_type: FileType, pooling: Pooling | None) -> Any:
    from gguf import GGUFWriter, LlamaFileType, PoolingType

    writer = GGUFWriter(path, architecture)
    writer.add_name(f"Tiny {architecture}")
    writer.add_file_type(LlamaFileType["ALL_F32" if file_type == "F32" else f"MOSTLY_{file_type}"])
    writer.add_quantization_version(2)
    if pooling is not None:
        writer.add_pooling_type(PoolingType[pooling.upper()])
    return writer


def _add_shape(writer: Any, config: dict[str, Any]) -> None:
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_key_length(config["head_dim"])
    writer.add_value_length(config["head_dim"])
    writer.add_rope_freq_base(float(config["rope_theta"]))
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])


def _add_vocabulary(writer: Any, folder: Path, add_eos: bool) -> None:
    from gguf import TokenType

    tokenizer = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    special = {entry["content"]: entry["id"] for entry in tokenizer["added_tokens"]}
    ids = {**tokenizer["model"]["vocab"], **special}
    tokens = sorted(ids, key=ids.__getitem__)
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in tokenizer["model"]["merges"]]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types([TokenType.CONTROL if token in special else TokenType.NORMAL for token in tokens])
    writer.add_token_merges(merges)
    writer.add_eos_token_id(ids["<|endoftext|>"])
    writer.add_pad_token_id(ids["<|endoftext|>"])
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(add_eos)


def _write(writer: Any, tensors: Tensors, file_type: FileType, path: Path) -> Path:
    """Write the file; as in every GGUF, vectors stay float32 whatever the file type."""
    from gguf import GGMLQuantizationType
    from gguf.quants import quantize

    for name, tensor in tensors.items():
        kind = GGMLQuantizationType[file_type] if tensor.ndim > 1 else GGMLQuantizationType.F32
        writer.add_tensor(name, quantize(tensor, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
