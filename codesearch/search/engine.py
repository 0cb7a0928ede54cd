"""The engine: runs one query through candidates, scores, ranking and diversity.

Holds no state. Knows nothing of the working tree: whether a result is stale is for its caller to say.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from codesearch.search.candidates import Wanted, collect, find_contexts
from codesearch.search.cjk import has_cjk
from codesearch.search.diversity import Choice, choose
from codesearch.search.explanation import Findings, explain
from codesearch.search.names import asked_names, spellings
from codesearch.search.path_kinds import find_asked_kinds
from codesearch.search.priors import Asked, find_priors
from codesearch.search.query import Query, merge_filters, parse_query, plain_query, resolve_filters
from codesearch.search.ranking import Evidence, Ranked, rank
from codesearch.search.selection import Eligible, list_chunks, select
from codesearch.search.stopwatch import Stopwatch
from codesearch.search.terms import choose_terms
from codesearch.search.weights import WEIGHTS, Weights
from codesearch.search.word_scores import WordScorer
from codesearch.storage.checksums import rebuild_command
from codesearch.storage.rows import ChunkRow
from codesearch.storage.snapshot import Snapshot
from codesearch.types import Degradation, Mode, ScoreParts, SearchOptions, SearchResult, Stage
from indexers.errors import EncoderError
from indexers.types import AdditiveEncoder, Encoder, FloatArray, Task

BATCH = 4096
"""Rows whose vectors are read at once: 40 MB at 2,560 dimensions."""


@dataclass(frozen=True, slots=True)
class SearchOutcome:
    """Ranked results, best first, not yet compared with the working tree: `stale` is False everywhere."""

    results: tuple[SearchResult, ...]
    stages: tuple[Stage, ...]
    degraded: Degradation | None


@dataclass(frozen=True, slots=True)
class _Encoded:
    """The query's vector, or why there is none."""

    vector: FloatArray | None
    degraded: Degradation | None


@dataclass(frozen=True, slots=True)
class _Request:
    """What is to be answered, read and checked."""

    query: Query
    task: Task
    options: SearchOptions
    weights: Weights
    """Those of the query's shape."""


def search(
    snapshot: Snapshot, encoder: Encoder | None, query: str, options: SearchOptions, weights: Weights = WEIGHTS
) -> SearchOutcome:
    """Answer `query`; filters inside it are added to those of the options, and without words list what they leave.

    Raises:
        QueryError: the query is blank, or a filter makes no sense.
        CorruptIndexError: what is stored does not match its checksum.
    """
    parsed = parse_query(query)
    filters = merge_filters(resolve_filters(options.filters), parsed.filters)
    options = replace(options, filters=filters)
    if not parsed.text:
        return _list(snapshot, options)
    return _answer(snapshot, encoder, _Request(parsed, "search", options, weights.for_shape(parsed.shape)))


def needs_vector(query: str, options: SearchOptions) -> bool:
    """Say whether answering needs the query's vector; raises QueryError for a query that makes no sense."""
    return options.mode != "lexical" and bool(parse_query(query).text)


def similar(
    snapshot: Snapshot, encoder: Encoder | None, text: str, options: SearchOptions, weights: Weights = WEIGHTS
) -> SearchOutcome:
    """Find code like `text`, which is taken as it stands: no filters, no quotes inside.

    Raises:
        QueryError: the text is blank, or a filter of the options makes no sense.
        CorruptIndexError: what is stored does not match its checksum.
    """
    options = replace(options, filters=resolve_filters(options.filters))
    plain = plain_query(text)
    return _answer(snapshot, encoder, _Request(plain, "similar", options, weights.for_shape(plain.shape)))


