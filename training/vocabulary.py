"""The vocabulary of sub-tokens: the words that projects share, and pieces for all others."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from indexers.encoders.subtokens import split_subwords
from indexers.template import join_name
from indexers.tokenizer import split_words
from training.corpus import Repository, pairs_file
from training.pieces import learn_pieces
from training.selection import read_pairs

N_WORDS = 40_000
"""Whole words of the vocabulary, the most frequent ones. Sixteen times fewer pairs contain the next ones."""

N_PIECES = 8_000
"""Pieces for all other words, letters included."""

MIN_REPOSITORIES = 3
"""Repositories that a word must occur in: what one project calls its things teaches nobody."""

MIN_REPOSITORIES_OF_RARE = 2
MIN_COUNT_OF_RARE = 3
"""Of a word that pieces are learned from: below are misspellings and encoded data."""

MAX_COUNT_OF_RARE = 20
"""Occurrences that count for pieces: they shall write many words, not a few frequent ones."""


def count_words(corpus: Path, entry: Repository) -> Counter[str]:
    """Return how often each lower-cased identifier part occurs in a repository's pairs."""
    words: Counter[str] = Counter()
    for pair in read_pairs(pairs_file(corpus, entry)):
        words.update(split_words(pair.query))
        words.update(split_words(join_name(pair.name, pair.text)))
    parts: Counter[str] = Counter()
    for word, n in words.items():
        for part in split_subwords(word):
            parts[part] += n
    return parts


def make_vocabulary(counts: Iterable[Counter[str]]) -> list[str]:
    """Return the tokens, given each repository's words: the most frequent, then pieces learned from the others."""
    total: Counter[str] = Counter()
    n_repositories: Counter[str] = Counter()
    for one in counts:
        total.update(one)
        n_repositories.update(one.keys())
    shared = [word for word, n in n_repositories.items() if n >= MIN_REPOSITORIES]
    words = sorted(shared, key=lambda word: (-total[word], word))[:N_WORDS]
    known = set(words)
    rare = {
        word: min(n, MAX_COUNT_OF_RARE)
        for word, n in total.items()
        if word not in known and n >= MIN_COUNT_OF_RARE and n_repositories[word] >= MIN_REPOSITORIES_OF_RARE
    }
    return [*words, *(piece for piece in learn_pieces(rare, N_PIECES) if piece not in known)]
