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
import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
import numpy.typing as npt

from codesearch.config import home_folder
from codesearch.encoders.consent import require_query
from codesearch.encoders.own import Load, open_own, own_spec
from codesearch.errors import CodesearchError
from codesearch.evaluation.doc_queries import ask
from codesearch.evaluation.judged import read_judgements
from codesearch.registry import locate
from codesearch.settings.settings import read_settings
from codesearch.storage.catalog import Catalog
from codesearch.storage.coarse import take_prefix, take_prefix_of_query
from codesearch.storage.records import to_chunk
from codesearch.storage.row_flags import FLAGS_DTYPE, mask_of
from codesearch.storage.rows import IndexInfo, IntArray
from codesearch.storage.snapshot import Snapshot
from codesearch.storage.vectors import VectorReader
from indexers.encoders.registry import load_encoder
from indexers.errors import EncoderError
from indexers.types import GRANULARITIES, FloatArray, Granularity

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


@dataclass(frozen=True, slots=True)
class Stored:
    """The vectors of an index, and which of their rows, int64 in order, are to be compared."""

    vectors: VectorReader
    rows: IntArray


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


@contextmanager
def _opened(folder: Path, granularity: Granularity) -> Iterator[Stored]:
    """Open the vectors of an index, and tell which rows are live and of a granularity."""
    with closing(Catalog.open_reader(folder)) as catalog:
        catalog.begin("DEFERRED")
        generation = catalog.read_generation()
        info = generation.info
        wanted = mask_of(catalog.read_array("row_flags", FLAGS_DTYPE), [granularity], None)
        with closing(VectorReader(folder / generation.vectors_name, info.dim, info.n_rows, catalog.mend)) as vectors:
            yield Stored(vectors, np.flatnonzero(wanted))


def read_live(folder: Path, granularity: Granularity) -> Iterator[FloatArray]:
    """Yield the live vectors of a granularity in blocks, float32 `[n, dim]`; of equal ones the first alone."""
    seen: set[bytes] = set()
    with _opened(folder, granularity) as stored:
        first = 0
        for block in stored.vectors.read_blocks(0, stored.vectors.n_rows):
            start, end = np.searchsorted(stored.rows, [first, first + len(block)])
            kept = []
            for place in (stored.rows[start:end] - first).tolist():
                digest = blake2b(block[place].tobytes(), digest_size=16).digest()
                if digest not in seen:
                    seen.add(digest)
                    kept.append(place)
            first += len(block)
            yield block[kept]


def sample_vectors(folder: Path, granularity: Granularity, n_queries: int) -> Queries:
    """Return some of the live vectors themselves as queries; the others are not read."""
    with _opened(folder, granularity) as stored:
        rows = sorted(random.Random(0).sample(range(len(stored.rows)), min(n_queries, len(stored.rows))))
        return Queries(stored.vectors.read(stored.rows[rows]), f"{len(rows)} vectors of the index itself")


def _require_vectors(info: IndexInfo, folder: Path, granularity: Granularity) -> None:
    """Raise SystemExit for an index, or a granularity of it, that has no vector to measure."""
    n_rows = {}
    for name in GRANULARITIES:
        with _opened(folder, name) as stored:
            n_rows[name] = len(stored.rows)
    if not any(n_rows.values()):
        raise SystemExit(f"{info.root} has no vectors yet; codesearch index {shlex.quote(str(info.root))} makes them")
    if not n_rows[granularity]:
        others = ", ".join(name for name, n in n_rows.items() if n)
        raise SystemExit(f"{info.root} has no vectors of granularity {granularity}; --granularity can be {others}")


def read_texts(judged: Path) -> list[str]:
    """Return the queries of a file of judged ones. Raises SystemExit where it has none, QueryError."""
    try:
        texts = [one.query for one in read_judgements(judged)]
    except OSError as error:
        raise SystemExit(f"{judged} cannot be read ({error.strerror}); name a file of judged queries") from error
    if not texts:
        raise SystemExit(f"{judged} holds no queries; leave --judged out, or name another file")
    return texts


def make_queries(snapshot: Snapshot, judged: Path | None, n_queries: int, load: Load = load_encoder) -> Queries | None:
    """Return the vectors of judged queries or of documentation; None where neither is to be had."""
    info = snapshot.info
    if judged is not None:
        texts, origin = read_texts(judged)[:n_queries], "judged queries"
    else:
        texts, origin = _documentation(snapshot, n_queries), "first sentences of documentation"
    if judged is None and len(texts) < MIN_QUERIES:
        return None
    try:
        settings = read_settings(info.root)
        require_query(home_folder(), info.root, own_spec(info, settings), settings)
        encoder = open_own(info, settings, snapshot.probe, load)
        vectors = np.stack([encoder.encode_query(text, "search") for text in texts])
    except (CodesearchError, EncoderError) as error:
        print(f"note: {error}; vectors of the index stand in for queries", file=sys.stderr)
        return None
    return Queries(vectors, f"{len(texts)} {origin}")


def _documentation(snapshot: Snapshot, n_queries: int) -> list[str]:
    rows = ((row, file.first_chunk) for file in snapshot.files() for row in snapshot.chunks_of_file(file.id))
    leaves = (to_chunk(row, first) for row, first in rows if row.granularity == "leaf" and row.documentation)
    texts = sorted({text for leaf in leaves if (text := ask(leaf)) is not None})
    return random.Random(0).sample(texts, min(n_queries, len(texts)))


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
    parser.add_argument("--queries", type=_number, default=500)
    parser.add_argument("--judged", type=Path)
    parser.add_argument("--granularity", choices=GRANULARITIES, default="leaf")
    parser.add_argument("--dims", type=_numbers, default=DIMS)
    parser.add_argument("--candidates", type=_numbers, default=CANDIDATES)
    options = parser.parse_args(arguments)
    try:
        print("\n".join(_run(options)))
    except CodesearchError as error:
        raise SystemExit(str(error)) from error
    return 0


def _run(options: argparse.Namespace) -> list[str]:
    folder, granularity = locate(options.root, home_folder()).folder, options.granularity
    with Snapshot.open(folder) as snapshot:
        info = snapshot.info
        _require_vectors(info, folder, granularity)
        queries = make_queries(snapshot, options.judged, options.queries)
    if queries is None:
        queries = sample_vectors(folder, granularity, options.queries)
    dims = sorted({dim for dim in (*options.dims, info.coarse_dim) if dim <= info.dim} | {info.dim})
    found = measure(read_live(folder, granularity), queries.vectors, dims, options.candidates)
    recall = dict(zip(dims, found.tolist(), strict=True))
    return render(info, f"vectors of granularity {granularity}; {queries.origin}", options.candidates, recall)


def _number(text: str) -> int:
    if not (text.isdecimal() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above zero")
    return int(text)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(_number(word.strip()) for word in text.split(","))


if __name__ == "__main__":
    sys.exit(main())
