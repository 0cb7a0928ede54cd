"""What was measured, query by query, and its JSON: one file a repository and set, so that a run can be gone on with."""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

SetName = Literal["commits", "documentation", "yardstick"]
SETS: tuple[SetName, ...] = ("commits", "documentation", "yardstick")

PROJECT = Path(__file__).resolve().parents[2]

ROOMS = ("codesearch/evaluation", "codesearch/search", "indexers")
"""Where answers are decided."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one method made of one query."""

    ndcg_10: float
    """By the set's own targets: changed plain source files, the definition's lines, the judged targets."""
    all_ndcg_10: float
    """With every changed file as a target; elsewhere with whole files as targets."""
    right_recall_1: float | None
    """At the right place; None where the targets are whole files."""
    right_mrr: float | None
    n_tokens: int | None
    """To read up to the first hit; None without one."""
    n_lines: tuple[int, ...]
    """Of each result."""
    took_ms: float


@dataclass(frozen=True, slots=True)
class Asked:
    """One query with every method's figures."""

    query: str
    targets: tuple[str, ...]
    """Paths."""
    shares_word: bool
    """Whether the query and the path of a target have a word in common."""
    measured: Mapping[str, Measured]


@dataclass(frozen=True, slots=True)
class Record:
    """All queries of one set in one repository."""

    repository: str
    key: Mapping[str, str]
    """What the figures depend on; a record with another key is made anew."""
    index_s: float
    update_s: float | None
    """Median seconds of the updates; None where the tree stayed as it was."""
    asked: tuple[Asked, ...]


def make_key(revision: str, limit: int, encoder_identity: str, code: str) -> dict[str, str]:
    """Return what figures depend on."""
    return {"revision": revision, "queries": str(limit), "encoder": encoder_identity, "code": code}


def digest_code(root: Path = PROJECT) -> str:
    """Return a digest of the sources that decide what is asked and what is found, weights included."""
    digest = blake2b(digest_size=8)
    for path in sorted(path for room in ROOMS for path in (root / room).rglob("*.py")):
        data = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()}\n{len(data)}\n".encode() + data)
    return digest.hexdigest()


def read_record(path: Path, key: Mapping[str, str], methods: Collection[str]) -> Record | None:
    """Return what was measured before, None where that is something else or does not have all methods."""
    try:
        record = from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    has_methods = all(set(methods) <= asked.measured.keys() for asked in record.asked)
    return record if dict(record.key) == dict(key) and has_methods else None


def write_record(path: Path, record: Record) -> None:
    """Write a record, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(asdict(record), ensure_ascii=False), encoding="utf-8")
    part.replace(path)


def from_json(entry: Mapping[str, Any]) -> Record:
    """Read what `write_record` wrote. Raises KeyError, TypeError."""
    asked = tuple(
        Asked(
            one["query"],
            tuple(one["targets"]),
            one["shares_word"],
            {
                name: Measured(**{**figures, "n_lines": tuple(figures["n_lines"])})
                for name, figures in one["measured"].items()
            },
        )
        for one in entry["asked"]
    )
    return Record(entry["repository"], entry["key"], entry["index_s"], entry["update_s"], asked)
