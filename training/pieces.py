"""Pieces for rare words, learned by joining the neighbours that stand together most often.

Byte-pair encoding on letters (Sennrich et al., "Neural Machine Translation of Rare Words with Subword Units", 2016,
section 3.2), with pieces written as `Vocabulary` reads them. Every choice has one order, so that the same words give
the same pieces in any process: trainers that walk a randomly seeded hash table do not promise that.
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise

from indexers.encoders.subtokens import CONTINUED

MAX_LETTERS = 300
"""Letters of the alphabet, the most frequent ones: enough for Latin, Greek and Cyrillic script and the digits."""

Join = tuple[int, int]
"""Two neighbouring pieces, by number."""


def learn_pieces(words: Mapping[str, int], size: int) -> list[str]:
    """Return the letters of words, given with their frequency, and the best joins of them, `size` pieces at most."""
    alphabet = find_alphabet(words)
    pieces = [*alphabet, *_continued_letters(words, alphabet)]
    learner = _Learner(pieces, words)
    learner.learn(size)
    return learner.pieces


def find_alphabet(words: Mapping[str, int]) -> list[str]:
    """Return the most frequent letters in their own order."""
    letters: Counter[str] = Counter()
    for word, n in words.items():
        for letter in word:
            letters[letter] += n
    return sorted(sorted(letters, key=lambda letter: (-letters[letter], letter))[:MAX_LETTERS])


def _continued_letters(words: Iterable[str], alphabet: Iterable[str]) -> list[str]:
    """Return what letters are called where they do not begin a word."""
    inner = {letter for word in words for letter in word[1:]}
    return [CONTINUED + letter for letter in alphabet if letter in inner]


class _Learner:
    """Words as rows of pieces, how often each two stand together, and where."""

    def __init__(self, pieces: list[str], words: Mapping[str, int]) -> None:
        self.pieces = pieces
        self._numbers = {piece: number for number, piece in enumerate(pieces)}
        ordered = sorted(words)
        self._rows = [self._split(word) for word in ordered]
        self._weights = [words[word] for word in ordered]
        self._counts: dict[Join, int] = defaultdict(int)
        self._places: dict[Join, set[int]] = defaultdict(set)
        for place in range(len(ordered)):
            self._count(place, 1)
        self._heap = [(-n, join) for join, n in self._counts.items()]
        heapq.heapify(self._heap)

    def learn(self, size: int) -> None:
        """Join until there are `size` pieces or nothing is left to join; of joins as frequent the first letters win."""
        while len(self.pieces) < size and self._heap:
            n, join = heapq.heappop(self._heap)
            if self._counts.get(join) == -n:
                self._join(join, self._number_of(join))

    def _split(self, word: str) -> list[int]:
        marked = (letter if at == 0 else CONTINUED + letter for at, letter in enumerate(word))
        return [self._numbers[letter] for letter in marked if letter in self._numbers]

    def _number_of(self, join: Join) -> int:
        """Return the number of the piece that a join makes, a new one unless others make the same."""
        piece = self.pieces[join[0]] + self.pieces[join[1]].removeprefix(CONTINUED)
        if piece not in self._numbers:
            self._numbers[piece] = len(self.pieces)
            self.pieces.append(piece)
        return self._numbers[piece]

    def _join(self, join: Join, number: int) -> None:
        """Write `number` wherever the two stand, and count anew what they stood beside."""
        changed: set[Join] = set()
        for place in self._places.pop(join):
            changed.update(self._count(place, -1))
            self._rows[place] = _joined(self._rows[place], join, number)
            changed.update(self._count(place, 1))
        for other in changed:
            if self._counts[other]:
                heapq.heappush(self._heap, (-self._counts[other], other))
            else:
                del self._counts[other]

    def _count(self, place: int, sign: int) -> list[Join]:
        """Add (1) or take away (-1) the neighbours of a row; return them."""
        row = self._rows[place]
        joins = list(pairwise(row))
        for join in joins:
            self._counts[join] += sign * self._weights[place]
            if sign > 0:
                self._places[join].add(place)
        return joins


def _joined(row: list[int], join: Join, number: int) -> list[int]:
    """Return a row with each of the two neighbours, from the left, as one."""
    joined: list[int] = []
    at = 0
    while at < len(row):
        is_here = at + 1 < len(row) and (row[at], row[at + 1]) == join
        joined.append(number if is_here else row[at])
        at += 2 if is_here else 1
    return joined
