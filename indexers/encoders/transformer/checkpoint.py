"""A sentence-transformers model as files: what it is, what it lacks, and who it is, without loading its weights.

Knows `modules.json` and what it points to, and the contract of Qwen3-Embedding; knows no hub and imports no torch.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from indexers.encoders.sampling import sample_blocks
from indexers.encoders.spec import QWEN_PROMPTS, EncoderSpec, Prompts, is_instruction
from indexers.errors import EncoderError

MODULES = "modules.json"
WEIGHTS = "model.safetensors"
WEIGHTS_INDEX = "model.safetensors.index.json"

KNOWN_KINDS = frozenset({"Transformer", "Pooling", "Normalize", "Dense"})
"""Modules whose files say everything that has to be known before the weights are loaded."""

OWN_MODULES = "sentence_transformers."
"""Where the classes of modules must come from; sentence-transformers would import any other, and so run its code."""

NO_LENGTH = 10**9
"""Lengths beyond this are a tokenizer's way of saying that it knows none."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What the files of a model say."""

    folder: Path
    reader: Path
    """The folder of its first module, which reads text: its tokenizer is there."""
    config: Mapping[str, Any]
    """`config.json` of its transformer; empty where it has none."""
    kinds: tuple[str, ...]
    """Its modules, in order, by the last part of their class names."""
    pooling: str
    """`lasttoken`, `mean`…; several joined by `+`; empty where it has no pooling."""
    dim: int | None
    """Numbers in a vector; None where only a loaded model knows."""
    max_tokens: int | None
    own_prompts: Mapping[str, str]

    @property
    def is_qwen(self) -> bool:
        """Whether it keeps the contract of Qwen3-Embedding: its architecture, and no query prompt of another form."""
        query = self.own_prompts.get("query", "")
        return self.config.get("model_type") == "qwen3" and (not query or is_instruction(query))

    @property
    def precision(self) -> str:
        """The type of its weights, as its configuration calls it."""
        return str(self.config.get("dtype") or self.config.get("torch_dtype") or "unknown")

    def prompts(self, spec: EncoderSpec) -> Prompts:
        """Return what stands in front of texts: what the spec says, else what the model was trained with."""
        if spec.prompts is not None:
            return spec.prompts
        if self.is_qwen:
            return QWEN_PROMPTS
        query = self.own_prompts.get("query", "")
        return Prompts(query, query, self.own_prompts.get("document") or self.own_prompts.get("passage") or "")


def read_checkpoint(folder: Path) -> Checkpoint:
    """Read what a model's files say.

    Raises:
        EncoderError: files are missing or damaged, name code of others to be run, or it is a Qwen3-Embedding that is
            not pooled at its last token.
    """
    if missing := missing_files(folder):
        raise EncoderError(
            f"the model in {folder} lacks {', '.join(missing)}; fetch these files anew, or name a folder that"
            " sentence-transformers can load"
        )
    modules = _modules(folder)
    paths = {kind: folder / path for kind, path in modules}
    kinds = tuple(kind for kind, _ in modules)
    transformer = paths.get("Transformer", folder)
    config = _read_object(transformer / "config.json") if "Transformer" in paths else {}
    pooling = _read_object(paths["Pooling"] / "config.json") if "Pooling" in paths else {}
    modes = _pooling_modes(pooling)
    checkpoint = Checkpoint(
        folder=folder,
        reader=folder / modules[0][1],
        config=config,
        kinds=kinds,
        pooling="+".join(modes),
        dim=_dim(kinds, paths, config, len(modes)),
        max_tokens=_max_tokens(transformer, config),
        own_prompts=_own_prompts(folder),
    )
    if checkpoint.is_qwen and modes != ("lasttoken",):
        raise EncoderError(
            f"the model in {folder} is a Qwen3-Embedding, but its pooling is {'+'.join(modes) or 'not given'} where it"
            " must be the last token; fetch modules.json and 1_Pooling/config.json anew"
        )
    return checkpoint


def missing_files(folder: Path) -> list[str]:
    """Return the files that a model needs and its folder lacks."""
    if not (folder / MODULES).is_file():
        return [MODULES]
    missing = []
    for kind, path in _modules(folder):
        if kind == "Transformer":
            missing += [f"{path}/{name}".lstrip("/") for name in _missing_of_transformer(folder / path)]
        elif kind in {"Pooling", "Dense"} and not (folder / path / "config.json").is_file():
            missing.append(f"{path}/config.json")
    return missing


