"""The one result schema for every door: `--json`, JSON-RPC, HTTP and MCP read the same objects.

Knows the shape and nothing of transport. Version 1 only grows at the end of each object; a number that is not
known or not finite is null. `dump_json` writes ASCII, so neither locale nor terminal can garble it.
"""

import json
import math
import shlex
from pathlib import Path
from typing import Any

from codesearch.building.estimate import Estimate
from codesearch.findings import Problem, RepairReport, Verification
from codesearch.types import (
    Container,
    Demotion,
    Explanation,
    FusedParts,
    IndexState,
    IndexStatus,
    PriorParts,
    RootEntry,
    ScoreParts,
    SearchResponse,
    SearchResult,
    TermPart,
)

SCHEMA_VERSION = 1

SCORE_DIGITS = 6
"""Scores are promised equal to 1e-6 between an updated and a fresh index; more digits would only be noise."""

EXPLAINED_DIGITS = 9
"""The parts of a score are there to be multiplied: with fewer digits the score would not come out."""

Json = dict[str, Any]


def response_to_json(response: SearchResponse) -> Json:
    """Return a search answer as one object; `stages` is present only where they were asked for."""
    document: Json = {
        "version": SCHEMA_VERSION,
        "query": response.query,
        "took_ms": _number(response.took_ms, 3),
        "index": state_to_json(response.index),
        "results": [result_to_json(result) for result in response.results],
        "degraded": None,
    }
    if response.degraded is not None:
        document["degraded"] = {"reason": response.degraded.reason, "remedy": response.degraded.remedy}
    if response.stages:
        document["stages"] = [
            {"name": stage.name, "in": stage.n_in, "out": stage.n_out, "took_ms": _number(stage.took_ms, 3)}
            for stage in response.stages
        ]
    fresh = response.fresh
    document["fresh"] = None if fresh is None else {"updated": fresh.is_updated, "problem": fresh.problem or None}
    return document


def state_to_json(state: IndexState) -> Json:
    """Return which index answered and how far it can be trusted."""
    return {
        "generation": state.generation,
        "chunks": state.n_chunks,
        "complete": state.complete,
        "stale_files": state.stale_files,
        "checked_at": state.checked_at,
        "root": str(state.root),
        "files_done": state.files_done,
        "files_todo": state.files_todo,
        "files_without_vectors": state.n_files_without_vectors,
    }


def result_to_json(result: SearchResult) -> Json:
    """Return one result; `path` is relative to the indexed root, lines are 1-based and inclusive.

    `explanation` is present only where it was asked for.
    """
    document: Json = {
        "path": result.path,
        "start_line": result.start_line,
        "end_line": result.end_line,
        "kind": result.kind,
        "symbol": result.symbol,
        "language": result.language,
        "score": _number(result.score),
        "scores": _scores(result.scores),
        "content": result.content,
        "stale": result.stale,
        "qualified_name": result.qualified_name,
        "signature": result.signature,
        "documentation": result.documentation,
    }
    if result.explanation is not None:
        document["explanation"] = explanation_to_json(result.explanation)
    return document


def explanation_to_json(explanation: Explanation) -> Json:
    """Return how a result came to its score, the product of six factors; in nested objects a factor is `value`."""
    return {
        "shape": explanation.shape,
        "fused": _fused(explanation.fused),
        "prior": _prior(explanation.prior),
        "size": _part(explanation.size),
        "demotion": {
            "value": _part(explanation.demotion),
            "causes": [_demotion(demotion) for demotion in explanation.demotions],
        },
        "lift": {"value": _part(explanation.lift), "stands_for": _container(explanation.stands_for)},
        "decay": {"value": _part(explanation.decay), "nth": explanation.nth},
        "coverage": _part(explanation.coverage),
        "terms": [_term(term) for term in explanation.terms],
    }


def status_to_json(status: IndexStatus) -> Json:
    """Return all that `status` knows; secrets are places and kinds, never values."""
    return {
        "version": SCHEMA_VERSION,
        "index": state_to_json(status.state),
        "folder": str(status.folder),
        "format_version": status.format_version,
        "size_bytes": status.size_bytes,
        "created_at": status.created_at,
        "updated_at": status.updated_at,
        "files": status.n_files,
        "chunks_by_kind": dict(status.chunks_by_kind),
        "files_by_language": dict(status.files_by_language),
        "windowed": status.n_windowed,
        "vectors": status.n_vectors,
        "encoder": {
            "name": status.encoder,
            "identity": status.encoder_identity,
            "summary": status.encoder_summary,
            "dim": status.dim,
            "coarse_dim": status.coarse_dim,
        },
        "skipped": [
            {"path": skipped.path, "reason": skipped.reason.value, "detail": skipped.detail}
            for skipped in status.skipped
        ],
        "secrets": [
            {"path": place.path, "line": place.secret.line, "kind": place.secret.kind} for place in status.secrets
        ],
        "notes": [{"path": path, "note": note} for path, note in status.notes],
        "max_file_bytes": status.max_file_bytes,
        "granularities": list(status.granularities),
    }


