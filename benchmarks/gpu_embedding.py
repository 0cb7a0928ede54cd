"""How near a Qwen3-Embedding forward comes to what a GPU can do: a table in Markdown on standard output.

    python -m benchmarks.gpu_embedding [--out FILE.json] [--smoke]

Needs a CUDA machine with torch, transformers and numpy, and nothing else of this project's. The model has the shape of
Qwen3-Embedding-4B and random weights in bfloat16: speed does not depend on what weights say. `--smoke` runs a tiny
shape anywhere, to see that the script works.

A token costs, with h the width, i that of the inner layers, q and k the widths of all query and all key heads:

    2 * layers * (2 h q + 2 h k + 3 h i)      in matrices: 7.27 GFLOP for the 4B shape
    2 * layers * q * L                        in causal attention over a text of L tokens: 0.8 % at 200, 57 % at 32,768

Shares are of the ceiling that large square products reach here, not of what the maker states. Only tokens of texts
count: padding is time without tokens.

Mixed texts stand for the chunks of a repository in the order of its files: lengths are log-normal around 130 tokens
(standard deviation of the logarithm 0.9, between 8 and 4,096), as functions are: most short, some very long.
"""

import argparse
import importlib.metadata
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from indexers.encoders.transformer.batching import plan_batches

SEED = 7
N_NAIVE = 32
"""Texts in a batch of what is compared with, in the order of the files: the usual default."""

MEDIAN_TOKENS, SPREAD = 130, 0.9
SHORTEST, LONGEST = 8, 4_096


@dataclass(frozen=True, slots=True)
class Shape:
    """What a token costs; the names are those of transformers' configuration."""

    hidden_size: int = 2560
    intermediate_size: int = 9728
    num_hidden_layers: int = 36
    num_attention_heads: int = 32
    num_key_value_heads: int = 8
    head_dim: int = 128
    vocab_size: int = 151_665

    def flop(self, length: int) -> float:
        """Return the floating-point operations of a text of some tokens, by the formula above."""
        q, k = self.num_attention_heads * self.head_dim, self.num_key_value_heads * self.head_dim
        matrices = self.hidden_size * (2 * q + 2 * k + 3 * self.intermediate_size)
        return 2.0 * self.num_hidden_layers * length * (matrices + q * length)


@dataclass(frozen=True, slots=True)
class Work:
    """How much is measured."""

    shape: Shape = Shape()
    matrix: int = 8192
    """Side of the square matrices of the ceiling."""
    budget: int = 16_384
    """Tokens of a batch, padding included."""
    chunk: int = 200
    n_chunks: int = 1_640
    file: int = 32_768
    n_mixed: int = 4_096
    n_repeats: int = 5


SMOKE = Work(Shape(64, 128, 2, 4, 2, 16, 300), 128, 2_048, 50, 8, 300, 48, 2)


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table."""

    what: str
    n_tokens: int
    seconds: float | None
    """None where memory ran out."""
    flop: float
    peak_bytes: int | None
    """Memory of the GPU at most in use, weights included; None where there is no GPU."""

    def cells(self, ceiling: float) -> tuple[str, ...]:
        """Return the line's cells; `ceiling` is in FLOP/s."""
        if self.seconds is None:
            return (self.what, f"{self.n_tokens:,}", "out of memory", "", "", "")
        rate = self.flop / self.seconds
        peak = "" if self.peak_bytes is None else f"{self.peak_bytes / 1e9:.1f} GB"
        per_second = f"{self.n_tokens / self.seconds:,.0f}"
        return (self.what, f"{self.n_tokens:,}", per_second, f"{rate / 1e12:.3g}", f"{rate / ceiling:.0%}", peak)


