"""A tiny BERT with random weights as a sentence-transformers model of another kind: mean pooling, prompts of its own.

Needs the extra `qwen`, which is imported when a model is made.
"""

import json
from pathlib import Path
from typing import Any

DIM = 32
LENGTH = 24
PROMPTS = {"query": "ask : ", "passage": "tell : "}
WORDS = (
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "ask",
    "tell",
    ":",
    "def",
    "retry",
    "job",
    "queue",
    "cache",
    "(",
    ")",
)


def make_tiny_bert(folder: Path, *, n_dense: int = 0) -> Path:
    """Write a model that reads 24 tokens and gives 32 numbers, or `n_dense` by a dense layer; return its folder."""
    import torch
    from safetensors.torch import save_file
    from transformers import BertConfig, BertModel

    config = {
        "architectures": ["BertModel"],
        "hidden_size": DIM,
        "initializer_range": 0.2,
        "intermediate_size": 64,
        "max_position_embeddings": 64,
        "model_type": "bert",
        "num_attention_heads": 2,
        "num_hidden_layers": 1,
        "torch_dtype": "float32",
        "vocab_size": len(WORDS),
    }
    folder.mkdir(parents=True, exist_ok=True)
    _write_json(folder / "config.json", config)
    _write_tokenizer(folder)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        save_file(
            BertModel(BertConfig.from_pretrained(folder)).state_dict(), folder / "model.safetensors", {"format": "pt"}
        )
        dense = torch.nn.Linear(DIM, n_dense or 1)
    modules = [("", "Transformer"), ("1_Pooling", "Pooling")]
    _write_json(
        folder / "1_Pooling/config.json",
        {"word_embedding_dimension": DIM, "pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True},
    )
    if n_dense:
        modules.append(("2_Dense", "Dense"))
        options = {"in_features": DIM, "out_features": n_dense, "bias": True}
        _write_json(
            folder / "2_Dense/config.json", {**options, "activation_function": "torch.nn.modules.linear.Identity"}
        )
        weights = {f"linear.{name}": tensor for name, tensor in dense.state_dict().items()}
        save_file(weights, folder / "2_Dense/model.safetensors", {"format": "pt"})
    _write_json(
        folder / "modules.json",
        [
            {"idx": number, "name": str(number), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for number, (path, kind) in enumerate(modules)
        ],
    )
    _write_json(folder / "sentence_bert_config.json", {"max_seq_length": LENGTH, "do_lower_case": False})
    _write_json(folder / "config_sentence_transformers.json", {"prompts": PROMPTS, "default_prompt_name": "query"})
    return folder


def _write_tokenizer(folder: Path) -> None:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    numbers = {word: number for number, word in enumerate(WORDS)}
    tokenizer = Tokenizer(models.WordPiece(vocab=numbers, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    ends = [("[CLS]", numbers["[CLS]"]), ("[SEP]", numbers["[SEP]"])]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    tokenizer.enable_truncation(8)  # some published files have one, which is none of the model's
    tokenizer.save(str(folder / "tokenizer.json"))
    named = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
    config: dict[str, Any] = {f"{name}_token": token for name, token in named.items()}
    _write_json(
        folder / "tokenizer_config.json", {**config, "tokenizer_class": "BertTokenizer", "model_max_length": 64}
    )


def _write_json(path: Path, value: Any) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(value, indent=2), "utf-8")
