"""Step 4: trains the token table on the pairs. Needs torch; runs on the CPU.

    python -m training.train CORPUS [--out CORPUS/model.npy] [--epochs N] [--seed N]

A text's vector is the sum over its distinct sub-tokens of ln(1 + count) times the token's row, L2-normalised: the
row's length is the token's learnt weight. Loss: symmetric InfoNCE (van den Oord et al., "Representation Learning with
Contrastive Predictive Coding", 2018) over the batch, at several prefix lengths at once (Kusupati et al., "Matryoshka
Representation Learning", NeurIPS 2022), with a learnt temperature. Batches are made of groups from one repository,
whose members are each other's hard negatives. One seed gives one table on one machine.
"""

import math
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from indexers.encoders.model_file import DIM
from training.bags import Bags, TrainingSet
from training.corpus import step_parser
from training.origin import Origin
from training.pairs import KINDS, PairKind

PREFIXES = (32, 64, 128, 256)
PREFIX_WEIGHTS = (0.5, 0.75, 1.0, 1.0)
"""Prefix lengths that are trained, and what each adds to the loss: 64 is searched with and 256 decides."""

BATCH = 2048
"""Pairs of a step, hence answers that a question is told apart from."""

GROUP = 64
"""Pairs of one repository in a row of a batch."""

LEARNING_RATE = 3e-3

FIRST_SCALE = 14.0
"""Factor of the cosines before training, the inverse of a temperature of 0.07."""

MAX_SCALE = 100.0
"""The largest factor: beyond it one wrong label outweighs a batch."""

BETAS = (0.9, 0.98)
"""Of Adam; the second below its usual 0.999, as rare rows see few steps."""

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

STEPS_A_LINE = 50
"""Steps between two lines of progress."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to train."""

    epochs: float = 3.0
    seed: int = 1
    learning_rate: float = LEARNING_RATE
    dropout: float = 0.1
    """Share of a document's tokens that a step does not see."""
    batch: int = BATCH
    group: int = GROUP


@dataclass(frozen=True, slots=True)
class Step:
    """One step that is done."""

    number: int
    n_total: int
    loss: float


