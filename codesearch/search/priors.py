"""Priors: what the code itself says about a candidate beside its words, as one factor a chunk.

Definition of the asked name, query words in the file's name, folders and symbol, and what the file is for.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from codesearch.search.abbreviations import other_lengths
from codesearch.search.constants import FORM_HEAD, LARGE_FILE
from codesearch.search.names import name_match
from codesearch.search.path_kinds import find_path_kinds, is_test_name
from codesearch.search.weights import PriorWeights, Weights
from codesearch.storage.rows import ChunkRow
from codesearch.types import Demotion, PriorParts
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
class PriorReasons:
    """What one prior is the product of."""

    prior: PriorParts
    size: float
    demotions: tuple[Demotion, ...]


@dataclass(frozen=True, slots=True)
class _PathParts:
    """What a path says, whatever the query."""

    stem: frozenset[str]
    """Terms of the file's own name."""
    folders: frozenset[str]
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Hit:
    """A term of a name that the query speaks of."""

    likeness: float
    """1 for the term itself, less for another form of it."""
    share: float
    """Of the query's weight."""


@dataclass(frozen=True, slots=True)
class _Signs:
    """What speaks for and against chunks beside the names that they define, each worked out once; boosts are weighted.

    By path, by symbol, or by kind of file.
    """

    paths: Mapping[str, _PathParts]
    stems: Mapping[str, float]
    folders: Mapping[str, float]
    symbols: Mapping[str, float]
    sizes: Mapping[str, float]
    """Of the files that are among the chunks as a whole."""
    demotions: Mapping[str, float]


def find_priors(rows: Sequence[ChunkRow], asked: Asked, weights: Weights) -> Floats:
    """Return the prior of each chunk, float64 `[rows]`, above 0; 1 is neutral.

    What speaks for a chunk is added, since a file and the class inside mostly share one name; factors multiply.
    """
    signs = _read_signs(rows, asked, weights.priors)
    boosts = {path: signs.stems[path] + signs.folders[path] for path in signs.paths}
    factors = {
        path: signs.sizes.get(path, 1.0) * min([signs.demotions[kind] for kind in parts.kinds], default=1.0)
        for path, parts in signs.paths.items()
    }
    priors = np.empty(len(rows), dtype=np.float64)
    for place, row in enumerate(rows):
        boost = boosts[row.path] + _definition_boost(row, asked, weights)
        if row.kind != "file":
            boost += signs.symbols[row.symbol]
        priors[place] = (1.0 + boost) * factors[row.path]
        if is_test_name(row.qualified_name):
            priors[place] *= signs.demotions["test"]
    return priors


def explain_priors(
    rows: Sequence[ChunkRow], known: Sequence[ChunkRow], asked: Asked, weights: Weights
) -> list[PriorReasons]:
    """Return what the prior of each of `rows` is made of; `known` are all that priors were found for, `rows` too."""
    paths = {row.path for row in rows}
    signs = _read_signs([row for row in known if row.path in paths], asked, weights.priors)
    return [
        PriorReasons(
            prior=_explain_names(row, signs, asked, weights),
            size=signs.sizes.get(row.path, 1.0),
            demotions=tuple(_list_demotions(row, signs, asked)),
        )
        for row in rows
    ]


def _explain_names(row: ChunkRow, signs: _Signs, asked: Asked, weights: Weights) -> PriorParts:
    definition = _definition_boost(row, asked, weights)
    stem, folders = signs.stems[row.path], signs.folders[row.path]
    symbol = signs.symbols[row.symbol] if row.kind != "file" else 0.0
    return PriorParts(
        value=1.0 + definition + stem + folders + symbol,
        definition=definition,
        name=_matched_name(row, asked, weights) if definition else "",
        stem=stem,
        folders=folders,
        symbol=symbol,
    )


def _list_demotions(row: ChunkRow, signs: _Signs, asked: Asked) -> Iterator[Demotion]:
    """Yield the strongest demotion of the file and that of the chunk's own name."""
    kinds = signs.paths[row.path].kinds
    if kinds:
        kind = min(kinds, key=lambda kind: signs.demotions[kind])
        yield Demotion(kind, signs.demotions[kind], kind in asked.path_kinds)
    if is_test_name(row.qualified_name):
        yield Demotion("test by name", signs.demotions["test"], "test" in asked.path_kinds)


