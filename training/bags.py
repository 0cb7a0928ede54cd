"""Step 3: the vocabulary of sub-tokens, and every pair as two bags of them.

    python -m training.bags CORPUS

Reads CORPUS/pairs, leaves out copies and what is not ours to learn from, writes CORPUS/bags: `vocabulary.txt`, and for
each role a folder with the arrays of a `TrainingSet`. The same pairs give the same files.
"""

import sys
from array import array
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from hashlib import blake2b
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import numpy.typing as npt

from indexers.encoders.subtokens import Vocabulary
from indexers.template import join_name
from indexers.tokenizer import split_words
from training.corpus import Repository, Role, add_list_option, pairs_file, read_list, step_parser
from training.pairs import KINDS, Pair
from training.selection import forbidden_digests, kept_pairs
from training.vocabulary import count_words, make_vocabulary

MAX_TOKENS = 192
"""Distinct sub-tokens kept of a text, the first ones."""

MAX_COUNT = 255
"""Repetitions of a sub-token in a text that are told apart: what a byte holds."""

USED_ROLES: tuple[Role, ...] = ("train", "fit", "held-out")

_ARRAYS = ("starts", "tokens", "counts")
_COLUMNS = ("kinds", "repositories", "digests")


@dataclass(frozen=True, slots=True)
class Bags:
    """Texts as bags, row after row: text `i` has `tokens[starts[i]:starts[i + 1]]` with their counts."""

    starts: npt.NDArray[np.int64]
    """`[texts + 1]`"""
    tokens: npt.NDArray[np.int32]
    counts: npt.NDArray[np.uint8]
    """Up to 255."""

    @classmethod
    def load(cls, folder: Path, side: str) -> "Bags":
        """Open the arrays of one side, `query` or `document`, by memory map."""
        return cls(*(np.load(folder / f"{side}-{name}.npy", mmap_mode="r") for name in _ARRAYS))

    def save(self, folder: Path, side: str) -> None:
        """Write the arrays of one side."""
        for name in _ARRAYS:
            np.save(folder / f"{side}-{name}.npy", getattr(self, name))

    def in_memory(self) -> "Bags":
        """Return the same bags with nothing left on disk."""
        return Bags(np.array(self.starts), np.array(self.tokens), np.array(self.counts))

    def tokens_of(self, text: int) -> npt.NDArray[np.int32]:
        """Return the distinct sub-tokens of a text in the order in which they first occur."""
        return self.tokens[self.starts[text] : self.starts[text + 1]]


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Pairs of one role as bags; pair `i` is question `i` with answer `i`."""

    queries: Bags
    documents: Bags
    kinds: npt.NDArray[np.uint8]
    """Places in `KINDS`."""
    repositories: npt.NDArray[np.int32]
    """Places among the listed repositories of the role."""
    digests: npt.NDArray[np.uint64]
    """Of the answers: copies have one."""

    @classmethod
    def load(cls, folder: Path) -> "TrainingSet":
        """Open what `save` wrote; the bags by memory map."""
        return cls(
            Bags.load(folder, "query"),
            Bags.load(folder, "document"),
            *(np.load(folder / f"{name}.npy") for name in _COLUMNS),
        )

    def in_memory(self) -> "TrainingSet":
        """Return the same pairs with nothing left on disk."""
        return replace(self, queries=self.queries.in_memory(), documents=self.documents.in_memory())

    def save(self, folder: Path) -> None:
        """Write all arrays into a folder."""
        self.queries.save(folder, "query")
        self.documents.save(folder, "document")
        for name in _COLUMNS:
            np.save(folder / f"{name}.npy", getattr(self, name))


class _BagMaker:
    """Turns texts into bags, remembering words."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._words: dict[str, list[int]] = {}
        self._starts = array("q", [0])
        self._tokens = array("i")
        self._counts = array("B")

    def add(self, text: str) -> None:
        """Append one text."""
        counts: dict[int, int] = {}
        for word in split_words(text):
            ids = self._words.get(word)
            if ids is None:
                ids = self._words[word] = self._vocabulary.ids_of(word)
            for number in ids:
                counts[number] = counts.get(number, 0) + 1
        kept = list(counts.items())[:MAX_TOKENS]
        self._tokens.extend(token for token, _ in kept)
        self._counts.extend(min(n, MAX_COUNT) for _, n in kept)
        self._starts.append(len(self._tokens))

    def bags(self) -> Bags:
        """Return all texts so far."""
        return Bags(
            np.array(self._starts, dtype=np.int64),
            np.array(self._tokens, dtype=np.int32),
            np.array(self._counts, dtype=np.uint8),
        )