def estimate_to_json(estimate: Estimate) -> Json:
    """Return what a build would have to do; times are those of encoding alone."""
    return {
        "version": SCHEMA_VERSION,
        "root": str(estimate.root),
        "encoder": {"name": estimate.encoder, "dim": estimate.dim},
        "files": estimate.n_files,
        "bytes": estimate.n_bytes,
        "granularities": [
            {"granularity": one.granularity, "chunks": one.n_chunks, "texts": one.n_texts, "tokens": one.n_tokens}
            for one in estimate.granularities
        ],
        "to_encode": {"texts": estimate.n_texts_to_encode, "tokens": estimate.n_tokens_to_encode},
        "counted": estimate.is_counted,
        "tokens_per_s": _number(estimate.tokens_per_s, 3),
        "seconds": _number(estimate.seconds, 3),
        "vector_bytes": estimate.vector_bytes,
        "coarse_bytes": estimate.coarse_bytes,
        "cache_bytes": estimate.cache_bytes,
        "warnings": list(estimate.warnings),
    }


def roots_to_json(entries: list[RootEntry]) -> Json:
    """Return the list of indexed roots; what an unreadable index cannot tell is null."""
    return {"version": SCHEMA_VERSION, "roots": [_root(entry) for entry in entries]}


def verification_to_json(verification: Verification, root: Path, folder: Path) -> Json:
    """Return what is damaged in an index, how much was compared, and the bytes that no checksum covers."""
    return {
        "version": SCHEMA_VERSION,
        "root": str(root),
        "folder": str(folder),
        "sound": not verification.problems,
        "problems": [_problem(problem) for problem in verification.problems],
        "files_compared": verification.n_files,
        "bytes_under_checksums": verification.n_bytes,
        "not_under_checksums": [
            {"file": unsummed.file, "bytes": unsummed.n_bytes, "what": unsummed.what}
            for unsummed in verification.unsummed
        ],
    }


def repair_to_json(report: RepairReport, folder: Path) -> Json:
    """Return what a repair found damaged and did; `command` reads again what was lost, null where nothing was."""
    is_less = bool(report.n_dropped or report.without_vectors or report.lost)
    return {
        "version": SCHEMA_VERSION,
        "root": str(report.root),
        "folder": str(folder),
        "problems": [_problem(problem) for problem in report.problems],
        "dropped": list(report.dropped),
        "dropped_count": report.n_dropped,
        "without_vectors": list(report.without_vectors),
        "lost": list(report.lost),
        "generation": report.generation,
        "complete": report.complete,
        "command": f"codesearch index {shlex.quote(str(report.root))}" if is_less else None,
    }


def dump_json(value: Json) -> str:
    """Write one line of ASCII JSON without a newline; it contains no control character, DEL included."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False)
    return text.replace("\x7f", "\\u007f")


def _problem(problem: Problem) -> Json:
    return {"what": problem.what, "file": problem.file, "path": problem.path, "mend": problem.mend}


def _root(entry: RootEntry) -> Json:
    return {
        "root": str(entry.root),
        "folder": str(entry.folder),
        "size_bytes": entry.size_bytes,
        "updated_at": entry.updated_at,
        "encoder": entry.encoder,
        "files": entry.n_files,
        "chunks": entry.n_chunks,
        "complete": entry.complete,
        "missing": entry.is_missing,
        "problem": entry.problem,
    }


def _scores(parts: ScoreParts) -> Json:
    return {
        "bm25": _number(parts.bm25),
        "cosine": _number(parts.cosine),
        "fused": _number(parts.fused),
        "prior": _number(parts.prior),
    }


def _fused(parts: FusedParts) -> Json:
    return {
        "value": _part(parts.value),
        "own": _part(parts.own),
        "dense_share": _part(parts.dense_share),
        "bm25": _part(parts.bm25),
        "bound": _part(parts.bound),
        "words": _part(parts.words),
        "cosine": _part(parts.cosine),
        "best_cosine": _part(parts.best_cosine),
        "standing": _part(parts.standing),
        "file": _part(parts.file),
        "file_context": _part(parts.file_context),
        "further": _part(parts.further),
        "coherence": _part(parts.coherence),
    }


def _prior(parts: PriorParts) -> Json:
    return {
        "value": _part(parts.value),
        "definition": _part(parts.definition),
        "name": parts.name,
        "stem": _part(parts.stem),
        "folders": _part(parts.folders),
        "symbol": _part(parts.symbol),
    }


def _demotion(demotion: Demotion) -> Json:
    return {"cause": demotion.cause, "factor": _part(demotion.factor), "asked": demotion.is_asked}


def _container(container: Container | None) -> Json | None:
    if container is None:
        return None
    return {
        "kind": container.kind,
        "qualified_name": container.qualified_name,
        "start_line": container.start_line,
        "end_line": container.end_line,
    }


def _term(part: TermPart) -> Json:
    return {"term": part.term, "share": _part(part.share), "known": part.is_known, "here": part.is_here}


def _part(value: float | None) -> float | None:
    return _number(value, EXPLAINED_DIGITS)


def _number(value: float | None, digits: int = SCORE_DIGITS) -> float | None:
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), digits) + 0.0