def _answer(snapshot: Snapshot, encoder: Encoder | None, request: _Request) -> SearchOutcome:
    query, options, weights = request.query, request.options, request.weights
    watch = Stopwatch()
    eligible = select(snapshot, options.filters, query.quoted)
    watch.record("filter", snapshot.info.n_chunks, eligible.n_chunks)
    if eligible.n_chunks == 0 or options.limit <= 0:
        return SearchOutcome((), watch.stages, None)
    encoded = _Encoded(None, None)
    if options.mode != "lexical":
        encoded = _encode(snapshot, encoder, query.text, request.task)
        watch.record("encode", 1, int(encoded.vector is not None))
    mode: Mode = "lexical" if encoded.vector is None else options.mode
    words = WordScorer(snapshot, choose_terms(snapshot, query, weights.words), weights.words)
    wanted = Wanted(mode, words, spellings(query), encoded.vector, options.limit, options.prefilter)
    ids = collect(snapshot, wanted, eligible, watch)
    rows = snapshot.chunks(ids)
    n_candidates = len(rows)
    known = [*rows, *find_contexts(snapshot, rows)]
    # Mode prefilter shows and compares nothing but what words chose.
    rows = rows if mode == "prefilter" else known
    watch.record("rows", len(ids), len(rows))
    evidence = Evidence(
        rows=rows,
        words=None if mode == "dense" else words.score_rows(rows),
        cosine=None if encoded.vector is None else _compare(snapshot, encoded.vector, rows),
        dense_share=1.0 if mode == "prefilter" else _dense_share(encoder, request),
        in_context=mode != "prefilter",
    )
    watch.record("rescore", len(rows), len(rows))
    asked = _ask(words, request)
    ranked = rank(evidence, find_priors(known, asked, weights)[: len(rows)], weights.fusion)
    watch.record("rank", len(rows), n_candidates)
    chosen = _choose(request, evidence.rows, ranked, _is_shown(rows, n_candidates, eligible))
    watch.record("diversity", n_candidates, len(chosen))
    results = tuple(_show(snapshot, evidence, ranked, choice) for choice in chosen)
    watch.record("read", len(chosen), len(results))
    if options.explain:
        findings = Findings(query.shape, asked, known, evidence, ranked, words, weights)
        reasons = explain(snapshot, findings, chosen)
        results = tuple(replace(result, explanation=why) for result, why in zip(results, reasons, strict=True))
        watch.record("explain", len(chosen), len(reasons))
    return SearchOutcome(results, watch.stages, encoded.degraded)


def _dense_share(encoder: Encoder | None, request: _Request) -> float:
    """Return how much vectors count: little where the encoder does not know the language of the query."""
    share = request.weights.fusion.dense_share[request.query.shape]
    is_read = encoder is None or encoder.describe().is_multilingual or not has_cjk(request.query.text)
    return share if is_read else min(share, request.weights.fusion.unread_share)


def _ask(words: WordScorer, request: _Request) -> Asked:
    query, shares = request.query, words.terms.shares
    return Asked(shares, asked_names(query, shares, request.weights.names), find_asked_kinds(query.text))


def _choose(
    request: _Request, rows: Sequence[ChunkRow], ranked: Ranked, is_shown: npt.NDArray[np.bool_]
) -> list[Choice]:
    """Choose what is shown; quoted text is explained by the smallest chunk that has it, whatever it scores."""
    weights = request.weights.diversity
    showing = replace(weights, explaining_share=0.0) if request.query.quoted else weights
    return choose(rows, ranked, is_shown, request.options.limit, showing)


def _is_shown(rows: Sequence[ChunkRow], n_candidates: int, eligible: Eligible) -> npt.NDArray[np.bool_]:
    """Say which rows may be shown: the candidates, and of what only gave context what is eligible itself."""
    is_context = np.arange(len(rows)) >= n_candidates
    return ~is_context | _is_eligible(rows, eligible)


