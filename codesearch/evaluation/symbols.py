"""Symbol -> definition: names that one definition of the tree alone has, asked for by themselves."""

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from codesearch.evaluation.cases import (
    DEFAULT_SAMPLE,
    Case,
    Sample,
    definitions_of,
    is_asked_about,
    is_test,
    parse_tree,
)
from codesearch.evaluation.judged import JudgedQuery
from codesearch.evaluation.metrics import Target
from indexers.types import Chunk

CATEGORY = "symbol"

MIN_NAME = 3
"""Characters: shorter names are variables of mathematics or loops, and nobody asks for them alone."""


def build_symbols(root: Path, sample: Sample = DEFAULT_SAMPLE) -> Iterator[Case]:
    """Yield the tree itself, with its unique names as queries: bare, or as often qualified where there is a scope."""
    named: Counter[str] = Counter()
    found: list[tuple[str, Chunk]] = []
    for parsed in parse_tree(root):
        definitions = definitions_of(parsed)
        named.update(chunk.symbol for chunk in definitions)
        named.update({name for chunk in parsed.chunks if chunk.granularity == "leaf" for name in chunk.names})
        if is_asked_about(parsed.path):
            found += [(parsed.path, chunk) for chunk in definitions if not is_test(chunk)]
    unique = [(path, chunk) for path, chunk in found if named[chunk.symbol] == 1 and _is_name(chunk.symbol)]
    chosen = sample.choose(unique)
    draw = random.Random(sample.seed)  # noqa: S311
    yield Case(root, tuple(_ask(path, chunk, qualified=draw.random() < 0.5) for path, chunk in chosen))


def _ask(path: str, chunk: Chunk, *, qualified: bool) -> JudgedQuery:
    query = chunk.qualified_name if qualified and _is_plain(chunk.qualified_name) else chunk.symbol
    return JudgedQuery(query, CATEGORY, (Target(path, chunk.start_line, chunk.end_line),))


def _is_name(symbol: str) -> bool:
    return len(symbol) >= MIN_NAME and symbol.replace("_", "").isalnum()


def _is_plain(name: str) -> bool:
    return not any(mark.isspace() or mark in '"<>(){}' for mark in name)
