"""The file of the embedded model: a token table, its scales, its vocabulary and where they come from.

A safetensors file (https://github.com/huggingface/safetensors#format): eight bytes with the length of a JSON header,
the header, the tensors. The table is mapped into memory, so that opening costs what is looked at and no more. Knows
the format and no encoding.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from indexers.errors import EncoderError
from indexers.types import FloatArray

DIM = 256
"""Columns of the table."""

METADATA_KEYS = ("data_hash", "digest", "licence", "n_pairs", "recipe", "seed", "subtokens")
"""What a model says of itself, each a string; `digest` is written by `write_model`."""

MAX_HEADER_BYTES = 1 << 20
"""A header takes about 1,000 bytes; a length far beyond is no length."""

_LENGTH_BYTES = 8
_SEPARATOR = "\n"
_DTYPES = {"table": "I8", "scales": "F32", "vocabulary": "U8"}
_TYPES: dict[str, np.dtype[Any]] = {
    "table": np.dtype(np.int8),
    "scales": np.dtype(np.float32).newbyteorder("<"),
    "vocabulary": np.dtype(np.uint8),
}

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A static token table. Token `i` is written `vocabulary[i]` and points along `scales[i] * table[i]`."""

    table: npt.NDArray[np.int8]
    """int8 `[n_tokens, 256]`."""
    scales: FloatArray
    """float32 `[n_tokens]`, all above 0: the token's learnt weight times the step of its row's quantisation."""
    vocabulary: tuple[str, ...]
    metadata: Mapping[str, str]

    def digest(self) -> str:
        """Return the hexadecimal BLAKE2b-128 of all tensors; reads all of them."""
        return _digest(self)


def read_model(path: Path) -> ModelFile:
    """Open a model; the table stays on disk until it is looked at. Raises EncoderError for a file that is damaged."""
    try:
        model = _read(path)
        _check(model)
        _check_metadata(model.metadata)
    except (OSError, ValueError, RecursionError) as error:
        raise EncoderError(f"the model file {path} cannot be used: {error}; reinstall this program") from error
    return model


def write_model(path: Path, model: ModelFile) -> None:
    """Write a model with the digest of its tensors, the same bytes for the same model.

    Raises:
        EncoderError: the model is one that `read_model` would refuse.
    """
    try:
        metadata = {**model.metadata, "digest": _digest(model)}
        _check(model)
        _check_metadata(metadata)
        if any(_SEPARATOR in token for token in model.vocabulary):
            raise ValueError("a token has a line break")
        if len(set(model.vocabulary)) != len(model.vocabulary):
            raise ValueError("a token occurs twice")
    except ValueError as error:
        raise EncoderError(f"the model cannot be written to {path}: {error}") from error
    header: dict[str, Any] = {"__metadata__": dict(sorted(metadata.items()))}
    end = 0
    for name, tensor in _tensors(model):
        begin, end = end, end + tensor.nbytes
        header[name] = {"dtype": _DTYPES[name], "shape": list(tensor.shape), "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":")).encode("ascii")
    text += b" " * (-len(text) % _LENGTH_BYTES)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(_LENGTH_BYTES, "little") + text)
        for _, tensor in _tensors(model):
            file.write(tensor.tobytes())


def _tensors(model: ModelFile) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """Yield the tensors in the order of the file, as they are stored."""
    joined = _SEPARATOR.join(model.vocabulary).encode("utf-8")
    vocabulary = np.frombuffer(joined, dtype=np.uint8)
    found: dict[str, npt.NDArray[Any]] = {"table": model.table, "scales": model.scales, "vocabulary": vocabulary}
    for name, dtype in _TYPES.items():
        yield name, np.ascontiguousarray(found[name], dtype=dtype)


def _digest(model: ModelFile) -> str:
    from hashlib import blake2b  # opening a model needs none

    digest = blake2b(digest_size=16)
    for _, tensor in _tensors(model):
        digest.update(tensor.nbytes.to_bytes(_LENGTH_BYTES, "little"))
        digest.update(tensor.data)
    return digest.hexdigest()


def _read(path: Path) -> ModelFile:
    data: Bytes = np.memmap(path, dtype=np.uint8, mode="r").view(np.ndarray)
    length = int.from_bytes(data[:_LENGTH_BYTES].tobytes(), "little")
    start = _LENGTH_BYTES + length
    if len(data) < _LENGTH_BYTES or length > MAX_HEADER_BYTES or start > len(data):
        raise ValueError("it is too short for its header")
    header = json.loads(data[_LENGTH_BYTES:start].tobytes().decode("utf-8"))
    if not isinstance(header, dict) or not isinstance(header.get("__metadata__"), dict):
        raise ValueError("its header is no object with metadata")
    table, scales, vocabulary = (_tensor(data[start:], name, header.get(name)) for name in _DTYPES)
    tokens = vocabulary.tobytes().decode("utf-8").split(_SEPARATOR)
    return ModelFile(table, scales, tuple(tokens), header["__metadata__"])


def _tensor(data: Bytes, name: str, entry: object) -> npt.NDArray[Any]:
    """Return the part of `data` that the header's entry describes, without a copy."""
    match entry:
        case {"dtype": dtype, "shape": [*shape], "data_offsets": [int(begin), int(end)]}:
            pass
        case _:
            raise ValueError(f"its header does not describe {name}")
    if dtype != _DTYPES[name]:
        raise ValueError(f"{name} is {dtype}, expected {_DTYPES[name]}")
    if not 0 <= begin <= end <= len(data):
        raise ValueError(f"{name} lies beyond its end")
    if not all(type(size) is int and size >= 0 for size in shape):
        raise ValueError(f"{name} has the shape {shape}")
    if math.prod(shape) * _TYPES[name].itemsize != end - begin:
        raise ValueError(f"{name} of shape {shape} takes {end - begin} bytes")
    tensor: npt.NDArray[Any] = np.frombuffer(data[begin:end], dtype=_TYPES[name]).reshape(shape)
    return tensor


def _check(model: ModelFile) -> None:
    """Raise ValueError where the parts of a model do not fit each other."""
    n_tokens = len(model.vocabulary)
    if n_tokens == 0:
        raise ValueError("it has no tokens")
    if model.table.shape != (n_tokens, DIM) or model.scales.shape != (n_tokens,):
        shapes = f"a table of shape {model.table.shape} and scales of shape {model.scales.shape}"
        raise ValueError(f"it has {n_tokens} tokens, {shapes}")
    if not (np.isfinite(model.scales) & (model.scales > 0)).all():
        raise ValueError("a scale is not above 0")


def _check_metadata(metadata: Mapping[str, object]) -> None:
    missing = [key for key in METADATA_KEYS if not isinstance(metadata.get(key), str)]
    if missing:
        raise ValueError(f"its metadata lacks {', '.join(missing)}")
