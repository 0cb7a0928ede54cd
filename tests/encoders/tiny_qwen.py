"""A tiny Qwen3-Embedding with random weights, in the files and the names of the published ones.

Needs the extra `qwen`, which is imported when a model is made.
"""

import json
from pathlib import Path
from typing import Any

END = "<|endoftext|>"
SPECIAL = (END, "<|im_start|>", "<|im_end|>")

HIDDEN = 64
MAX_POSITIONS = 40_960
"""More than the 32,768 that Qwen3-Embedding was trained for, as in its own configuration."""

QUERY_PROMPT = "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:"

MERGES = ("r e", "t r", "Ġ t", "d e", "de f", "i n", "Ġ Ġ", "ĠĠ ĠĠ", "re t", "e r", "o r")
"""Joins on top of the 256 bytes, in the spelling of byte-level BPE; each makes one token more."""

SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""How Qwen's tokenizer cuts text before it looks for joins: each digit is on its own."""

MODULES = (
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
    {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
)

POOLINGS = ("cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens", "weightedmean_tokens", "lasttoken")


def make_tiny_qwen(
    folder: Path, *, seed: int = 0, pooling: str = "lasttoken", has_end_step: bool = True, n_layers: int = 2
) -> Path:
    """Write a model that sentence-transformers loads, and return its folder.

    `pooling` is one of `POOLINGS`; without `has_end_step` the tokenizer appends no end token, as first published.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_tokenizer(folder, has_end_step=has_end_step)
    _write_json(folder / "config.json", _config(n_layers))
    _write_weights(folder, seed)
    (folder / "1_Pooling").mkdir(exist_ok=True)
    (folder / "2_Normalize").mkdir(exist_ok=True)
    flags = {f"pooling_mode_{name}": name == pooling for name in POOLINGS}
    _write_json(folder / "1_Pooling/config.json", {"word_embedding_dimension": HIDDEN, **flags, "include_prompt": True})
    _write_json(folder / "modules.json", list(MODULES))
    own = {"prompts": {"query": QUERY_PROMPT, "document": ""}, "default_prompt_name": None}
    _write_json(folder / "config_sentence_transformers.json", {**own, "similarity_fn_name": "cosine"})
    return folder


def write_tokenizer(folder: Path, *, has_end_step: bool = True) -> None:
    """Write `tokenizer.json`, `tokenizer_config.json`, `vocab.json` and `merges.txt`."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    joins = [(left, right) for left, right in map(str.split, MERGES)]
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: number for number, token in enumerate([*letters, *map("".join, joins)])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=joins))
    tokenizer.normalizer = normalizers.NFC()
    cut = pre_tokenizers.Split(Regex(SPLIT), "isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([cut, pre_tokenizers.ByteLevel(False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in SPECIAL])
    steps: list[Any] = [processors.ByteLevel(trim_offsets=False)]
    if has_end_step:
        ends = [(END, tokenizer.token_to_id(END))]
        steps.append(processors.TemplateProcessing(single=f"$A {END}", pair=f"$A {END} $B {END}", special_tokens=ends))
    tokenizer.post_processor = processors.Sequence(steps)
    tokenizer.save(str(folder / "tokenizer.json"))
    _write_json(folder / "vocab.json", vocabulary)
    (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{merge}\n" for merge in MERGES), "utf-8")
    _write_json(folder / "tokenizer_config.json", _tokenizer_config(len(vocabulary)))


def _tokenizer_config(first_special: int) -> dict[str, Any]:
    flags = {"lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": True}
    return {
        "add_bos_token": False,
        "add_prefix_space": False,
        "added_tokens_decoder": {
            str(first_special + number): {"content": token, **flags} for number, token in enumerate(SPECIAL)
        },
        "additional_special_tokens": list(SPECIAL[1:]),
        "bos_token": None,
        "chat_template": "{% for message in messages %}<|im_start|>{{ message.content }}<|im_end|>{% endfor %}",
        "clean_up_tokenization_spaces": False,
        "eos_token": "<|im_end|>",
        "errors": "replace",
        "model_max_length": 131_072,
        "pad_token": END,
        "split_special_tokens": False,
        "tokenizer_class": "Qwen2Tokenizer",
        "unk_token": None,
    }


def _write_weights(folder: Path, seed: int) -> None:
    """Draw the weights that `config.json` describes and write them under their published names."""
    import torch
    from safetensors.torch import save_file
    from transformers import Qwen3Config, Qwen3Model

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = Qwen3Model(Qwen3Config.from_pretrained(folder))
        for name, weight in model.named_parameters():
            if name.endswith("norm.weight"):
                torch.nn.init.uniform_(weight, 0.5, 1.5)
    save_file(model.state_dict(), folder / "model.safetensors", {"format": "pt"})


def _config(n_layers: int) -> dict[str, Any]:
    first_special = 256 + len(MERGES)
    return {
        "architectures": ["Qwen3ForCausalLM"],
        "attention_bias": False,
        "attention_dropout": 0.0,
        "bos_token_id": first_special,
        "eos_token_id": first_special + SPECIAL.index("<|im_end|>"),
        "head_dim": 16,
        "hidden_act": "silu",
        "hidden_size": HIDDEN,
        "initializer_range": 0.2,  # ten times the usual: vectors of two texts then differ plainly
        "intermediate_size": 128,
        "max_position_embeddings": MAX_POSITIONS,
        "max_window_layers": n_layers,
        "model_type": "qwen3",
        "num_attention_heads": 4,
        "num_hidden_layers": n_layers,
        "num_key_value_heads": 2,
        "rms_norm_eps": 1e-06,
        "rope_scaling": None,
        "rope_theta": 1_000_000,
        "sliding_window": None,
        "tie_word_embeddings": True,
        "torch_dtype": "float32",
        "use_cache": True,
        "use_sliding_window": False,
        "vocab_size": first_special + len(SPECIAL),
    }


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False), "utf-8")
