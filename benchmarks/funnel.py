"""What the first stage of a dense search loses: recall@10 by prefix and number of candidates, a table in Markdown.

    python -m benchmarks.funnel ROOT [--queries 500] [--judged FILE] [--dims 64,128] [--candidates 100,200]

ROOT has an index of whatever encoder; nothing is written. Each query is answered twice: exactly, over all dimensions of
all vectors of one granularity, as a search asks for them, and by the funnel, which compares a re-normalised prefix
(float16, as stored) and rescores the best candidates over all dimensions. Recall@10 is the share of the exact ten that
the funnel finds; equal vectors count once.

Queries are judged ones from a file, else the documentation's first sentences of definitions, through the index's own
encoder; where that cannot be had, vectors of the index itself, which find at least themselves.
"""

import argparse
import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
import numpy.typing as npt

from codesearch.config import home_folder
from codesearch.encoders.choice import open_own
from codesearch.errors import CodesearchError
from codesearch.evaluation.doc_queries import ask
from codesearch.evaluation.judged import read_judgements
from codesearch.registry import locate
from codesearch.settings.settings import read_settings
from codesearch.storage.catalog import Catalog
from codesearch.storage.coarse import take_prefix, take_prefix_of_query
from codesearch.storage.row_flags import FLAGS_DTYPE, mask_of
from codesearch.storage.rows import ChunkRow, IndexInfo, IntArray
from codesearch.storage.snapshot import Snapshot
from codesearch.storage.vectors import VectorReader
from indexers.errors import EncoderError
from indexers.types import GRANULARITIES, Chunk, FloatArray, Granularity

TOP = 10

DIMS = (16, 32, 64, 128, 256, 512, 1024, 2048)
CANDIDATES = (20, 50, 100, 200, 500, 1000, 2000)

MIN_QUERIES = 20
"""Below it documentation says nothing about an index, and vectors stand in."""


@dataclass(frozen=True, slots=True)
class Queries:
    """What is asked, and where it is from."""

    vectors: FloatArray
    """float32 `[queries, dim]`, unit rows."""
    origin: str


@dataclass(slots=True)
class Best:
    """The best rows of each query so far, best first: int64 and float32 `[queries, at most limit]`."""

    limit: int
    rows: IntArray
    scores: FloatArray

    @classmethod
    def none(cls, n_queries: int, limit: int) -> "Best":
        """Return nothing found yet."""
        return cls(limit, np.zeros((n_queries, 0), np.int64), np.zeros((n_queries, 0), np.float32))

    def add(self, rows: IntArray, scores: FloatArray) -> None:
        """Take in the scores, `[queries, n]`, of further rows, `[n]`."""
        all_rows = np.concatenate([self.rows, np.broadcast_to(rows, scores.shape)], axis=1)
        all_scores = np.concatenate([self.scores, scores], axis=1)
        order = np.argsort(-all_scores, axis=1, kind="stable")[:, : self.limit]
        self.rows = np.take_along_axis(all_rows, order, axis=1)
        self.scores = np.take_along_axis(all_scores, order, axis=1)


def measure(
    blocks: Iterable[FloatArray], queries: FloatArray, dims: Sequence[int], candidates: Sequence[int]
) -> npt.NDArray[np.float64]:
    """Return recall@10, `[dims, candidates]`, of the funnel over blocks of vectors, float32 `[n, dim]`, none twice."""
    exact = Best.none(len(queries), TOP)
    coarse = {dim: Best.none(len(queries), max(candidates)) for dim in dims}
    prefixes = {dim: np.stack([take_prefix_of_query(query, dim) for query in queries]) for dim in dims}
    first = 0
    for block in blocks:
        rows = np.arange(first, first + len(block), dtype=np.int64)
        exact.add(rows, queries @ block.T)
        for dim, best in coarse.items():
            best.add(rows, prefixes[dim] @ take_prefix(block, dim).T)
        first += len(block)
    return np.array([[_recall(exact.rows, coarse[dim].rows[:, :n]) for n in candidates] for dim in dims])


def _recall(exact: IntArray, found: IntArray) -> float:
    """Return the mean share of the exact rows among those found: rescoring puts every one of them where it belongs."""
    return float(np.mean([np.isin(wanted, have).mean() for wanted, have in zip(exact, found, strict=True)]))


