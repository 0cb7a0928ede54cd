"""Step 4: trains the token table on the pairs. Needs torch; runs on the CPU.

    python -m training.train CORPUS [--out CORPUS/model.npy] [--epochs N] [--seed N]

A text's vector is the sum over its distinct sub-tokens of ln(1 + count) times the token's row, L2-normalised: the
row's length is the token's learnt weight. Loss: symmetric InfoNCE (van den Oord et al., "Representation Learning with
Contrastive Predictive Coding", 2018) over the batch, at several prefix lengths at once (Kusupati et al., "Matryoshka
Representation Learning", NeurIPS 2022), with a learnt temperature. Batches are made of groups from one repository,
whose members are each other's hard negatives. One seed gives one table on one machine.
"""

import argparse
import math
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from training.bags import KINDS, Bags
from training.pairs import PairKind

DIM = 256
PREFIXES = (32, 64, 128, 256)
PREFIX_WEIGHTS = (0.5, 0.75, 1.0, 1.0)

BATCH = 2048
GROUP = 64
"""Pairs of one repository in a row of a batch."""

LEARNING_RATE = 3e-3

SHARES: dict[PairKind, float] = {
    "documentation": 1.0,
    "name": 0.35,
    "test": 0.5,
    "file": 1.0,
    "comment": 0.5,
    "message": 0.3,
    "section": 0.5,
    "commit": 1.0,
}
"""Share of the pairs of a kind that an epoch takes: names and messages are many and easy."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to train."""

    epochs: float = 1.5
    seed: int = 1
    learning_rate: float = LEARNING_RATE
    dropout: float = 0.1
    """Share of a document's tokens that a step does not see."""


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Pairs of one role as bags."""

    queries: Bags
    documents: Bags
    kinds: npt.NDArray[np.uint8]
    repositories: npt.NDArray[np.int32]
    digests: npt.NDArray[np.uint64]

    @classmethod
    def load(cls, folder: Path) -> "TrainingSet":
        """Open a folder that `training.bags` wrote."""
        arrays = (np.load(folder / f"{name}.npy") for name in ("kinds", "repositories", "digests"))
        return cls(Bags.load(folder, "query"), Bags.load(folder, "document"), *arrays)


class Table(torch.nn.Module):
    """The rows of all sub-tokens and the temperature."""

    def __init__(self, n_tokens: int, seed: int) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.rows = torch.nn.Parameter(torch.randn(n_tokens, DIM, generator=generator) * DIM**-0.5)
        self.log_scale = torch.nn.Parameter(torch.tensor(math.log(14.0)))

    def forward(self, tokens: torch.Tensor, offsets: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """Return the sums of the bags, float32 `[texts, DIM]`, not normalised."""
        return functional.embedding_bag(tokens, self.rows, offsets, mode="sum", per_sample_weights=weights)


def contrast(queries: torch.Tensor, documents: torch.Tensor, scale: torch.Tensor, same: torch.Tensor) -> torch.Tensor:
    """Return the loss of a batch, scalar: `[batch, DIM]` each; `same[i, j]` where answer j also answers question i."""
    loss = queries.new_zeros(())
    for size, weight in zip(PREFIXES, PREFIX_WEIGHTS, strict=True):
        one = functional.normalize(queries[:, :size], dim=1)
        other = functional.normalize(documents[:, :size], dim=1)
        logits = (one @ other.T * scale).masked_fill(same, -1e4)
        target = torch.arange(len(logits))
        loss = loss + weight * (functional.cross_entropy(logits, target) + functional.cross_entropy(logits.T, target))
    return loss / (2 * sum(PREFIX_WEIGHTS))


def batches(pairs: TrainingSet, options: Options, epoch: int) -> Iterator[npt.NDArray[np.int64]]:
    """Yield the pairs of each batch of one epoch, `[BATCH]`, in groups from one repository."""
    random = np.random.default_rng([options.seed, epoch])
    shares = np.array([SHARES[kind] for kind in KINDS])
    chosen = np.flatnonzero(random.random(len(pairs.kinds)) < shares[pairs.kinds])
    chosen = chosen[random.permutation(len(chosen))]
    chosen = chosen[np.argsort(pairs.repositories[chosen], kind="stable")]
    ends = np.flatnonzero(np.diff(pairs.repositories[chosen], append=-1)) + 1
    groups: list[npt.NDArray[np.int64]] = []
    for part in np.split(chosen, ends[:-1]):
        groups += [part[i : i + GROUP] for i in range(0, len(part) - GROUP // 2, GROUP)]
    order = random.permutation(len(groups))
    batch: list[npt.NDArray[np.int64]] = []
    size = 0
    for number in order:
        batch.append(groups[number])
        size += len(groups[number])
        if size >= BATCH:
            yield np.concatenate(batch)
            batch, size = [], 0


def gather_bags(bags: Bags, texts: npt.NDArray[np.int64]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return tokens, offsets and ln(1 + count) of some texts, as `Table` takes them."""
    starts, stops = bags.starts[texts], bags.starts[texts + 1]
    sizes = stops - starts
    offsets = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    places = np.arange(int(sizes.sum())) + np.repeat(starts - offsets, sizes)
    weights = np.log1p(bags.counts[places].astype(np.float32))
    return torch.from_numpy(bags.tokens[places].astype(np.int64)), torch.from_numpy(offsets), torch.from_numpy(weights)


