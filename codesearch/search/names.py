"""Which names a query may mean, how surely, and whether a chunk carries one of them.

A name as spelled is surest. For less, names meet without case, underscores and separators, so that `getUserName`,
`get_user_name` and the words "get user name" find each other. Knows no index.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from codesearch.search.constants import LONGEST_JOIN, MAX_NAME_WORDS, SHORTEST_PLAIN
from codesearch.search.query import PROSE, Query, content_words, last_part
from codesearch.search.stopwords import FILLERS
from codesearch.search.terms import recall
from codesearch.search.weights import NameWeights
from indexers.tokenizer import tokenize

_FOLD = re.compile(r"[^\w]|_")
_SEPARATORS = re.compile(r"\.|::|#|/")
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@lru_cache(maxsize=1 << 16)
def fold(name: str) -> str:
    """Return `name` without case, underscores and separators."""
    return _FOLD.sub("", name).lower()


def spelling_key(name: str) -> str:
    """Return a key that only this very spelling has, whatever separates its parts; folded names lack the mark."""
    return f"={_SEPARATORS.sub('.', name)}"


def asked_names(query: Query, shares: Mapping[str, float], weights: NameWeights) -> dict[str, float]:
    """Return the keys of names that the query may mean, each with its sureness above 0 and up to 1.

    `shares` are the terms' shares of the query's weight: a name that is all of the query is what was asked for, one
    among many words may be a mere mention.
    """
    names: dict[str, float] = {}
    is_bare = query.shape in ("symbol", "qualified")
    is_prose = query.shape in PROSE or query.shape == "path"
    exact = weights.bare if is_bare else 1.0

    def add(spelled: str, sureness: float) -> None:
        share = min(1.0, recall(set(tokenize(spelled)), shares)) ** weights.share_exponent
        for key, worth in ((spelling_key(spelled), exact), (fold(spelled), 1.0)):
            names[key] = max(names.get(key, 0.0), sureness * share * worth)

    for identifier in query.identifiers[:MAX_NAME_WORDS]:
        if query.shape == "snippet":
            add(identifier, weights.defined)
        else:
            add(identifier, weights.spelled)
            add(last_part(identifier), weights.last_part)
    if not is_prose:
        return names
    words = [word.lower() for word in content_words(query.text)[:MAX_NAME_WORDS]]
    for length in range(2, LONGEST_JOIN + 1):
        for start in range(len(words) - length + 1):
            add("_".join(words[start : start + length]), weights.joined)
    capitalised = {word.lower() for word in re.findall(r"(?<!^)\b[A-Z]\w+", query.text)}
    for word in words:
        if len(word) >= SHORTEST_PLAIN and word not in FILLERS:
            add(word, weights.capitalised if word in capitalised else weights.plain)
            if word.endswith("s") and len(word) > SHORTEST_PLAIN + 1:
                add(word[:-1], weights.plain)
    return names


def spellings(query: Query) -> tuple[str, ...]:
    """Return the lower-cased spellings under which the asked names may be defined, surest first."""
    found: list[str] = []
    for identifier in query.identifiers[:MAX_NAME_WORDS]:
        for name in (identifier, last_part(identifier)):
            parts = [part for word in re.split(r"_+", name) for part in _HUMPS.split(word) if part]
            found += [name.lower(), "".join(parts).lower(), "_".join(parts).lower()]
    is_prose = query.shape in PROSE or query.shape == "path"
    words = [word.lower() for word in content_words(query.text)[:MAX_NAME_WORDS]] if is_prose else []
    for length in range(LONGEST_JOIN, 1, -1):
        for start in range(len(words) - length + 1):
            part = words[start : start + length]
            found += ["".join(part), "_".join(part)]
    for word in words:
        if len(word) >= SHORTEST_PLAIN and word not in FILLERS:
            found += [word, word.removesuffix("s")]
    return tuple(dict.fromkeys(found))


def name_match(
    asked: Mapping[str, float], symbol: str, qualified_name: str, names: tuple[str, ...], weights: NameWeights
) -> float:
    """Return how surely a chunk of these names defines what was asked, 0 to 1."""
    best = 0.0
    keys = _keys_of(symbol, qualified_name, weights.other_case)
    if not asked.keys().isdisjoint(keys):
        best = max(asked[key] * factor for key, factor in keys.items() if key in asked)
    if names and not asked.keys().isdisjoint(inner := _keys_inside(names, weights.other_case)):
        best = max(best, weights.inner * max(asked[key] * factor for key, factor in inner.items() if key in asked))
    return best


@lru_cache(maxsize=1 << 16)
def _keys_of(symbol: str, qualified_name: str, other_case: float) -> dict[str, float]:
    """Return under which names a chunk may be asked for, each with the factor that a match there keeps."""
    keys = _keys_inside((symbol,), other_case) if symbol else {}
    if qualified_name and qualified_name != symbol:
        tail = ".".join(_SEPARATORS.split(qualified_name)[-2:])
        keys = {**_keys_inside((qualified_name, tail), other_case), **keys}
    return keys


@lru_cache(maxsize=1 << 12)
def _keys_inside(names: tuple[str, ...], other_case: float) -> dict[str, float]:
    """Return the keys of names as spelled and, for less, in any spelling."""
    return {fold(name): other_case for name in names} | {spelling_key(name): 1.0 for name in names}
