"""Judged queries: a question and its right answers, as they stand in a file, and words that mean only themselves.

Knows no index. The file is a JSON list of `{query, category, relevant, secondary}`, a target `{path, start_line,
end_line}` whose lines may be left out.
"""

import json
import os
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from codesearch.errors import QueryError
from codesearch.evaluation.metrics import Target
from indexers.languages import detect_language

_FILTER = re.compile(r"\b(lang|language|path|kind):(?=\S)")


@dataclass(frozen=True, slots=True)
class JudgedQuery:
    """A question and its right answers."""

    query: str
    category: str
    relevant: tuple[Target, ...]
    secondary: tuple[Target, ...] = ()

    @property
    def targets(self) -> tuple[Target, ...]:
        """All that counts as relevant."""
        return (*self.relevant, *self.secondary)

    @property
    def language(self) -> str:
        """The language of the first target's file, by its name; `none` where there is no target."""
        return detect_language(self.targets[0].path) if self.targets else "none"


def parse_judgements(text: str) -> list[JudgedQuery]:
    """Read a JSON list of `{query, category, relevant, secondary}`. Raises KeyError, TypeError, ValueError."""
    return [
        JudgedQuery(
            query=entry["query"],
            category=entry["category"],
            relevant=_targets(entry["relevant"]),
            secondary=_targets(entry.get("secondary", [])),
        )
        for entry in json.loads(text)
    ]


def read_judgements(path: Path) -> list[JudgedQuery]:
    """Read a file of judged queries. Raises QueryError for one of another form, OSError."""
    try:
        return parse_judgements(path.read_text(encoding="utf-8"))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        remedy = "write a JSON list of {query, category, relevant, secondary}"
        raise QueryError(f"{path} holds no judged queries ({type(error).__name__}: {error}); {remedy}") from error


def keep_present(queries: Sequence[JudgedQuery], root: Path) -> list[JudgedQuery]:
    """Leave out the targets that no file below `root` is; a query without any left stays, and scores 0."""
    present = _files_by_name(root)
    return [
        replace(
            judged,
            relevant=tuple(target for target in judged.relevant if _is_present(target, present)),
            secondary=tuple(target for target in judged.secondary if _is_present(target, present)),
        )
        for judged in queries
    ]


def plain_words(text: str) -> str:
    """Return a text as one line in which nothing is a filter or quoted text."""
    unquoted = re.sub(r'["“”]', " ", text)
    return " ".join(_FILTER.sub(r"\1: ", unquoted).split())


def _files_by_name(root: Path) -> dict[str, list[str]]:
    """Return the absolute paths of all files below, by file name: targets may start above `root`."""
    found: dict[str, list[str]] = defaultdict(list)
    for folder, _, names in os.walk(root.resolve()):
        for name in names:
            found[name].append(f"{Path(folder).as_posix()}/{name}")
    return found


def _is_present(target: Target, present: dict[str, list[str]]) -> bool:
    path = target.path.replace("\\", "/").strip("/")
    return any(full.endswith(f"/{path}") for full in present.get(path.rpartition("/")[2], ()))


def _targets(entries: list[dict[str, Any]]) -> tuple[Target, ...]:
    return tuple(Target(entry["path"], entry.get("start_line"), entry.get("end_line")) for entry in entries)
