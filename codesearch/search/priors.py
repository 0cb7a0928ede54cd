"""Priors: what the code itself says about a candidate beside its words, as one factor a chunk.

Definition of the asked name, query words in the file's name, folders and symbol, and what the file is for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

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

    terms: Mapping[str, float]
    """Terms of the query, each with its weight (idf times the word's own)."""
    names: Mapping[str, float]
    """Folded names with their sureness."""
    path_kinds: frozenset[str]
    """Kinds of files that the query speaks of."""


def find_priors(rows: Sequence[ChunkRow], asked: Asked) -> Floats:
    """Return the prior of each chunk, float64 `[rows]`, above 0; 1 is neutral."""
    by_path = {path: path_prior(path, asked) for path in {row.path for row in rows}}
    return np.array([by_path[row.path] * chunk_prior(row, asked) for row in rows], dtype=np.float64)


def path_prior(path: str, asked: Asked) -> float:
    """Return the factor that a file owes to its path."""
    stem, folders = _split_path(path)
    share = 1.0 + STEM_WEIGHT * overlap(stem, asked.terms) + FOLDER_WEIGHT * recall(folders, asked.terms)
    return float(share * prod(demotion(kind, asked) for kind in sorted(find_path_kinds(path))))


def demotion(kind: str, asked: Asked) -> float:
    """Return the factor of a kind of file: its root where the query speaks of that kind, else all of it."""
    return float(DEMOTIONS[kind] ** (ASKED_EXPONENT if kind in asked.path_kinds else 1.0))


def chunk_prior(row: ChunkRow, asked: Asked) -> float:
    """Return the factor that a chunk owes to its names."""
    defines = name_match(asked.names, row.symbol, row.qualified_name, row.names)
    symbol = overlap(tokenize(row.symbol), asked.terms) if row.symbol and row.kind != "file" else 0.0
    named = 1.0 + DEFINITION_WEIGHT * defines + SYMBOL_WEIGHT * symbol
    return named * demotion("test", asked) if is_test_name(row.qualified_name) else named


def overlap(terms: Sequence[str], weights: Mapping[str, float]) -> float:
    """Return how well a name and the query mean each other, 0 to 1: geometric mean of the covered shares of both."""
    if not terms:
        return 0.0
    distinct = set(terms)
    share_of_name = sum(1 for term in distinct if term in weights) / len(distinct)
    return float(np.sqrt(share_of_name * recall(terms, weights)))


def _without_fillers(terms: list[str]) -> list[str]:
    return [term for term in terms if term not in _FILLER_STEMS] or terms


def _split_path(path: str) -> tuple[list[str], list[str]]:
    """Return the terms of the file's own name and those of its folders."""
    *folders, name = path.split("/")
    stem = name.split(".")[0] or name
    if stem.lower() in _ENTRY_STEMS and folders:
        stem = folders.pop()
    return _without_fillers(tokenize(stem)), tokenize(" ".join(folders))