def read_live(folder: Path, granularity: Granularity) -> Iterator[FloatArray]:
    """Yield the live vectors of a granularity in blocks, float32 `[n, dim]`; of equal ones the first alone."""
    seen: set[bytes] = set()
    with closing(Catalog.open_reader(folder)) as catalog:
        catalog.begin("DEFERRED")
        generation = catalog.read_generation()
        info = generation.info
        wanted = mask_of(catalog.read_array("row_flags", FLAGS_DTYPE), [granularity], None)
        with closing(VectorReader(folder / generation.vectors_name, info.dim, info.n_rows, catalog.mend)) as vectors:
            first = 0
            for block in vectors.read_blocks(0, info.n_rows):
                kept = []
                for place in np.flatnonzero(wanted[first : first + len(block)]).tolist():
                    digest = blake2b(block[place].tobytes(), digest_size=16).digest()
                    if digest not in seen:
                        seen.add(digest)
                        kept.append(place)
                first += len(block)
                yield block[kept]


def make_queries(snapshot: Snapshot, judged: Path | None, n_queries: int) -> Queries | None:
    """Return the vectors of judged queries or of documentation; None where neither is to be had."""
    info = snapshot.info
    try:
        if judged is not None:
            texts, origin = [one.query for one in read_judgements(judged)][:n_queries], "judged queries"
        else:
            texts, origin = _documentation(snapshot, n_queries), "first sentences of documentation"
        if judged is not None or len(texts) >= MIN_QUERIES:
            encoder = open_own(info, read_settings(info.root), snapshot.probe)
            vectors = np.stack([encoder.encode_query(text, "search") for text in texts])
            return Queries(vectors, f"{len(texts)} {origin}")
    except (CodesearchError, EncoderError) as error:
        print(f"note: {error}; vectors of the index stand in for queries", file=sys.stderr)
    return None


def sample_vectors(vectors: FloatArray, n_queries: int) -> Queries:
    """Return some of the vectors themselves as queries."""
    rows = random.Random(0).sample(range(len(vectors)), min(n_queries, len(vectors)))
    return Queries(vectors[rows], f"{len(rows)} vectors of the index itself")


def _documentation(snapshot: Snapshot, n_queries: int) -> list[str]:
    chunks = (chunk for file in snapshot.files() for chunk in snapshot.chunks_of_file(file.id))
    leaves = (_to_chunk(chunk) for chunk in chunks if chunk.granularity == "leaf" and chunk.documentation)
    texts = sorted({text for leaf in leaves if (text := ask(leaf)) is not None})
    return random.Random(0).sample(texts, min(n_queries, len(texts)))


def _to_chunk(row: ChunkRow) -> Chunk:
    return Chunk(
        kind=row.kind,
        granularity=row.granularity,
        symbol=row.symbol,
        qualified_name=row.qualified_name,
        signature=row.signature,
        documentation=row.documentation,
        names=row.names,
        start_byte=row.start_byte,
        end_byte=row.end_byte,
        start_line=row.start_line,
        end_line=row.end_line,
        first_leaf=0,
        n_leaves=row.n_leaves,
    )


def render(info: IndexInfo, origin: str, candidates: Sequence[int], recall: dict[int, list[float]]) -> list[str]:
    """Return what was measured, ready for a page; `recall` is by prefix, the index's own is in bold."""
    lines = [
        f"{info.encoder_name}, {info.dim:,} dimensions; {origin}.",
        "",
        f"| coarse_dim | {' | '.join(f'{n:,} candidates' for n in candidates)} |",
        f"|---|{'---|' * len(candidates)}",
    ]
    for dim, row in recall.items():
        name = f"**{dim:,}**" if dim == info.coarse_dim else f"{dim:,}"
        lines.append(f"| {name} | {' | '.join(f'{value:.3f}' for value in row)} |")
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path)
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--judged", type=Path)
    parser.add_argument("--granularity", choices=GRANULARITIES, default="leaf")
    parser.add_argument("--dims", type=_numbers, default=DIMS)
    parser.add_argument("--candidates", type=_numbers, default=CANDIDATES)
    options = parser.parse_args(arguments)
    try:
        folder = locate(options.root, home_folder()).folder
    except CodesearchError as error:
        raise SystemExit(str(error)) from error
    with Snapshot.open(folder) as snapshot:
        info = snapshot.info
        queries = make_queries(snapshot, options.judged, options.queries)
    if queries is None:
        queries = sample_vectors(np.concatenate(list(read_live(folder, options.granularity))), options.queries)
    dims = sorted({dim for dim in (*options.dims, info.coarse_dim) if dim <= info.dim} | {info.dim})
    found = measure(read_live(folder, options.granularity), queries.vectors, dims, options.candidates)
    recall = dict(zip(dims, found.tolist(), strict=True))
    origin = f"vectors of granularity {options.granularity}; {queries.origin}"
    print("\n".join(render(info, origin, options.candidates, recall)))
    return 0


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(word) for word in text.split(","))


if __name__ == "__main__":
    sys.exit(main())