class Machine:
    """A model of random weights on the GPU, or on the processor in float32 where there is none."""

    def __init__(self, shape: Shape) -> None:
        import torch
        from transformers import AutoModel, Qwen3Config

        self.torch = torch
        self.is_gpu = torch.cuda.is_available()
        self.device = torch.device("cuda" if self.is_gpu else "cpu")
        self.dtype = torch.bfloat16 if self.is_gpu else torch.float32
        self.shape = shape
        config = Qwen3Config(**asdict(shape), max_position_embeddings=40_960, use_cache=False)
        torch.manual_seed(SEED)
        with torch.device(self.device):
            model = AutoModel.from_config(config, dtype=self.dtype, attn_implementation="sdpa")
        self.model = model.to(self.device).eval()

    @property
    def name(self) -> str:
        """What computes."""
        return self.torch.cuda.get_device_name() if self.is_gpu else "a processor"

    def encode(self, lengths: Sequence[int], is_masked: bool) -> Any:
        """Return the state at the last token of each text, float32 `[texts, h]`; texts are padded behind.

        No token sees what comes after it: without a mask the padding behind changes nothing, and attention takes its
        fastest path. `is_masked` passes the mask all the same, as libraries do that know nothing of the order.
        """
        torch, longest = self.torch, max(lengths)
        ends = torch.tensor(lengths, device=self.device) - 1
        ids = torch.randint(self.shape.vocab_size, (len(lengths), longest), device=self.device)
        mask = None
        if is_masked:
            mask = (torch.arange(longest, device=self.device)[None] <= ends[:, None]).long()
        with torch.inference_mode():
            states = self.model(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state
            return states[torch.arange(len(lengths), device=self.device), ends].float()

    def time(self, work: Callable[[], object]) -> float:
        """Return the seconds that some work takes, to the end of what it left to the GPU."""
        self._wait()
        started = time.perf_counter()
        work()
        self._wait()
        return time.perf_counter() - started

    def measure(
        self, what: str, lengths: Sequence[int], batches: Sequence[Sequence[int]], is_masked: bool = False
    ) -> Result:
        """Return how fast texts go through in given batches; the first two are run before the clock starts."""

        def run(chosen: Sequence[Sequence[int]]) -> None:
            for batch in chosen:
                self.encode([lengths[number] for number in batch], is_masked)

        seconds = peak = None
        try:
            run(batches[:2])
            if self.is_gpu:
                self.torch.cuda.reset_peak_memory_stats()
            seconds = self.time(lambda: run(batches))
            peak = self.torch.cuda.max_memory_allocated() if self.is_gpu else None
        except self.torch.OutOfMemoryError:
            pass
        if seconds is None and self.is_gpu:
            self.torch.cuda.empty_cache()
        return Result(what, sum(lengths), seconds, sum(map(self.shape.flop, lengths)), peak)

    def ceiling(self, side: int, n_repeats: int) -> float:
        """Return the FLOP/s of products of square matrices, the best of some rounds of ten."""
        left, right = (self.torch.randn(side, side, device=self.device, dtype=self.dtype) for _ in range(2))

        def multiply() -> None:
            for _ in range(10):
                self.torch.mm(left, right)

        multiply()
        return 20 * side**3 / min(self.time(multiply) for _ in range(n_repeats))

    def _wait(self) -> None:
        if self.is_gpu:
            self.torch.cuda.synchronize()


def has_gpu() -> bool:
    """Return whether torch sees a CUDA GPU."""
    import torch

    return bool(torch.cuda.is_available())


def mixed_lengths(n_texts: int) -> list[int]:
    """Return lengths in tokens as a repository's chunks have them, in the order of its files."""
    drawn = np.random.default_rng(SEED).lognormal(np.log(MEDIAN_TOKENS), SPREAD, n_texts)
    lengths: list[int] = np.clip(drawn, SHORTEST, LONGEST).astype(int).tolist()
    return lengths


def measure_all(machine: Machine, work: Work) -> list[Result]:
    """Return all lines of the table."""
    chunks, mixed = [work.chunk] * work.n_chunks, mixed_lengths(work.n_mixed)
    near = plan_batches(mixed, work.budget)
    naive = [list(range(at, min(at + N_NAIVE, len(mixed)))) for at in range(0, len(mixed), N_NAIVE)]
    return [
        machine.measure(f"chunks of {work.chunk} tokens", chunks, plan_batches(chunks, work.budget)),
        machine.measure(
            f"files of {work.file:,} tokens, one at a time",
            [work.file] * work.n_repeats,
            [[n] for n in range(work.n_repeats)],
        ),
        machine.measure("mixed texts, near lengths together, no mask", mixed, near),
        machine.measure("mixed texts, near lengths together, padding masked", mixed, near, is_masked=True),
        machine.measure(f"mixed texts, {N_NAIVE} a batch as they come, padding masked", mixed, naive, is_masked=True),
    ]


def render(machine: Machine, work: Work, ceiling: float, results: Sequence[Result]) -> str:
    """Return the page."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("torch", "transformers"))
    title = "Qwen3-Embedding-4B shape" if work.shape == Shape() else "a tiny shape, to see that the script works"
    lines = [
        f"{machine.name}, {versions}, {str(machine.dtype).removeprefix('torch.')}, {title}, random weights.",
        f"Ceiling: {ceiling / 1e12:.3g} TFLOP/s in products of {work.matrix:,} x {work.matrix:,} matrices.",
        "",
        "| what | tokens | tokens/s | TFLOP/s | of the ceiling | peak memory |",
        "|---|---|---|---|---|---|",
        *(f"| {' | '.join(result.cells(ceiling))} |" for result in results),
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="write the figures as JSON; without it into the folder $OUT, if set")
    parser.add_argument("--smoke", action="store_true", help="a tiny shape, on the processor too")
    options = parser.parse_args(arguments)
    work = SMOKE if options.smoke else Work()
    if not options.smoke and not has_gpu():
        print("no CUDA GPU is here; --smoke runs a tiny shape on the processor", file=sys.stderr)
        return 2
    machine = Machine(work.shape)
    ceiling = machine.ceiling(work.matrix, work.n_repeats)
    results = measure_all(machine, work)
    print(render(machine, work, ceiling, results))
    out: Path | None = options.out
    if out is None and (folder := os.environ.get("OUT")):
        out = Path(folder) / "gpu_embedding.json"
    if out is not None:
        figures = {"machine": machine.name, "ceiling_flop_s": ceiling, "results": [asdict(line) for line in results]}
        out.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
