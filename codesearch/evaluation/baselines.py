"""What answers are compared with: the engine's modes, raw BM25 over leaves, and ripgrep.

A method is made ready for an index once and then ranks queries, at most `LIMIT` places each. Knows no judgement.
"""

import shutil
import subprocess
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from codesearch.errors import QueryError
from codesearch.evaluation.metrics import Place
from codesearch.evaluation.raw_bm25 import RawBm25
from codesearch.index import Index
from codesearch.search.stopwords import STOPWORDS
from codesearch.types import Mode, SearchOptions
from indexers.tokenizer import split_words

LIMIT = 10
"""Results of each query: what a search shows where nobody asks for more, and as far as nDCG@10 looks."""

CHARACTERS_PER_TOKEN = 4
"""Of source code, for models of today, roughly; the measure of the budgets."""

RIPGREP_TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class Hit:
    """One result: where it is, and how much there is to read."""

    place: Place
    n_tokens: int


Ranker = Callable[[str], Sequence[Hit]]
"""Ranks what one index has for a query, best first."""


@dataclass(frozen=True, slots=True)
class Method:
    """A way to answer queries."""

    name: str
    prepare: Callable[[Index], Ranker]
    """Called again whenever the index has changed."""


def find_methods() -> list[Method]:
    """Return the engine's own ranking and what it is compared with; ripgrep where it is installed."""
    methods = [mode_method("hybrid"), mode_method("dense"), raw_bm25_method()]
    ripgrep = shutil.which("rg")
    if ripgrep is None or not Path(ripgrep).is_absolute():  # a relative one may be the searched tree's own
        return methods
    return [*methods, ripgrep_method(ripgrep)]


def mode_method(mode: Mode) -> Method:
    """Return the engine in one of its modes; a query that it refuses finds nothing."""

    def prepare(index: Index) -> Ranker:
        def rank(query: str) -> list[Hit]:
            try:
                response = index.search(query, SearchOptions(limit=LIMIT, mode=mode))
            except QueryError:
                return []
            return [
                _hit(result.path, result.start_line, result.end_line, result.content) for result in response.results
            ]

        return rank

    return Method(mode, prepare)


def raw_bm25_method() -> Method:
    """Return BM25 without fields, priors and fusion: files by their best leaf, of which that leaf is shown."""
    bm25 = RawBm25()

    def prepare(index: Index) -> Ranker:
        bm25.read(index.folder)

        def rank(query: str) -> list[Hit]:
            return [Hit(leaf.place, leaf.n_characters // CHARACTERS_PER_TOKEN) for leaf in bm25.rank(query, LIMIT)]

        return rank

    return Method("raw BM25", prepare)


def ripgrep_method(command: str) -> Method:
    """Return ripgrep over the index's root: files by how many distinct words of the query they have, then how often."""

    def prepare(index: Index) -> Ranker:
        return lambda query: rank_by_ripgrep(command, index.root, query)

    return Method("ripgrep", prepare)


def rank_by_ripgrep(command: str, root: Path, query: str) -> list[Hit]:
    """Look for each word of the query but stopwords, in any case and inside words too. A hit is a whole file."""
    words = {word.lower() for word in split_words(query)}
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for word in sorted(words - STOPWORDS or words):
        arguments = ("--no-config", "--count-matches", "--ignore-case", "--fixed-strings", "--with-filename", "--null")
        done = subprocess.run(
            [command, *arguments, "-e", word, "--", "."],
            cwd=root,
            capture_output=True,
            check=False,
            timeout=RIPGREP_TIMEOUT_S,
        )
        for line in done.stdout.splitlines():
            path, _, number = line.partition(b"\0")
            counts[path.decode("utf-8", "surrogateescape").removeprefix("./")][word] = int(number)
    best = sorted(counts, key=lambda path: (-len(counts[path]), -counts[path].total(), path))
    return [_whole(root, path) for path in best[:LIMIT]]


def _whole(root: Path, path: str) -> Hit:
    text = (root / path).read_bytes().decode("utf-8", "replace")
    return _hit(path, 1, max(len(text.splitlines()), 1), text)


def _hit(path: str, start_line: int, end_line: int, content: str) -> Hit:
    return Hit(Place(path, start_line, end_line), len(content) // CHARACTERS_PER_TOKEN)
