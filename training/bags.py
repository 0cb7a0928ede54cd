"""Step 3: the vocabulary of sub-tokens, and every pair as two bags of them.

    python -m training.bags CORPUS

Reads CORPUS/pairs, leaves out copies and what is not ours to learn from, writes CORPUS/bags: `vocabulary.txt`, and for
each role arrays that `Bags` describes. The same pairs give the same files.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import get_args

import numpy as np
import numpy.typing as npt

from indexers.encoders.subtokens import CONTINUED, Vocabulary, split_subwords
from indexers.template import join_name
from indexers.tokenizer import split_words
from training.corpus import Repository, Role, pairs_file, read_list
from training.pairs import Pair, PairKind

N_WORDS = 40_000
"""Whole words of the vocabulary, the most frequent ones. Sixteen times fewer pairs contain the next ones."""

N_PIECES = 8_000
"""Pieces for all other words, letters included."""

MIN_REPOSITORIES = 3
"""Repositories that a word must occur in: what one project calls its things teaches nobody."""

MAX_TOKENS = 192
"""Distinct sub-tokens kept of a text, the first ones."""

KINDS: tuple[PairKind, ...] = get_args(PairKind)


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
        return cls(*(np.load(folder / f"{side}-{name}.npy", mmap_mode="r") for name in ("starts", "tokens", "counts")))

    def save(self, folder: Path, side: str) -> None:
        """Write the arrays of one side."""
        for name in ("starts", "tokens", "counts"):
            np.save(folder / f"{side}-{name}.npy", getattr(self, name))


def read_pairs(path: Path) -> Iterator[Pair]:
    """Yield the pairs of one repository."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield Pair(*json.loads(line))


def forbidden_digests(corpus: Path, entries: Iterable[Repository]) -> set[str]:
    """Return the digests of all code that must not be learned from: the benchmark's, and what weights are judged by."""
    digests: set[str] = set()
    for entry in entries:
        path = pairs_file(corpus, entry)
        if entry.role == "excluded" and path.exists():
            digests.update(json.loads(line) for line in path.read_text("utf-8").splitlines())
        elif entry.role != "train" and path.exists():
            digests.update(pair.digest for pair in read_pairs(path))
    return digests


def kept_pairs(corpus: Path, entries: Iterable[Repository], forbidden: set[str]) -> Iterator[tuple[int, Pair]]:
    """Yield (number of the repository, pair): of copies of one text, within a kind, the first alone."""
    seen: set[tuple[str, str, str]] = set()
    for number, entry in enumerate(entries):
        path = pairs_file(corpus, entry)
        for pair in read_pairs(path) if path.exists() else ():
            key = (pair.kind, pair.digest, pair.query if pair.kind in ("commit", "comment", "test") else "")
            if pair.digest not in forbidden and key not in seen:
                seen.add(key)
                yield number, pair


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
    """Return the tokens: the most frequent words, then pieces learned from the others by WordPiece training."""
    total: Counter[str] = Counter()
    n_repositories: Counter[str] = Counter()
    for one in counts:
        total.update(one)
        n_repositories.update(one.keys())
    shared = [word for word, n in n_repositories.items() if n >= MIN_REPOSITORIES]
    words = sorted(shared, key=lambda word: (-total[word], word))[:N_WORDS]
    known = set(words)
    rest = {word: n for word, n in total.items() if word not in known and n >= 3 and n_repositories[word] > 1}
    return [*words, *(piece for piece in train_pieces(rest) if piece not in known)]


def train_pieces(words: dict[str, int]) -> list[str]:
    """Return WordPiece pieces of words by their frequency, `N_PIECES` at most."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))  # noqa: S106
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.WordPieceTrainer(
        vocab_size=N_PIECES, limit_alphabet=300, show_progress=False, continuing_subword_prefix=CONTINUED
    )
    ordered = sorted(words, key=lambda word: (-words[word], word))
    tokenizer.train_from_iterator((" ".join([word] * min(words[word], 20)) for word in ordered), trainer)
    pieces: dict[str, int] = tokenizer.get_vocab()
    return sorted(pieces, key=lambda piece: pieces[piece])


class _BagMaker:
    """Turns texts into bags, remembering words."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._words: dict[str, list[int]] = {}
        self.starts = [0]
        self.tokens: list[npt.NDArray[np.int32]] = []
        self.counts: list[npt.NDArray[np.uint8]] = []

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
        self.tokens.append(np.array([token for token, _ in kept], dtype=np.int32))
        self.counts.append(np.array([min(n, 255) for _, n in kept], dtype=np.uint8))
        self.starts.append(self.starts[-1] + len(kept))

    def bags(self) -> Bags:
        """Return all texts so far."""
        none = np.zeros(0, dtype=np.int32)
        return Bags(
            np.array(self.starts, dtype=np.int64),
            np.concatenate([none, *self.tokens]),
            np.concatenate([none.astype(np.uint8), *self.counts]),
        )


def write_role(corpus: Path, role: Role, forbidden: set[str], tokens: list[str]) -> str:
    """Write the bags of one role; return the hash of the pairs that they were made of."""
    folder = corpus / "bags" / role
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = Vocabulary(tokens)
    queries, documents = _BagMaker(vocabulary), _BagMaker(vocabulary)
    kinds: list[int] = []
    repositories: list[int] = []
    digests: list[int] = []
    data = blake2b(digest_size=16)
    entries = [entry for entry in read_list() if entry.role == role]
    for number, pair in kept_pairs(corpus, entries, forbidden):
        queries.add(pair.query)
        documents.add(join_name(pair.name, pair.text))
        kinds.append(KINDS.index(pair.kind))
        repositories.append(number)
        digests.append(int(pair.digest, 16))
        data.update(f"{pair.kind}{pair.digest}{pair.query}\n".encode("utf-8", "surrogatepass"))
    queries.bags().save(folder, "query")
    documents.bags().save(folder, "document")
    np.save(folder / "kinds.npy", np.array(kinds, dtype=np.uint8))
    np.save(folder / "repositories.npy", np.array(repositories, dtype=np.int32))
    np.save(folder / "digests.npy", np.array(digests, dtype=np.uint64))
    (folder / "data_hash").write_text(data.hexdigest(), "utf-8")
    return f"{role}: {len(kinds)} pairs of {len(entries)} repositories, {data.hexdigest()}"


def main(arguments: list[str] | None = None) -> int:
    """Run the step."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    corpus = parser.parse_args(arguments).corpus
    entries = read_list()
    training = [entry for entry in entries if entry.role == "train" and pairs_file(corpus, entry).exists()]
    (corpus / "bags").mkdir(exist_ok=True)
    with ProcessPoolExecutor() as pool:
        tokens = make_vocabulary(pool.map(count_words, [corpus] * len(training), training))
        (corpus / "bags" / "vocabulary.txt").write_text("\n".join(tokens), "utf-8", newline="\n")
        print(f"{len(tokens)} sub-tokens")
        forbidden = forbidden_digests(corpus, entries)
        print(f"{len(forbidden)} digests of code that is not learned from")
        roles: list[tuple[Role, set[str]]] = [("train", forbidden), ("fit", set()), ("held-out", set())]
        for line in [pool.submit(write_role, corpus, role, digests, tokens) for role, digests in roles]:
            print(line.result())
    return 0


if __name__ == "__main__":
    sys.exit(main())