def train(pairs: TrainingSet, n_tokens: int, options: Options) -> npt.NDArray[np.float32]:
    """Return the trained table, float32 `[n_tokens, DIM]`."""
    torch.manual_seed(options.seed)
    pairs = TrainingSet(
        *(Bags(*(np.array(array) for array in (bags.starts, bags.tokens, bags.counts))) for bags in (pairs.queries, pairs.documents)),
        pairs.kinds,
        pairs.repositories,
        pairs.digests,
    )
    table = Table(n_tokens, options.seed)
    optimizer = torch.optim.Adam(table.parameters(), lr=options.learning_rate, betas=(0.9, 0.98))
    n_steps = sum(1 for _ in batches(pairs, options, 0))
    n_total = max(1, int(n_steps * options.epochs))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, n_total))
    started, step, epoch = time.monotonic(), 0, 0
    while step < n_total:
        for batch in batches(pairs, options, epoch):
            query_tokens, query_offsets, query_weights = gather_bags(pairs.queries, batch)
            tokens, offsets, weights = gather_bags(pairs.documents, batch)
            weights = weights * (torch.rand(len(weights)) >= options.dropout)
            queries = table(query_tokens, query_offsets, query_weights)
            documents = table(tokens, offsets, weights)
            loss = contrast(queries, documents, table.log_scale.exp().clamp(max=100.0), _same(pairs, batch))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
            step += 1
            if step % 50 == 0:
                rate = step / (time.monotonic() - started)
                print(f"step {step} of {n_total}, loss {loss.item():.3f}, {rate:.1f} steps/s", flush=True)
            if step >= n_total:
                break
        epoch += 1
    rows: npt.NDArray[np.float32] = table.rows.detach().numpy()
    return rows


def _rate(step: int, n_total: int) -> float:
    """Return the factor of the learning rate: up over the first 2 %, then down as a cosine to 5 %."""
    rise = max(1, n_total // 50)
    if step < rise:
        return (step + 1) / rise
    return 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, n_total - rise)))


def _same(pairs: TrainingSet, batch: npt.NDArray[np.int64]) -> torch.Tensor:
    """Return bool `[batch, batch]`: pairs other than the diagonal that share a question or an answer."""
    digests = pairs.digests[batch]
    starts, stops = pairs.queries.starts[batch], pairs.queries.starts[batch + 1]
    asked = np.array([hash(pairs.queries.tokens[a:b].tobytes()) for a, b in zip(starts, stops, strict=True)])
    same = (digests[:, None] == digests[None, :]) | (asked[:, None] == asked[None, :])
    np.fill_diagonal(same, False)
    return torch.from_numpy(same)


def main(arguments: list[str] | None = None) -> int:
    """Run the step."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--epochs", type=float, default=Options().epochs)
    parser.add_argument("--seed", type=int, default=Options().seed)
    parser.add_argument("--dropout", type=float, default=Options().dropout)
    parser.add_argument("--learning-rate", type=float, default=Options().learning_rate)
    given = parser.parse_args(arguments)
    bags = given.corpus / "bags"
    n_tokens = len((bags / "vocabulary.txt").read_text("utf-8").split("\n"))
    options = Options(given.epochs, given.seed, given.learning_rate, given.dropout)
    rows = train(TrainingSet.load(bags / "train"), n_tokens, options)
    np.save(given.out or given.corpus / "model.npy", rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
