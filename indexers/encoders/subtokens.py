"""From a word to sub-tokens of a fixed vocabulary: identifier parts in lower case, rare ones in pieces.

The one truth for the embedded model's training and its use. Pieces are found greedily from the left, the longest
first, as WordPiece does (Wu et al., "Google's Neural Machine Translation System", 2016, section 4.1); a piece that
continues a word is written `##piece`.
"""

from collections.abc import Sequence

from indexers.tokenizer import MAX_WORD, split_parts

CONTINUED = "##"

MAX_PART = 32
"""Letters of a part that are looked at: what is longer is encoded data."""


def split_subwords(word: str) -> list[str]:
    """Return the lower-cased parts of an identifier or word, in reading order."""
    return [part.lower()[:MAX_PART] for part in split_parts(word[:MAX_WORD])]


class Vocabulary:
    """Tokens with ids `0 .. n - 1` in the order given; immutable."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self._ids = {token: number for number, token in enumerate(tokens)}
        self._longest = max(map(len, tokens), default=0)

    def __len__(self) -> int:
        return len(self._ids)

    def ids_of(self, word: str) -> list[int]:
        """Return the ids of a word's sub-tokens in reading order; what no piece covers is left out."""
        ids: list[int] = []
        for part in split_subwords(word):
            known = self._ids.get(part)
            ids += self._pieces_of(part) if known is None else [known]
        return ids

    def _pieces_of(self, part: str) -> list[int]:
        ids: list[int] = []
        at, mark = 0, ""
        while at < len(part):
            piece = None
            end = min(len(part), at + self._longest)
            while end > at and piece is None:
                piece = self._ids.get(mark + part[at:end])
                end -= 1
            at = end + 1
            if piece is not None:
                ids.append(piece)
            mark = CONTINUED
        return ids