def _read_signs(rows: Sequence[ChunkRow], asked: Asked, weights: PriorWeights) -> _Signs:
    paths = {path: _read_path(path) for path in {row.path for row in rows}}
    symbols = {symbol: _read_symbol(symbol) for symbol in {row.symbol for row in rows}}
    named = frozenset().union(
        *symbols.values(), *(p.stem for p in paths.values()), *(p.folders for p in paths.values())
    )
    hits = find_hits(named, asked.shares, weights)
    of_stem, of_symbol = weights.stem_share_exponent, weights.symbol_share_exponent
    return _Signs(
        paths=paths,
        stems={path: weights.stem * overlap(parts.stem, hits, of_stem) for path, parts in paths.items()},
        folders={
            path: weights.folder * sum([hits[term].share for term in parts.folders if term in hits])
            for path, parts in paths.items()
        },
        symbols={symbol: weights.symbol * overlap(terms, hits, of_symbol) for symbol, terms in symbols.items()},
        sizes={row.path: size_boost(row.n_leaves, weights.size) for row in rows if row.granularity == "file"},
        demotions={kind: demotion(kind, asked, weights) for kind in weights.demotions},
    )


def _definition_boost(row: ChunkRow, asked: Asked, weights: Weights) -> float:
    match = name_match(asked.names, row.symbol, row.qualified_name, row.names, weights.names)
    return weights.priors.definition * match


def _matched_name(row: ChunkRow, asked: Asked, weights: Weights) -> str:
    """Return which name of a chunk is the surest to be an asked one: its own, its qualified one, or one inside."""

    def sureness(symbol: str, qualified_name: str, names: tuple[str, ...]) -> float:
        return name_match(asked.names, symbol, qualified_name, names, weights.names)

    found = {row.symbol: sureness(row.symbol, "", ()), row.qualified_name: sureness("", row.qualified_name, ())}
    found |= {name: sureness("", "", (name,)) for name in row.names if name not in found}
    return max(found, key=lambda name: found[name])


def size_boost(n_leaves: int, weight: float) -> float:
    """Return the factor of a file by its parts, 1 and up: it grows with their logarithm up to `LARGE_FILE`."""
    return 1.0 + weight * min(1.0, math.log1p(n_leaves) / math.log1p(LARGE_FILE))


def demotion(kind: str, asked: Asked, weights: PriorWeights) -> float:
    """Return the factor of a kind of file: its root where the query speaks of that kind, else all of it."""
    return float(weights.demotions[kind] ** (weights.asked_exponent if kind in asked.path_kinds else 1.0))


def overlap(terms: frozenset[str], hits: Mapping[str, _Hit], exponent: float) -> float:
    """Return how well a name and the query mean each other, 0 to 1.

    That is the share of the name's terms that the query has, times the share of the query's weight that the name has to
    the power of `exponent`.

    A name that is said in full is meant, even in a long question; half a name may be another's.
    """
    if hits.keys().isdisjoint(terms):
        return 0.0
    found = [hits[term] for term in terms if term in hits]
    of_name = sum([hit.likeness for hit in found]) / len(terms)
    return float(of_name * min(1.0, sum([hit.share for hit in found])) ** exponent)


def find_hits(terms: Iterable[str], shares: Mapping[str, float], weights: PriorWeights) -> dict[str, _Hit]:
    """Return which of the terms of names the query speaks of, other forms of its words included.

    Names abbreviate and derive (`config`, `recoverer`, `msg`); a stemmer only undoes inflection.
    """
    by_head: dict[str, list[str]] = defaultdict(list)
    for asked in shares:
        by_head[asked[:FORM_HEAD]].append(asked)
    hits: dict[str, _Hit] = {}
    for term in terms:
        if term in shares:
            hits[term] = _Hit(1.0, shares[term])
            continue
        alike = [shares[asked] for asked in other_lengths().get(term, ()) if asked in shares]
        if len(term) >= FORM_HEAD and term[:FORM_HEAD] in by_head:
            alike += [shares[asked] for asked in by_head[term[:FORM_HEAD]] if is_other_form(term, asked, weights)]
        if alike:
            hits[term] = _Hit(weights.form_likeness, weights.form_likeness * max(alike))
    return hits


def is_other_form(term: str, other: str, weights: PriorWeights) -> bool:
    """Say whether two words begin alike for most of the longer one."""
    n_common = max(FORM_HEAD, math.ceil(weights.form_share * max(len(term), len(other))))
    return min(len(term), len(other)) >= n_common and term[:n_common] == other[:n_common]


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