def digest_of(folder: Path) -> str:
    """Return 16 hexadecimal digits that change with a model's settings, vocabulary and weights, not with its place.

    Weights are read in samples: another training changes all of them.
    """
    digest = blake2b(digest_size=8)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder)
        if path.suffix in {".json", ".txt", ".safetensors", ".model"} and not name.parts[0].startswith("."):
            digest.update(f"\0{name.as_posix()}\0{path.stat().st_size}\0".encode())
            _add_content(digest, path)
    return digest.hexdigest()


def _add_content(digest: Any, path: Path) -> None:
    size_bytes = path.stat().st_size
    with path.open("rb") as file:
        if path.suffix != ".safetensors":
            digest.update(file.read())
            return
        header = int.from_bytes(file.read(8), "little")
        digest.update(file.read(min(header, size_bytes)))
        for block in sample_blocks(0, size_bytes):
            file.seek(block.start)
            digest.update(file.read(block.stop - block.start))


def _modules(folder: Path) -> list[tuple[str, str]]:
    """Return kind and path of each module, in order."""
    match _read(folder / MODULES):
        case [_, *_] as entries if all(
            isinstance(entry, dict) and isinstance(entry.get("type"), str) for entry in entries
        ):
            if foreign := [entry["type"] for entry in entries if not entry["type"].startswith(OWN_MODULES)]:
                raise EncoderError(_foreign(folder / MODULES, foreign[0]))
            return [(entry["type"].rpartition(".")[2], str(entry.get("path") or "")) for entry in entries]
    raise EncoderError(f"{folder / MODULES} is not a list of modules; fetch it anew")


def _foreign(path: Path, name: str) -> str:
    return (
        f"{path} names the class {name!r}, which is not of sentence-transformers and is not run; choose another model"
    )


def _missing_of_transformer(folder: Path) -> list[str]:
    missing = [] if (folder / "config.json").is_file() else ["config.json"]
    if (folder / WEIGHTS_INDEX).is_file():
        shards = set(_read_object(folder / WEIGHTS_INDEX).get("weight_map", {}).values())
        missing += sorted(name for name in shards if not (folder / name).is_file())
    elif not (folder / WEIGHTS).is_file():
        missing.append(WEIGHTS)
    if not any((folder / name).is_file() for name in ("tokenizer.json", "tokenizer_config.json")):
        missing.append("tokenizer.json")
    return missing


def _pooling_modes(config: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ways of pooling, as they are called since sentence-transformers 6, or by their older flags."""
    match config.get("pooling_mode"):
        case str(mode):
            return (mode,)
        case [*modes]:
            return tuple(map(str, modes))
    names = {"cls_token": "cls", "mean_tokens": "mean", "max_tokens": "max"}
    flags = [key.removeprefix("pooling_mode_") for key, value in config.items() if key.startswith("pooling_") and value]
    return tuple(names.get(flag, flag) for flag in flags)


def _dim(kinds: tuple[str, ...], paths: Mapping[str, Path], config: Mapping[str, Any], n_modes: int) -> int | None:
    if not KNOWN_KINDS.issuperset(kinds) or len(set(kinds)) < len(kinds):
        return None
    if "Dense" in kinds:
        width = _read_object(paths["Dense"] / "config.json").get("out_features")
    else:
        width = config.get("hidden_size", config.get("dim"))
        width = width * max(1, n_modes) if isinstance(width, int) else None
    return width if isinstance(width, int) else None


def _max_tokens(folder: Path, config: Mapping[str, Any]) -> int | None:
    """Return the longest input that sentence-transformers would set."""
    own = _read_if_there(folder / "sentence_bert_config.json").get("max_seq_length")
    if isinstance(own, int):
        return own
    lengths = (
        _read_if_there(folder / "tokenizer_config.json").get("model_max_length"),
        config.get("max_position_embeddings"),
    )
    return min((int(length) for length in lengths if isinstance(length, int) and 0 < length < NO_LENGTH), default=None)


def _own_prompts(folder: Path) -> dict[str, str]:
    prompts = _read_if_there(folder / "config_sentence_transformers.json").get("prompts")
    if not isinstance(prompts, dict):
        return {}
    return {str(name): prompt for name, prompt in prompts.items() if isinstance(prompt, str)}


def _read_if_there(path: Path) -> dict[str, Any]:
    return _read_object(path) if path.is_file() else {}


def _read_object(path: Path) -> dict[str, Any]:
    found = _read(path)
    if not isinstance(found, dict):
        raise EncoderError(f"{path} is no JSON object; fetch it anew")
    return found


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise EncoderError(f"{path} cannot be read: {error}; fetch it anew") from error