class _SetMaker:
    """Turns pairs into a training set and hashes what it was made of."""

    def __init__(self, tokens: Sequence[str]) -> None:
        vocabulary = Vocabulary(tokens)
        self._queries, self._documents = _BagMaker(vocabulary), _BagMaker(vocabulary)
        self._kinds = array("B")
        self._repositories = array("i")
        self._digests = array("Q")
        self._hash = blake2b(digest_size=16)

    def add(self, repository: int, pair: Pair) -> None:
        """Append one pair."""
        self._queries.add(pair.query)
        self._documents.add(join_name(pair.name, pair.text))
        self._kinds.append(KINDS.index(pair.kind))
        self._repositories.append(repository)
        self._digests.append(int(pair.digest, 16))
        self._hash.update(f"{pair.kind}{pair.digest}{pair.query}\n".encode("utf-8", "surrogatepass"))

    def pairs(self) -> TrainingSet:
        """Return all pairs so far."""
        return TrainingSet(
            self._queries.bags(),
            self._documents.bags(),
            np.array(self._kinds, dtype=np.uint8),
            np.array(self._repositories, dtype=np.int32),
            np.array(self._digests, dtype=np.uint64),
        )

    def data_hash(self) -> str:
        """Return the hash of all questions with the digests of their answers, in their order."""
        return self._hash.hexdigest()


def write_set(
    folder: Path, tokens: Sequence[str], corpus: Path, entries: Sequence[Repository], forbidden: set[str]
) -> str:
    """Write the bags of some repositories and the hash of their pairs into a folder; return a line that says so."""
    folder.mkdir(parents=True, exist_ok=True)
    maker = _SetMaker(tokens)
    for number, pair in kept_pairs(corpus, entries, forbidden):
        maker.add(number, pair)
    pairs, data_hash = maker.pairs(), maker.data_hash()
    pairs.save(folder)
    (folder / "data_hash").write_text(data_hash, "utf-8")
    n_repositories = len(np.unique(pairs.repositories))
    return f"{folder.name}: {len(pairs.kinds)} pairs of {n_repositories} repositories, {data_hash}"


def write_vocabulary(pool: ProcessPoolExecutor, corpus: Path, entries: Sequence[Repository]) -> list[str]:
    """Make and write the vocabulary of the repositories that teach; return it."""
    teaching = [entry for entry in entries if entry.role == "train" and pairs_file(corpus, entry).exists()]
    counts = pool.map(count_words, [corpus] * len(teaching), teaching)
    tokens = make_vocabulary(counts)
    (corpus / "bags").mkdir(exist_ok=True)
    (corpus / "bags" / "vocabulary.txt").write_text("\n".join(tokens), "utf-8", newline="\n")
    return tokens


def main(arguments: list[str] | None = None) -> int:
    """Run the step."""
    parser = step_parser(__doc__)
    add_list_option(parser)
    options = parser.parse_args(arguments)
    corpus, entries = options.corpus, read_list(options.list)
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        tokens = write_vocabulary(pool, corpus, entries)
        print(f"{len(tokens)} sub-tokens", flush=True)
        forbidden = forbidden_digests(corpus, entries)
        print(f"{len(forbidden)} digests of code that is not learned from", flush=True)
        written = []
        for role in USED_ROLES:
            own = [entry for entry in entries if entry.role == role]
            left_out = forbidden if role == "train" else set()
            written.append(pool.submit(write_set, corpus / "bags" / role, tokens, corpus, own, left_out))
        for one in written:
            print(one.result(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
