"""What a fake server does wrong with one request. Serves nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from indexers.types import FloatArray

FaultKind = Literal[
    "status",
    "stall",
    "drop",
    "half",
    "garbage",
    "deep",
    "short",
    "double",
    "disorder",
    "index",
    "nan",
    "zero",
    "hollow",
    "dim",
    "long",
]


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one request for embeddings instead of a right answer."""

    kind: FaultKind
    status: int = 500
    message: str = "something broke"
    headers: Mapping[str, str] = field(default_factory=dict)
    is_echo: bool = False
    """Whether the error's message repeats the first text, as some servers do."""


def numbers_of(row: FloatArray) -> list[float | None]:
    """Return the row as most languages write it to JSON, where what is not finite is null."""
    return [value if np.isfinite(value) else None for value in row.tolist()]


def spoil(data: list[dict[str, Any]], kind: FaultKind) -> None:
    """Make the entries of a right answer wrong."""
    if kind == "short":
        data.pop()
    elif kind == "double":
        data.append(dict(data[0]))
    elif kind == "disorder":
        data.reverse()
    elif kind == "index":
        data[0]["index"] = len(data)
    elif kind == "nan":
        data[0]["embedding"] = [float("nan")] * len(data[0]["embedding"])
    elif kind == "zero":
        data[0]["embedding"] = [0.0] * len(data[0]["embedding"])
    elif kind == "hollow":
        data[0]["embedding"][:32] = [0.0] * 32
    elif kind == "dim":
        data[0]["embedding"] = data[0]["embedding"][:-1]
    elif kind == "long":
        for entry in data:
            entry["embedding"] += entry["embedding"]
