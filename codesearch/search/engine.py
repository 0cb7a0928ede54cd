"""The engine: runs one query through candidates, scores, ranking and diversity.

Holds no state. Knows nothing of the working tree: whether a result is stale is for its caller to say.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from codesearch.search import bm25f
from codesearch.search.candidates import Wanted, collect, find_contexts
from codesearch.search.constants import DENSE_SHARE, EXPLAINING_SHARE
from codesearch.search.diversity import Choice, choose
from codesearch.search.names import asked_names, spellings
from codesearch.search.path_kinds import find_asked_kinds
from codesearch.search.priors import Asked, find_priors
from codesearch.search.query import Query, merge_filters, parse_query, plain_query, resolve_filters
from codesearch.search.ranking import Evidence, Ranked, WordScores, rank
from codesearch.search.selection import Eligible, select
from codesearch.search.stopwatch import Stopwatch
from codesearch.search.terms import QueryTerms, choose_terms
from codesearch.storage.rows import ChunkRow
from codesearch.storage.snapshot import Snapshot
from codesearch.types import Degradation, Mode, ScoreParts, SearchOptions, SearchResult, Stage
from indexers.errors import EncoderError
from indexers.types import Encoder, FloatArray, Task


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


def search(snapshot: Snapshot, encoder: Encoder | None, query: str, options: SearchOptions) -> SearchOutcome:
    """Answer `query`; filters inside it are added to those of the options.

    Raises:
        QueryError: the query has no words, or a filter makes no sense.
        CorruptIndexError: what is stored does not match its checksum.
    """
    parsed = parse_query(query)
    filters = merge_filters(resolve_filters(options.filters), parsed.filters)
    return _answer(snapshot, encoder, parsed, "search", replace(options, filters=filters))


def similar(snapshot: Snapshot, encoder: Encoder | None, text: str, options: SearchOptions) -> SearchOutcome:
    """Find code like `text`, which is taken as it stands: no filters, no quotes inside.

    Raises:
        QueryError: the text is blank, or a filter of the options makes no sense.
        CorruptIndexError: what is stored does not match its checksum.
    """
    options = replace(options, filters=resolve_filters(options.filters))
    return _answer(snapshot, encoder, plain_query(text), "similar", options)


def _answer(
    snapshot: Snapshot, encoder: Encoder | None, query: Query, task: Task, options: SearchOptions
) -> SearchOutcome:
    watch = Stopwatch()
    eligible = select(snapshot, options.filters, query.quoted)
    watch.record("filter", snapshot.info.n_chunks, eligible.n_chunks)
    if eligible.n_chunks == 0 or options.limit <= 0:
        return SearchOutcome((), watch.stages, None)
    encoded = _Encoded(None, None)
    if options.mode != "lexical":
        encoded = _encode(encoder, query.text, task)
        watch.record("encode", 1, int(encoded.vector is not None))
    mode: Mode = "lexical" if encoded.vector is None else options.mode
    terms = choose_terms(snapshot, query)
    wanted = Wanted(mode, terms.known, spellings(query), encoded.vector, options.limit)
    ids = collect(snapshot, wanted, eligible, watch)
    rows = snapshot.chunks(ids)
    n_candidates = len(rows)
    rows += find_contexts(snapshot, rows)
    watch.record("rows", len(ids), len(rows))
    evidence = Evidence(
        rows=rows,
        words=None if mode == "dense" else _score_words(snapshot, rows, terms),
        cosine=None if encoded.vector is None else snapshot.cosines(encoded.vector, rows).astype(np.float64),
        dense_share=DENSE_SHARE[query.shape],
    )
    watch.record("rescore", len(rows), len(rows))
    asked = Asked(terms.shares, asked_names(query, terms.shares), find_asked_kinds(query.text))
    ranked = rank(evidence, find_priors(rows, asked))
    watch.record("rank", len(rows), n_candidates)
    # File chunks that only gave context may not be eligible themselves.
    is_context = np.arange(len(rows)) >= n_candidates
    is_shown = ~is_context | _is_eligible(rows, eligible)
    # Quoted text is explained by the smallest chunk that has it, whatever it scores.
    share = 0.0 if query.quoted else EXPLAINING_SHARE
    chosen = choose(rows, ranked, is_shown, options.limit, explaining=share)
    watch.record("diversity", n_candidates, len(chosen))
    results = tuple(_result(snapshot, evidence, ranked, choice) for choice in chosen)
    watch.record("read", len(chosen), len(results))
    return SearchOutcome(results, watch.stages, encoded.degraded)


def _encode(encoder: Encoder | None, text: str, task: Task) -> _Encoded:
    if encoder is None:
        remedy = "run codesearch status to see which encoder the index needs, or search with --mode lexical"
        return _Encoded(None, Degradation("no encoder is at hand: the answer rests on words alone", remedy))
    try:
        return _Encoded(encoder.encode_query(text, task), None)
    except EncoderError as error:
        remedy = "mend the encoder or search with --mode lexical"
        return _Encoded(None, Degradation(f"the encoder failed: {error}; the answer rests on words alone", remedy))


def _is_eligible(rows: Sequence[ChunkRow], eligible: Eligible) -> npt.NDArray[np.bool_]:
    """Say which rows may be shown, given that their files may."""
    allowed = np.array([eligible.has_kind(row.kind) for row in rows], dtype=bool)
    if eligible.selection.chunk_ids is not None:
        allowed &= np.isin([row.id for row in rows], eligible.selection.chunk_ids)
    return allowed


def _score_words(snapshot: Snapshot, rows: Sequence[ChunkRow], terms: QueryTerms) -> WordScores:
    found = bm25f.count_fields(snapshot.bags([row.id for row in rows]), terms.scored)
    mean_lengths = np.array([terms.mean_lengths[row.granularity] for row in rows], dtype=np.float64)
    scores = bm25f.score(found, terms.scored, mean_lengths.reshape(len(rows), bm25f.N_FIELDS))
    return WordScores(scores, bm25f.highest_score(terms.scored), bm25f.coverage(found, terms.scored))


def _result(snapshot: Snapshot, evidence: Evidence, ranked: Ranked, choice: Choice) -> SearchResult:
    position = choice.place
    row = evidence.rows[position]
    content = snapshot.text(row.file_id)[row.start_byte : row.end_byte].decode("utf-8", "replace")
    cosine = None if evidence.cosine is None else float(evidence.cosine[position])
    parts = ScoreParts(
        bm25=None if evidence.words is None else float(evidence.words.bm25[position]),
        cosine=None if cosine is None or np.isnan(cosine) else cosine,
        fused=float(ranked.fused[position]),
        prior=float(ranked.prior[position]) * choice.decay,
    )
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
        score=float(ranked.score[position]) * choice.decay,
        scores=parts,
        content=content,
        stale=False,
    )