class Table:
    """The rows of all sub-tokens, float32 `[n_tokens, DIM]`, and the temperature."""

    def __init__(self, n_tokens: int, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        self.rows = torch.nn.Parameter(torch.randn(n_tokens, DIM, generator=generator) * DIM**-0.5)
        self.log_scale = torch.nn.Parameter(torch.tensor(math.log(FIRST_SCALE)))

    def sums(self, bags: Bags, texts: npt.NDArray[np.int64], dropout: float = 0.0) -> torch.Tensor:
        """Return the sums of some bags, float32 `[texts, DIM]`, not normalised; some tokens are left out by chance."""
        tokens, offsets, weights = gather_bags(bags, texts)
        if dropout:
            weights = weights * (torch.rand(len(weights)) >= dropout)
        return functional.embedding_bag(tokens, self.rows, offsets, mode="sum", per_sample_weights=weights)

    def scale(self) -> torch.Tensor:
        """Return the factor of the cosines, scalar: the inverse of the temperature."""
        return self.log_scale.exp().clamp(max=MAX_SCALE)

    def to_array(self) -> npt.NDArray[np.float32]:
        """Return a copy of the rows."""
        return np.array(self.rows.detach().numpy(), dtype=np.float32)


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
    """Yield the pairs of each batch of one epoch, `[batch]` or a few more, in groups from one repository."""
    random = np.random.default_rng([options.seed, epoch])
    groups = _draw_groups(pairs, options, random)
    batch: list[npt.NDArray[np.int64]] = []
    size = 0
    for number in random.permutation(len(groups)):
        batch.append(groups[number])
        size += len(groups[number])
        if size >= options.batch:
            yield np.concatenate(batch)
            batch, size = [], 0


def gather_bags(bags: Bags, texts: npt.NDArray[np.int64]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return tokens, offsets and ln(1 + count) of some texts, as `embedding_bag` takes them."""
    starts, stops = bags.starts[texts], bags.starts[texts + 1]
    sizes = stops - starts
    offsets = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    places = np.arange(int(sizes.sum())) + np.repeat(starts - offsets, sizes)
    weights = np.log1p(bags.counts[places].astype(np.float32))
    return torch.from_numpy(bags.tokens[places].astype(np.int64)), torch.from_numpy(offsets), torch.from_numpy(weights)


def train(pairs: TrainingSet, table: Table, options: Options) -> Iterator[Step]:
    """Train a table in place; yield each step. Raises ValueError where the pairs do not fill a batch."""
    torch.manual_seed(options.seed)
    optimizer = torch.optim.Adam([table.rows, table.log_scale], lr=options.learning_rate, betas=BETAS)
    n_steps = sum(1 for _ in batches(pairs, options, 0))
    if n_steps == 0:
        raise ValueError(f"{len(pairs.kinds)} pairs do not fill a batch of {options.batch}")
    n_total = max(1, int(n_steps * options.epochs))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate_at(step, n_total))
    for number, batch in enumerate(islice(_all_batches(pairs, options), n_total), 1):
        queries = table.sums(pairs.queries, batch)
        documents = table.sums(pairs.documents, batch, options.dropout)
        loss = contrast(queries, documents, table.scale(), same_pairs(pairs, batch))
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        optimizer.step()
        schedule.step()
        yield Step(number, n_total, loss.item())


def rate_at(step: int, n_total: int) -> float:
    """Return the factor of the learning rate: up over the first 2 %, then down as a cosine to 5 %."""
    rise = max(1, n_total // 50)
    if step < rise:
        return (step + 1) / rise
    return 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, n_total - rise)))


def same_pairs(pairs: TrainingSet, batch: npt.NDArray[np.int64]) -> torch.Tensor:
    """Return bool `[batch, batch]`: pairs other than the diagonal that share a question or an answer."""
    digests = pairs.digests[batch]
    numbers: dict[bytes, int] = {}
    words = (pairs.queries.tokens_of(text).tobytes() for text in batch)
    asked = np.array([numbers.setdefault(one, len(numbers)) for one in words])
    same = (digests[:, None] == digests[None, :]) | (asked[:, None] == asked[None, :])
    np.fill_diagonal(same, False)
    return torch.from_numpy(same)


def _draw_groups(pairs: TrainingSet, options: Options, random: np.random.Generator) -> list[npt.NDArray[np.int64]]:
    """Return the pairs of an epoch by chance, in groups from one repository; the rest of a repository is dropped."""
    shares = np.array([SHARES[kind] for kind in KINDS])
    chosen = np.flatnonzero(random.random(len(pairs.kinds)) < shares[pairs.kinds])
    chosen = chosen[random.permutation(len(chosen))]
    chosen = chosen[np.argsort(pairs.repositories[chosen], kind="stable")]
    ends = np.flatnonzero(np.diff(pairs.repositories[chosen], append=-1)) + 1
    groups: list[npt.NDArray[np.int64]] = []
    for part in np.split(chosen, ends[:-1]):
        starts = range(0, len(part) - options.group // 2, options.group)
        groups += [part[start : start + options.group] for start in starts]
    return groups


def _all_batches(pairs: TrainingSet, options: Options) -> Iterator[npt.NDArray[np.int64]]:
    """Yield the batches of epoch after epoch without end."""
    epoch = 0
    while True:
        yield from batches(pairs, options, epoch)
        epoch += 1


def _report(step: Step, started: float) -> None:
    rate = step.number / (time.monotonic() - started)
    print(f"step {step.number} of {step.n_total}, loss {step.loss:.3f}, {rate:.1f} steps/s", flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Run the step."""
    parser = step_parser(__doc__)
    parser.add_argument("--out", type=Path, help="the table (default: CORPUS/model.npy); its origin goes beside it")
    parser.add_argument("--epochs", type=float, default=Options().epochs)
    parser.add_argument("--seed", type=int, default=Options().seed)
    parser.add_argument("--dropout", type=float, default=Options().dropout)
    parser.add_argument("--learning-rate", type=float, default=Options().learning_rate)
    given = parser.parse_args(arguments)
    options = Options(given.epochs, given.seed, given.learning_rate, given.dropout)
    bags, out = given.corpus / "bags", given.out or given.corpus / "model.npy"
    pairs = TrainingSet.load(bags / "train").in_memory()
    table = Table(len((bags / "vocabulary.txt").read_text("utf-8").split("\n")), options.seed)
    started = time.monotonic()
    for step in train(pairs, table, options):
        if step.number % STEPS_A_LINE == 0:
            _report(step, started)
    np.save(out, table.to_array())
    Origin.of(bags, options.seed).write(out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
