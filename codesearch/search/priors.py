"""Priors: what the code itself says about a candidate beside its words, as one factor a chunk.

Definition of the asked name, query words in the file's name, folders and symbol, and what the file is for.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from codesearch.search.constants import (
    ASKED_EXPONENT,
    DEFINITION_WEIGHT,
    DEMOTIONS,
    FOLDER_WEIGHT,
    STEM_WEIGHT,
    SYMBOL_WEIGHT,
)
from codesearch.search.names import name_match
from codesearch.search.path_kinds import find_path_kinds, is_test_name
from codesearch.search.terms import recall
from codesearch.storage.rows import ChunkRow
from indexers.tokenizer import tokenize

Floats = npt.NDArray[np.float64]

_ENTRY_STEMS = {"index", "mod", "main", "lib", "init", "__init__", "package", "package-info", "default", "impl"}
"""File names that say "the folder itself": the folder's name stands for the file's."""

_FILLER_STEMS = frozenset(tokenize("utils util helpers helper common base abstract impl core misc types"))
"""Parts of file names that say nothing of the subject; "string utils" is about strings."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the priors compare with."""

    shares: Mapping[str, float]
    """Terms of the query, each with its share of the query's weight."""
    names: Mapping[str, float]
    """Names as spelled and folded, with their sureness."""
    path_kinds: frozenset[str]
    """Kinds of files that the query speaks of."""


@dataclass(frozen=True, slots=True)
class _PathParts:
    """What a path says, whatever the query."""

    stem: frozenset[str]
    """Terms of the file's own name."""
    folders: frozenset[str]
    kinds: tuple[str, ...]


def find_priors(rows: Sequence[ChunkRow], asked: Asked) -> Floats:
    """Return the prior of each chunk, float64 `[rows]`, above 0; 1 is neutral.

    What speaks for a chunk is added, since a file and the class inside mostly share one name; demotions multiply.
    """
    of_path = {path: (path_boost(path, asked), path_demotion(path, asked)) for path in {row.path for row in rows}}
    priors = np.empty(len(rows), dtype=np.float64)
    for place, row in enumerate(rows):
        boost, factor = of_path[row.path]
        priors[place] = (1.0 + boost + name_boost(row, asked)) * factor
        if is_test_name(row.qualified_name):
            priors[place] *= demotion("test", asked)
    return priors


def path_boost(path: str, asked: Asked) -> float:
    """Return what speaks for a file by its path, 0 and up."""
    parts = _read_path(path)
    return STEM_WEIGHT * overlap(parts.stem, asked.shares) + FOLDER_WEIGHT * recall(parts.folders, asked.shares)


def path_demotion(path: str, asked: Asked) -> float:
    """Return the factor of what a file is for, above 0 and up to 1."""
    return math.prod(demotion(kind, asked) for kind in _read_path(path).kinds)


def name_boost(row: ChunkRow, asked: Asked) -> float:
    """Return what speaks for a chunk by its names, 0 and up."""
    boost = DEFINITION_WEIGHT * name_match(asked.names, row.symbol, row.qualified_name, row.names)
    if row.kind != "file":
        boost += SYMBOL_WEIGHT * overlap(_read_symbol(row.symbol), asked.shares)
    return boost


def demotion(kind: str, asked: Asked) -> float:
    """Return the factor of a kind of file: its root where the query speaks of that kind, else all of it."""
    return float(DEMOTIONS[kind] ** (ASKED_EXPONENT if kind in asked.path_kinds else 1.0))


def overlap(terms: frozenset[str], shares: Mapping[str, float]) -> float:
    """Return how well a name and the query mean each other, 0 to 1: geometric mean of the covered shares of both."""
    common = [shares[term] for term in terms if term in shares]
    return math.sqrt(len(common) / len(terms) * sum(common)) if common else 0.0


@lru_cache(maxsize=1 << 16)
def _read_symbol(symbol: str) -> frozenset[str]:
    return _parts(symbol)


@lru_cache(maxsize=1 << 16)
def _read_path(path: str) -> _PathParts:
    *folders, name = path.split("/")
    stem = name.split(".")[0] or name
    if stem.lower() in _ENTRY_STEMS and folders:
        stem = folders.pop()
    terms = _parts(stem)
    return _PathParts(
        stem=terms - _FILLER_STEMS or terms,
        folders=_parts(" ".join(folders)),
        kinds=tuple(sorted(find_path_kinds(path))),
    )


def _parts(name: str) -> frozenset[str]:
    """Return the terms of a name without the whole words that the tokenizer adds behind the parts of each."""
    parts: list[str] = []
    for word in re.findall(r"\w+", name):
        terms = tokenize(word)
        parts += terms[:-1] if len(terms) > 1 and word.isascii() else terms
    return frozenset(parts)
