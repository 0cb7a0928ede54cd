"""Documentation -> definition: first sentences ask for the definitions that they stood at, in a copy without them.

The user's tree is only read. Whether a cut took the documentation and nothing else is seen by parsing the copy.
"""

import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from codesearch.evaluation.cases import (
    DEFAULT_SAMPLE,
    Case,
    Sample,
    definitions_of,
    is_asked_about,
    is_test,
    parse_tree,
)
from codesearch.evaluation.doc_queries import Cut, apply_cuts, ask, find_documentation
from codesearch.evaluation.judged import JudgedQuery
from codesearch.evaluation.metrics import Target
from indexers.types import Chunk, ParsedFile
from indexers.walker import walk

CATEGORY = "documentation"

IGNORE_FILE = ".gitignore"
"""Not copied: a copy has no git that knows the tracked files, so a rule could hide some of them."""


@dataclass(frozen=True, slots=True)
class _Documented:
    """A definition with a question that its documentation asks."""

    path: str
    position: int
    """Which of the file's definitions."""
    query: str


@dataclass(frozen=True, slots=True)
class _Rewritten:
    """A file of the copy whose documentation was cut."""

    asked: tuple[_Documented, ...]
    definitions: tuple[tuple[str, str], ...]
    """Kind and qualified name of each definition, before."""


def build_documentation(root: Path, folder: Path, sample: Sample = DEFAULT_SAMPLE) -> Iterator[Case]:
    """Yield a copy of the tree, made in the new `folder`, without the documentation of the definitions asked for."""
    chosen: dict[str, list[_Documented]] = defaultdict(list)
    for documented in sample.choose(_unique(_find(root))):
        chosen[documented.path].append(documented)
    copy_tree(root, folder)
    rewritten = {parsed.path: _rewrite(folder, parsed, chosen[parsed.path]) for parsed in parse_tree(folder, chosen)}
    queries: list[JudgedQuery] = []
    for parsed in parse_tree(folder, rewritten):
        if _name(definitions_of(parsed)) == rewritten[parsed.path].definitions:
            queries += _ask(parsed, rewritten[parsed.path].asked)
        else:
            shutil.copyfile(root / parsed.path, folder / parsed.path)
    yield Case(folder, tuple(queries))


def copy_tree(root: Path, folder: Path) -> None:
    """Copy the files that the walk offers for indexing and that can be read, and no rules of git."""
    folder.mkdir(parents=True)
    for file in walk(root).files:
        if file.path.rpartition("/")[2] != IGNORE_FILE:
            copied = folder / file.path
            copied.parent.mkdir(parents=True, exist_ok=True)
            with suppress(OSError):
                shutil.copyfile(root / file.path, copied)


def _find(root: Path) -> Iterator[_Documented]:
    for parsed in parse_tree(root):
        if is_asked_about(parsed.path) and parsed.text.encoding == "utf-8":
            yield from _find_in(parsed)


def _find_in(parsed: ParsedFile) -> Iterator[_Documented]:
    for position, chunk in enumerate(definitions_of(parsed)):
        query = None if is_test(chunk) or not chunk.documentation else ask(chunk)
        if query is not None:
            yield _Documented(parsed.path, position, query)


def _unique(found: Iterator[_Documented]) -> list[_Documented]:
    """Leave out texts that several definitions have: each of them would be right."""
    kept = list(found)
    n_definitions = Counter(documented.query.casefold() for documented in kept)
    return [documented for documented in kept if n_definitions[documented.query.casefold()] == 1]


def _rewrite(folder: Path, parsed: ParsedFile, wanted: Sequence[_Documented]) -> _Rewritten:
    """Cut the documentation of the wanted definitions from a file of the copy, as far as it is found."""
    definitions = definitions_of(parsed)
    cuts: list[Cut] = []
    asked: list[_Documented] = []
    for documented in wanted:
        cut = find_documentation(parsed.text.data, definitions[documented.position])
        if cut is not None and not any(cut.start < other.end and other.start < cut.end for other in cuts):
            cuts.append(cut)
            asked.append(documented)
    path = folder / parsed.path
    path.write_bytes(apply_cuts(path.read_bytes(), cuts))
    return _Rewritten(tuple(asked), _name(definitions))


def _ask(parsed: ParsedFile, asked: Sequence[_Documented]) -> Iterator[JudgedQuery]:
    """Yield the queries whose definition is documented no more, with its lines as they are now."""
    definitions = definitions_of(parsed)
    for documented in asked:
        chunk = definitions[documented.position]
        if not chunk.documentation:
            target = Target(parsed.path, chunk.start_line, chunk.end_line)
            yield JudgedQuery(documented.query, CATEGORY, (target,))


def _name(definitions: Sequence[Chunk]) -> tuple[tuple[str, str], ...]:
    return tuple((chunk.kind, chunk.qualified_name) for chunk in definitions)
