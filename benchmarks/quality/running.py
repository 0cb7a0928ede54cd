"""Runs one set of one repository: indexes each state of its tree, asks every variant, and returns the record.

What was measured before is taken from its file. A run is a value, so that another process can carry it out.
"""

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import median

from benchmarks.quality.answering import Answer, Answerer
from benchmarks.quality.records import Asked, Measured, Record, SetName, make_key, read_record, write_record
from benchmarks.quality.shelf import load_float
from benchmarks.quality.sources import (
    HeldOut,
    Judged,
    changed_files,
    commit_cases,
    documentation_cases,
    judged_cases,
)
from benchmarks.quality.variants import METHODS, list_variants
from codesearch.evaluation.cases import Case
from codesearch.evaluation.history import Repository
from codesearch.evaluation.judged import JudgedQuery
from codesearch.evaluation.metrics import Target, ndcg_at_k
from codesearch.evaluation.runner import judge, prepare
from codesearch.storage.snapshot import Snapshot
from codesearch.types import BuildOptions
from indexers.encoders.registry import load_encoder
from indexers.tokenizer import tokenize

REPORT_EVERY = 20
"""Queries between two lines of progress."""

FLOAT_TABLE = "model.npy"
"""Where training leaves the table, within a corpus."""


@dataclass(frozen=True, slots=True)
class Folders:
    """Where a run reads and writes."""

    corpus: Path
    work: Path
    """Keeps the records."""


@dataclass(frozen=True, slots=True)
class Job:
    """One set of one repository."""

    name: SetName
    source: HeldOut | Judged
    limit: int
    """Queries at most; judged ones are all asked."""
    has_ablations: bool
    folders: Folders
    code: str
    """Digest of the sources; taken once, as they may change while a long run goes on."""

    @property
    def path(self) -> Path:
        """Where its record lies."""
        return self.folders.work / self.name / f"{self.source.name.replace('/', '+')}.json"


def run_jobs(jobs: list[Job], n_processes: int) -> list[Record]:
    """Return the records of all jobs, in their order; several at a time where more than one process is allowed."""
    if n_processes == 1:
        return [run(job) for job in jobs]
    with ProcessPoolExecutor(n_processes, mp_context=get_context("spawn")) as pool:
        return list(pool.map(run, jobs))


def run(job: Job) -> Record:
    """Return the record of a job: what was measured before with the same model, weights and queries, or anew."""
    float_encoder = load_float(job.folders.corpus / FLOAT_TABLE) if job.has_ablations else None
    variants = list_variants(has_float=float_encoder is not None) if job.has_ablations else METHODS
    key = make_key(job.source.revision, job.limit, load_encoder().describe().identity, job.code)
    known = read_record(job.path, key, [variant.name for variant in variants])
    if known is not None:
        _tell(job, "measured before")
        return known
    with tempfile.TemporaryDirectory(prefix="codesearch-quality-", ignore_cleanup_errors=True) as folder:
        record = _measure(job, key, Path(folder).resolve(), Answerer(variants, float_encoder))
    write_record(job.path, record)
    return record


def _measure(job: Job, key: Mapping[str, str], folder: Path, answerer: Answerer) -> Record:
    cases = _make_cases(job, folder)
    changed = changed_files(Repository(folder / "git"), job.limit) if job.name == "commits" else {}
    asked: list[Asked] = []
    builds: list[float] = []
    updates: list[float] = []
    for prepared in prepare(cases, folder / "home", BuildOptions(n_workers=1)):
        (updates if prepared.is_update else builds).append(prepared.took_s)
        with Snapshot.open(prepared.index.folder) as snapshot:
            opened = answerer.open(snapshot, prepared.index.folder)
            for judged in prepared.queries:
                files = [path for path in changed.get(judged.query, ()) if (prepared.index.root / path).is_file()]
                asked.append(_judge(judged, files, opened.ask(judged.query)))
                if len(asked) % REPORT_EVERY == 0:
                    _tell(job, f"{len(asked)} queries")
    _tell(job, f"done, {len(asked)} queries, built in {sum(builds):.1f} s")
    return Record(job.source.name, key, sum(builds), median(updates) if updates else None, tuple(asked))


def _make_cases(job: Job, folder: Path) -> Iterator[Case]:
    if isinstance(job.source, Judged):
        return judged_cases(job.source)
    make = commit_cases if job.name == "commits" else documentation_cases
    return make(job.source, folder, job.limit)


def _judge(judged: JudgedQuery, changed: Sequence[str], answers: Iterator[Answer]) -> Asked:
    paths = tuple(dict.fromkeys(target.path for target in judged.targets))
    all_targets = tuple(Target(path) for path in changed or paths)
    words = set(tokenize(judged.query))
    return Asked(
        query=judged.query,
        targets=paths,
        shares_word=any(not words.isdisjoint(tokenize(path)) for path in paths),
        measured={answer.variant: _score(judged, all_targets, answer) for answer in answers},
    )


def _score(judged: JudgedQuery, all_targets: tuple[Target, ...], answer: Answer) -> Measured:
    scored = judge(answer.variant, judged, answer.hits, answer.took_ms)
    places = [hit.place for hit in answer.hits]
    return Measured(
        ndcg_10=scored.scores.ndcg_10,
        all_ndcg_10=ndcg_at_k(places, all_targets),
        right_recall_1=None if scored.right_place is None else scored.right_place.recall_1,
        right_mrr=None if scored.right_place is None else scored.right_place.mrr,
        n_tokens=scored.tokens_to_hit,
        n_lines=tuple(place.end_line - place.start_line + 1 for place in places),
        took_ms=answer.took_ms,
    )


def _tell(job: Job, what: str) -> None:
    print(f"{job.source.name}, {job.name}: {what}", file=sys.stderr, flush=True)
