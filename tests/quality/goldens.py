"""What the golden files say, computed afresh: chunk boundaries, rankings, figures and one JSON answer.

A golden file is a path below `fixtures/golden` with its text. `python -m tests.quality.regenerate` writes them.
"""

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from codesearch.evaluation.metrics import Place, Scores, Summary, is_same_path, summarise
from indexers.parsing import parse_file
from indexers.types import FileStat, ParsedFile, SourceFile
from tests.quality.shelf import FIXTURES, REPOSITORIES, Answer, Shelf, files_of, score_answers

GOLDEN = FIXTURES / "golden"
REGENERATE = "if the change is meant: python -m tests.quality.regenerate, then read the diff"

N_LISTED = 3
"""Results of each query that its listing shows: a change further down seldom matters, and would drown the others."""

DIGITS = 4
"""Digits of a figure in `quality.json`."""

SHOWN_QUERY = ("ferry", "keep ownership of a job while a slow handler is still running")
"""The query of the golden JSON answer: several kinds of result in several languages."""

Json = dict[str, Any]


def read_golden(name: str) -> str:
    """Return a golden file's text, empty where it was never written."""
    path = GOLDEN / name
    return path.read_text(encoding="utf-8") if path.exists() else ""


def parse_fixture(repository: str, path: str) -> ParsedFile:
    """Cut one file of a repository into chunks, in this process."""
    root = FIXTURES / "repositories" / repository
    parsed = parse_file(root, SourceFile(path, FileStat(0, 0, 0, 0)), 1 << 20)
    assert isinstance(parsed, ParsedFile), parsed
    return parsed


def chunk_listings() -> dict[str, str]:
    """Return for each language its chunks, a line each: path, kind, granularity, lines and qualified name."""
    lines: dict[str, list[str]] = defaultdict(list)
    for repository in REPOSITORIES:
        for path in files_of(repository):
            parsed = parse_fixture(repository, path)
            lines[parsed.language].extend(
                f"{repository}/{path} {chunk.kind} {chunk.granularity} {chunk.start_line}-{chunk.end_line} "
                f"{chunk.qualified_name}".rstrip()
                for chunk in parsed.chunks
            )
    return {f"chunks/{language}.txt": "\n".join(found) + "\n" for language, found in sorted(lines.items())}


def ranking(answers: Sequence[Answer]) -> str:
    """Return the first results of each query; a star marks what was wanted."""
    return "\n".join(_ranked(answer) for answer in answers)


def quality(answers: Sequence[Answer]) -> str:
    """Return the figures over all repositories, by category and by repository, as JSON."""
    return json.dumps(summary_to_json(summarise(score_answers(answers))), indent=2) + "\n"


def summary_to_json(summary: Summary) -> Json:
    """Return the figures under the names of the field, rounded."""
    return {
        "queries": summary.n_queries,
        "overall": _figures(summary.overall),
        "by_category": _by_name(summary.by_category),
        "by_repository": _by_name(summary.by_repository),
    }


def json_answer(shelf: Shelf) -> str:
    """Return what `codesearch search --json` prints for the shown query, normalised and indented."""
    repository, query = SHOWN_QUERY
    done = subprocess.run(
        [sys.executable, "-m", "codesearch", "search", "--json", query, str(shelf.root(repository))],
        env={**os.environ, "CODESEARCH_HOME": str(shelf.home), "NO_COLOR": "1"},
        cwd=FIXTURES.parent,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    return normalised(done.stdout)


def normalised(printed: str) -> str:
    """Put fixed values where a run, a place or a processor decides: times, generation, root, last digits of scores."""
    document = json.loads(printed)
    document["took_ms"] = 0.0
    document["index"].update(generation=1, checked_at="2000-01-01T00:00:00Z", root="/root")
    for result in document["results"]:
        result["score"] = _short(result["score"])
        result["scores"] = {name: _short(value) for name, value in result["scores"].items()}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def all_goldens(shelf: Shelf) -> dict[str, str]:
    """Compute every golden file."""
    answers = {repository: shelf.answers(repository) for repository in REPOSITORIES}
    rankings = {f"rankings/{repository}.txt": ranking(found) for repository, found in answers.items()}
    return {
        **chunk_listings(),
        **rankings,
        "quality.json": quality([answer for found in answers.values() for answer in found]),
        "search.json": json_answer(shelf),
    }


def write_goldens(goldens: Mapping[str, str], folder: Path = GOLDEN) -> list[str]:
    """Write what changed, remove what is no longer one, and return the names of both."""
    changed = []
    for name, text in goldens.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            changed.append(name)
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.relative_to(folder).as_posix() not in goldens:
            path.unlink()
            changed.append(path.relative_to(folder).as_posix())
    return changed


def defined_names(repository: str, path: str) -> list[str]:
    """Return the names that a file defines, the most telling first, then its path."""
    names = [chunk.symbol for chunk in parse_fixture(repository, path).chunks if chunk.kind != "file" and chunk.symbol]
    plain = [name for name in dict.fromkeys(names) if re.search(r"\w\w", name)]
    return [*sorted(plain, key=len, reverse=True), path]


def is_found(path: str, places: Iterable[Place]) -> bool:
    """Tell whether a file is among the results."""
    return any(is_same_path(place.path, path) for place in places)


def _ranked(answer: Answer) -> str:
    lines = [f"{answer.judged.category}: {answer.judged.query}"]
    for rank, place in enumerate(answer.places[:N_LISTED], 1):
        mark = "*" if answer.is_hit(place) else " "
        lines.append(f"  {rank} {mark} {place.path}:{place.start_line}-{place.end_line}")
    hits = [rank for rank, place in enumerate(answer.places, 1) if answer.is_hit(place)]
    if not hits or hits[0] > N_LISTED:
        lines.append(f"  first wanted at {hits[0]}" if hits else "  nothing wanted")
    return "\n".join(lines) + "\n"


def _figures(scores: Scores) -> Json:
    named = asdict(scores)
    return {
        "recall@1": round(named["recall_1"], DIGITS),
        "recall@5": round(named["recall_5"], DIGITS),
        "MRR": round(named["mrr"], DIGITS),
        "nDCG@10": round(named["ndcg_10"], DIGITS),
    }


def _by_name(scores: Mapping[str, Scores]) -> Json:
    return {name: _figures(one) for name, one in scores.items()}


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
