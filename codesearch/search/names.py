"""Which names a query may mean, how surely, and whether a chunk carries one of them.

Names are compared without case, underscores and separators, so `getUserName`, `get_user_name` and the words
"get user name" mean the same. Knows no index.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from codesearch.search.constants import NAME_SHARE_EXPONENT
from codesearch.search.query import Query, content_words, last_part
from codesearch.search.stopwords import FILLERS
from codesearch.search.terms import recall
from indexers.tokenizer import tokenize

_FOLD = re.compile(r"[^\w]|_")
_SEPARATORS = re.compile(r"\.|::|#|/")
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

SPELLED = 1.0
"""Sureness of a name that the query spells like code."""
LAST_PART = 0.7
"""Sureness of the last part of a qualified name alone: another class may have a method of that name."""
JOINED = 0.8
"""Sureness of two or three neighbouring words joined into one name: seldom by chance."""
CAPITALISED = 0.6
"""Sureness of a capitalised word within a question: mostly a type."""
PLAIN = 0.1
"""Sureness of a plain word: `request` is a class here and a mere word there."""
OTHER_CASE = 0.7
"""What remains of the sureness where a name differs in case or underscores: `Request` is not the method `request`."""
INNER = 0.6
"""What remains where the name is defined inside the chunk, as a constant or field, beside its own."""
_LONGEST_JOIN = 3
_SHORTEST_PLAIN = 3


@lru_cache(maxsize=1 << 16)
def fold(name: str) -> str:
    """Return `name` without case, underscores and separators."""
    return _FOLD.sub("", name).lower()


def asked_names(query: Query, shares: Mapping[str, float]) -> dict[str, float]:
    """Return names that the query may mean, as spelled and folded, each with its sureness above 0 and up to 1.

    `shares` are the terms' shares of the query's weight: a name that is all of the query is what was asked for, one
    among many words may be a mere mention.
    """
    names: dict[str, float] = {}

    def add(spelled: str, sureness: float) -> None:
        share = min(1.0, recall(set(tokenize(spelled)), shares)) ** NAME_SHARE_EXPONENT
        for name in (spelled, fold(spelled)):
            names[name] = max(names.get(name, 0.0), sureness * share)

    for identifier in query.identifiers:
        add(identifier, SPELLED)
        add(last_part(identifier), LAST_PART)
    if query.shape in ("symbol", "qualified"):
        return names
    words = [word.lower() for word in content_words(query.text)]
    for length in range(2, _LONGEST_JOIN + 1):
        for start in range(len(words) - length + 1):
            add("_".join(words[start : start + length]), JOINED)
    capitalised = {word.lower() for word in re.findall(r"(?<!^)\b[A-Z]\w+", query.text)}
    for word in words:
        if len(word) >= _SHORTEST_PLAIN and word not in FILLERS:
            add(word, CAPITALISED if word in capitalised else PLAIN)
            if word.endswith("s") and len(word) > _SHORTEST_PLAIN + 1:
                add(word[:-1], PLAIN)
    return names


def spellings(query: Query) -> tuple[str, ...]:
    """Return the lower-cased spellings under which the asked names may be defined, surest first."""
    found: list[str] = []
    for identifier in query.identifiers:
        for name in (identifier, last_part(identifier)):
            parts = [part for word in re.split(r"_+", name) for part in _HUMPS.split(word) if part]
            found += [name.lower(), "".join(parts).lower(), "_".join(parts).lower()]
    is_prose = query.shape in ("words", "path")
    words = [word.lower() for word in content_words(query.text)] if is_prose else []
    for length in range(_LONGEST_JOIN, 1, -1):
        for start in range(len(words) - length + 1):
            part = words[start : start + length]
            found += ["".join(part), "_".join(part)]
    for word in words:
        if len(word) >= _SHORTEST_PLAIN and word not in FILLERS:
            found += [word, word.removesuffix("s")]
    return tuple(dict.fromkeys(found))


def name_match(asked: Mapping[str, float], symbol: str, qualified_name: str, names: Iterable[str]) -> float:
    """Return how surely a chunk of these names defines what was asked, 0 to 1."""
    best = _sureness(asked, symbol)
    if qualified_name != symbol:
        whole, tail = _fold_qualified(qualified_name)
        best = max(best, asked.get(whole, 0.0), asked.get(tail, 0.0))
    for name in names:
        best = max(best, INNER * _sureness(asked, name))
    return best


def _sureness(asked: Mapping[str, float], name: str) -> float:
    """Look a name up as it is spelled, then in any spelling."""
    spelled = asked.get(name, 0.0)
    return spelled or OTHER_CASE * asked.get(fold(name), 0.0)


@lru_cache(maxsize=1 << 16)
def _fold_qualified(qualified_name: str) -> tuple[str, str]:
    """Return the folded qualified name and its folded last two parts."""
    return fold(qualified_name), fold("".join(_SEPARATORS.split(qualified_name)[-2:]))
