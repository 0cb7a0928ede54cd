"""Step 5: how well a table finds the answer of a pair among those of its own repository.

    python -m training.evaluate CORPUS [--model CORPUS/model.npy] [--role held-out]

For each kind of pair and each prefix length the mean reciprocal rank and recall@10, averaged over repositories that the
table never saw, beside the plain overlap of words (cosine of idf-weighted bags). Needs no torch.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from indexers.encoders.embedded import COARSE_DIMS
from training.bags import USED_ROLES, Bags, TrainingSet
from training.corpus import step_parser
from training.pairs import KINDS

PREFIXES = tuple(sorted(COARSE_DIMS))
"""The prefixes that the product offers."""

MAX_QUERIES = 400
"""Questions of one kind and repository."""

MIN_PAIRS = 20
"""Pairs of a kind below which a repository's mean is left out: a rank among few says nothing."""

OVERLAP = "words"
"""Heading of what the plain overlap of words finds."""

Floats = npt.NDArray[np.float32]
Ranks = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Group:
    """Questions of one kind and repository."""

    questions: Numbers
    """Those that are asked, by their place in the set."""
    documents: Numbers
    """All different answers, by the place of a pair that has it."""
    answers: Numbers
    """For each question its answer, as a place in `documents`."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one way to rank finds, averaged over repositories."""

    mrr: float
    recall: float
    """Share of the answers among the first ten."""

    @classmethod
    def of(cls, ranks: list[Ranks]) -> "Figures":
        """Return the means over repositories, given the reciprocal ranks of each."""
        recall = [(one >= 0.1).mean() for one in ranks]
        return cls(float(np.mean([one.mean() for one in ranks])), float(np.mean(recall)))


def embed(bags: Bags, texts: Numbers, rows: Floats) -> Floats:
    """Return the sums of some texts, float32 `[texts, dim]`, not normalised."""
    sums = np.zeros((len(texts), rows.shape[1]), dtype=np.float32)
    for place, text in enumerate(texts):
        inside = slice(bags.starts[text], bags.starts[text + 1])
        sums[place] = np.log1p(bags.counts[inside].astype(np.float32)) @ rows[bags.tokens[inside]]
    return sums


def reciprocal_ranks(queries: Floats, documents: Floats, answers: Numbers) -> Ranks:
    """Return 1 / rank of each question's answer among all documents by cosine, ties counted against it."""
    one = queries / np.maximum(np.linalg.norm(queries, axis=1, keepdims=True), 1e-9)
    other = documents / np.maximum(np.linalg.norm(documents, axis=1, keepdims=True), 1e-9)
    return ranks_of(one @ other.T, answers)


def ranks_of(scores: Floats, answers: Numbers) -> Ranks:
    """Return 1 / rank of each question's answer, given scores `[questions, documents]`, ties counted against it."""
    own = scores[np.arange(len(answers)), answers]
    ranks: Ranks = 1.0 / np.maximum((scores >= own[:, None]).sum(axis=1), 1)
    return ranks


def overlap_ranks(pairs: TrainingSet, group: Group) -> Ranks:
    """Return 1 / rank of each question's answer by the cosine of bags, each count damped and weighted by its idf.

    idf = ln(n / df): `n` documents, `df` of them with the sub-token (Spärck Jones, 1972).
    """
    sizes = pairs.documents.starts[group.documents + 1] - pairs.documents.starts[group.documents]
    owners = np.repeat(np.arange(len(sizes)), sizes)
    tokens = np.concatenate([pairs.documents.tokens_of(text) for text in group.documents])
    n_tokens = 1 + max(int(tokens.max(initial=0)), int(pairs.queries.tokens.max(initial=0)))
    idf = np.log(len(sizes) / np.maximum(np.bincount(tokens, minlength=n_tokens), 1)).astype(np.float32)
    weights = np.log1p(_counts_of(pairs.documents, group.documents)) * idf[tokens]
    lengths = np.sqrt(np.maximum(np.bincount(owners, weights**2, len(sizes)), 1e-9))
    scores = np.zeros((len(group.questions), len(sizes)), dtype=np.float32)
    for place, question in enumerate(group.questions):
        asked = np.zeros(n_tokens, dtype=np.float32)
        own = pairs.queries.tokens_of(question)
        asked[own] = np.log1p(_counts_of(pairs.queries, group.questions[place : place + 1])) * idf[own]
        scores[place] = np.bincount(owners, weights * asked[tokens], len(sizes)) / lengths
    return ranks_of(scores, group.answers)


def _counts_of(bags: Bags, texts: Numbers) -> Floats:
    return np.concatenate([bags.counts[bags.starts[text] : bags.starts[text + 1]] for text in texts]).astype(np.float32)


def groups_of(pairs: TrainingSet, kind: int) -> Iterator[Group]:
    """Yield the questions of one kind, repository by repository."""
    for repository in np.unique(pairs.repositories):
        texts = np.flatnonzero((pairs.kinds == kind) & (pairs.repositories == repository))
        if len(texts) >= MIN_PAIRS:
            _, first, place = np.unique(pairs.digests[texts], return_index=True, return_inverse=True)
            asked = np.unique(np.linspace(0, len(texts) - 1, MAX_QUERIES).astype(np.int64))
            yield Group(texts[asked], texts[first], place[asked])


def evaluate(pairs: TrainingSet, rows: Floats, prefixes: tuple[int, ...] = PREFIXES) -> dict[str, dict[str, Figures]]:
    """Return by kind: what the overlap of words finds, and each prefix of the table, by its length."""
    found: dict[str, dict[str, Figures]] = {}
    for number, kind in enumerate(KINDS):
        ranks: dict[str, list[Ranks]] = {OVERLAP: [], **{str(size): [] for size in prefixes}}
        for group in groups_of(pairs, number):
            documents = embed(pairs.documents, group.documents, rows)
            queries = embed(pairs.queries, group.questions, rows)
            ranks[OVERLAP].append(overlap_ranks(pairs, group))
            for size in prefixes:
                ranks[str(size)].append(reciprocal_ranks(queries[:, :size], documents[:, :size], group.answers))
        if ranks[OVERLAP]:
            found[kind] = {way: Figures.of(of_way) for way, of_way in ranks.items()}
    return found


def _print_table(found: dict[str, dict[str, Figures]]) -> None:
    ways = (OVERLAP, *map(str, PREFIXES))
    print(f"{'MRR / recall@10':15s} " + "  ".join(f"{way:>13s}" for way in ways))
    for kind, figures in found.items():
        print(f"{kind:14s}  " + "  ".join(f"{figures[way].mrr:.3f} / {figures[way].recall:.3f}" for way in ways))
    for way in ways:
        print(f"mean MRR at {way}: {np.mean([figures[way].mrr for figures in found.values()]):.4f}")


def main(arguments: list[str] | None = None) -> int:
    """Run the step."""
    parser = step_parser(__doc__)
    parser.add_argument("--model", type=Path, help="the table (default: CORPUS/model.npy)")
    parser.add_argument("--role", default="held-out", choices=sorted(USED_ROLES))
    given = parser.parse_args(arguments)
    rows = np.load(given.model or given.corpus / "model.npy")
    _print_table(evaluate(TrainingSet.load(given.corpus / "bags" / given.role), rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