def _list(snapshot: Snapshot, options: SearchOptions) -> SearchOutcome:
    """Answer a query of filters alone: nothing is compared, every score is 0."""
    watch = Stopwatch()
    rows = list_chunks(snapshot, options.filters, options.limit)
    watch.record("list", snapshot.info.n_chunks, len(rows))
    parts = ScoreParts(bm25=None, cosine=None, fused=0.0, prior=1.0)
    results = tuple(_result(snapshot, row, 0.0, parts) for row in rows)
    watch.record("read", len(rows), len(results))
    return SearchOutcome(results, watch.stages, None)


def _encode(snapshot: Snapshot, encoder: Encoder | None, text: str, task: Task) -> _Encoded:
    if encoder is None:
        return _Encoded(None, _degrade("no encoder is at hand that gives this index's vectors", snapshot))
    try:
        # One that adds up knows words or does not; others read anything, and a server would have to be asked.
        if isinstance(encoder, AdditiveEncoder) and not encoder.count_tokens([text])[0]:
            remedy = "put it in other words, in English, or as the code may spell it"
            reason = "the encoder knows no word of the query: the answer rests on words alone"
            return _Encoded(None, Degradation(reason, remedy))
        vector = encoder.encode_query(text, task)
    except EncoderError as error:
        remedy = "mend the encoder or search with --mode lexical"
        return _Encoded(None, Degradation(f"the encoder failed: {error}; the answer rests on words alone", remedy))
    if vector.shape != (snapshot.info.dim,):
        reason = (
            f"the encoder gave a vector of shape {vector.shape} where this index has {snapshot.info.dim} dimensions"
        )
        return _Encoded(None, _degrade(reason, snapshot))
    if not np.isfinite(vector).all():
        return _Encoded(None, _degrade("the encoder gave a vector with numbers that are none", snapshot))
    return _Encoded(vector, None)


def _degrade(reason: str, snapshot: Snapshot) -> Degradation:
    remedy = f"{rebuild_command(snapshot.info.root)}, or search with --mode lexical"
    return Degradation(f"{reason}: the answer rests on words alone", remedy)


def _compare(snapshot: Snapshot, vector: FloatArray, rows: Sequence[ChunkRow]) -> npt.NDArray[np.float64]:
    """Return the cosine of each row at full dimension; in batches, since quoted text may leave any number of rows."""
    batches = [snapshot.cosines(vector, rows[start : start + BATCH]) for start in range(0, len(rows), BATCH)]
    return np.concatenate([np.zeros(0), *batches])


def _is_eligible(rows: Sequence[ChunkRow], eligible: Eligible) -> npt.NDArray[np.bool_]:
    """Say which rows may be shown, given that their files may."""
    allowed = np.array([eligible.has_kind(row.kind) for row in rows], dtype=bool)
    if eligible.selection.chunk_ids is not None:
        allowed &= np.isin([row.id for row in rows], eligible.selection.chunk_ids)
    return allowed


def _show(snapshot: Snapshot, evidence: Evidence, ranked: Ranked, choice: Choice) -> SearchResult:
    position = choice.place
    cosine = None if evidence.cosine is None else float(evidence.cosine[position])
    parts = ScoreParts(
        bm25=None if evidence.words is None else float(evidence.words.bm25[position]),
        cosine=None if cosine is None or np.isnan(cosine) else cosine,
        fused=float(ranked.fused[position]),
        prior=float(ranked.prior[position]) * choice.factor,
    )
    return _result(snapshot, evidence.rows[position], float(ranked.score[position]) * choice.factor, parts)


def _result(snapshot: Snapshot, row: ChunkRow, score: float, parts: ScoreParts) -> SearchResult:
    content = snapshot.text(row.file_id)[row.start_byte : row.end_byte].decode("utf-8", "replace")
    return SearchResult(
        path=row.path,
        start_line=row.start_line,
        end_line=row.end_line,
        kind=row.kind,
        symbol=row.symbol,
        qualified_name=row.qualified_name,
        signature=row.signature,
        documentation=row.documentation,
        language=row.language,
        score=score,
        scores=parts,
        content=content,
        stale=False,
    )
