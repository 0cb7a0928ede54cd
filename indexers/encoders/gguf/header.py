"""What a GGUF file says of itself before its weights: metadata, completeness, and a digest that names its content.

The format is little-endian: magic, version, counts, metadata, one entry a tensor, padding, weights
(https://github.com/ggml-org/ggml/blob/master/docs/gguf.md). Knows no model and needs no library.
"""

import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from indexers.encoders.sampling import sample_blocks
from indexers.errors import EncoderError

Scalar = int | float | bool | str

MAGIC = b"GGUF"
VERSIONS = (2, 3)
"""Version 1 counted in 32 bits and was gone within weeks; llama.cpp reads these two."""

MAX_ENTRIES = 1 << 20
"""Metadata entries and tensors of the largest models are a few thousand; a count far beyond is none."""

DEFAULT_ALIGNMENT = 32

_FORMATS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
"""Value type -> how it is packed."""
_STRING = 8
_ARRAY = 9

_QUANTISATIONS = {
    0: "F32",
    1: "F16",
    2: "Q4_0",
    3: "Q4_1",
    7: "Q8_0",
    8: "Q5_0",
    9: "Q5_1",
    10: "Q2_K",
    11: "Q3_K_S",
    12: "Q3_K_M",
    13: "Q3_K_L",
    14: "Q4_K_S",
    15: "Q4_K_M",
    16: "Q5_K_S",
    17: "Q5_K_M",
    18: "Q6_K",
    21: "Q2_K_S",
    25: "IQ4_NL",
    30: "IQ4_XS",
    32: "BF16",
}
"""`general.file_type` -> the usual name of a quantisation (enum llama_ftype)."""


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """The metadata of a file, arrays left out."""

    values: Mapping[str, Scalar]
    digest: str
    """16 hexadecimal digits that change with metadata, vocabulary, size and weights, not with the place."""

    @property
    def architecture(self) -> str:
        """Which family of models it is, such as `qwen3`."""
        return str(self.values.get("general.architecture", "unknown"))

    @property
    def name(self) -> str:
        """The name that its makers gave the model, printable; else the architecture."""
        name = "".join(letter for letter in str(self.values.get("general.name", "")) if letter.isprintable())
        return name or self.architecture

    @property
    def quantisation(self) -> str:
        """How most of its weights are stored, such as `Q4_K_M`."""
        number = self.values.get("general.file_type")
        return _QUANTISATIONS.get(number, f"type-{number}") if isinstance(number, int) else "unknown"

    def number(self, key: str) -> int | None:
        """Return a whole number that is kept under the architecture's own prefix."""
        value = self.values.get(f"{self.architecture}.{key}")
        return int(value) if isinstance(value, int) else None


def read_header(path: Path) -> GgufHeader:
    """Read what a file says of itself; raises EncoderError for one that is missing, damaged or no GGUF file."""
    try:
        with path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise EncoderError(f"{path} is no GGUF file; name a file of an embedding model that ends in .gguf")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return _read(data)
    except FileNotFoundError as error:
        raise EncoderError(f"there is no file {path}; download the model, or correct its path") from error
    except (OSError, ValueError, struct.error) as error:
        raise EncoderError(f"the GGUF file {path} cannot be used: {error}; download it anew") from error


def _read(data: mmap.mmap) -> GgufHeader:
    cursor = _Cursor(data, len(MAGIC))
    if (version := cursor.number("<I")) not in VERSIONS:
        raise ValueError(f"it is of version {version}, or written for machines of another byte order")
    n_tensors, n_values = cursor.number("<Q"), cursor.number("<Q")
    if max(n_tensors, n_values) > MAX_ENTRIES:
        raise ValueError("its counts are out of bounds")
    values: dict[str, Scalar] = {}
    for _ in range(n_values):
        key = cursor.text()
        value = cursor.value(cursor.number("<I"))
        if value is not None:
            values[key] = value
    offsets = [cursor.tensor_offset() for _ in range(n_tensors)]
    alignment = values.get("general.alignment", DEFAULT_ALIGNMENT)
    if not isinstance(alignment, int) or alignment <= 0:
        raise ValueError("its alignment is no number")
    start = -(-cursor.at // alignment) * alignment
    if start + max(offsets, default=0) >= len(data):
        raise ValueError("it ends before its last weights, as an interrupted download does")
    return GgufHeader(values, _digest(data, start))


def _digest(data: mmap.mmap, start: int) -> str:
    digest = blake2b(data[:start], digest_size=8)
    digest.update(len(data).to_bytes(8, "little"))
    for block in sample_blocks(start, len(data)):
        digest.update(data[block])
    return digest.hexdigest()


class _Cursor:
    """A place in the file that moves over what is read; raises ValueError or struct.error beyond its end."""

    def __init__(self, data: mmap.mmap, at: int) -> None:
        self._data = data
        self.at = at

    def number(self, form: str) -> int:
        return int(self._scalar(form))

    def text(self) -> str:
        return self._bytes().decode("utf-8", "replace")

    def value(self, kind: int) -> Scalar | None:
        """Return a value, or None for an array, which is passed over."""
        if kind == _STRING:
            return self.text()
        if kind == _ARRAY:
            self._pass_array()
            return None
        if kind not in _FORMATS:
            raise ValueError(f"a value is of the unknown type {kind}")
        return self._scalar(_FORMATS[kind])

    def tensor_offset(self) -> int:
        """Pass over the entry of a tensor and return where its weights begin, counted from the first weights."""
        self._bytes()
        self._move(8 * self.number("<I") + 4)
        return self.number("<Q")

    def _pass_array(self) -> None:
        kind, n_values = self.number("<I"), self.number("<Q")
        if kind == _STRING:
            for _ in range(n_values):
                self._move(self.number("<Q"))
        elif kind in _FORMATS:
            self._move(n_values * struct.calcsize(_FORMATS[kind]))
        else:
            raise ValueError(f"an array is of the unsupported type {kind}")

    def _scalar(self, form: str) -> int | float | bool:
        (value,) = struct.unpack_from(form, self._data, self.at)
        self.at += struct.calcsize(form)
        scalar: int | float | bool = value
        return scalar

    def _bytes(self) -> bytes:
        length = self.number("<Q")
        begin = self.at
        self._move(length)
        return self._data[begin : self.at]

    def _move(self, n_bytes: int) -> None:
        self.at += n_bytes
        if self.at > len(self._data):
            raise ValueError("it ends within its metadata, as an interrupted download does")
