"""Step 5: how well a table finds the answer of a pair among those of its own repository.

    python -m training.evaluate CORPUS [--model CORPUS/model.npy] [--role held-out]

For each kind of pair and each prefix length the mean reciprocal rank and recall@10, averaged over repositories that the
table never saw, beside the plain overlap of words (cosine of idf-weighted bags).
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.bags import KINDS, Bags
from training.train import PREFIXES, TrainingSet

MAX_QUERIES = 400
"""Questions of one kind and repository."""

Floats = npt.NDArray[np.float32]


def embed(bags: Bags, texts: npt.NDArray[np.int64], rows: Floats) -> Floats:
    """Return the sums of some texts, float32 `[texts, dim]`, not normalised."""
    sums = np.zeros((len(texts), rows.shape[1]), dtype=np.float32)
    for place, text in enumerate(texts):
        inside = slice(bags.starts[text], bags.starts[text + 1])
        sums[place] = np.log1p(bags.counts[inside].astype(np.float32)) @ rows[bags.tokens[inside]]
    return sums


def reciprocal_ranks(queries: Floats, documents: Floats, answers: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return 1 / rank of each question's answer among all documents, ties counted against it."""
    one = queries / np.maximum(np.linalg.norm(queries, axis=1, keepdims=True), 1e-9)
    other = documents / np.maximum(np.linalg.norm(documents, axis=1, keepdims=True), 1e-9)
    scores = one @ other.T
    own = scores[np.arange(len(answers)), answers]
    return 1.0 / np.maximum((scores >= own[:, None]).sum(axis=1), 1)


def evaluate(pairs: TrainingSet, rows: Floats, prefixes: tuple[int, ...] = PREFIXES) -> dict[str, dict[int, list[float]]]:
    """Return by kind and prefix length: mean reciprocal rank, recall@10."""
    found: dict[str, dict[int, list[float]]] = {}
    for number, kind in enumerate(KINDS):
        by_prefix: dict[int, list[npt.NDArray[np.float64]]] = {size: [] for size in prefixes}
        for repository in np.unique(pairs.repositories):
            texts = np.flatnonzero((pairs.kinds == number) & (pairs.repositories == repository))
            if len(texts) < 20:
                continue
            digests, first, place = np.unique(pairs.digests[texts], return_index=True, return_inverse=True)
            asked = np.unique(np.linspace(0, len(texts) - 1, MAX_QUERIES).astype(np.int64))
            documents = embed(pairs.documents, texts[first], rows)
            queries = embed(pairs.queries, texts[asked], rows)
            for size in prefixes:
                by_prefix[size].append(reciprocal_ranks(queries[:, :size], documents[:, :size], place[asked]))
        if by_prefix[prefixes[0]]:
            found[kind] = {
                size: [float(np.mean([r.mean() for r in ranks])), float(np.mean([(r >= 0.1).mean() for r in ranks]))]
                for size, ranks in by_prefix.items()
            }
    return found


def main(arguments: list[str] | None = None) -> int:
    """Run the step."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--role", default="held-out", choices=("fit", "held-out", "train"))
    given = parser.parse_args(arguments)
    rows = np.load(given.model or given.corpus / "model.npy")
    pairs = TrainingSet.load(given.corpus / "bags" / given.role)
    found = evaluate(pairs, rows)
    for kind, figures in found.items():
        line = "  ".join(f"{size}: {mrr:.3f} / {recall:.3f}" for size, (mrr, recall) in figures.items())
        print(f"{kind:14s} {line}")
    for size in PREFIXES:
        print(f"mean MRR at {size}: {np.mean([figures[size][0] for figures in found.values()]):.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
